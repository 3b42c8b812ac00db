import pytest

from analyzers.errors import AnalyzerError, AnalyzerFailed, ToolMissing
from analyzers.findings import Finding
from analyzers.tools.quick_lint_js import ANALYZER
from analyzers.types import Kind, Severity

NAME = {"severity": Severity.HIGH, "kind": Kind.NAME}
SYNTAX = {"severity": Severity.FATAL, "kind": Kind.SYNTAX}


@pytest.fixture
def installed():
    try:
        ANALYZER.fingerprint()
    except ToolMissing as missing:
        pytest.skip(str(missing))


def test_the_output_is_understood(captured):
    constant = "cannot assign to a const variable"
    compared = "'=' changes variables; to compare, use '===' instead"
    assert list(ANALYZER.parse(captured("quick_lint_js.json"))) == [
        Finding("E0057", "use of undeclared variable: foo", 1, 19, 1, 21, file="p0.js", **NAME),
        Finding("E0003", constant, 1, 21, 1, 21, severity=Severity.HIGH, kind=Kind.TYPE, file="p1.js"),
        Finding("E0026", "missing operand for operator", 1, 23, 1, 23, file="p2.js", **SYNTAX),
        Finding("E0188", compared, 1, 25, 1, 25, file="p3.js"),
        Finding("E0056", "unmatched parenthesis", 1, 27, 1, 27, file="p4.js", **SYNTAX),
        Finding("E0057", "use of undeclared variable: foo", 1, 29, 1, 31, file="p5.ts", **NAME),
    ]


@pytest.mark.parametrize(
    "output", ["", "error: no files given", '{"qflist": [{"col"', "{}", '{"qflist": [{"col": 1}]}']
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed, match="unexpected JSON"):
        list(ANALYZER.parse(output))


PROGRAM = "{0}\nlet s = '😀'; {0}\ns = foo(s); {0}\nif (s = 1) s = 2; {0}\n"
FOUND = ["E0057", "E0188"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "/* eslint-disable */", "// quick-lint-js off", "/* global foo */", "/* globals foo:writable */"),
        *("// @ts-nocheck", "<!-- global foo -->", "/* exported foo */"),
    ]
    assert codes(*(PROGRAM.format(comment) for comment in comments)) == [FOUND] * len(comments)


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant({"quick-lint-js.config": '{"globals": {"foo": true}}', ".quick-lint-js.config": '{"globals": {"foo": true}}'})
    assert codes(PROGRAM.format("")) == [FOUND]


def test_programs_of_a_batch_do_not_see_each_other(codes):
    assert codes("var shared = 1; let twice = 2;\n", "let twice = shared;\n") == [[], ["E0057"]]


def test_names_are_those_of_node(codes):
    known, unknown = "console.log(process, Buffer, require, Map);\n", "window; $; describe();\n"
    assert codes(known, unknown) == [[], ["E0057"] * 3]


HOSTILE = ["\0", "s = '\ud800'\n", "\ufefflet x = 1\n", "#!/usr/bin/env node\nlet x = 1;\n", "s = 'é", "}" * 3000]


def test_hostile_text_does_not_hide_the_others(codes):
    assert codes(*HOSTILE, "foo();\n")[-1] == ["E0057"]


def test_what_is_too_deep_is_no_clean_report(codes):
    try:
        (found,) = codes("x = " + "(" * 20_000 + "foo" + ")" * 20_000 + ";\n")
    except AnalyzerError:
        return
    assert found


def test_the_byte_order_mark_does_not_shift_the_first_line(installed, marked):
    assert ("E0057", "foo") in marked(ANALYZER, "\ufefflet s = 'é😀'; foo(s);\n", "javascript")
