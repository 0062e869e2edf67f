package io.github.leaderelector.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the demo writes: with colours when a person looks on. Not safe for use by many threads. */
final class Terminal {

    /** How a piece of text looks. */
    enum Style {
        PLAIN(""),
        BOLD("1"),
        FAINT("2"),
        GOOD("32"),
        BAD("31"),
        LEADS("1;32");

        private final String code;

        Style(String code) {
            this.code = code;
        }
    }

    private final PrintStream out;
    private final boolean colours;

    Terminal(PrintStream out) {
        this.out = out;
        this.colours = System.getenv("CI") == null
                && System.getenv("NO_COLOR") == null
                && !"dumb".equals(System.getenv("TERM"))
                && outputIsATerminal();
    }

    private static boolean outputIsATerminal() {
        try {
            // System.console() is about standard input too, and from JDK 22 on there is always one.
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException notLinux) {
            return false;
        }
    }

    Terminal print(Style style, String text) {
        out.print(colours && style != Style.PLAIN ? "\033[" + style.code + "m" + text + "\033[0m" : text);
        out.flush();
        return this;
    }

    Terminal print(String text) {
        return print(Style.PLAIN, text);
    }

    void line() {
        out.println();
        out.flush();
    }

    void line(String text) {
        print(text).line();
    }
}
