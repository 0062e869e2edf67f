package io.github.leaderelector.testkit;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The classes that the code of a class file names, read from its table of constants: JVMS 4.4. */
public final class NamedClasses {

    private NamedClasses() {}

    /**
     * Reads one class file.
     *
     * @return binary names with dots; an array counts as what it is made of
     * @throws IOException if it is no class file, or has a constant of a kind that is not known here
     */
    public static Set<String> of(byte[] file) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(file))) {
            in.skipNBytes(8);
            int constants = in.readUnsignedShort();
            Map<Integer, String> texts = new HashMap<>();
            Map<Integer, Integer> classes = new TreeMap<>();
            for (int i = 1; i < constants; i++) {
                int kind = in.readUnsignedByte();
                switch (kind) {
                    case 1 -> texts.put(i, in.readUTF());
                    case 7 -> classes.put(i, in.readUnsignedShort());
                    case 8, 16, 19, 20 -> in.skipNBytes(2);
                    case 15 -> in.skipNBytes(3);
                    case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                    case 5, 6 -> {
                        in.skipNBytes(8);
                        // A long or a double takes two places.
                        i++;
                    }
                    default -> throw new IOException("constant " + i + " is of kind " + kind);
                }
            }
            Set<String> named = new TreeSet<>();
            for (int text : classes.values()) {
                String name = texts.get(text).replace('/', '.');
                String element = name.replaceFirst("^\\[+", "");
                if (element.equals(name)) {
                    named.add(name);
                } else if (element.startsWith("L")) {
                    named.add(element.substring(1, element.length() - 1));
                }
            }
            return named;
        }
    }
}
