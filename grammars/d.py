"""D."""

from dataclasses import replace

from grammars.language import Language, Toolchain

GDC = ("gdc", "-g", "-fdiagnostics-format=json", "-o", "{work}/main", "{file}")

PROGRAM = Toolchain(
    compile=GDC,
    run=("{built}/main",),
    packages=("debian:gdc",),
    # Bound under other names and with no module of the standard library, whatever the program imports.
    record=(
        "{ import core.stdc.stdio : spanwise_puts = puts, spanwise_flush = fflush;"
        ' spanwise_puts("\\n{nonce}".ptr); spanwise_flush(null); }'
    ),
    completion=(
        (r"\}\s*void main\(\)\s*\{\s*\}\s*\Z", r"{record} \g<0>"),
        (r"\}\s*\Z", r"{record} \g<0>"),
    ),
    assertion=((r"(?m)^[ \t]*assert\(.*\);[ \t]*$", r"\g<0> {record}"),),
)

LANGUAGE = Language(
    name="d",
    aliases=("dlang",),
    suffixes=(".d",),
    parser="tree_sitter_language_pack.bindings.d:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "shebang"),
    comment_marks=("/+",),
    stops=("\n\n", "\nvoid", "\nbool", "\nint", "\nunittest"),
    toolchain=replace(PROGRAM, alternatives=((r"(?m)^\s*unittest\b", replace(PROGRAM, compile=(*GDC, "-funittest"))),)),
)
