import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
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
    private static final Pattern SUPPRESS =
        Pattern.compile("@(?:\\w+\\s*:\\s*)?(?:kotlin\\s*\\.\\s*)?Suppress\\s*\\((?:[^()\"]|\"(?:[^\"\\\\]|\\\\.)*\")*\\)");

    public static void main(String[] arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        Records.print(words.subList(1, words.size()), (file, records) -> analyse(words.get(0), file, records));
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
            records.add("{\"file\": " + Records.quoted(file) + ", \"severity\": " + Records.quoted(severity.name()) + ", \"message\": " + Records.quoted(message)
                + ", \"line\": " + location.getLine() + ", \"column\": " + location.getColumn() + "}");
        }
    }
}
