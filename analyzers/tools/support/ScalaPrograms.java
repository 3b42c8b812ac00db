import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.collection.immutable.Nil$;
import scala.reflect.internal.util.BatchSourceFile;
import scala.reflect.internal.util.Position;
import scala.reflect.internal.util.SourceFile;
import scala.tools.nsc.Global;
import scala.tools.nsc.Settings;
import scala.tools.nsc.reporters.StoreReporter;

/**
 * What the Scala compiler says of programs: one compiler for each, in one virtual machine; nothing is run, and macros of a program
 * cannot be, because they are not compiled before it.
 *
 * <p>Arguments: options of the compiler, {@code --}, files. Standard output takes a JSON list; offsets count UTF-16 units, ends are
 * exclusive, -1 means nowhere.
 */
public class ScalaPrograms {
    private static final long STACK_BYTES = 256L << 20; // nesting is recursion in every compiler

    public static void main(String[] arguments) throws Exception {
        PrintStream output = System.out;
        System.setOut(System.err); // a compiler must not write between the records
        Locale.setDefault(Locale.ROOT);
        List<String> words = Arrays.asList(arguments);
        int end = words.indexOf("--");
        List<String> records = new ArrayList<>();
        int[] status = {3};
        Thread worker = new Thread(null, () -> {
            try {
                for (String file : words.subList(end + 1, words.size())) {
                    analyse(words.subList(0, end), file, records);
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

    private static void analyse(List<String> options, String file, List<String> records) throws Exception {
        Settings settings = new Settings();
        settings.processArguments(JavaConverters.asScalaBufferConverter(options).asScala().toList(), true);
        StoreReporter reporter = new StoreReporter();
        Global compiler = new Global(settings, reporter);
        SourceFile source = new BatchSourceFile(file, JavaConverters.asScalaBufferConverter(characters(file)).asScala());
        compiler.new Run().compileSources(Nil$.MODULE$.$colon$colon(source));
        Iterator<StoreReporter.Info> infos = reporter.infos().iterator();
        while (infos.hasNext()) {
            StoreReporter.Info info = infos.next();
            Position at = info.pos();
            int start = at.isDefined() ? at.point() : -1;
            int end = at.isRange() ? at.end() : -1;
            records.add("{\"file\": " + quoted(file) + ", \"severity\": " + quoted(info.severity().toString()) + ", \"message\": "
                + quoted(info.msg()) + ", \"start\": " + start + ", \"end\": " + end + "}");
        }
    }

    private static List<Object> characters(String file) throws Exception {
        return Files.readString(Path.of(file)).chars().mapToObj(sign -> (char) sign).collect(Collectors.toList());
    }

    private static String quoted(String text) {
        return text.chars()
            .mapToObj(sign -> sign == '"' || sign == '\\' || sign < 32 || sign > 126 ? String.format("\\u%04x", sign) : "" + (char) sign)
            .collect(Collectors.joining("", "\"", "\""));
    }
}
