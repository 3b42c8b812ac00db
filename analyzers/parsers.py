"""Tool output to findings: JSON records, and lines that a regular expression describes; SARIF is `analyzers.sarif`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.types import Kind, Severity

SEVERITIES: Mapping[str, Severity] = {
    "fatal": Severity.FATAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM,
    "style": Severity.LOW,
    "convention": Severity.LOW,
    "refactor": Severity.LOW,
    "note": Severity.INFO,
    "info": Severity.INFO,
    "information": Severity.INFO,
    "hint": Severity.INFO,
    "none": Severity.INFO,
}
"""What tools call a severity."""

_INTEGERS = ("line", "column", "end_line", "end_column", "offset", "end_offset")


def severity(word: str) -> Severity:
    """The severity that a tool's word for it means.

    Raises:
        AnalyzerFailed: the word is not known; a mapping of the tool's own belongs in its file.
    """
    try:
        return SEVERITIES[word.lower()]
    except KeyError:
        raise AnalyzerFailed(f"unknown severity {word!r}; known: {', '.join(SEVERITIES)}") from None


def from_json(
    finding: Callable[[Any], Finding | None], *, records: Callable[[Any], Iterable[Any]] = lambda data: data
) -> Callable[[str], Iterator[Finding]]:
    """A parser of one JSON document; `records` finds the list in it, `finding` may answer None to leave one out.

    The parser raises AnalyzerFailed where the output is not JSON or a record lacks what `finding` looks for.
    """

    def parse(output: str) -> Iterator[Finding]:
        try:
            for record in records(json.loads(output)):
                found = finding(record)
                if found is not None:
                    yield found
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise AnalyzerFailed(f"unexpected JSON ({type(error).__name__}: {error}): {output[:200]!r}") from error

    return parse


def from_json_lines(finding: Callable[[Any], Finding | None]) -> Callable[[str], Iterator[Finding]]:
    """A parser of one JSON document on each line; `finding` may answer None to leave one out.

    The parser raises AnalyzerFailed at a line that is not JSON or lacks what `finding` looks for.
    """
    parse_one = from_json(finding, records=lambda data: [data])

    def parse(output: str) -> Iterator[Finding]:
        for line in output.split("\n"):
            if line.strip():
                yield from parse_one(line)

    return parse


def xml_root(output: str, tag: str, *, tool: str) -> ElementTree.Element:
    """The outermost element of the XML that `tool` wrote.

    Raises:
        AnalyzerFailed: the output is no XML, or that element is no `tag`.
    """
    try:
        root = ElementTree.fromstring(output)
    except ElementTree.ParseError as error:
        raise AnalyzerFailed(f"not {tool}'s XML ({error}): {output[:200]!r}") from error
    if root.tag != tag:
        raise AnalyzerFailed(f"not {tool}'s XML (expected <{tag}>, got <{root.tag}>): {output[:200]!r}")
    return root


def from_regex(pattern: str, *, kind: Kind = Kind.LOGIC, otherwise: str = r"\s*") -> Callable[[str], Iterator[Finding]]:
    """A parser of lines. The named groups are fields of Finding: code, message, line, column, end_line, ... , file,
    severity.

    The parser raises AnalyzerFailed at a line that neither matches nor matches `otherwise`: words that are not
    understood must not look clean.
    """
    line_pattern, other = re.compile(pattern), re.compile(otherwise)

    def parse(output: str) -> Iterator[Finding]:
        for line in output.split("\n"):
            match = line_pattern.fullmatch(line.rstrip("\r"))
            if match:
                yield _from_groups(match.groupdict(), kind)
            elif not other.fullmatch(line.rstrip("\r")):
                raise AnalyzerFailed(f"a line of output is not understood: {line[:200]!r}")

    return parse


def _from_groups(groups: dict[str, str | None], kind: Kind) -> Finding:
    values: dict[str, Any] = {key: value for key, value in groups.items() if value is not None}
    values.update({key: int(values[key]) for key in _INTEGERS if key in values})
    if "severity" in values:
        values["severity"] = severity(values["severity"])
    return Finding(**{"code": "", "message": "", "kind": kind, **values})
