import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.clang import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    own, *headers = ANALYZER.parse(captured("clang.yaml"))
    assert own == Finding(
        "clang-diagnostic-undeclared", "use of undeclared identifier 'missing'", offset=139, end_offset=146,
        severity=Severity.FATAL, kind=Kind.NAME,
    )  # fmt: skip
    assert {(found.code, found.offset, found.end_offset, found.severity) for found in headers} == {
        ("clang-diagnostic-error", 106, None, Severity.FATAL)
    }


HEARD = "Diagnostics:\n  - {DiagnosticName: x, Level: Warning, DiagnosticMessage: {Message: m, FilePath: /s/heard.h}}\n"


def test_a_program_that_was_read_without_a_finding():
    assert list(ANALYZER.parse(HEARD)) == []


@pytest.mark.parametrize(
    ("output", "said"),
    [("", "not clang-tidy's"), ("Diagnostics: []", "no sign"), ("Diagnostics: [1]", "not cl"), ("a: [", "not cl")],
)
def test_other_output_is_a_failure(output, said):
    with pytest.raises(AnalyzerFailed, match=said):
        list(ANALYZER.parse(output))


def codes(text, language="c"):
    (found,) = ANALYZER.run([Source(text, language)])
    return [item.code for item in found]


DEFECT = "int f(int a) { if (a) return 1; }\n"


@pytest.mark.parametrize(
    "before",
    [
        '#pragma clang diagnostic ignored "-Wreturn-type"\n',
        '#pragma GCC diagnostic ignored "-Wreturn-type"\n',
        '_Pragma("clang diagnostic ignored \\"-Wreturn-type\\"")\n',
        "#pragma clang system_header\n",
        '#line 1 "elsewhere.c"\n',
        "#ifdef __clang__\n#pragma GCC system_header\n#endif\n",
        "#pragma clang __debug crash\n",
        "// NOLINTBEGIN\n",
    ],
)
def test_pragmas_suppress_nothing(installed, before):
    assert "clang-diagnostic-return-type" in codes(before + DEFECT)


@pytest.mark.parametrize("question", ["__clang__", "defined(__clang_analyzer__)", "__has_feature", "__GNUC__ < 5"])
def test_a_program_does_not_learn_who_reads_it(installed, question):
    assert "clang-diagnostic-return-type" in codes(f"#if {question}\n#else\n{DEFECT}#endif\n")


def test_configuration_beside_the_program_changes_nothing(installed, plant):
    plant({".clang-tidy": "Checks: '-*'\nWarningsAsErrors: ''\n", "compile_flags.txt": "-w\n", "heard.h": ""})
    assert codes(DEFECT) == ["clang-diagnostic-return-type"]


def test_the_same_error_in_a_header_is_told_of_each_program(installed):
    text = "#include <algorithm>\n#include <list>\nvoid f(std::list<int> l) { std::sort(l.begin(), l.end()); }\n"
    found = ANALYZER.run([Source(text, "cpp"), Source(text, "cpp")])
    assert all(any(text[item.span.start : item.span.end] == "sort" for item in items) for items in found)
