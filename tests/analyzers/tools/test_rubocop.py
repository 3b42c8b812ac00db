from analyzers.findings import Finding
from analyzers.tools.rubocop import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("rubocop.json"))) == [
        Finding("Lint/Syntax", "unexpected token tRPAREN", 1, 15, 1, 15, severity=Severity.FATAL, kind=Kind.SYNTAX, file="p0.rb"),
        Finding("Lint/DuplicateHashKey", "Duplicated key in hash literal.", 1, 26, 1, 26, file="p1.rb"),
        Finding("Lint/BinaryOperatorWithIdenticalOperands", "Binary operator `==` has identical operands.", 1, 11, 1, 16, file="p2.rb"),
        Finding("Lint/UnreachableCode", "Unreachable code detected.", 2, 16, 2, 21, file="p3.rb"),
        Finding("Security/Eval", "The use of `eval` is a serious security risk.", 1, 11, 1, 14, severity=Severity.HIGH, kind=Kind.SECURITY, file="p4.rb"),
        Finding("Lint/FormatParameterMismatch", "Number of arguments (1) to `format` doesn't match the number of fields (2).", 1, 6, 1, 11, file="p5.rb"),
    ]  # fmt: skip


PROGRAM = "{0}\ns = '😀' {0}\nputs s == s {0}\neval(s) {0}\n"
FOUND = ["Lint/BinaryOperatorWithIdenticalOperands", "Security/Eval"]


def test_comments_suppress_nothing(codes):
    comments = [
        *("", "# rubocop:disable all", "# rubocop:todo all", "# rubocop:disable Lint, Security/Eval"),
        *("# standard:disable all", "# frozen_string_literal: true", "# -*- rubocop: false -*-"),
    ]
    block = "=begin\nrubocop:disable all\n=end\n"
    assert codes(*(PROGRAM.format(comment) for comment in comments), block + PROGRAM.format("")) == [FOUND] * 8


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    off = "AllCops:\n  DisabledByDefault: true\n  Exclude: ['**/*']\nLint: {Enabled: false}\n"
    plant({".rubocop.yml": off, "rubocop.yml": off, ".rubocop_todo.yml": off})
    assert codes(PROGRAM.format("")) == [FOUND]


def test_programs_of_a_batch_do_not_see_each_other(codes):
    texts = ["def f(a)\n  a\nend\nX = 1\n", "f\nX = 2\nf(1, 2)\n", "require_relative 'p0'\nf\n", PROGRAM.format("")]
    assert codes(*texts) == [[], [], [], FOUND]


HOSTILE = ["", "\0", "s = '\ud800'\n", "\ufeffx = 1\nputs x\n", "# encoding: utf-7\n", "s = 'é"]


def test_hostile_text_does_not_hide_the_others(codes):
    assert codes(*HOSTILE, PROGRAM.format(""))[-1] == FOUND


def test_the_byte_order_mark_does_not_shift_the_first_line(installed, marked):
    assert ("Security/Eval", "eval") in marked(ANALYZER, "\ufeffs = 'é😀'; eval(s)\n", "ruby")
