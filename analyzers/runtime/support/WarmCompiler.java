import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
 * A compiler that stays warm: one program after another, none of which is run here.
 *
 * <p>Arguments: {@code java}, {@code scala} or {@code kotlin}, and the compiler's own. Standard input brings lists of byte
 * strings (their number, then each with its length): the name of a file and its text. Standard output takes lists: the exit
 * status, what the compiler says, and names and contents of the files that it made; among them {@code launch}, which names
 * the class that has {@code main}.
 */
public class WarmCompiler {
    interface Backend {
        /** Compiles; puts what it made into {@code made} by name and returns the exit status. */
        int compile(String name, byte[] text, PrintStream said, Map<String, byte[]> made) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        DataInputStream requests = new DataInputStream(new FileInputStream(FileDescriptor.in));
        DataOutputStream answers = new DataOutputStream(new java.io.BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        Words words = new Words();
        System.setOut(new PrintStream(words, true, StandardCharsets.UTF_8)); // a compiler must not write between frames
        System.setErr(System.out);
        Locale.setDefault(Locale.ROOT);
        Backend backend = backend(arguments[0], Arrays.asList(arguments).subList(1, arguments.length));
        write(answers, List.of()); // ready
        while (true) {
            List<byte[]> request;
            try {
                request = read(requests);
            } catch (EOFException end) {
                return;
            }
            if (!answer(backend, request, words, answers)) {
                return; // who ran out of memory once is not to be trusted with the next program
            }
        }
    }

    private static Backend backend(String language, List<String> options) throws Exception {
        switch (language) {
            case "java":
                return new InMemory(options);
            case "scala":
                Class<?> scala = Class.forName("scala.tools.nsc.Main");
                return new InFolder(options, (words, said) -> {
                    scala.getMethod("process", String[].class).invoke(null, (Object) words);
                    Object reporter = scala.getMethod("reporter").invoke(null);
                    return (Boolean) reporter.getClass().getMethod("hasErrors").invoke(reporter) ? 1 : 0;
                });
            case "kotlin":
                Class<?> kotlin = Class.forName("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler");
                Method execute = kotlin.getMethod("exec", PrintStream.class, String[].class);
                return new InFolder(options, (words, said) -> {
                    Object status = execute.invoke(kotlin.getConstructor().newInstance(), said, words);
                    return (Integer) status.getClass().getMethod("getCode").invoke(status);
                });
            default:
                throw new IllegalArgumentException("no compiler for " + language);
        }
    }

    private static boolean answer(Backend backend, List<byte[]> request, Words words, DataOutputStream answers) throws Exception {
        ByteArrayOutputStream said = words.renew();
        Map<String, byte[]> made = new LinkedHashMap<>();
        int status;
        try {
            String name = new String(request.get(0), StandardCharsets.UTF_8);
            status = backend.compile(name, request.get(1), System.out, made);
            if (status == 0) {
                made.put("launch", mainClass(made).getBytes(StandardCharsets.UTF_8));
            }
        } catch (OutOfMemoryError | StackOverflowError exhausted) {
            System.out.println("the compiler ran out of resources: " + exhausted);
            status = 3;
        } catch (java.lang.reflect.InvocationTargetException failed) {
            System.out.println("the compiler failed: " + failed.getCause());
            status = 4;
        } catch (RuntimeException failed) { // of javac on some programs
            System.out.println("the compiler failed: " + failed);
            status = 4;
        }
        System.out.flush();
        List<byte[]> answer = new ArrayList<>();
        answer.add(Integer.toString(status).getBytes(StandardCharsets.UTF_8));
        answer.add(said.toByteArray());
        if (status == 0) {
            made.forEach((name, content) -> {
                answer.add(name.getBytes(StandardCharsets.UTF_8));
                answer.add(content);
            });
        }
        write(answers, answer);
        return status != 3;
    }

    /** The class with {@code main}: one that is called Main, or else the last. Loads classes and starts none. */
    private static String mainClass(Map<String, byte[]> made) {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        made.forEach((file, content) -> {
            if (file.endsWith(".class")) {
                classes.put(file.substring(0, file.length() - ".class".length()).replace('/', '.'), content);
            }
        });
        ClassLoader loader = new ClassLoader(WarmCompiler.class.getClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                byte[] content = classes.get(name);
                if (content == null) {
                    throw new ClassNotFoundException(name);
                }
                return defineClass(name, content, 0, content.length);
            }
        };
        String found = "Main";
        for (String name : classes.keySet()) {
            try {
                Method main = Class.forName(name, false, loader).getMethod("main", String[].class);
                if (Modifier.isStatic(main.getModifiers())) {
                    found = name;
                    if (name.equals("Main")) {
                        break;
                    }
                }
            } catch (ReflectiveOperationException | LinkageError without) {
                continue;
            }
        }
        return found;
    }

