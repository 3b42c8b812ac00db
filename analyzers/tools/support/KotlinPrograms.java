import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.common.arguments.K2JVMCompilerArguments;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageLocation;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSeverity;
import org.jetbrains.kotlin.cli.common.messages.MessageCollector;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.jetbrains.kotlin.config.Services;

/**
 * What the Kotlin compiler says of programs: one compilation for each, in one virtual machine; nothing is run.
 *
 * <p>Arguments: the home of the compiler, then files. Standard output takes a JSON list; lines and columns count from 1, in UTF-16
 * units.
 */
public class KotlinPrograms {
    private static final long STACK_BYTES = 256L << 20; // nesting is recursion in every compiler
    private static final Pattern SUPPRESS =
        Pattern.compile("@(?:\\w+\\s*:\\s*)?(?:kotlin\\s*\\.\\s*)?Suppress\\s*\\((?:[^()\"]|\"(?:[^\"\\\\]|\\\\.)*\")*\\)");

    public static void main(String[] arguments) throws Exception {
        PrintStream output = System.out;
        System.setOut(System.err); // a compiler must not write between the records
        Locale.setDefault(Locale.ROOT);
        List<String> files = Arrays.asList(arguments).subList(1, arguments.length);
        List<String> records = new ArrayList<>();
        int[] status = {3};
        Thread worker = new Thread(null, () -> {
            try {
                for (String file : files) {
                    analyse(arguments[0], file, records);
                }
                status[0] = 0;
            } catch (Throwable failed) {
                failed.printStackTrace();
            }
        }, "programs", STACK_BYTES);
        worker.start();
        worker.join();
        output.println("[" + String.join(",\n", records) + "]");
        output.flush();
        System.exit(status[0]);
    }

    private static void analyse(String home, String file, List<String> records) throws IOException {
        Path path = Path.of(file);
        Files.writeString(path, unsuppressed(Files.readString(path)));
        Path made = Files.createTempDirectory("made");
        K2JVMCompilerArguments options = new K2JVMCompilerArguments();
        options.setFreeArgs(List.of(file));
        options.setDestination(made.toString());
        options.setKotlinHome(home);
        Messages messages = new Messages(file, records);
        ExitCode code = new K2JVMCompiler().exec(messages, Services.EMPTY, options);
        try (Stream<Path> all = Files.walk(made)) {
            for (Path one : all.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.delete(one);
            }
        }
        if (code != ExitCode.OK && !messages.explained) {
            throw new IllegalStateException(file + ": the compiler failed: " + code + " " + messages.rest);
        }
    }

    /** The text with blanks for {@code @Suppress(...)}; where its name stands otherwise it is another one. Nothing moves. */
    private static String unsuppressed(String text) {
        String open = SUPPRESS.matcher(text).replaceAll(found -> found.group().replaceAll("\\S", " "));
        return open.replaceAll("\\bSuppress\\b", "Xuppress");
    }

    private static class Messages implements MessageCollector {
        private final String file;
        private final List<String> records;
        private final StringBuilder rest = new StringBuilder();
        private boolean explained;

        Messages(String file, List<String> records) {
            this.file = file;
            this.records = records;
        }

        @Override
        public void clear() {}

        @Override
        public boolean hasErrors() {
            return explained;
        }

        @Override
        public void report(CompilerMessageSeverity severity, String message, CompilerMessageLocation location) {
            if (location == null || location.getLine() < 1) {
                rest.append(message).append('\n');
                return;
            }
            explained |= severity.isError() && severity != CompilerMessageSeverity.EXCEPTION;
            records.add("{\"file\": " + quoted(file) + ", \"severity\": " + quoted(severity.name()) + ", \"message\": " + quoted(message)
                + ", \"line\": " + location.getLine() + ", \"column\": " + location.getColumn() + "}");
        }
    }

    private static String quoted(String text) {
        return text.chars()
            .mapToObj(sign -> sign == '"' || sign == '\\' || sign < 32 || sign > 126 ? String.format("\\u%04x", sign) : "" + (char) sign)
            .collect(Collectors.joining("", "\"", "\""));
    }
}
