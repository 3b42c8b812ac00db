import json

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding, to_diagnostics
from analyzers.parsers import END_OF_LINE, from_json, from_json_lines, from_regex, from_sarif, severity
from analyzers.positions import Convention, Unit
from analyzers.types import Kind, Severity


def test_json_records_become_findings():
    parse = from_json(
        lambda record: Finding(record["id"], "m", record["at"]) if record["id"] != "skip" else None,
        records=lambda data: data["results"],
    )
    output = json.dumps({"results": [{"id": "A", "at": 3}, {"id": "skip"}]})
    assert list(parse(output)) == [Finding("A", "m", 3)]


@pytest.mark.parametrize("output", ["", "crashed", "[1]", '[{"id": "A"}]', "null", '{"a": '])
def test_json_that_is_not_understood_is_a_failure(output):
    with pytest.raises(AnalyzerFailed, match="unexpected JSON"):
        list(from_json(lambda record: Finding(record["id"], record["message"]))(output))


def test_json_by_lines():
    parse = from_json_lines(lambda record: Finding(record["id"], "m") if record["id"] != "skip" else None)
    assert list(parse('{"id": "A"}\r\n\n{"id": "skip"}\n{"id": "\u2028"}\n')) == [
        Finding("A", "m"),
        Finding("\u2028", "m"),
    ]
    assert list(parse("")) == []
    for output in ('{"id": "A"}\nSegmentation fault', '{"id"', "[1]", '{"name": 1}'):
        with pytest.raises(AnalyzerFailed, match="unexpected JSON"):
            list(parse(output))


LUACHECK = r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)-(?P<end_column>\d+): \((?P<code>\w+)\) (?P<message>.*)"


def test_lines_become_findings():
    parse = from_regex(LUACHECK, kind=Kind.STYLE)
    assert list(parse("p0.lua:2:7-9: (W211) unused variable\r\n\n")) == [
        Finding("W211", "unused variable", 2, 7, end_column=9, file="p0.lua", kind=Kind.STYLE)
    ]


def test_severity_words_are_understood():
    (found,) = from_regex(r"(?P<line>\d+): (?P<severity>\w+): (?P<message>.*)")("3: Warning: odd")
    assert (found.severity, found.message) == (Severity.MEDIUM, "odd")
    with pytest.raises(AnalyzerFailed, match="unknown severity 'odd'; known: fatal, error"):
        severity("odd")


def test_a_line_that_is_not_understood_is_a_failure():
    parse = from_regex(LUACHECK, otherwise=r"\s*|Total: .*")
    assert list(parse("\nTotal: 0 warnings")) == []
    with pytest.raises(AnalyzerFailed, match="not understood: 'Segmentation fault'"):
        list(parse("Segmentation fault"))


def sarif(region, *, column_kind=None, **result):
    location = {"physicalLocation": {"artifactLocation": {"uri": "p0.py"}, "region": region}}
    run = {"results": [{"ruleId": "R1", "message": {"text": "why"}, "locations": [location], **result}]}
    return json.dumps({"version": "2.1.0", "runs": [run | ({"columnKind": column_kind} if column_kind else {})]})


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ({"startLine": 2, "startColumn": 3, "endLine": 4, "endColumn": 5}, (2, 3, 4, 5)),
        ({"startLine": 2, "startColumn": 3, "endColumn": 5}, (2, 3, 2, 5)),
        ({"startLine": 2, "startColumn": 3}, (2, 3, 2, END_OF_LINE)),
        ({"startLine": 2, "endColumn": 5}, (2, 1, 2, 5)),
        ({"startLine": 2}, (2, None, 2, None)),
        ({}, (None, None, None, None)),
    ],
)
def test_regions_have_the_defaults_of_the_standard(region, expected):
    (found,) = from_sarif()(sarif(region))
    assert (found.line, found.column, found.end_line, found.end_column) == expected
    assert (found.code, found.message, found.file, found.severity) == ("R1", "why", "p0.py", Severity.MEDIUM)


@pytest.mark.parametrize(
    ("kind", "trusted", "marked"),
    [
        # name stands at code point 12 from 1, byte 18, UTF-16 unit 13; column 13 counted in each:
        ("utf16CodeUnits", True, "name"),
        ("unicodeCodePoints", True, "ame"),
        (None, True, "ame"),  # the analyzer's own convention
        ("utf16CodeUnits", False, "ame"),
    ],
)
def test_the_column_kind_is_believed_unless_the_tool_is_known_to_lie(kind, trusted, marked):
    text = 's = "é😀日"; name'
    parse = from_sarif(trust_column_kind=trusted)
    findings = parse(sarif({"startLine": 1, "startColumn": 13, "endColumn": 99}, column_kind=kind))
    (found,) = to_diagnostics("tool", text, findings, convention=Convention(1, 1, Unit.CODEPOINT))
    assert text[found.span.start : found.span.end] == marked


def test_results_without_a_place_and_suppressed_ones_count():
    output = {"runs": [{"results": [{"ruleId": "A", "level": "error", "suppressions": [{"kind": "inSource"}]}]}, {}]}
    assert list(from_sarif()(json.dumps(output))) == [Finding("A", "", severity=Severity.HIGH)]


def test_char_offsets():
    (found,) = from_sarif()(sarif({"charOffset": 7, "charLength": 4}))
    assert (found.offset, found.end_offset) == (7, 11)


@pytest.mark.parametrize("output", ["", "{}", '{"runs": [{"results": [1]}]}', '{"runs": [{"columnKind": "furlongs"}]}'])
def test_what_is_not_sarif_is_a_failure(output):
    with pytest.raises(AnalyzerFailed, match="not SARIF"):
        list(from_sarif()(output))
