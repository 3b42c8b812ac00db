import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.cppcheck import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("cppcheck.xml"))) == [
        Finding("invalidPrintfArgType_sint", "%d in format string (no. 1) requires 'int' but the argument type is 'const char *'.", 2, 42, kind=Kind.TYPE, file="p0.c"),
        Finding("nullPointer", "Null pointer dereference: p", 3, 36, file="p0.c"),
        Finding("unreadVariable", "Variable 's' is assigned a value that is never used.", 3, 41, severity=Severity.LOW, kind=Kind.STYLE, file="p1.cpp"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "output",
    [
        "",
        "<results",
        "<results><errors><error id='x'/></errors></results>",
        "<r><error id='internalError' msg='out of memory' severity='error'><location file='p0.c' line='1' column='1'/></error></r>",
    ],
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


def codes(*texts):
    return [[item.code for item in found] for found in ANALYZER.run([Source(text, "cpp") for text in texts])]


DEFECT = "int f(int a) { return a / 0; }\n"


def test_comments_suppress_nothing(installed):
    found = codes("// cppcheck-suppress zerodiv\n" + DEFECT, "// cppcheck-suppress-file zerodiv\n" + DEFECT)
    assert found == [["zerodiv"], ["zerodiv"]]


@pytest.mark.parametrize("question", ["__cppcheck__", "__CPPCHECK__", "RAND_MAX", "defined(__GNUC__)", "EOF == -1"])
def test_a_program_does_not_learn_who_reads_it(installed, question):
    assert codes(f"#if {question}\n{DEFECT}#endif\n", f"#if {question}\n#else\n{DEFECT}#endif\n").count([]) < 2


def test_configuration_beside_the_programs_changes_nothing(installed, plant):
    plant({"cppcheck.cfg": "<def/>", "suppressions.txt": "*\n", ".cppcheck": "*"})
    assert codes(DEFECT) == [["zerodiv"]]


def test_programs_of_a_batch_do_not_influence_each_other(installed):
    broken = "int f(int a { return a; }\n"
    one, other = "struct S { int a; S(); };\nS s;\n", "struct S { double b; char c[9]; };\nS s;\n"
    assert codes(one, broken, DEFECT, other, "}{" * 50, DEFECT) == [[], ["syntaxError"], ["zerodiv"], [], ["syntaxError"], ["zerodiv"]]  # fmt: skip
