"""Scores as SARIF 2.1.0, so that editors and code hosts show what is wrong and what it costs.

One run holds everything: an artifact for each program, with its hash and its score; a result for each finding, placed
on what is charged, with the amount; a result for the tests of each program; and an error among the notifications for
each analyzer that failed on a program, so that nothing is taken for clean. Section numbers are those of the OASIS
standard.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analyzers.positions import Convention, LineTable, byte_offsets, encode
from analyzers.types import Kind, Outcome, Severity, Span, Status
from rewards.explain import Explanation
from rewards.types import Score

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"
TESTS = "tests"
"""The rule whose results say how a program did on its tests."""
LEVELS: Mapping[Severity, str] = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
    Severity.FATAL: "error",
}
SECURITY: Mapping[Severity, str] = dict(zip(Severity, ("0.5", "2.0", "5.5", "8.0", "9.5", "10.0"), strict=True))
"""Scores in the manner of CVSS, by which code hosts rank findings of security."""
SOURCE_LANGUAGES: Mapping[str, str] = {"cpp": "cplusplus"}
"""Names of 3.24.10, where they are not ours."""
SNIPPET = 400
"""Code points; of a longer span the text is not repeated."""

_CODEPOINTS = Convention()


@dataclass(frozen=True, slots=True)
class _Program:
    """One score and how its artifact is called."""

    score: Score
    index: int
    location: Mapping[str, Any]


def to_sarif(scores: Sequence[Score], *, root: Path | None = None) -> dict[str, Any]:
    """A log as a JSON tree. A program is called by its `task_id`, from `root` (the working folder) on where it is a
    path; what is no file there has its text in the log.
    """
    root = (root or Path.cwd()).resolve()
    programs = _programs(scores, root)
    rows = [(program, row) for program in programs for row in program.score.explain()]
    tested = [program for program in programs if program.score.verdict is not None]
    rules = _rules(row for _, row in rows)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "spanwise", "version": version("spanwise"), "rules": rules}},
        "invocations": [_invocation(programs)],
        "originalUriBaseIds": {ROOT: {"uri": f"{root.as_uri().rstrip('/')}/"}},
        "artifacts": [_artifact(program, root) for program in programs],
        "results": [*(_tests(program) for program in tested), *_results(rows, places)],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\r", "\n"],
    }
    if tested:
        rules.append({"id": TESTS, "shortDescription": {"text": "The program passes its tests."}})
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _programs(scores: Sequence[Score], root: Path) -> list[_Program]:
    """Every program under a name of its own: samples of one task are told apart by their number."""
    names = [score.task_id or "completion" for score in scores]
    often, seen = Counter(names), Counter[str]()
    programs = []
    for index, (score, name) in enumerate(zip(scores, names, strict=True)):
        seen[name] += 1
        called = f"{name}~{seen[name]}" if often[name] > 1 else name
        programs.append(_Program(score, index, _location(called, root)))
    return programs


def _location(name: str, root: Path) -> dict[str, Any]:
    path = root / name
    if path.is_relative_to(root) and ".." not in path.parts:
        return {"uri": _quoted(path.relative_to(root).as_posix()), "uriBaseId": ROOT}
    return {"uri": f"file://{_quoted(path.as_posix())}"}


def _quoted(path: str) -> str:
    return quote(encode(path), safe="/~")


def _artifact(program: _Program, root: Path) -> dict[str, Any]:
    score = program.score
    data = encode(score.completion)
    found: dict[str, Any] = {
        "location": program.location,
        "length": len(data),
        "encoding": "utf-8",
        "sourceLanguage": SOURCE_LANGUAGES.get(score.source.language, score.source.language),
        "hashes": {"sha-256": hashlib.sha256(data).hexdigest()},
        "properties": {
            "value": score.value,
            "base": score.base,
            "outcome": score.outcome.value if score.outcome else None,
            "parts": dict(score.parts),
        },
    }
    if not _is_file(root, score.task_id):
        found["contents"] = {"text": score.completion}
    return found


def _is_file(root: Path, name: str) -> bool:
    try:
        return bool(name) and (root / name).is_file()
    except OSError:  # longer than a path can be
        return False


def _rules(rows: Iterable[Explanation]) -> list[dict[str, Any]]:
    """Rules in the order in which they are first met; a rule is as bad as its worst finding."""
    by_rule: dict[str, list[Explanation]] = {}
    for row in rows:
        by_rule.setdefault(_rule_id(row), []).append(row)
    return [_rule(name, found) for name, found in by_rule.items()]


def _rule(name: str, found: Sequence[Explanation]) -> dict[str, Any]:
    worst = max(row.severity for row in found)
    properties: dict[str, Any] = {"tags": sorted({row.kind.value for row in found})}
    if any(row.kind is Kind.SECURITY for row in found):
        properties["security-severity"] = SECURITY[worst]
    text = f"{found[0].rule or 'a finding'}, as {found[0].analyzer} reports it"
    return {
        "id": name,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": LEVELS[worst]},
        "properties": properties,
    }


def _rule_id(row: Explanation) -> str:
    return f"{row.analyzer}/{row.rule}" if row.rule else row.analyzer


def _results(rows: Iterable[tuple[_Program, Explanation]], places: Mapping[str, int]) -> list[dict[str, Any]]:
    tables: dict[int, tuple[LineTable, Sequence[int]]] = {}
    seen = Counter[tuple[int, str]]()
    results = []
    for program, row in rows:
        text = program.score.completion
        table, offsets = tables.setdefault(program.index, (LineTable(text), byte_offsets(text)))
        region = _region(table, offsets, row.span)
        line = table.text[row.span.start : table.header(Span(row.span.start, len(text))).end]
        fingerprint = _fingerprint(_rule_id(row), line)
        seen[program.index, fingerprint] += 1
        results.append(
            {
                "ruleId": _rule_id(row),
                "ruleIndex": places[_rule_id(row)],
                "level": LEVELS[row.severity],
                "message": {"text": f"{row.message or row.rule} [{row.cost}]"},
                "locations": [_place(program, region)],
                "partialFingerprints": {"finding/v1": f"{fingerprint}:{seen[program.index, fingerprint]}"},
                "properties": {
                    "amount": row.amount,
                    "note": ", ".join(row.reasons),
                    "severity": row.severity.name.lower(),
                    "kind": row.kind.value,
                },
            }
        )
    return results


def _region(table: LineTable, offsets: Sequence[int], span: Span) -> dict[str, Any]:
    """A region (3.30) in every way that the standard knows; they agree."""
    (line, column), (end_line, end_column) = (table.position(_CODEPOINTS, at) for at in (span.start, span.end))
    region: dict[str, Any] = {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": span.start,
        "charLength": len(span),
        "byteOffset": offsets[span.start],
        "byteLength": offsets[span.end] - offsets[span.start],
    }
    if 0 < len(span) <= SNIPPET:
        region["snippet"] = {"text": table.text[span.start : span.end]}
    return region


def _place(program: _Program, region: Mapping[str, Any] | None = None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {**program.location, "index": program.index}}
    return {"physicalLocation": place | ({"region": region} if region else {})}


def _fingerprint(rule: str, rest_of_line: str) -> str:
    """The same for a finding that only moved to another line."""
    return hashlib.sha256(encode(f"{rule}\0{' '.join(rest_of_line.split())}")).hexdigest()[:32]


def _tests(program: _Program) -> dict[str, Any]:
    verdict = program.score.verdict
    assert verdict is not None, "only programs with a verdict are asked for"
    passed = verdict.outcome is Outcome.PASS
    first = next((test.message for test in verdict.tests if test.message), verdict.detail)
    text = f"{verdict.outcome.value}: {verdict.passed} of {len(verdict.tests)} tests passed"
    return {
        "ruleId": TESTS,
        "kind": "pass" if passed else "open" if verdict.outcome is Outcome.INFRASTRUCTURE else "fail",
        "level": "none" if passed or verdict.outcome is Outcome.INFRASTRUCTURE else "error",
        "message": {"text": f"{text}; {first}" if first else text},
        "locations": [_place(program)],
        "properties": {"passed": verdict.passed, "tests": len(verdict.tests), "forgeable": verdict.forgeable},
    }


def _invocation(programs: Sequence[_Program]) -> dict[str, Any]:
    notices = [
        {
            "descriptor": {"id": f"{report.analyzer}/{report.status.value}"},
            "level": "error",
            "message": {"text": f"{report.analyzer} {report.status.value}: {report.detail}"},
            "locations": [_place(program)],
        }
        for program in programs
        for report in program.score.reports
        if report.status not in (Status.OK, Status.NOT_APPLICABLE)
    ]
    return {"executionSuccessful": True, "toolExecutionNotifications": notices}
