"""Scala 2."""

from grammars.java import JAVA, MEMORY_BYTES, PROCESSES, READABLE, RUN, START_S
from grammars.language import Language, Toolchain

LIBRARIES = "/usr/share/scala-2.11/lib/"
COMPILER = ":".join(
    LIBRARIES + f"scala-{name}.jar" for name in ("compiler", "library", "reflect", "xml", "parser-combinators")
)

LANGUAGE = Language(
    name="scala",
    suffixes=(".scala", ".sc"),
    fences=("scala2",),
    parser="tree_sitter_scala:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "block_comment"),
    stops=("\n    }\n", "\n}"),
    toolchain=Toolchain(
        server=(*JAVA, "-Xmx1g", "-cp", COMPILER, "{support}/WarmCompiler.java", "scala", "-usejavacp", "-nowarn"),
        run=(*RUN, "-cp", "{built}:" + LIBRARIES + "scala-library.jar", "@{built}/launch"),
        packages=("debian:scala",),
        needs=(LIBRARIES + "scala-compiler.jar",),
        version=("scalac", "-version"),
        readable=READABLE,
        messages="jvm",
        record='println("\\n{nonce}");',
        completion=(
            (r"(?s)(def main\(.*)(\}\s*\}\s*\Z)", r"\1 {record} \2"),
            (r"\}\s*\Z", r"{record} \g<0>"),
        ),
        assertion=((r"(?m)^[ \t]*assert\(.*\);?[ \t]*$", r"\g<0>; {record}"),),
        start_s=START_S,
        memory_bytes=MEMORY_BYTES,
        reserves_memory=True,
        processes=PROCESSES,
    ),
)