    private static List<byte[]> read(DataInputStream stream) throws IOException {
        int count = stream.readInt();
        List<byte[]> parts = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            parts.add(stream.readNBytes(stream.readInt()));
        }
        return parts;
    }

    private static void write(DataOutputStream stream, List<byte[]> parts) throws IOException {
        stream.writeInt(parts.size());
        for (byte[] part : parts) {
            stream.writeInt(part.length);
            stream.write(part);
        }
        stream.flush();
    }

    /** What is printed while one program is compiled. */
    static class Words extends OutputStream {
        private static final int MOST = 1 << 20;
        private ByteArrayOutputStream now = new ByteArrayOutputStream();

        ByteArrayOutputStream renew() {
            now = new ByteArrayOutputStream();
            return now;
        }

        @Override
        public void write(int one) {
            if (now.size() < MOST) {
                now.write(one);
            }
        }

        @Override
        public void write(byte[] part, int start, int length) {
            now.write(part, start, Math.min(length, MOST - now.size()));
        }
    }

    /** javac: source and classes in memory, what it says as a JSON list. */
    static class InMemory implements Backend {
        private final JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        private final StandardJavaFileManager files = javac.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
        private final List<String> options;

        InMemory(List<String> options) {
            this.options = options;
        }

        @Override
        public int compile(String name, byte[] text, PrintStream said, Map<String, byte[]> made) {
            DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
            JavaFileManager manager = new ForwardingJavaFileManager<JavaFileManager>(files) {
                @Override
                public JavaFileObject getJavaFileForOutput(Location at, String type, JavaFileObject.Kind kind, FileObject sibling) {
                    return new Output(type.replace('.', '/') + kind.extension, kind, made);
                }
            };
            StringBuilder words = new StringBuilder();
            java.io.StringWriter rest = new java.io.StringWriter();
            boolean fine = javac.getTask(rest, manager, found, options, null, List.of(new Input(name, text))).call();
            for (Diagnostic<?> one : found.getDiagnostics()) {
                words.append(words.length() == 0 ? "[" : ",\n").append(json(one));
            }
            said.print(words.length() == 0 ? "[]" : words.append("]"));
            said.print(rest); // javac's own crash
            return fine ? 0 : 1;
        }

        private static String json(Diagnostic<?> one) {
            return "{\"kind\": " + quoted(one.getKind().name()) + ", \"code\": " + quoted(one.getCode()) + ", \"line\": "
                + one.getLineNumber() + ", \"at\": " + one.getPosition() + ", \"start\": " + one.getStartPosition()
                + ", \"end\": " + one.getEndPosition() + ", \"message\": " + quoted(one.getMessage(Locale.ROOT)) + "}";
        }

        private static String quoted(String text) {
            return text.chars()
                .mapToObj(sign -> sign == '"' || sign == '\\' || sign < 32 || sign > 126 ? String.format("\\u%04x", sign) : "" + (char) sign)
                .collect(Collectors.joining("", "\"", "\""));
        }
    }

    static class Input extends SimpleJavaFileObject {
        private final String text;

        Input(String name, byte[] text) {
            super(URI.create("memory:///" + name), Kind.SOURCE);
            this.text = new String(text, StandardCharsets.UTF_8);
        }

        @Override
        public CharSequence getCharContent(boolean lenient) {
            return text;
        }

        /** A public class may have any name here: nobody told the program what its file is called. */
        @Override
        public boolean isNameCompatible(String simpleName, Kind kind) {
            return true;
        }
    }

    static class Output extends SimpleJavaFileObject {
        private final String name;
        private final Map<String, byte[]> made;

        Output(String name, Kind kind, Map<String, byte[]> made) {
            super(URI.create("memory:///" + name), kind);
            this.name = name;
            this.made = made;
        }

        @Override
        public OutputStream openOutputStream() {
            return new ByteArrayOutputStream() {
                @Override
                public void close() {
                    made.put(name, toByteArray());
                }
            };
        }
    }

    interface Command {
        int run(String[] words, PrintStream said) throws Exception;
    }

    /** A compiler that reads and writes files. */
    static class InFolder implements Backend {
        private final List<String> options;
        private final Command command;

        InFolder(List<String> options, Command command) {
            this.options = options;
            this.command = command;
        }

        @Override
        public int compile(String name, byte[] text, PrintStream said, Map<String, byte[]> made) throws Exception {
            Path folder = Files.createTempDirectory(Path.of("").toAbsolutePath(), "program");
            try {
                Path source = Files.write(folder.resolve(name), text);
                Path output = Files.createDirectory(folder.resolve("output"));
                List<String> words = new ArrayList<>(options);
                words.addAll(List.of("-d", output.toString(), source.toString()));
                int status = command.run(words.toArray(new String[0]), said);
                for (Path path : below(output)) {
                    if (Files.isRegularFile(path)) {
                        made.put(output.relativize(path).toString(), Files.readAllBytes(path));
                    }
                }
                return status;
            } finally {
                for (Path path : below(folder)) {
                    Files.delete(path);
                }
            }
        }

        private static List<Path> below(Path folder) throws IOException {
            try (Stream<Path> all = Files.walk(folder)) {
                return all.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
            }
        }
    }
}
