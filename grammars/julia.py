"""Julia. No package index has it, so that its messages are not read yet."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="julia",
    aliases=("jl",),
    suffixes=(".jl",),
    parser="tree_sitter_julia:language",
    line_comment="#",
    block_comment=("#=", "=#"),
    comment_nodes=("line_comment", "block_comment"),
    blocks=(
        *((word, "end") for word in ("do", "begin", "quote", "let", "function", "struct")),
        *((word, "end") for word in ("^if", "^while", "^for", "^try", "^macro", "^module")),
    ),
    stops=("\nfunction", "\nmacro", "\n#", "\nprintln("),
    toolchain=Toolchain(
        run=("julia", "--startup-file=no", "{file}"),
        needs=("julia",),
        packages=("upstream:julia",),
        messages="plain",
        record='print(stdout, "\\n{nonce}\\n"); flush(stdout)',
        start_s=2.0,
        memory_bytes=1024**3,
        reserves_memory=True,
        processes=16,
    ),
)
