from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grammars
from analyzers import trees
from rewards.schemes.likeness import dice, flow, likeness

PROGRAMS = {
    "python": "def f(a, b=2):\n    x, y = a + b, 1\n    for i in a:\n        x += i\n    return g(x)\n",
    "javascript": "function f(a, b) { let x = a + b; for (const i of a) { x += i; } return g(x); }",
    "typescript": "function f(a: number, b: number): number { let x: number = a + b; x += a; return g(x); }",
    "java": "class A { int f(int[] a, int b) { int x = a + b; for (int i : a) { x += i; } return g(x); } }",
    "c": "int f(int a, int b) { int x = a + b; for (int i = 0; i < a; i++) { x += i; } return g(x); }",
    "cpp": "int f(int a, int b) { auto x = a + b; for (auto i : c) { x += i; } return g(x); }",
    "csharp": "class A { int f(int a, int b) { int x = a + b; foreach (int i in c) { x += i; } return g(x); } }",
    "go": "package m\nfunc f(a int, b int) int {\n x := a + b\n for _, i := range c { x += i }\n return g(x)\n}\n",
    "rust": "fn f(a: i32, b: i32) -> i32 { let mut x = a + b; for i in c { x += i; } g(x) }",
    "ruby": "def f(a, b)\n  x = a + b\n  a.each { |i| x += i }\n  g(x)\nend\n",
    "php": "<?php function f($a, $b) { $x = $a + $b; return g($x); }",
    "kotlin": "fun f(a: Int, b: Int): Int {\n var x = a + b\n for (i in c) { x += i }\n return g(x)\n}\n",
    "lua": "local function f(a, b)\n local x = a + b\n for _, i in ipairs(a) do x = x + i end\n return g(x)\nend\n",
    "haskell": "f a b = let x = a + b in g x\n",
    "scala": "def f(a: Int, b: Int): Int = { val x = a + b; var y = x; g(y) }",
    "swift": "func f(a: Int, b: Int) -> Int {\n var x = a + b\n return g(x)\n}\n",
    "r": "f <- function(a, b) { x <- a + b; g(x) }",
    "julia": "function f(a, b)\n x = a + b\n return g(x)\nend\n",
    "dart": "int f(int a, int b) { var x = a + b; for (var i in c) { x += i; } return g(x); }",
    "d": "int f(int a, int b) { int x = a + b; return g(x); }",
}


@pytest.mark.parametrize("language", PROGRAMS)
def test_other_names_change_nothing_and_other_sources_do(language: str) -> None:
    try:
        trees.grammar(grammars.get(language).name)
    except Exception as error:
        pytest.skip(str(error))
    text = PROGRAMS[language]
    renamed = re.sub(r"\bx\b", "zebra", text)
    alike = likeness(renamed, text, language)
    assert (alike.tree, alike.flow) == (1.0, 1.0)
    other = re.sub(r"(\$?)a \+ (\$?)b", r"\1b + \2b", text)
    assert other != text
    alike = likeness(other, text, language)
    assert alike.tree == 1.0
    # R has no field for what `<-` binds.
    assert alike.flow < 1 or language == "r"


def test_trees_by_hand() -> None:
    # module(expression_statement(assignment(id, binary(id, id)))): 4 subtrees with children. The other has a number on the
    # right side: module, statement and assignment differ because what is below them does; nothing is common.
    assert likeness("x = a + b\n", "x = 1\n", "python").tree == 0
    # Two statements against one of them: subtrees {module, s, a, b} against {module', s, a, b, s2, a2}; s2 is an
    # expression statement with an assignment of a number. Common are s, a and b: 2 * 3 / (4 + 6).
    assert likeness("x = a + b\n", "x = a + b\ny = 1\n", "python").tree == pytest.approx(0.6)


def test_data_flow_by_hand() -> None:
    edges = flow(trees.root("def f(a):\n    b = a + 1\n    b += len(a)\n    return b\n", "python"))
    # a is 0 and comes from nowhere, b is 1: from a; from the function `len`, from a, from itself. b is read once.
    assert edges == Counter({(0, None): 1, (1, 0): 2, (1, "len"): 1, (1, 1): 1, (None, 1): 1})


def test_what_is_added_in_vain_makes_less_alike() -> None:
    text = PROGRAMS["python"]
    padded = likeness(text + "z = 1\n" * 20, text, "python")
    assert padded.tree < 0.8
    assert padded.flow < 0.8


def test_comments_and_literals_do_not_matter() -> None:
    alike = likeness("x = 1  # one\n", "# note\nx = 2\n", "python")
    assert (alike.tree, alike.flow) == (1, 1)


@pytest.mark.parametrize("text", ["", "((((", "(" * 3000, "x = [" * 500, "\x00é😀\ud800", "a" * 200_001])
def test_any_text_is_like_another_from_0_to_1(text: str) -> None:
    for one, other in ((text, PROGRAMS["python"]), (PROGRAMS["python"], text), (text, text)):
        alike = likeness(one, other, "python")
        assert 0 <= alike.tree <= 1
        assert 0 <= alike.flow <= 1


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_dice(first: list[str], second: list[str]) -> None:
    one: Counter[object] = Counter(first)
    other: Counter[object] = Counter(second)
    assert dice(one, other) == dice(other, one)
    assert (dice(one, other) == 1) is (one == other)
    assert dice(Counter("aab"), Counter("ab")) == pytest.approx(2 * 2 / 5)
