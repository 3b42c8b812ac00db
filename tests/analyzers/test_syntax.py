import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import syntax
from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.syntax import ANALYZER, first_error
from analyzers.types import Location, Source, Span
from grammars import Language


def place(text):
    found = first_error(text, "python")
    return found and (text[found.span.start : found.span.end], found.message)


@pytest.mark.parametrize(
    ("text", "span", "message"),
    [
        ("s = 'é😀'; x = = 1\n", "= =", "unexpected '='"),
        ("a = 1 b = 2\n", "1 b", "unexpected 'b'"),
        ("def f(:\n    pass\n", "(:", "unexpected ':'"),
        ("class A\n    pass\n", "A\n    pass", "unexpected 'pass'"),
        ("x = (1,\n\n\ny = 2)\n", "y =", "unexpected '='"),
        ("f(1,\n", ",\n", "unexpected end of the program"),
        ("x\rclass A\r    pass\r", "A\r    pass", "unexpected 'pass'"),
        ("\0", "\0", "unexpected '\\x00'"),
    ],
)
def test_the_first_token_that_cannot_be_is_named_with_the_one_before_it(text, span, message):
    assert place(text) == (span, message)


def test_a_program_without_an_error():
    assert first_error("x = 1\n", "python") is None
    assert first_error("", "python") is None


@pytest.mark.parametrize(
    ("text", "span"), [("s = 'é😀'; a = 1 b = 2\n", "1"), ("f(1\n", "f(1"), ("x = foo(\n", "x = foo(")]
)
def test_without_the_log_the_tree_says_where(text, span, monkeypatch):
    monkeypatch.setattr(syntax, "MAX_LOGGED", 0)
    found, _ = place(text)
    assert found == span


def test_a_log_that_says_nothing_is_done_without(monkeypatch):
    monkeypatch.setattr(syntax, "_PLACE", re.compile("another format"))
    assert place("a = 1 b = 2\n") == ("1", "syntax error")


def test_an_error_over_a_whole_program_is_not_its_place(monkeypatch):
    monkeypatch.setattr(syntax, "MAX_LOGGED", 0)
    text = "def f(x):\n    return [x for x in\n" * 20
    found = first_error(text, "python")
    assert len(found.span) <= syntax.MAX_ERROR


def test_one_program_one_diagnostic_and_cpython_has_the_last_word():
    (found,) = ANALYZER.run([Source("x = = 1\ny = = 2\n"), Source("ok = 1\n")])[0]
    assert found.span == Span(4, 5)
    # wrong indentation is invisible to the grammar
    assert first_error("if x:\ny\n", "python") is None
    assert len(ANALYZER.run([Source("if x:\ny\n")])[0]) == 1


def test_of_a_truncated_program_nobody_knows_what_was_missing():
    ((found,),) = ANALYZER.run([Source("x = (1,\n", truncated=True)])
    assert found.location is Location.GLOBAL


@pytest.mark.parametrize("text", ["(" * 5000, "[" * 5000 + "]" * 5000, "{" * 100_000, "\ud800'", "x = 1\n" * 175_000])
def test_hostile_text(text):
    ANALYZER.run([Source(text)])
    first_error(text, "python")


@given(st.text(st.sampled_from("ax=()[]:'\"# \t\n\r\x0c\\é😀\ud800\0{}f1.,"), max_size=40))
def test_every_text_has_a_place_within_it(text):
    found = first_error(text, "python")
    assert found is None or found.span.end <= len(text)
    assert len(ANALYZER.run([Source(text)])[0]) <= 1


def test_too_long():
    with pytest.raises(AnalyzerFailed, match="at most 4000000 code points, got 4000001"):
        ANALYZER.run([Source("#" * 4_000_001)])


def test_too_deep_for_the_interpreter_is_a_failure_and_not_clean():
    with pytest.raises(AnalyzerFailed, match=r"RecursionError|MemoryError"):
        ANALYZER.run([Source("x = " + "-" * 100_000 + "1\n")])


def test_a_missing_grammar(monkeypatch):
    monkeypatch.setattr("grammars._by_name", lambda: {"lost": Language("lost", (".lost",), "no_such_wheel:language")})
    with pytest.raises(ToolMissing, match="no-such-wheel"):
        ANALYZER.run([Source("x", "lost")])
