"""lintr: lint of R, and codetools' search for names and calls that go wrong. https://lintr.r-lib.org

`support/lintr_programs.R` tells lines and columns from 1, in code points, ends inclusive, and evaluates nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import by_message, rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

USAGE = {
    "no visible binding for global variable": "undefined-variable",
    "no visible binding for '<<-' assignment": "new-global",
    "no visible global function definition": "undefined-function",
    "possible error in": "wrong-call",
    "local variable": "unused-variable",
    "multiple local function definitions": "redefined-function",
}
"""Codes for what codetools has only sentences for, by their start."""
RATINGS = {
    "": (Severity.MEDIUM, Kind.LOGIC),
    "error": (Severity.FATAL, Kind.SYNTAX),
    "undefined-function": (Severity.CRITICAL, Kind.NAME),
    "undefined-variable": (Severity.HIGH, Kind.NAME),
    "wrong-call": (Severity.HIGH, Kind.TYPE),
    "undesirable_function": (Severity.MEDIUM, Kind.SECURITY),
    **dict.fromkeys(
        ("T_and_F_symbol", "class_equals", "new-global", "seq", "unused-variable"), (Severity.LOW, Kind.STYLE)
    ),
}
"""By the start of the code."""
SUPPORT = "lintr_programs.R"


def _finding(record: dict[str, Any]) -> Finding:
    code, message = record["code"].removesuffix("_linter"), record["message"]
    if code == "usage":
        code = by_message(USAGE, message)
        if not code:
            raise AnalyzerFailed(f"codetools says {message!r:.200}, expected one of: {', '.join(USAGE)}")
    severity, kind = rate(RATINGS, code)
    return Finding(
        code, message, record["line"], record["column"], record["line"], record["end_column"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="lintr",
    languages=("r",),
    argv=("Rscript", "--vanilla", "{settings}/" + SUPPORT, "{files}"),
    parse=from_json(_finding),
    convention=Convention(end_inclusive=True),
    package="debian:r-cran-lintr",
    needs=("/usr/lib/R/site-library/lintr",),
    ok_exit_codes=(0,),
    settings={SUPPORT: (Path(__file__).parent / "support" / SUPPORT).read_text("utf-8")},
    batch_size=256,
    timeout_s=120.0,
    version_argv=("--vanilla", "-e", "cat(R.version.string, format(packageVersion('lintr')))"),
)

GOOD = [
    "# é😀\nadd <- function(x, y = 1) {\n  total <- x + y\n  return(total)\n}\n",
    "\n \t\n",
    "f <- function(values) sapply(values, function(v) v + offset)\noffset <- 1\nprint(f(c(1, 2)))\n",
]
BAD = [
    ('f <- function(x) { s <- "é😀"; paste(s, x, missing_one) }\n', "undefined-variable", "missing_one"),
    ('f <- function(x) { "é😀"; absent(x) } # nolint\n', "undefined-function", "absent"),
    ('f <- function(x) nchar("é😀", x, TRUE, TRUE, 5)\n', "wrong-call", "nchar"),
    ('f <- function(x) { "é😀"; unused <- 1; x }\n', "unused-variable", "unused"),
    ('s <- "é😀"; if (s == NA) print(s)\n', "equals_na", "=="),
    ('s <- "é😀"; if (is.na(s) & TRUE) print(s)\n', "vector_logic", "&"),
    ('s <- c("é😀", s = 1, s = 2)\n', "duplicate_argument", "s"),
    ('s <- paste("é😀", , "b")\n', "missing_argument", ","),
    ('s <- "é😀"; eval(parse(text = s))\n', "undesirable_function", "eval"),
    ('s <- "é😀"; s = = 1\n', "error", "="),
]
