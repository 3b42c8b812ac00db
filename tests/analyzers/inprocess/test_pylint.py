import sys

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.inprocess import pylint
from analyzers.inprocess.pylint import ANALYZER, DISABLED, ENABLED, rating
from analyzers.types import Kind, Severity, Source, Span


def found(text):
    return ANALYZER.run([Source(text)])[0]


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("def f(x):\n    'é😀'; return x\n    print(x)\n", "unreachable", "print(x)"),
        ("s = 'é😀'; x = s is 'é'\n", "literal-comparison", "s is 'é'"),
        ("def f():\n    raise 'é😀'\n", "raising-bad-type", "raise 'é😀'"),
        ("x = {'é😀': 1, 'é😀': 2}\n", "duplicate-key", "{'é😀': 1, 'é😀': 2}"),
        ("for x in [1]:\n    'é😀'.join([])\nelse:\n    pass\n", "useless-else-on-loop", "else:"),
        ("s = 'a\x0cb\u2028c'\r\nx = missing\r", "undefined-variable", "missing"),
        ("s = 'é😀' '\\d'\n", "anomalous-backslash-in-string", "\\"),
        ("class A:\n    def f():\n        'é😀'\n", "no-method-argument", "def f"),
        ("def f(x):\n    if x:\n        return 1\n    print('é😀')\n", "inconsistent-return-statements", "def f"),
        ("x = ('é😀'\n ).foo\n", "no-member", "('é😀'"),
    ],
)
def test_the_text_under_the_span(text, code, marked):
    assert (code, marked) in [(item.code, text[item.span.start : item.span.end]) for item in found(text)]


@pytest.mark.parametrize(
    ("symbol", "number", "expected"),
    [
        ("undefined-variable", "E0602", (Severity.CRITICAL, Kind.NAME)),
        ("not-callable", "E1102", (Severity.HIGH, Kind.TYPE)),
        ("no-member", "E1101", (Severity.MEDIUM, Kind.TYPE)),
        ("return-in-init", "E0101", (Severity.HIGH, Kind.LOGIC)),
        ("unused-import", "W0611", (Severity.LOW, Kind.STYLE)),
        ("dangerous-default-value", "W0102", (Severity.MEDIUM, Kind.LOGIC)),
        ("simplifiable-if-statement", "R1703", (Severity.LOW, Kind.STYLE)),
        ("exec-used", "W0122", (Severity.HIGH, Kind.SECURITY)),
    ],
)
def test_errors_weigh_more_than_warnings_and_warnings_more_than_style(symbol, number, expected):
    assert rating(symbol, number) == expected


def test_every_message_that_is_named_exists():
    linter = pylint._linter().linter
    for symbol in (*(name for name in ENABLED if len(name) > 1), *DISABLED, *pylint.RATINGS, *pylint.BROKEN):
        assert linter.msgs_store.get_message_definitions(symbol), symbol


def test_every_message_that_may_come_is_rated():
    for definition in pylint._linter().linter.msgs_store.messages:
        if definition.msgid[0] in "EWRC":
            rating(definition.symbol, definition.msgid)


def test_taste_and_the_machine_are_left_out():
    assert found("import no_such_package\n\n\ndef F(unused):\n  print( no_such_package )\n#TODO\n") == ()


def test_programs_do_not_see_one_another():
    # astroid keeps trees by path: the second program must not be judged by the tree of the first
    texts = ["x = missing\n", "x = 1\n", "y = other\n", "x = missing\n"]
    assert [[item.span for item in found(text)] for text in texts] == [[Span(4, 11)], [], [Span(4, 9)], [Span(4, 11)]]


@pytest.mark.parametrize("text", ["x = " + "+".join(["1"] * 900), "x = 'a'" + ".strip()" * 500])
def test_valid_programs_that_nest_deeply(text):
    assert found(text + "\n") == ()


def test_a_crash_of_pylint_is_a_failure_and_another_linter_takes_over():
    def crash(node):
        raise RuntimeError("boom")

    pylint._linter().walker.visit_events["name"].append(crash)
    with pytest.raises(AnalyzerFailed, match="pylint crashed with RuntimeError: boom"):
        found("def f(x):\n    y = x\n")
    assert [item.code for item in found("x = missing\n")] == ["undefined-variable"]


def test_the_streams_are_as_before(capsys):
    before = sys.stdin, sys.stdout, sys.stderr
    found("x = missing\n")
    assert before == (sys.stdin, sys.stdout, sys.stderr)
    assert capsys.readouterr() == ("", "")


def test_packages_beyond_the_standard_library_are_not_looked_into():
    """What is installed must not decide what a program costs, and reading torch takes longer than any program."""
    assert found("import pytest\npytest.no_such_thing()\n") == ()
    assert [item.code for item in found("import os\nos.no_such_thing()\n")] == ["no-member"]
    assert "torch" in pylint._Foreign()
    assert "torch.nn" in pylint._Foreign()
    assert "os.path" not in pylint._Foreign()
