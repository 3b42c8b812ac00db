"""R."""

from grammars.language import Language, Toolchain

# Two expressions in a line want a semicolon between them.
IN_LINE = tuple((f"({kind} (_) @before . (_) @refused)", r"\A[^\n;]*\Z") for kind in ("program", "braced_expression"))

LANGUAGE = Language(
    name="r",
    suffixes=(".r", ".R"),
    fences=("rscript",),
    parser="tree_sitter_language_pack.bindings.r:language",
    line_comment="#",
    long_quotes="\"'",
    refused=IN_LINE,
    stops=("\n#", "\n```", "\nprint(", "\ncat("),
    toolchain=Toolchain(
        run=("Rscript", "--vanilla", "{built}/r_report.R", "{file}"),
        support=("r_report.R",),
        packages=("debian:r-base-core",),
        readable=("/etc/R",),
        record='cat("\\n{nonce}\\n")',
        assertion=((r"(?m)^[ \t]*stopifnot\(.*\)$", r"\g<0>; {record}"),),
        start_s=0.5,
        memory_bytes=256 * 1024**2,
        open_files=256,  # it refuses to start with fewer
    ),
)
