"""quick-lint-js: errors of JavaScript and TypeScript in a millisecond. Counts from 1 in bytes, the last one included.
https://quick-lint-js.com/errors/
"""

from __future__ import annotations

import json
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

SETTINGS = {"global-groups": ["ecmascript", "node.js"]}

RATINGS = {
    "E": (Severity.FATAL, Kind.SYNTAX),
    "W": (Severity.MEDIUM, Kind.LOGIC),
    # An assignment outside of strict code creates the name, which a use of it does not show.
    "W:E0057": (Severity.HIGH, Kind.NAME),
    "E:E0058": (Severity.HIGH, Kind.NAME),
    "W:E0214": (Severity.HIGH, Kind.NAME),
    "E:E0002": (Severity.MEDIUM, Kind.LOGIC),
    **dict.fromkeys(("E:E0003", "E:E0004", "E:E0185"), (Severity.HIGH, Kind.TYPE)),
}
"""By the tool's letter for errors and warnings, and the longest start of the code."""


def _finding(record: dict[str, Any]) -> Finding:
    severity, kind = rate(RATINGS, f"{record['type']}:{record['nr']}")
    return Finding(
        record["nr"], record["text"], record["lnum"], record["col"], record["end_lnum"], record["end_col"],
        severity=severity, kind=kind, file=record["filename"],
    )  # fmt: skip


ANALYZER = Tool(
    name="quick-lint-js",
    languages=("javascript", "typescript"),
    argv=(
        "quick-lint-js", "--config-file={settings}/quick-lint-js.config", "--output-format=vim-qflist-json", "{files}",
    ),
    parse=from_json(_finding, records=lambda data: data["qflist"]),
    convention=Convention(unit=Unit.BYTE, end_inclusive=True),
    package="npm:quick-lint-js@3.2.0",
    settings={"quick-lint-js.config": json.dumps(SETTINGS)},
    batch_size=256,
)  # fmt: skip

GOOD = [
    "const fs = require('fs');\nfunction f(path) { return fs.readFileSync(path) + 'é😀'; }\nmodule.exports = { f };\n",
    "import { readFileSync as read } from 'node:fs';\nexport const f = (path) => read(path);\n",
    ("enum E { A, B }\nexport const f = <T,>(x: T): T | E => x ?? E.A; // 'é😀'\n", "typescript"),
]
BAD = [
    ('let s = "é😀"; foo(s);\n', "E0057", "foo"),
    ('const s = "é😀"; s = 1;\n', "E0003", "s"),
    ('let s = "é😀"; s = = 1;\n', "E0026", "="),
    ('let s = "é😀"; if (s = 1) {}\n', "E0188", "="),
    ("let s = 'é😀'; let t = (s;\n", "E0056", "("),
    ('const s: string = "é😀"; foo(s);\n', "E0057", "foo", "typescript"),
]
