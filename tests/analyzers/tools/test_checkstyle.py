import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.checkstyle import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    literal = "Literal Strings should be compared using equals(), not '=='."
    unreadable = {"severity": Severity.LOW, "kind": Kind.SYNTAX}
    assert list(ANALYZER.parse(captured("checkstyle.xml"))) == [
        Finding("StringLiteralEquality", literal, 1, 64, severity=Severity.HIGH, file="/run/programs/p0.java"),
        Finding("unreadable", "unexpected token: ;", 1, 19, file="/run/programs/p1.java", **unreadable),
        Finding("unreadable", "unexpected char: 's'", 1, 24, file="/run/programs/p2.java", **unreadable),
    ]


def test_an_exception_that_is_not_about_the_grammar_is_a_failure():
    error = '<error line="1" severity="error" message="Got an exception - java.lang.NullPointerException" source="a.Checker"/>'
    with pytest.raises(AnalyzerFailed, match=r"checkstyle failed at p0.java: .*NullPointerException"):
        list(ANALYZER.parse(f'<checkstyle><file name="p0.java">{error}</file></checkstyle>'))


PROGRAM = '%s\nclass A { %s boolean f(String s) { return s == "é😀"; %s } } %s\n'


def test_comments_and_annotations_suppress_nothing(codes):
    off = "// CHECKSTYLE:OFF"
    nearby = "// SUPPRESS CHECKSTYLE StringLiteralEquality"
    programs = [
        PROGRAM % (off, "", "", ""),
        PROGRAM % (nearby, "", f"{nearby}\n", nearby),
        PROGRAM % ("/* CHECKSTYLE:OFF */", '@SuppressWarnings("checkstyle:stringliteralequality")', "", ""),
        PROGRAM % ("", '@SuppressWarnings("all")', "", ""),
    ]
    assert codes(*programs) == [["StringLiteralEquality"]] * 4


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    empty = '<?xml version="1.0"?><module name="Checker"/>'
    plant(
        {
            "checkstyle.xml": empty,
            ".checkstyle": empty,
            "suppressions.xml": "<suppressions/>",
            "checkstyle.properties": "severity=ignore",
        }
    )
    assert codes(PROGRAM % ("", "", "", "")) == [["StringLiteralEquality"]]


def test_a_program_that_it_cannot_read_does_not_hide_the_others(codes):
    good = "class A { int é; }\n"
    assert codes("class A { int x = ; }\n", good, "\0", "", "class", PROGRAM % ("", "", "", ""))[1:6:4] == [
        [],
        ["StringLiteralEquality"],
    ]
