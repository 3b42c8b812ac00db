"""Kotlin."""

from grammars.java import JAVA, MEMORY_BYTES, PROCESSES, READABLE, RUN, START_S
from grammars.language import Language, Toolchain

HOME = "/usr/share/kotlin/kotlinc"
LIBRARIES = HOME + "/lib/"
COMPILER = ":".join(
    LIBRARIES + f"{name}.jar"
    for name in (
        "kotlin-compiler",
        "kotlin-stdlib",
        "kotlin-script-runtime",
        "kotlin-reflect",
        "trove4j",
        "annotations-13.0",
    )
)

LANGUAGE = Language(
    name="kotlin",
    aliases=("kt",),
    suffixes=(".kt", ".kts"),
    parser="tree_sitter_kotlin:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("line_comment", "block_comment", "shebang"),
    stops=("\n}", "\nfun "),
    toolchain=Toolchain(
        server=(
            *(*JAVA, "-Xmx1g", "-Dkotlin.environment.keepalive=true", "-cp", COMPILER),
            *("{support}/WarmCompiler.java", "kotlin", "-nowarn", "-kotlin-home", HOME),
        ),
        run=(*RUN, "-cp", "{built}:" + LIBRARIES + "kotlin-stdlib.jar", "@{built}/launch"),
        packages=("debian:kotlin",),
        needs=(LIBRARIES + "kotlin-compiler.jar",),
        version=("kotlinc", "-J-XX:-PrintWarnings", "-version"),
        readable=READABLE,
        messages="jvm",
        record='println("\\n{nonce}");',
        completion=((r"\}\s*\Z", r"{record} \g<0>"),),
        assertion=((r'throw Exception\("Exception -- test case .*\n\s*\}', r"\g<0>; {record}"),),
        start_s=START_S,
        memory_bytes=MEMORY_BYTES,
        reserves_memory=True,
        processes=PROCESSES,
    ),
)
