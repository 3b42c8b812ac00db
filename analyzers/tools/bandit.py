"""bandit: dangerous calls in Python. Columns are those of CPython's tree, and its first line is that of `line_range`:
`line_number` may be an argument's. https://bandit.readthedocs.io/en/latest/plugins/
"""

from __future__ import annotations

from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import PYTHON_AST
from analyzers.python_syntax import syntax_error
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

SEVERITIES = {"LOW": Severity.LOW, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH}
RATED = {"B102": Severity.HIGH, "B324": Severity.LOW}
"""`exec` runs what no analyzer has seen; MD5 may be just what is asked for."""
SKIPPED = (
    *(f"B{number}" for number in range(401, 416)),  # imports: what is called is reported
    "B101", "B105", "B106", "B107", "B110", "B112", "B311", "B603", "B606", "B607",
)  # fmt: skip
"""Tests that fire on right programs: assertions, words that look like passwords, `random`, handlers that do nothing."""


def _finding(record: dict[str, Any]) -> Finding:
    code, lines = record["test_id"], record["line_range"]
    return Finding(
        code, record["issue_text"], lines[0], record["col_offset"], lines[-1], record["end_col_offset"],
        severity=RATED.get(code) or SEVERITIES[record["issue_severity"]], kind=Kind.SECURITY, file=record["filename"],
    )  # fmt: skip


def _records(data: dict[str, Any]) -> list[dict[str, Any]]:
    if data["errors"]:
        raise AnalyzerFailed(f"bandit could not read a program: {data['errors'][0]}")
    records: list[dict[str, Any]] = data["results"]
    return records


ANALYZER = Tool(
    name="bandit",
    languages=("python",),
    argv=(
        "bandit", "--quiet", "--ini={settings}/bandit.ini", "--ignore-nosec", "--format=json",
        f"--skip={','.join(SKIPPED)}", "{files}",
    ),
    settings={"bandit.ini": "[bandit]\n"},
    parse=from_json(_finding, records=_records),
    convention=PYTHON_AST,
    package="pypi:bandit",
    refuse=syntax_error,
    batch_size=64,
    timeout_s=30.0,
)  # fmt: skip

GOOD = [
    "import random, subprocess\nassert random.random() < 1, 'é😀'\n",
    "password = 'é😀'\ntry:\n    print(password)\nexcept OSError:\n    pass\n",
]
BAD = [
    ("s = 'é😀'; exec(s)  # nosec\n", "B102", "exec(s)"),
    ("s = 'é😀'; x = eval(s)\n", "B307", "eval(s)"),
    ("import os\ns = 'é😀'; os.system('rm ' + s)\n", "B605", "os.system('rm ' + s)"),
    ("import subprocess as p\nx = 'é😀'; p.call(\n    x,\n    shell=True,\n)\n", "B602", "p.call("),
    ("import pickle\ns = 'é😀'; pickle.loads(s)\n", "B301", "pickle.loads(s)"),
    ("s = 'é😀'; x = = 1\n", "SyntaxError", "="),
]
