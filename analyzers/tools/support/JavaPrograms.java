import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What a Java compiler says of programs: one compilation for each, in one virtual machine; nothing is run.
 *
 * <p>Arguments: {@code javac} or {@code ecj}, the options of the compiler, {@code --}, files. Standard output takes a JSON list;
 * offsets count UTF-16 units, ends are exclusive, -1 means nowhere.
 */
public class JavaPrograms {
    private static final Pattern TOKEN = Pattern.compile("\\.\\s*(?<name>\\w+)|\\w+|[-+*/%&|^=<>!?:]+");
    private static final JavaCompiler JAVAC = ToolProvider.getSystemJavaCompiler();

    private final JavaCompiler compiler;
    private final Map<String, String> names;
    private final List<String> options;
    private final StandardJavaFileManager sources = manager(JAVAC);
    private final StandardJavaFileManager libraries;

    JavaPrograms(String compiler, List<String> options) throws ReflectiveOperationException {
        this.compiler = compiler.equals("ecj") ? eclipse() : JAVAC;
        this.names = compiler.equals("ecj") ? problems() : Map.of();
        this.options = options;
        this.libraries = manager(this.compiler);
    }

    public static void main(String[] arguments) throws Exception {
        List<String> words = Arrays.asList(arguments);
        int end = words.indexOf("--");
        JavaPrograms programs = new JavaPrograms(words.get(0), words.subList(1, end));
        Records.print(words.subList(end + 1, words.size()), programs::analyse);
    }

    private void analyse(String file, List<String> records) throws IOException {
        Program program = prepared(Path.of(file));
        StringWriter rest = new StringWriter();
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        JavaFileManager manager = new ForwardingJavaFileManager<JavaFileManager>(libraries) {
            @Override
            public JavaFileObject getJavaFileForOutput(Location at, String type, JavaFileObject.Kind kind, FileObject sibling) {
                return new Nowhere(type, kind);
            }
        };
        boolean fine = compiler.getTask(rest, manager, found, options, null, List.of(program)).call();
        boolean explained = fine;
        for (Diagnostic<?> one : found.getDiagnostics()) {
            if (one.getSource() != null) { // otherwise it is about the options
                explained |= one.getKind() == Diagnostic.Kind.ERROR;
                records.add(record(file, program.text, one));
            }
        }
        if (!explained) {
            throw new IllegalStateException(file + ": the compiler failed: " + rest + found.getDiagnostics());
        }
    }

    /** The program, named after the public type in it, and with blanks for {@code @SuppressWarnings}, however that is written. */
    private Program prepared(Path path) throws IOException {
        String text = Files.readString(path);
        List<Program> given = List.of(new Program(path, text));
        JavacTask task = (JavacTask) JAVAC.getTask(null, sources, new DiagnosticCollector<>(), null, null, given);
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        StringBuilder open = new StringBuilder(text);
        String name = "";
        for (CompilationUnitTree unit : task.parse()) {
            for (Tree type : unit.getTypeDecls()) {
                if (type instanceof ClassTree && ((ClassTree) type).getModifiers().getFlags().contains(Modifier.PUBLIC)) {
                    name = ((ClassTree) type).getSimpleName().toString();
                }
            }
            new TreeScanner<Void, Void>() {
                @Override
                public Void visitAnnotation(AnnotationTree annotation, Void nothing) {
                    if (annotation.getAnnotationType().toString().endsWith("SuppressWarnings")) {
                        long end = positions.getEndPosition(unit, annotation);
                        for (int at = (int) positions.getStartPosition(unit, annotation); at < end; at++) {
                            open.setCharAt(at, Character.isWhitespace(open.charAt(at)) ? open.charAt(at) : ' ');
                        }
                    }
                    return super.visitAnnotation(annotation, nothing);
                }
            }.scan(unit, null);
        }
        Path named = name.isEmpty() ? path : path.resolveSibling(name + ".java");
        return new Program(Files.writeString(named, open), open.toString()); // Eclipse's compiler reads it again
    }

    private String record(String file, String text, Diagnostic<?> one) {
        long start = one.getPosition();
        long end = one.getEndPosition();
        if (compiler != JAVAC) {
            end++; // it means the last character
        } else if (start >= 0 && start != one.getStartPosition()) {
            // Of a whole tree (a + b, s.size) the place that javac points at is told, the operator or the name; of a call that is a
            // bracket, which tells less than the call.
            Matcher token = TOKEN.matcher(text).region((int) start, text.length());
            boolean call = text.startsWith("(", (int) start) || text.startsWith("[", (int) start);
            start = call ? one.getStartPosition() : start;
            if (!call) {
                end = token.lookingAt() ? token.end() : -1;
                start = end >= 0 && token.group("name") != null ? token.start("name") : start;
            }
        }
        return "{\"file\": " + Records.quoted(file) + ", \"kind\": " + Records.quoted(one.getKind().name())
            + ", \"code\": " + Records.quoted(names.getOrDefault(one.getCode(), one.getCode()))
            + ", \"start\": " + start + ", \"end\": " + end + ", \"message\": " + Records.quoted(one.getMessage(Locale.ROOT)) + "}";
    }

    private static StandardJavaFileManager manager(JavaCompiler compiler) {
        return compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
    }

    private static JavaCompiler eclipse() throws ReflectiveOperationException {
        Class<?> type = Class.forName("org.eclipse.jdt.internal.compiler.tool.EclipseCompiler");
        return (JavaCompiler) type.getDeclaredConstructor().newInstance();
    }

    /** Names by number of what Eclipse's compiler reports, those of grammar with {@code Syntax.} before them. */
    private static Map<String, String> problems() throws ReflectiveOperationException {
        Class<?> type = Class.forName("org.eclipse.jdt.core.compiler.IProblem");
        int syntax = type.getField("Syntax").getInt(null);
        Map<String, String> names = new HashMap<>();
        for (Field field : type.getFields()) {
            int number = field.getInt(null);
            names.putIfAbsent(Integer.toString(number), ((number & syntax) != 0 ? "Syntax." : "") + field.getName());
        }
        return names;
    }


    private static class Program extends SimpleJavaFileObject {
        private final String text;

        Program(Path path, String text) {
            super(path.toUri(), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean lenient) {
            return text;
        }
    }

    /** A class file that nobody keeps. */
    private static class Nowhere extends SimpleJavaFileObject {
        Nowhere(String type, Kind kind) {
            super(URI.create("memory:///" + type.replace('.', '/') + kind.extension), kind);
        }

        @Override
        public OutputStream openOutputStream() {
            return OutputStream.nullOutputStream();
        }
    }
}
