"""ocamlc: type errors and warnings of the OCaml compiler, which goes no further than types. Lines count from 1, columns
from 0, in bytes. https://v2.ocaml.org/manual/comp.html

Attributes that silence warnings lose their names at equal length, and directives that rename lines their sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "": (Severity.MEDIUM, Kind.LOGIC),
    "error": (Severity.HIGH, Kind.TYPE),
    "error Syntax error": (Severity.FATAL, Kind.SYNTAX),
    "error Illegal": (Severity.FATAL, Kind.SYNTAX),
    "error This comment": (Severity.FATAL, Kind.SYNTAX),
    "error Comment": (Severity.FATAL, Kind.SYNTAX),
    "error String literal": (Severity.FATAL, Kind.SYNTAX),
    "error This string": (Severity.FATAL, Kind.SYNTAX),
    "error Unbound": (Severity.CRITICAL, Kind.NAME),
    **dict.fromkeys(("unused", "useless"), (Severity.LOW, Kind.STYLE)),
}
"""By the start of a warning's name, or of an error's message."""
# Warnings that find defects: a partial match (8), a value that is thrown away (5, 10, 20, 21), a case that is never
# reached (11, 12, 56, 57), what is not used (26, 27, 35, 37, 39), strings that mean something else (14, 29, 52).
WARNINGS = "-a+5+8+10+11+12+14+20+21+26+27+29+35+37+39+52+56+57"
COMPILE = (
    r"""sed -zEi -e 's/(\[@+\s*(ocaml\s*\.\s*)?)warn(ing|error)/\1xarn\3/g' """
    r"""-e 's/(^|\n)([ \t]*)#([ \t]*[0-9])/\1\2 \3/g' -- "$@"; """
    f'for file; do ocamlc -c -stop-after typing -color never -w {WARNINGS} "$file"; done 2>&1; exit 0'
)
_REPORT = re.compile(
    r'File "(?P<file>[^"\n]+)", lines? (?P<line>\d+)(?:-(?P<end_line>\d+))?'
    r"(?:, characters (?P<column>\d+)-(?P<end_column>\d+))?:\n"
    r"(?P<quoted>(?: *\d* \|.*\n| *\^+.*\n|\.\.\..*\n)*)"
    r"(?:Warning \d+ \[(?P<code>[\w-]+)\]|Error(?: \([^)]*\))?): (?P<message>(?:(?!File \").*(?:\n|\Z))+)"
)


def parse(output: str) -> Iterator[Finding]:
    """The findings.

    Raises:
        AnalyzerFailed: something else stands between the compiler's reports.
    """
    done = 0
    for match in _REPORT.finditer(output):
        if output[done : match.start()].strip():
            break
        done = match.end()
        yield _finding(match)
    if output[done:].strip():
        raise AnalyzerFailed(f"a report of ocamlc is not understood: {output[done:].strip()[:200]!r}")


def _finding(match: re.Match[str]) -> Finding:
    message = " ".join(match["message"].split())
    severity, kind = rate(RATINGS, match["code"] or f"error {message}")
    code = match["code"] or {Kind.SYNTAX: "syntax-error", Kind.NAME: "undefined-name"}.get(kind, "type-mismatch")
    line, end_line = int(match["line"]), int(match["end_line"] or match["line"])
    columns = (int(match["column"]), int(match["end_column"])) if match["column"] else (None, None)
    return Finding(
        code, message, line, columns[0], end_line, columns[1], severity=severity, kind=kind, file=match["file"]
    )


ANALYZER = Tool(
    name="ocamlc",
    languages=("ocaml",),
    argv=("sh", "-c", COMPILE, "sh", "{files}"),
    parse=parse,
    convention=Convention(column_base=0, unit=Unit.BYTE),
    package="debian:ocaml-nox",
    needs=("ocamlc",),
    ok_exit_codes=(0,),
    file="main.ml",
    batch_size=256,
    timeout_s=60.0,
    version_argv=("-c", "ocamlc -version"),
)

GOOD = [
    "(* é😀 *)\nlet rec sum = function\n  | [] -> 0\n  | x :: rest -> x + sum rest\n\nlet () = print_int (sum [1])\n",
]
BAD = [
    ('let s = "é😀" let n = s + 1\n', "type-mismatch", "s"),
    ('let s = "é😀" let n = missing s\n', "undefined-name", "missing"),
    ('let s = "é😀" let = 1\n', "syntax-error", "="),
    ('let s = (("é😀\n', "syntax-error", '"'),
    ('let f x = "é😀", match x with Some n -> n\n', "partial-match", "match x with Some n -> n"),
    ('let f () = print_string "é😀"; let y = 1 in ()\n', "unused-var", "y"),
    ('let f () = "é😀", List.map succ [1]; 2\n', "non-unit-statement", '"é😀", List.map succ [1]'),
    ('[@@@ocaml.warning "-a"]\nlet f x = match x with "é😀" -> 1 | _ -> 2 | "a" -> 3\n', "redundant-case", '"a"'),
]
