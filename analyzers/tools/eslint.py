"""ESLint: JavaScript, with rules that find defects. Its JSON counts lines and columns from 1, in UTF-16 units.
https://eslint.org/docs/latest/use/formatters/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

RULES = {
    **dict.fromkeys(
        (
            "constructor-super",
            "no-const-assign",
            "no-import-assign",
            "no-invalid-regexp",
            "no-new-native-nonconstructor",
        ),
        (Severity.HIGH, Kind.TYPE),
    ),
    **dict.fromkeys(("no-obj-calls", "no-this-before-super"), (Severity.HIGH, Kind.TYPE)),
    **dict.fromkeys(("no-redeclare", "no-unused", "no-useless-assignment"), (Severity.LOW, Kind.STYLE)),
    "no-unused-expressions": (Severity.MEDIUM, Kind.LOGIC),
    **dict.fromkeys(("no-eval", "no-new-func", "no-implied-eval"), (Severity.HIGH, Kind.SECURITY)),
    "": (Severity.MEDIUM, Kind.LOGIC),
}
"""By the longest start of a rule's name; the first ones end the program when they are reached."""

RATINGS = {
    **RULES,
    "syntax-error": (Severity.FATAL, Kind.SYNTAX),
    "spanwise/undefined-name": (Severity.CRITICAL, Kind.NAME),
    "spanwise/unused-local": (Severity.LOW, Kind.STYLE),
}


def _records(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**message, "file": result["filePath"]}
        for result in results
        for message in [*result["messages"], *result["suppressedMessages"]]
    ]


def _finding(record: dict[str, Any]) -> Finding:
    code = "syntax-error" if record.get("fatal") else record["ruleId"]
    if code is None:
        raise ValueError(f"a message about no rule: {record['message']}")
    severity, kind = rate(RATINGS, code)
    return Finding(
        code, record["message"].removeprefix("Parsing error: "),
        record["line"], record["column"], record.get("endLine"), record.get("endColumn"),
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip


ANALYZER = Tool(
    name="eslint",
    languages=("javascript",),
    argv=(
        "eslint", "--no-config-lookup", "--config={settings}/eslint.config.mjs", "--no-inline-config", "--no-ignore",
        "--format=json", "{files}",
    ),
    parse=from_json(_finding, records=_records),
    convention=Convention(unit=Unit.UTF16, skips_bom=True),
    package="npm:eslint@10.15.0",
    settings={"eslint.config.mjs": Path(__file__).with_name("support").joinpath("eslint.config.mjs").read_text()},
    batch_size=256,
    timeout_s=60.0,
)  # fmt: skip

GOOD = [
    "const fs = require('fs');\nfunction f(path) { return fs.readFileSync(path) + 'é😀'; }\nmodule.exports = { f };\n",
    "import { readFileSync as read } from 'node:fs';\nexport const f = (path) => read(path);\n",
    "var deep = '" + "a" * 900 + "';\nfor (var i = 0; i < 3; i++) { console.log(deep[i]); }\nreturn;\n",
]
BAD = [
    ('let s = "é😀"; foo(s); // eslint-disable-line\n', "spanwise/undefined-name", "foo"),
    ("for (i = 0; i < 3; i++) console.log('é😀');\n", "spanwise/implicit-global", "i"),
    ('const s = "é😀"; s = 1;\n', "no-const-assign", "s"),
    ("const o = { 'é😀': 1, b: 1, b: 2 };\n", "no-dupe-keys", "b"),
    ("function f() { const s = 'é😀', unused = 1; return s; }\n", "spanwise/unused-local", "unused"),
    ('const s = "é😀"; eval(s);\n', "no-eval", "eval"),
    ('let s = "é😀"; s = = 1;\n', "syntax-error", "="),
]
