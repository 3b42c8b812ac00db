import com.sun.source.util.JavacTask;
import java.io.File;
import java.util.List;
import javax.tools.*;

/** Parses each file, no more: file:line: message. */
class Parse {
  public static void main(String[] files) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null);
    for (String file : files) {
      DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
      JavacTask task = (JavacTask) compiler.getTask(
          null, manager, found, List.of("-proc:none"), null, manager.getJavaFileObjects(new File(file)));
      task.parse();
      for (Diagnostic<?> one : found.getDiagnostics())
        if (one.getKind() == Diagnostic.Kind.ERROR)
          System.out.println(file + ":" + one.getLineNumber() + ": " + one.getMessage(null).lines().findFirst().orElse(""));
    }
  }
}
