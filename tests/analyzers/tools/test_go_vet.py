import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.go_vet import ANALYZER, EXCLUDED, compile_code
from analyzers.types import Kind, Severity, Source

FATAL_NAME = {"severity": Severity.FATAL, "kind": Kind.NAME}


def test_the_output_is_understood(captured):
    found = sorted(ANALYZER.parse(captured("go_vet.txt")), key=lambda found: found.file[-10:])
    assert found == [
        Finding("printf", "fmt.Printf format %d has arg s of wrong type string", 5, 35, kind=Kind.TYPE, file="/tmp/spanwise/programs/p0/main.go"),
        Finding("undefined", "undeclared name: missing", 5, 38, **FATAL_NAME, file="p1/main.go"),
        Finding("undefined", 'cannot find package "example.com/x" in any of:', 3, **FATAL_NAME, file="p2/main.go"),
        Finding("syntax", "expected operand, found '}'", 3, 34, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p5/main.go"),
        Finding("excluded", EXCLUDED, severity=Severity.HIGH, file="/tmp/spanwise/programs/p3"),
    ]  # fmt: skip


def test_the_ends_of_later_versions_are_taken():
    output = '{"p": {"printf": [{"posn": "p0/main.go:1:2", "end": "p0/main.go:1:5", "message": "m"}]}}\n'
    (found,) = ANALYZER.parse(output)
    assert (found.line, found.column, found.end_line, found.end_column) == (1, 2, 1, 5)


@pytest.mark.parametrize(
    "output",
    [
        "go: cannot find GOROOT directory\n",
        "failed to initialize build cache at /x: permission denied\n",
        '{"p": {"printf": [',
        '{"p": {"printf": {"error": "boom"}}}',
        '{"p": {"printf": [{"posn": "-", "message": "m"}]}}',
        "panic: runtime error\n",
    ],
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('"os" imported but not used', "unused-import"),
        ('"os" imported as x and not used', "unused-import"),
        ("expected 'package', found 'func'", "fragment"),
        ("expected 'package', found 'EOF'", "syntax"),
        ("undefined: x", "undefined"),
        ("a.b undefined (type T has no field or method b)", "undefined"),
        ("x declared but not used", "compile"),
        ("unexpected NUL in input", "syntax"),
    ],
)
def test_errors_are_told_apart_by_their_words(message, code):
    assert compile_code(message) == code


DEFECT = "package main\n\nfunc f(s string) { s = s }\n"


def test_constraints_hide_no_program(codes):
    comments = ["//go:build ignore\n\n", "// +build ignore\n\n", "//go:build windows\n\n", "//line other.go:1\n"]
    assert codes(*[comment + DEFECT for comment in comments]) == [["assign"]] * 4


def test_configuration_beside_the_programs_changes_nothing(codes, plant):
    plant({"go.mod": "module x\n\ngo 1.1\n", "go.work": "go 1.1\n", "vendor.json": "{", ".go.env": "GOFLAGS=-x\n"})
    assert codes(DEFECT, DEFECT) == [["assign"]] * 2


def test_programs_of_a_batch_do_not_influence_each_other(codes):
    assert codes(
        'package main\n\nimport "example.com/x"\n\nfunc f() { x.F() }\n',
        DEFECT,
        'package main\n\nimport "C"\n',
        "package main\n\nfunc f() int { return }}\n",
        "package documentation\n",
        "",
        'package a\n\nimport "../p7"\n\nfunc f() { missing() }\n',
        DEFECT.replace("main", "b"),
        "package main\n\0",
    ) == [["undefined"], ["assign"], ["excluded"], ["syntax"], ["excluded"], ["syntax"], ["undefined"], ["assign"], ["syntax"]]  # fmt: skip


def test_files_of_the_machine_stay_closed(installed):
    (found,) = ANALYZER.run(
        [Source('package main\n\nimport _ "embed"\n\n//go:embed /etc/passwd\nvar s string\n', "go")]
    )
    assert found == ()


def test_each_of_those_that_lack_the_same_package_is_told(codes):
    texts = [f'package main\n\nimport "example.com/x"\n\nfunc f() int {{ return x.F({n}) }}\n' for n in range(3)]
    assert codes(*texts, "package main\n") == [["undefined"]] * 3 + [[]]
