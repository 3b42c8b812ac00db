"""C."""

from grammars.language import Language, Toolchain

# Bound under other names, so that neither headers of the program nor its own functions are in the way.
RECORD = (
    '{ extern int spanwise_puts(const char *) __asm__("puts"); extern int spanwise_flush(void *) __asm__("fflush");'
    ' spanwise_puts("\\n{nonce}"); spanwise_flush(0); }'
)

LANGUAGE = Language(
    name="c",
    suffixes=(".c",),
    fences=("c11", "c17", "gnu17"),
    parser="tree_sitter_c:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_holders=("preproc_arg",),
    stops=("\n}", "\nint main"),
    toolchain=Toolchain(
        compile=("gcc", "-std=gnu17", "-fdiagnostics-format=json", "-o", "{work}/main", "{file}", "-lm"),
        run=("{built}/main",),
        packages=("debian:gcc", "debian:libc6-dev"),
        messages="gcc",
        record=RECORD,
        completion=((r"(?:return\s+0\s*;\s*)?\}(?:\s|//.*)*\Z", r"{record} \g<0>"),),
        assertion=((r"(?m)^[ \t]*assert\s*\(.*\);[ \t]*$", r"\g<0> {record}"),),
    ),
)
