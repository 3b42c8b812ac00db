"""Programs in every language: what does nothing with its input is a stub, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

import grammars
from analyzers.types import Kind, Outcome, Severity, Source
from rewards.schemes import stubs
from rewards.schemes.static import static
from rewards.schemes.stubs import is_stub

pytest.importorskip("tree_sitter_language_pack", reason="the grammars of the extra `languages` are not installed")

STUBS = {
    "python": [
        "",
        "# x\n",
        "def f(x):\n    pass\n",
        "def f(x):\n    return None\n",
        'def f(x):\n    """Doc."""\n',
        "def f(x):\n    raise NotImplementedError\n",
        "def f(x):\n    ...\n",
        "class A:\n    def f(self, x: int) -> int:\n        return 0\n",
        "import os\nfrom typing import List\ndef f(x: List[int]) -> int:\n    x = 1\n    return x\n",
        "def f(x):\n    raise ValueError('x')\n",
        "def f(x):\n    while True:\n        pass\n",
        "def f(x):\n    return []\n",
        "f = lambda x: None\n",
    ],
    "javascript": [
        "function f(x) { return null; }\n",
        "const f = (x) => null;\n",
        "function f(x) { throw new Error('no'); }\n",
        "function f(x) { }\n",
        "const f = function (x) { return undefined; };\n",
    ],
    "typescript": [
        "function f(x: number): number { return 0; }\n",
        "const f = (x: string): boolean => false;\n",
    ],
    "java": [
        "class Main { static int f(int x) { return 0; } }\n",
        "import java.util.*;\nclass Main { public static List<Integer> f(List<Integer> x) { throw new UnsupportedOperationException(); } }\n",
        "class Main { Object f(int x) { return null; } }\n",
    ],
    "c": [
        "int f(int x) { return 0; }\n",
        "#include <stdio.h>\nint *f(int *x) { return 0; }\n",
        "void f(void) { abort(); }\n",
    ],
    "cpp": [
        "#include <vector>\nusing namespace std;\nint f(vector<int> x) { return 0; }\n",
        "bool f(int x) { return false; }\nint main() { return 0; }\n",
        "class A { public: int f(int x) { return {}; } };\n",
    ],
    "csharp": [
        "using System;\nclass A { public static int F(int x) { return 0; } }\n",
        "class A { public static int F(int x) { throw new NotImplementedException(); } }\n",
    ],
    "go": [
        "package main\n\nfunc f(x int) int { return 0 }\n",
        'package main\nimport "fmt"\nfunc f(x []int) []int { return nil }\n',
        'package main\nfunc f(x int) int { panic("todo") }\n',
    ],
    "rust": [
        "fn f(x: i64) -> i64 { 0 }\n",
        "fn f(x: &str) -> bool { todo!() }\n",
        'fn f(x: &str) -> bool { unimplemented!("x") }\n',
        "use std::io;\nfn f(x: &str) -> bool { return false; }\n",
    ],
    "ruby": [
        "def f(x)\nend\n",
        "def f(x)\n  nil\nend\n",
        "def f(x)\n  raise NotImplementedError\nend\n",
    ],
    "php": [
        "<?php\nfunction f($x) { return null; }\n",
        "<?php\nfunction f($x) { throw new Exception('x'); }\n",
    ],
    "perl": [
        "sub f { return; }\n",
        "sub f { die 'x'; }\n",
        "sub f { return 0; }\n",
    ],
    "lua": [
        "function f(x)\nend\n",
        "local function f(x)\n return nil\nend\n",
        "function f(x) error('x') end\n",
    ],
    "r": [
        "f <- function(x) NULL\n",
        "f <- function(x) {\n  return(NULL)\n}\n",
        "f <- function(x) { stop('x') }\n",
    ],
    "bash": [
        "f() { :; }\n",
        "f() {\n return 0\n}\n",
        "#!/bin/bash\nf() { exit 1; }\n",
    ],
    "scala": [
        "object A { def f(x: Int): Int = 0 }\n",
        "object A { def f(x: Int): Int = ??? }\n",
    ],
    "racket": [
        "#lang racket\n(define (f x) #f)\n",
    ],
    "ocaml": [
        "let f x = 0\n",
        'let f x = failwith "x"\n',
    ],
    "haskell": [
        "f :: Int -> Int\nf x = 0\n",
        "f x = undefined\n",
        'module Main where\nf x = error "x"\n',
    ],
    "d": [
        "int f(int x) { return 0; }\n",
    ],
    "ada": [
        "procedure Main is\nbegin\n   null;\nend Main;\n",
    ],
    "elixir": [
        "defmodule A do\n  def f(x) do\n    nil\n  end\nend\n",
    ],
    "clojure": [
        "(defn f [x] nil)\n",
    ],
    "kotlin": [
        "fun f(x: Int): Int { return 0 }\n",
        "fun f(x: Int): Int = TODO()\n",
    ],
    "julia": [
        "function f(x)\n  return nothing\nend\n",
    ],
    "swift": [
        "func f(x: Int) -> Int { return 0 }\n",
        "func f(x: Int) -> Int { fatalError() }\n",
    ],
    "dart": [
        "int f(int x) { return 0; }\n",
    ],
}

ATTEMPTS = {
    "python": [
        "def f(x):\n    return x\n",
        "def f(x):\n    return undefined_name\n",
        "def f(x):\n    x += 1\n",
        "def f(string):\n    return string.swapcase()\n",
        "def f(x):\n    if x:\n        return 1\n    return 2\n",
        "print(input())\n",
        "def f(x):\n    y = 1\n    return lambda: y + x\n",
        "def f(x):\n    return f'{x}'\n",
        "def f(x):\n    for y in x:\n        pass\n",
    ],
    "javascript": [
        "const f = (x) => x;\n",
        "function f(x) { x &= 1; return 0; }\n",
    ],
    "typescript": [
        "function f(x: number): number { return <number>x; }\n",
    ],
    "java": [
        "class Main { static int f(int x) { return -x; } }\n",
        "class Main { static String f(Object x) { return (String) x; } }\n",
    ],
    "c": [
        "int f(int *x) { return *x; }\n",
    ],
    "cpp": [
        "#include <vector>\nint f(std::vector<int> x) { return x.size(); }\n",
    ],
    "csharp": [
        "class A { public static int F(int x) { return x; } }\n",
    ],
    "go": [
        "package main\n\nfunc f(x any) bool { _, ok := x.(int); return ok }\n",
    ],
    "rust": [
        "fn f(x: String) -> i32 { x.len() as i32 }\n",
        "fn f(x: i64) -> i64 { (x * 2) as i64 }\n",
    ],
    "ruby": [
        "def f(x)\n  return 1 if x.nil?\n  2\nend\n",
    ],
    "php": [
        "<?php\nfunction f($x) { return $x; }\n",
    ],
    "perl": [
        "sub f { return $_[0]; }\n",
        "sub f { my ($x) = @_; return 1; }\n",
    ],
    "lua": [
        "function f(x) return #x end\n",
    ],
    "r": [
        "f <- function(x) x\n",
    ],
    "bash": [
        'f() { echo "$1"; }\n',
        "f() { echo; }\n",
    ],
    "scala": [
        "object A { def f(x: Int): Int = x }\n",
    ],
    "racket": [
        "#lang racket\n(define (f x) x)\n",
    ],
    "ocaml": [
        "let f x = x\n",
    ],
    "haskell": [
        "f :: Int -> Int\nf x = x\n",
        "f = sum . map id\n",
    ],
    "d": [
        "string[] f(string x) { return x.split(); }\n",
    ],
    "ada": [
        "procedure Main is\nbegin\n   Put (1);\nend Main;\n",
    ],
    "elixir": [
        "defmodule A do\n  def f(x) do\n    x\n  end\nend\n",
    ],
    "clojure": [
        "(defn f [x] x)\n",
    ],
    "kotlin": [
        "fun f(x: Int) = x\n",
    ],
    "julia": [
        "f(x) = x\n",
        "function f(x)\n  return x\nend\n",
    ],
    "swift": [
        "func f(x: Int) -> Int { return x }\n",
    ],
    "dart": [
        "int f(int x) { return x; }\n",
    ],
}


def cases(programs: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in programs.items() for text in texts]


def test_every_language_is_tried() -> None:
    assert sorted(STUBS) == sorted(ATTEMPTS) == list(grammars.names())


@pytest.mark.parametrize(("language", "text"), cases(STUBS))
def test_a_stub_is_told(language: str, text: str) -> None:
    assert is_stub(Source(text, language))


@pytest.mark.parametrize(("language", "text"), cases(ATTEMPTS))
def test_an_attempt_is_none(language: str, text: str) -> None:
    assert not is_stub(Source(text, language))


def test_what_was_given_is_no_attempt() -> None:
    given = "import math\n\n\ndef f(x):\n    half = x / 2\n"
    assert is_stub(Source(f"{given}    return 0\n", prefix=len(given)))
    assert not is_stub(Source(f"{given}    return half\n", prefix=len(given)))


@pytest.mark.parametrize("text", ["def f(x:\n", "(" * 5_000, "x = 1\n" * 100_000])
def test_what_cannot_be_read_is_none(text: str) -> None:
    assert not is_stub(Source(text))


def test_deep_nesting_is_no_trouble() -> None:
    assert is_stub(Source(f"x = {'[' * 3_000}{']' * 3_000}\n"))


def test_without_a_grammar_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(text: str, language: str) -> Any:
        raise stubs.ToolMissing(language)

    monkeypatch.setattr(stubs.trees, "root", missing)
    assert not is_stub.__wrapped__(Source(""))


STUB = "def f(x):\n    return None\n"


@pytest.mark.parametrize("outcome", [Outcome.FAILURE, Outcome.ERROR, Outcome.TIMEOUT])
def test_a_stub_that_fails_pays_the_cap_over_all_of_it(make: Any, outcome: Outcome) -> None:
    [charge] = static(make.evidence(STUB, outcome)).charges
    assert (charge.amount, charge.note, charge.diagnostic.code) == (pytest.approx(-0.297), "stub", "stub")
    assert STUB[charge.span.start : charge.span.end] == STUB


def test_a_stub_pays_no_more_than_what_is_left_of_the_cap(make: Any) -> None:
    found = make.finding(STUB, "x", severity=Severity.HIGH, kind=Kind.NAME)
    charges = static(make.evidence(STUB, Outcome.FAILURE, findings=[found])).charges
    assert {charge.note: round(charge.amount, 3) for charge in charges} == {"": -0.1, "stub": -0.197}


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.SYNTAX_ERROR])
def test_what_passes_or_does_not_compile_is_not_asked(make: Any, outcome: Outcome) -> None:
    assert static(make.evidence(STUB, outcome)).charges == ()


def test_nothing_is_charged_without_tests_or_weights(make: Any) -> None:
    free = dict.fromkeys(("info", "low", "medium", "high", "critical", "fatal"), 0.0)
    assert static(make.evidence(STUB)).charges == ()
    assert static(make.evidence(STUB, Outcome.FAILURE), weights=free).charges == ()
