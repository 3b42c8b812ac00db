import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
    public static void main(String[] arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        int end = words.indexOf("--");
        List<String> options = words.subList(0, end);
        Records.print(words.subList(end + 1, words.size()), (file, records) -> analyse(options, file, records));
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
            records.add("{\"file\": " + Records.quoted(file) + ", \"severity\": " + Records.quoted(info.severity().toString()) + ", \"message\": "
                + Records.quoted(info.msg()) + ", \"start\": " + start + ", \"end\": " + end + "}");
        }
    }

    private static List<Object> characters(String file) throws Exception {
        return Files.readString(Path.of(file)).chars().mapToObj(sign -> (char) sign).collect(Collectors.toList());
    }
}
