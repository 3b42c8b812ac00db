"""Java."""

from grammars.language import Language, Toolchain

# Programs are small and short-lived: a virtual machine that starts quickly is worth more than one that runs fast later.
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto")
RUN = (*JAVA, "-ea", "-Xmx{memory}m")
READABLE = ("/etc/java-11-openjdk", "/etc/java-17-openjdk", "/etc/java-21-openjdk")
START_S = 1.0
MEMORY_BYTES = 768 * 1024 * 1024
"""Code, classes and stacks of the virtual machine, beside the heap."""
PROCESSES = 48

LIBRARIES = "/usr/share/java/javatuples.jar"

# An expression that is a statement does something, unless it is the value of a switch; a constructor is called like its
# class.
STATEMENTS = """
program block constructor_body switch_block_statement_group labeled_statement if_statement while_statement do_statement
for_statement enhanced_for_statement
""".split()
EXPRESSIONS = """
identifier binary_expression field_access array_access unary_expression parenthesized_expression ternary_expression
lambda_expression cast_expression instanceof_expression this class_literal method_reference string_literal
character_literal decimal_integer_literal decimal_floating_point_literal true false null_literal
""".split()
REFUSED = (
    *(
        (f"({place} (expression_statement [{' '.join(f'({kind})' for kind in EXPRESSIONS)}] @refused))", "")
        for place in STATEMENTS
    ),
    *(
        (f"({kind}_declaration name: (_) @name body: (_ (constructor_declaration name: (_) @refused))"
         " (#not-eq? @name @refused))", "")
        for kind in ("class", "enum", "record")
    ),
)  # fmt: skip

LANGUAGE = Language(
    name="java",
    suffixes=(".java",),
    fences=("java8", "java11", "java17"),
    parser="tree_sitter_java:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("line_comment", "block_comment"),
    refused=REFUSED,
    stops=("\n    }\n", "\n}"),
    toolchain=Toolchain(
        server=(
            *(*JAVA, "-Xmx512m", "-cp", LIBRARIES, "{support}/WarmCompiler.java"),
            *("java", "-proc:none", "-nowarn", "-encoding", "UTF-8", "-cp", LIBRARIES),
        ),
        run=(*RUN, "-cp", "{built}:" + LIBRARIES, "@{built}/launch"),
        packages=("debian:default-jdk-headless", "debian:libjavatuples-java"),
        needs=("javac", LIBRARIES),
        version=("javac", "-version"),
        file="Main.java",
        readable=READABLE,
        record='java.lang.System.out.println("\\n{nonce}");',
        completion=((r"\}\s*\}\s*\Z", r"{record} \g<0>"),),
        assertion=(
            (r"(?m)^[ \t]*assert\s*\(.*\);[ \t]*$", r"\g<0> {record}"),
            (r'throw new java\.lang\.Exception\("Exception -- test case .*\n\s*\}', r"\g<0> {record}"),
        ),
        start_s=START_S,
        memory_bytes=MEMORY_BYTES,
        reserves_memory=True,
        processes=PROCESSES,
    ),
)
