"""Dart. No package index has it, so that its messages are not read yet."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="dart",
    suffixes=(".dart",),
    parser="tree_sitter_dart:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "documentation_comment", "script_tag"),
    stops=("\nvoid main", "\nclass ", "\n//", "\nimport "),
    toolchain=Toolchain(
        run=("dart", "run", "{file}"),
        needs=("dart",),
        packages=("upstream:dart",),
        messages="plain",
        record="print('\\n{nonce}');",
        completion=((r"\}\s*\Z", "{record} }\n"),),
        start_s=2.0,
        memory_bytes=1024**3,
        reserves_memory=True,
        processes=32,
    ),
)
