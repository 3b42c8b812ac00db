import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grammars
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


# fmt: off
REFUSED = [
    ("ada", "procedure Main is\n   X : Integer := := 1;\nbegin\n   null;\nend Main;\n", ":= :=", "unexpected ':='"),
    ("bash", "f() {\n  x=$(( 1 + ))\n}\n", "+ )", "unexpected ')'"),
    ("c", "int main(void) {\n    int x = = 1;\n    return x;\n}\n", "= =", "unexpected '='"),
    ("clojure", "(defn f [x]\n  (str x]))\n", "x]", "unexpected ']'"),
    ("cpp", "int main() {\n    auto x = = 1;\n    return x;\n}\n", "= =", "unexpected '='"),
    ("csharp", "class A {\n    int F() {\n        int x = = 1;\n        return x;\n    }\n}\n", "= =", "unexpected '='"),
    ("d", "void main() {\n    int x = = 1;\n}\n", "= =", "unexpected '='"),
    ("dart", "void main() {\n  var x = = 1;\n}\n", "= =", "unexpected '='"),
    ("elixir", "defmodule A do\n  def f(x), do: x + * 2\nend\n", "* 2", "unexpected '2'"),
    ("go", "package main\n\nfunc main() {\n\tx := := 1\n}\n", ":= :", "unexpected ':'"),
    ("haskell", "module Main where\n\nmain = print (1 + + 2)\n", "+ +", "unexpected '+'"),
    ("java", "class A {\n    int f() {\n        int x = = 1;\n        return x;\n    }\n}\n", "= =", "unexpected '='"),
    ("javascript", "function f(x) {\n  return x + * 2;\n}\n", "+ *", "unexpected '*'"),
    ("julia", "function f(x)\n    return x * * 2\nend\n", "* 2", "unexpected '2'"),
    ("kotlin", "fun main() {\n    val x = = 1\n}\n", "= =", "unexpected '='"),
    ("lua", "local function f(x)\n  return x + * 2\nend\n", "+ *", "unexpected '*'"),
    ("ocaml", "let f x =\n  x + * 2\n", "+ *", "unexpected '*'"),
    ("perl", "sub f {\n    my $x = = 1;\n    return $x;\n}\n", "= =", "unexpected '='"),
    ("php", "<?php\nfunction f($x) {\n    return $x + * 2;\n}\n", "+ *", "unexpected '*'"),
    ("python", "def f(x):\n    y = = x\n", "= =", "unexpected '='"),
    ("r", "f <- function(x) {\n  x + * 2\n}\n", "+ *", "unexpected '*'"),
    ("racket", "#lang racket\n(define (f x)\n  (+ x 1]))\n", "1]", "unexpected ']'"),
    ("ruby", "def f(x)\n  x + / 2)\nend\n", "/ 2", "unexpected '2'"),
    ("rust", "fn main() {\n    let x = = 1;\n}\n", "= =", "unexpected '='"),
    ("scala", "object A {\n  def f(x: Int) = = x\n}\n", "= =", "unexpected '='"),
    ("swift", "func f() {\n    let x = = 1\n}\n", "= 1", "unexpected '1'"),
    ("typescript", "function f(x: number) {\n  return x + * 2;\n}\n", "+ *", "unexpected '*'"),
]
# fmt: on


def test_every_language_has_a_refused_program():
    assert [language for language, *_ in REFUSED] == list(grammars.names())


@pytest.mark.parametrize(("language", "text", "marked", "message"), REFUSED)
def test_the_wording_of_the_log_is_as_expected_in_every_language(language, text, marked, message):
    skip_without_grammar(language)
    found = first_error(text, language)
    assert (text[found.span.start : found.span.end], found.message) == (marked, message)


@pytest.mark.parametrize(("language", "text", "marked", "message"), REFUSED)
def test_with_another_wording_every_language_falls_back_to_its_tree(language, text, marked, message, monkeypatch):
    skip_without_grammar(language)
    monkeypatch.setattr(syntax, "_PLACE", re.compile("another format"))
    found = first_error(text, language)
    assert found.message == "syntax error" or found.message.startswith("missing ")
    assert len(found.span) <= max(syntax.MAX_ERROR, 1)
    line = text.count("\n", 0, text.rindex(marked))
    assert abs(text.count("\n", 0, found.span.start) - line) <= 2


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", 'f() {\n  echo "${1:$n:2}" "${2: -1}" "${a[$i,$j]}"\n  [ a \\> b ]\n  m[$i,$j]=1\n}\n'),
        ("cpp", "bool f(std::any x) { return x.type() == typeid(int) || typeid (x) == typeid(long); }\n"),
    ],
)
def test_what_a_grammar_does_not_know_of_its_language_is_no_error(language, text):
    skip_without_grammar(language)
    assert first_error(text, language) is None


def test_of_a_long_pair_the_token_alone_is_charged():
    skip_without_grammar("javascript")
    for text, marked in (("const alphabet = gamma deltas;\n", "deltas"), ("const a = b c;\n", "b c")):
        found = first_error(text, "javascript")
        assert text[found.span.start : found.span.end] == marked


def test_a_token_is_not_charged_with_the_comment_before_it():
    skip_without_grammar("c")
    text = "int f(void) {\n    int x;\n    /* a long\n       story */\n    ) x = 1;\n}\n"
    found = first_error(text, "c")
    assert text[found.span.start : found.span.end] == ")"


def test_what_is_missing_before_a_comment_is_missing_behind_the_token_before_it():
    skip_without_grammar("lua")
    text = "local x = f(1\n\n-- then\nlocal y = 2\n"
    found = first_error(text, "lua")
    assert text[found.span.start : found.span.end] == "1"


def skip_without_grammar(language):
    try:
        grammars.get(language).tree_sitter()
    except grammars.GrammarUnavailable as missing:
        pytest.skip(str(missing))


def test_the_fingerprint_names_the_grammars():
    assert "tree-sitter-python 0." in ANALYZER.fingerprint()
    assert "tree-sitter " in ANALYZER.fingerprint()
