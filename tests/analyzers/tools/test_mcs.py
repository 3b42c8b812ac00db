import pytest

from analyzers.findings import Finding
from analyzers.tools.mcs import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    itself = "Assignment made to same variable; did you mean to assign something else?"
    unused = "The variable `x' is declared but never used"
    assert list(ANALYZER.parse(captured("mcs.txt"))) == [
        Finding(
            "CS0103", "The name `missing' does not exist in the current context", 1, 37,
            severity=Severity.CRITICAL, kind=Kind.NAME, file="p0/Main.cs",
        ),
        Finding("CS1717", itself, 1, 26, file="p1/Main.cs"),
        Finding("CS0162", "Unreachable code detected", 1, 43, file="p1/Main.cs"),
        Finding("CS0168", unused, 1, 47, severity=Severity.LOW, kind=Kind.STYLE, file="p1/Main.cs"),
    ]  # fmt: skip


def test_where_a_related_symbol_stands_is_no_finding():
    line = "p0/Main.cs(1,2): (Location of the symbol related to previous error)\n"
    assert (
        list(ANALYZER.parse(line + "/usr/lib/mono/mscorlib.dll (Location of the symbol related to previous warning)\n"))
        == []
    )


UNUSED = 'class A { void F() { "é😀".Trim();\n%s\n int unused = 1; } }\n'


@pytest.mark.parametrize(
    "words",
    [
        "#pragma warning disable",
        " \t#pragma warning disable 219",
        "#  pragma warning disable CS0219",
        "#\u00a0pragma warning disable",
        "F();\r#pragma warning disable",
        "F();\u2028#pragma warning disable",
        '#line 1 "other.cs"',
        "# line hidden",
    ],
)
def test_directives_suppress_nothing(codes, words):
    assert "CS0219" in codes(UNUSED % words)[0]


def test_programs_of_a_batch_cannot_see_each_other(codes):
    shared, user, same = (
        "public class S { }\n",
        "class U { S s = null; public S Get() { return s; } }\n",
        "class Same { }\n",
    )
    assert codes(shared, user, same, same)[0::2] == [[], []]
    assert set(codes(shared, user)[1]) == {"CS0246"}


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant(
        {
            "mcs.rsp": "-nowarn:219\n",
            "Directory.Build.props": "<Project/>",
            ".editorconfig": "dotnet_diagnostic.CS0219.severity = none\n",
        }
    )
    assert codes(UNUSED % "") == [["CS0219"]]


@pytest.mark.parametrize(
    "text", ["", "\ufeff#pragma warning disable\nclass B { }", "class {", 'class B { string s = "é😀', "/*", "\0"]
)
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, UNUSED % "")[1] == ["CS0219"]
