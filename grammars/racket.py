"""Racket."""

from grammars.language import Language, Toolchain

# Checks of rackunit say what failed and go on: raised, the first failure ends the program.
CHECK = r"(?m)^[ \t]*(\(check-[\w?!-]+ .*\))$"

LANGUAGE = Language(
    name="racket",
    aliases=("rkt",),
    suffixes=(".rkt",),
    parser="tree_sitter_language_pack.bindings.racket:language",
    line_comment=";",
    block_comment=("#|", "|#"),
    nests_by_column=True,
    long_quotes='"',
    comment_nodes=("comment", "block_comment", "sexp_comment"),
    comment_marks=("#;",),
    stops=("\n(define ", "\n#|", "\n;", "\n("),
    toolchain=Toolchain(
        run=("racket", "{built}/racket_run.rkt", "{file}"),
        support=("racket_run.rkt", "racket_report.rkt"),
        packages=("debian:racket",),
        readable=("/etc/racket",),
        record='(void (write-string "\\n{nonce}\\n") (flush-output))',
        assertion=((CHECK, r"(parameterize ([current-check-handler raise]) \1) {record}"),),
        start_s=1.0,
        memory_bytes=256 * 1024**2,
        reserves_memory=True,
    ),
)
