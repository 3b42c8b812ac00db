import pytest

import grammars
from analyzers import strictness
from analyzers.syntax import first_error

pytest.importorskip("tree_sitter_language_pack", reason="the grammars of the extra `languages` are not installed")


@pytest.mark.parametrize(
    ("language", "text", "marked"),
    [
        ("r", "é <- 2 z\n", "2 z"),
        ("r", "f <- function() { a b }\n", "a b"),
        ("javascript", "function (x) { return x; }\n", "function"),
        ("typescript", "if (x) { function (y: number) { return y; } }\n", "function"),
        ("java", 'class A { void f() { String s = "é"; x == 1; } }\n', "x"),
        ("java", "class A { void f(int x) { if (x > 1) x; } }\n", "x"),
        ("java", "class A { void f(int x) { switch (x) { case 1: x; } } }\n", "x"),
        ("java", "class A { B() {} }\n", "B"),
        ("go", "package a\n\nvar x = []int{\n\t1,\n\t2\n}\n", "2\n}"),
        ("go", "package a\n\nfunc f() {\n\tg(1,\n\t\t2\n\t)\n}\n", "2\n\t)"),
    ],
)
def test_what_only_the_grammar_takes_is_refused(language, text, marked):
    found = first_error(text, language)
    assert text[found.span.start : found.span.end] == marked
    assert found.message.startswith("unexpected ")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("r", "x <- 1; y <- 2 # c\nz\nf <- function() { a; b # c\n}\n"),
        ("javascript", "(function (x) { return 1; })();\nfunction f() {}\nx = function () {};\n"),
        ("java", "class A { A() {} void f() { x++; f(); new A(); x = 1; } enum B { C; B() {} } }\n"),
        ("java", "class A { char f(char x) { return switch (x) { case 'a' -> 'é'; default -> x; }; } }\n"),
        ("go", "package a\n\nvar x = []int{\n\t1,\n\t2, // c\n}\n\nfunc f() {\n\tg(1, 2)\n\tg(\n\t\t1,\n\t)\n}\n"),
        ("go", "package a\n\nvar x = []int{1, 2}\nvar y = []int{\n}\n"),
    ],
)
def test_what_the_language_takes_too_is_not(language, text):
    assert first_error(text, language) is None


@pytest.mark.parametrize("name", grammars.names())
def test_the_queries_of_every_language_are_understood_by_its_grammar(name):
    assert len(strictness._refusals(name)) == len(grammars.get(name).refused)


def test_the_first_of_several_is_named():
    text = "x <- 1\ny z\na b\n"
    found = first_error(text, "r")
    assert text[found.span.start : found.span.end] == "y z"
