import io.quarkus.bootstrap.runner.AotQuarkusEntryPoint;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Entry point of the image: runs the application. When {@code JAVA_OPTS_APPEND} is set, the JVM first replaces itself by
 * one that has these options behind its own. The image has no shell to do so, and an option of the JVM cannot name a
 * variable.
 */
final class Launch {

    private static final String APPEND = "JAVA_OPTS_APPEND";
    private static final String APPENDED = "appended";

    public static void main(String... arguments) throws Throwable {
        String append = System.getenv(APPEND);
        if (arguments.length == 0 && append != null && !append.isBlank()) {
            exec(append.strip().split("\\s+"));
        }
        AotQuarkusEntryPoint.main();
    }

    /** Returns only by throwing. */
    private static void exec(String... append) throws Throwable {
        ProcessHandle.Info self = ProcessHandle.current().info();
        String java = self.command().orElseThrow();
        List<String> command = new ArrayList<>(Arrays.asList(self.arguments().orElseThrow()));
        command.addAll(command.indexOf("-jar"), Arrays.asList(append));
        command.add(0, java);
        command.add(APPENDED);

        Linker linker = Linker.nativeLinker();
        FunctionDescriptor execv =
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        try (Arena arena = Arena.ofConfined()) {
            // The pointer behind the last one stays null, as execv wants it.
            MemorySegment argv = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
            for (int i = 0; i < command.size(); i++) {
                argv.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(command.get(i)));
            }
            int failed = (int) linker.downcallHandle(linker.defaultLookup().findOrThrow("execv"), execv)
                    .invokeExact(arena.allocateFrom(java), argv);
            throw new IllegalStateException(APPEND + " is set, but " + java + " could not be started: " + failed);
        }
    }
}
