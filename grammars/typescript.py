"""TypeScript."""

from grammars.language import Language, Toolchain

LIBRARIES = ("/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs")

LANGUAGE = Language(
    name="typescript",
    aliases=("ts",),
    suffixes=(".ts", ".mts", ".cts"),
    parser="tree_sitter_typescript:language_typescript",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "html_comment", "hash_bang_line"),
    comment_marks=("<!--", "-->"),
    refused=(("(expression_statement . (function_expression !name) @refused)", ""),),
    stops=("\nfunction ", "\n/*", "\n//", "\nclass", "\nconsole.log"),
    toolchain=Toolchain(
        server=("node", "{support}/typescript_compiler.js", *LIBRARIES),
        run=("node", "--require", "{built}/node_report.js", "{built}/main.js"),
        needs=("tsc",),
        support=("node_report.js",),
        packages=(
            *("debian:nodejs", "npm:typescript@5.9.3", "npm:@types/node@18.19.130"),
            *("npm:mathjs@15.2.0", "npm:heap-js@2.7.1"),  # MBXP's programs import them
        ),
        # The library's own settings lie where programs cannot read, which it takes for an error.
        environment={"NODE_PATH": ":".join(LIBRARIES), "OPENSSL_CONF": "/dev/null"},
        version=("tsc", "--version"),
        messages="typescript",
        record='process.stdout.write("\\n{nonce}\\n");',
        assertion=((r"(?m)^[ \t]*assert\.\w+\(.*\);[ \t]*$", r"\g<0> {record}"),),
        start_s=0.5,
        memory_bytes=256 * 1024**2,
        reserves_memory=True,
        processes=16,
    ),
)
