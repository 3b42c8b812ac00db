from analyzers.findings import Finding
from analyzers.tools.quick_lint_js import ANALYZER
from analyzers.types import Kind, Severity

NAME = {"severity": Severity.HIGH, "kind": Kind.NAME}
SYNTAX = {"severity": Severity.FATAL, "kind": Kind.SYNTAX}


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
