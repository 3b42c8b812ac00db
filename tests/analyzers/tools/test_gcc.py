import json

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.gcc import ANALYZER, error_code, own
from analyzers.types import Kind, Location, Severity, Source


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("gcc.json"))) == [
        Finding("format", "format ‘%d’ expects argument of type ‘int’, but argument 2 has type ‘const char *’", 2, 50, 2, 51, severity=Severity.MEDIUM, kind=Kind.TYPE),
        Finding("undeclared", "‘missing’ undeclared (first use in this function)", 2, 68, 2, 74, severity=Severity.FATAL, kind=Kind.NAME),
    ]  # fmt: skip


def record(kind, file="p0.c", **changes):
    caret = {"file": file, "line": 1, "byte-column": 2}
    return {"kind": kind, "message": "expected x", "locations": [{"caret": caret}], "children": []} | changes


def test_a_finding_below_another_one_counts_too():
    output = json.dumps([record("error", children=[record("note"), record("warning", option="-Wcpp")])])
    assert [(found.code, found.severity) for found in ANALYZER.parse(output)] == [
        ("syntax", Severity.FATAL),
        ("cpp", Severity.MEDIUM),
    ]


def test_of_headers_only_errors_count():
    records = [record("warning", "/usr/include/p0.h", option="-Wcpp"), record("error", "/usr/include/stdio.h")]
    (found,) = ANALYZER.parse(json.dumps(records))
    assert (found.message, found.line, found.severity) == ("in a header: expected x", None, Severity.FATAL)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "[{",
        "[{}]",
        "null",
        "cc1: out of memory allocating 268435480 bytes after a total of 0 bytes\n",
        "[]\ncc1: out of memory allocating 268435480 bytes after a total of 0 bytes\n",
        json.dumps([record("internal compiler error")]),
    ],
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed, match="gcc"):
        list(ANALYZER.parse(output))


def test_with_too_many_errors_gcc_forgets_them_and_the_program_does_not_pass():
    (found,) = ANALYZER.parse("compilation terminated due to -fmax-errors=100.\n")
    assert (found.severity, found.kind, found.line) == (Severity.FATAL, Kind.SYNTAX, None)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("‘x’ undeclared (first use in this function)", "undeclared"),
        ("‘struct S’ has no member named ‘x’", "undeclared"),
        ("boost/any.hpp: No such file or directory", "undeclared"),
        ("expected ‘;’ before ‘}’ token", "syntax"),
        ("stray ‘#’ in program", "syntax"),
        ("cannot convert ‘int’ to ‘char*’", "error"),
    ],
)
def test_errors_are_told_apart_by_their_words(message, code):
    assert error_code(message) == code


@pytest.mark.parametrize(
    ("path", "is_own"), [("p0.c", True), ("./p12.cpp", True), ("/tmp/x/p0.c", True), ("/usr/include/p0.h", False)]
)
def test_what_is_the_programs_own(path, is_own):
    assert own(path) is is_own


def run(text):
    (found,) = ANALYZER.run([Source(text, "c")])
    return [item.code for item in found]


DEFECT = "int f(int a) { if (a = 3) return 1; return 0; }\n"


@pytest.mark.parametrize(
    "before",
    [
        '#pragma GCC diagnostic ignored "-Wparentheses"\n',
        '#pragma GCC diagnostic push\n#pragma GCC \\\n diagnostic ignored "-Wall"\n',
        '_Pragma("GCC diagnostic ignored \\"-Wparentheses\\"")\n',
        '#define QUIET(x) _Pragma(#x)\nQUIET(GCC diagnostic ignored "-Wparentheses")\n',
        "#pragma GCC system_header\n",
        '# 1 "/usr/include/stdio.h" 3\n',
        '#line 1 "elsewhere.c"\n',
    ],
)
def test_pragmas_suppress_nothing(installed, before):
    assert "parentheses" in run(before + DEFECT)


@pytest.mark.parametrize("path", ['"/etc/passwd"', "</dev/zero>", '"../p1.c"', '"p0.c"', "__FILE__"])
def test_files_of_the_machine_stay_closed(installed, path):
    (found,) = ANALYZER.run([Source(f"#include {path}\n", "c")])
    assert [(item.code, item.location) for item in found] == [("syntax", Location.SPAN)]
    assert "root" not in found[0].message


@pytest.mark.parametrize(
    "text",
    [
        "#warning \x01 é\nint a = missing;\n",
        'int f(void) __attribute__((deprecated("a\\n[]\\nb")));\nint g(void) { return f() + missing; }\n',
        "int a = missing; \0 \ud800 \ufeff\r int b;\x0c\n",
        "\ufeffint a = missing;\n",
    ],
)
def test_odd_characters_are_no_way_out(installed, text):
    (found,) = ANALYZER.run([Source(text, "c")])
    assert "missing" in [text[item.span.start : item.span.end] for item in found]
