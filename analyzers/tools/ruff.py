"""ruff: fast Python lint. Its JSON counts lines and columns from 1, in code points. https://docs.astral.sh/ruff/"""

from __future__ import annotations

import sys
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RATINGS = {
    "invalid-syntax": (Severity.FATAL, Kind.SYNTAX),
    "E9": (Severity.FATAL, Kind.SYNTAX),
    "F7": (Severity.FATAL, Kind.SYNTAX),
    "F722": (Severity.MEDIUM, Kind.TYPE),
    "F821": (Severity.CRITICAL, Kind.NAME),
    "F822": (Severity.MEDIUM, Kind.NAME),
    "F823": (Severity.CRITICAL, Kind.NAME),
    "F5": (Severity.HIGH, Kind.TYPE),
    **dict.fromkeys(("F504", "F522", "F523", "F541", "F401", "F403", "F405", "F84"), (Severity.LOW, Kind.STYLE)),
    "F631": (Severity.HIGH, Kind.LOGIC),
    "F633": (Severity.HIGH, Kind.TYPE),
    "F634": (Severity.HIGH, Kind.LOGIC),
    "F901": (Severity.HIGH, Kind.TYPE),
    "PLE": (Severity.HIGH, Kind.LOGIC),
    "S102": (Severity.HIGH, Kind.SECURITY),
    "S307": (Severity.MEDIUM, Kind.SECURITY),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the longest start of the code."""


def _finding(record: dict[str, Any]) -> Finding:
    code = record["code"] or "invalid-syntax"
    severity, kind = rate(RATINGS, code)
    start, end = record["location"], record["end_location"]
    return Finding(
        code, record["message"], start["row"], start["column"], end["row"], end["column"],
        severity=severity, kind=kind, file=record["filename"],
    )  # fmt: skip


ANALYZER = Tool(
    name="ruff",
    languages=("python",),
    argv=(
        "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--output-format=json",
        f"--target-version=py{sys.version_info.major}{sys.version_info.minor}",
        # Without B904 (raise ... from), B905 (zip without strict) and B007, B011, B028: taste.
        "--select=E9,F,B,PLE,S102,S307", "--ignore=B007,B011,B028,B904,B905", "{files}",
    ),
    parse=from_json(_finding),
    convention=Convention(skips_bom=True),
    package="pypi:ruff",
    batch_size=64,
)  # fmt: skip

GOOD = [
    "import os\n\n\ndef f(path):\n    return os.path.join(path, 'é😀')\n",
    "x = (" + " + ".join(["1"] * 900) + ")\n",
]
BAD = [
    ('s = "é😀"; x = undefined_name  # noqa\n', "F821", "undefined_name"),
    ('s = "é😀"; import os, sys\nprint(os)\n', "F401", "sys"),
    ("s = 'é😀'; t = '%d' % (1, 2)\n", "F507", "'%d' % (1, 2)"),
    ("s = 'é😀'\ndef f(x, é=[]): return x\n", "B006", "[]"),
    ("s = 'é😀'; exec(s)\n", "S102", "exec"),
    ("s = 'é😀'; x = = 1\n", "invalid-syntax", "="),
]
