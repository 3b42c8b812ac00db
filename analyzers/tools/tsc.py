"""tsc: TypeScript's own checker, also over JavaScript. Our script asks the compiler for offsets, in UTF-16 units.
https://github.com/microsoft/TypeScript/wiki/Using-the-Compiler-API
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention, Unit
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity
from grammars.typescript import LIBRARIES

NAME = (Severity.CRITICAL, Kind.NAME)
CARELESS = (Severity.MEDIUM, Kind.LOGIC)

RATINGS = {
    "TS1": (Severity.FATAL, Kind.SYNTAX),
    "TS17": (Severity.FATAL, Kind.SYNTAX),
    "TS18": (Severity.HIGH, Kind.TYPE),
    "TS2": (Severity.HIGH, Kind.TYPE),
    **dict.fromkeys(("TS2304", "TS2305", "TS2307", "TS2503", "TS2552", "TS2580", "TS2581", "TS2582", "TS2583"), NAME),
    **dict.fromkeys(("TS2584", "TS2591", "TS2592", "TS2593", "TS2686", "TS2688", "TS18004"), NAME),
    "TS7": CARELESS,
    "ambient-value": CARELESS,
    "TS8": (Severity.FATAL, Kind.SYNTAX),
    "": (Severity.HIGH, Kind.TYPE),
}
"""By the longest start of the code. The compiler writes no program with an error, so that each one is hard."""

STRICT = ("TS1100", "TS1101", "TS1102", "TS1121", "TS1210", "TS1212", "TS1213", "TS1214", "TS1215", "TS1250", "TS1252")
"""What is wrong in strict code alone, as that of TypeScript is."""


def _finding(record: dict[str, Any]) -> Finding:
    severity, kind = rate(RATINGS, record["code"])
    found = Finding(
        record["code"], record["message"], offset=record["start"], end_offset=record["start"] + record["length"],
        severity=severity, kind=kind, file=record["file"],
    )  # fmt: skip
    return _of_javascript(found) if found.file.endswith(".js") else found


def _of_javascript(found: Finding) -> Finding:
    """JavaScript runs with every error of types, and an assignment outside of strict code creates a name."""
    if found.code in STRICT:
        return replace(found, severity=Severity.MEDIUM, kind=Kind.LOGIC)
    if found.kind is Kind.NAME:
        return replace(found, severity=Severity.HIGH)
    return replace(found, severity=min(found.severity, Severity.MEDIUM)) if found.kind is Kind.TYPE else found


ANALYZER = Tool(
    name="tsc",
    languages=("typescript", "javascript"),
    argv=("tsc", ":".join(LIBRARIES), "{files}"),
    parse=from_json(_finding),
    convention=Convention(unit=Unit.UTF16),
    package="npm:typescript@5.9.3",
    settings={"tsc.js": Path(__file__).with_name("support").joinpath("tsc.js").read_text()},
    environment={"NODE_OPTIONS": '--require "{settings}/tsc.js"'},
    ok_exit_codes=(0,),
    batch_size=256,
    timeout_s=120.0,
)

GOOD = [
    "interface P { x: number }\nfunction f(p: P): string { return 'é😀' + p.x; }\n",
    "const f = <T,>(x: T[]): T | undefined => x.at(-1);\nconsole.log(f([1]));\n",
    "import * as assert from 'node:assert';\nassert.deepEqual([1], [1]);\n",
    "const f = 1; const name = 2;\ndeclare const require: any;\nrequire('node:fs');\n",
    ("/** @type {number} */\nlet x = 'é😀';\nfunction f(a, b) { return b ? a.b : x; }\nf(1);\nmodule.exports = f;\n",
     "javascript"),
]  # fmt: skip
BAD = [
    ('const s = "é😀"; const n: number = s; // @ts-ignore\n', "TS2322", "n"),
    ('const s = "é😀"; foo(s);\n', "TS2304", "foo"),
    ('const s = "é😀"; s.lenght;\n', "TS2551", "lenght"),
    ('// @ts-nocheck\nconst s = "é😀"; s.push(1);\n', "TS2339", "push"),
    ("import { x } from './p0';\nconst s = 'é😀';\n", "TS2307", "'./p0'"),
    ('const s = "é😀"; let x = = 1;\n', "TS1109", "="),
    ("let s = 'é😀'; declare function foo(s: string): void; foo(s);\n", "ambient-value", "foo"),
    ('const s = "é😀"; foo(s); // @ts-nocheck\n', "TS2304", "foo", "javascript"),
    ("const list = ['é😀']; list.contains(1);\n", "TS2339", "contains", "javascript"),
    ("/** @type {any} */\nconst list = ['é😀']; list.contains(1);\n", "TS2339", "contains", "javascript"),
]
