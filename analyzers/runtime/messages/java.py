"""Java: what javac says as the JSON of `support/WarmCompiler.java`, and exceptions that nobody caught."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from analyzers.findings import Finding
from analyzers.positions import Convention, Unit
from analyzers.runtime.messages import jvm
from analyzers.types import Kind, Severity

CONVENTION = Convention(line_base=1, column_base=1, unit=Unit.UTF16)
FAILED = jvm.FAILED

_SYNTAX = re.compile(
    r"\.err\.(?:expected|illegal\.(?:start|char|esc|text|line)|premature\.eof|not\.stmt|unclosed|else\.without|"
    r"(?:catch|finally|try)\.without|orphaned|int\.number|malformed|class\.public|invalid\.meth\.decl|empty\.char|"
    r"variable\.not\.allowed|array\.dimension|dot|underscore|this\.as\.identifier|initializer\.not|statement)"
)
_NAME = re.compile(r"cant\.resolve|doesnt\.exist|cant\.access|not\.def|does\.not\.override\.abstract|already\.defined")

run_findings = jvm.run_findings


def compile_findings(output: str, errors: str, file: str) -> list[Finding]:
    """Errors of javac, in its order."""
    try:
        records, _ = json.JSONDecoder().raw_decode(output)
    except ValueError:
        return []
    return [_finding(record) for record in records if record["kind"] == "ERROR"]


def _finding(record: Mapping[str, Any]) -> Finding:
    code = str(record["code"])
    kind = Kind.SYNTAX if _SYNTAX.search(code) else Kind.NAME if _NAME.search(code) else Kind.TYPE
    at, end = _range(record)
    return Finding(
        code.removeprefix("compiler.err."),
        str(record["message"]),
        offset=at,
        end_offset=end,
        severity=Severity.FATAL,
        kind=kind,
    )


def _range(record: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Where it stands; -1 is javac's word for nowhere.

    Of a whole tree (`a + b`, `s.size()`) the place that javac points at is told alone: the operator, the dot.
    """
    at, start, end = (int(record[key]) for key in ("at", "start", "end"))
    if at < 0:
        return None, None
    return (start, end) if start == at and end > start else (at, None)
