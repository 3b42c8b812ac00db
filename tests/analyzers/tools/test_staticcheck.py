import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.go_vet import EXCLUDED
from analyzers.tools.staticcheck import ANALYZER
from analyzers.types import Kind, Severity, Source

FOLDER = "/tmp/spanwise/programs/"


def test_the_output_is_understood(captured):
    found = sorted(ANALYZER.parse(captured("staticcheck.jsonl")), key=lambda found: (found.file[-10:], found.line))
    assert found == [
        Finding("SA5009", "Printf format %d has arg #1 of wrong type string", 5, 46, 5, 52, kind=Kind.TYPE, file=FOLDER + "p0/main.go"),
        Finding("unused-import", '"fmt" imported but not used', 3, severity=Severity.LOW, kind=Kind.STYLE, file=FOLDER + "p1/main.go"),
        Finding("undefined", "undeclared name: missing", 5, 38, severity=Severity.FATAL, kind=Kind.NAME, file=FOLDER + "p1/main.go"),
        Finding("undefined", 'cannot find package "example.com/x" in any of:', 3, severity=Severity.FATAL, kind=Kind.NAME, file="p2/main.go"),
        Finding("syntax", "expected operand, found '}'", 3, 34, severity=Severity.FATAL, kind=Kind.SYNTAX, file=FOLDER + "p5/main.go"),
        Finding("SA1000", "error parsing regexp: missing closing ): `é😀(`", 5, 31, 5, 40, file=FOLDER + "p6/main.go"),
        Finding("excluded", EXCLUDED, severity=Severity.HIGH, file=FOLDER + "p3"),
    ]  # fmt: skip


@pytest.mark.parametrize("output", ["panic: x", '{"code": "SA1000"}', "[]"])
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


DEFECT = "package main\n\nfunc f(s string) { for { } }\n"


def test_comments_suppress_nothing(installed):
    comments = ["//lint:file-ignore SA5002 x\n", "//go:build ignore\n\n", "//nolint\n"]
    found = ANALYZER.run([Source(comment + DEFECT, "go") for comment in comments])
    assert [[item.code for item in items] for items in found] == [["SA5002"]] * 3


def test_configuration_beside_the_programs_changes_nothing(installed, plant):
    plant({"staticcheck.conf": 'checks = ["-all"]\n'})
    (found,) = ANALYZER.run([Source(DEFECT, "go")])
    assert [item.code for item in found] == ["SA5002"]
