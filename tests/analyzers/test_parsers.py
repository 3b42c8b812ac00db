import json

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.parsers import from_json, from_json_lines, from_regex, severity, xml_root
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


def test_the_root_of_an_xml_document():
    root = xml_root('<?xml version="1.0"?><results><error id="é😀"/></results>', "results", tool="cpp")
    assert root[0].attrib == {"id": "é😀"}


@pytest.mark.parametrize("output", ["", "crashed", "<results><error", "<html/>"])
def test_other_xml_is_a_failure(output):
    with pytest.raises(AnalyzerFailed, match=rf"not cpp's XML \(.*\): {output!r}"):
        xml_root(output, "results", tool="cpp")


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
