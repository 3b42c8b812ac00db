"""Swift. No package index has its compiler, so that its messages are not read yet."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="swift",
    suffixes=(".swift",),
    parser="tree_sitter_swift:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "multiline_comment", "shebang_line"),
    stops=("\nfunc ", "\nstruct ", "\n//", "\nprint("),
    toolchain=Toolchain(
        compile=("swiftc", "-o", "{work}/main", "{file}"),
        run=("{built}/main",),
        needs=("swiftc",),
        packages=("upstream:swift",),
        messages="plain",
        record='print("\\n{nonce}")',
        compile_timeout_s=60.0,
        reserves_memory=True,
        processes=16,
    ),
)
