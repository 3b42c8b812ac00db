"""Rust."""

from dataclasses import replace

from grammars.language import Language, Toolchain

RUSTC = ("rustc", "--edition=2021", "--error-format=json", "-Awarnings", "-o", "{work}/main")

PROGRAM = Toolchain(
    compile=(*RUSTC, "{file}"),
    run=("{built}/main",),
    packages=("debian:rustc",),
    needs=("cc",),
    record='println!("\\n{nonce}");',
    completion=((r"\}\s*\Z", r"{record} \g<0>"),),
    assertion=((r"(?m)^[ \t]*assert(?:_eq|_ne)?!\(.*\);[ \t]*$", r"\g<0> {record}"),),
)

LANGUAGE = Language(
    name="rust",
    aliases=("rs",),
    suffixes=(".rs",),
    parser="tree_sitter_rust:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("line_comment", "block_comment", "shebang"),
    long_quotes='"',
    stops=("\n}", "\nfn "),
    toolchain=replace(
        PROGRAM,
        alternatives=(
            (
                r"#\[test\]",
                replace(
                    PROGRAM,
                    compile=(*RUSTC, "--test", "{file}"),
                    run=("{built}/main", "--nocapture", "--test-threads=1", "--quiet"),
                    completion=((r"\}\s*\}\s*\Z", r"{record} \g<0>"), (r"\}\s*\Z", r"{record} \g<0>")),
                ),
            ),
        ),
    ),
)
