from __future__ import annotations

import pytest

import grammars
from analyzers import trees
from analyzers.errors import ToolMissing
from analyzers.types import Source
from rewards import anatomy as module
from rewards.anatomy import Anatomy, anatomy, near_duplicates


def parts(text: str, language: str = "python", prefix: int = 0) -> Anatomy:
    found = anatomy(Source(text, language, prefix))
    assert found is not None
    return found


def runs(text: str, language: str = "python") -> set[str]:
    return {" ".join(shingle) for shingle in parts(text, language).shingles}


def test_nodes_are_those_of_the_whole_tree() -> None:
    # module, expression_statement, assignment, identifier, =, integer
    assert parts("x = 1\n").nodes == 6
    assert parts("").nodes == 1


def test_share_of_comments_in_code_points() -> None:
    assert parts("é = 1 # é😀\n").comments == 4 / 11
    assert parts("'# no comment'\n").comments == 0.0
    assert parts("").comments == 0.0
    # Of 2 comments the second one was sampled: 3 of 9 code points.
    assert parts("# ab\nx = 1 # c", prefix=5).comments == 3 / 9
    # What was given ends within a comment: of "b\nx" one code point is left of it.
    assert parts("# ab\nx", prefix=3).comments == 1 / 3
    assert parts("/* a */ x\n", "c").comments == 7 / 10


def test_runs_of_tokens() -> None:
    assert runs("a = b + 1  # why\n") == {"_ = _", "= _ +", "_ + 1"}
    # A name that is called has its bracket with it; what stands behind a dot keeps its name too.
    assert runs("return len(xs).bit") == {"return len _", "len _ )", "_ ) bit"}
    assert runs("x\n") == {"_"}
    assert runs("# nothing\n") == set()
    assert runs("return True") != runs("return False")
    assert runs("x = null;", "javascript") == {"_ = null", "= null ;"}


def test_what_was_given_has_no_part_in_the_runs() -> None:
    assert parts("def f(a):\n    return a", prefix=10).shingles == {("return", "_")}


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("python", "import os  # noqa: F401  # type: ignore\n", 2),
        ("python", "# pylint: disable=all\n# pyright: basic\nx = 1  # nosec\n", 3),
        ("python", "s = '# noqa'\n", 0),
        ("python", "# no quarrel, type: int\n", 0),
        ("python", "@no_type_check\ndef f(): pass\n", 1),
        ("python", "warnings.filterwarnings('ignore')\n", 1),
        ("javascript", "/* eslint-disable */ f(); // @ts-ignore\n", 2),
        ("c", '#pragma GCC diagnostic ignored "-Wall"\nint x; // NOLINT\n', 2),
        ("rust", "#![allow(dead_code)]\n#[expect(unused)]\nfn f() {}\n", 2),
        ("java", '@SuppressWarnings("all") class A {} // NOSONAR\n', 2),
        ("csharp", "#pragma warning disable CS0168\nint x;\n", 1),
        ("go", "package a\n\nvar x = 1 //nolint:all\n", 1),
        ("go", "//lint:ignore U1000 because\npackage a\n", 1),
        ("ruby", "f # rubocop:disable all\n", 1),
        ("bash", "# shellcheck disable=SC2086\nls $x\n", 1),
        ("perl", "no warnings;\nno strict 'refs';\n", 2),
        ("ocaml", '[@@@warning "-32"]\nlet x = 1\n', 1),
        ("haskell", "{-# OPTIONS_GHC -Wno-all #-}\nmodule A where\n", 1),
        ("ada", "pragma Warnings (Off);\n", 1),
    ],
)
def test_suppressions(language: str, text: str, count: int) -> None:
    assert parts(text, language).suppressions == count


def test_suppressions_that_were_given_do_not_count() -> None:
    assert parts("x = 1  # noqa\ny = 2  # noqa\n", prefix=14).suppressions == 1


def test_the_table_names_known_languages() -> None:
    code = module._table()["code"]
    assert [grammars.get(language).name for language in code] == list(code)
    assert all(module._in_code(language) for language in code)


def test_near_duplicates() -> None:
    loop = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n"
    renamed = (
        "def f(count):  # sums\n    total = 0\n    for k in range(count):\n\n        total += k\n    return total\n"
    )
    other = "def f(n):\n    return sum(range(n))\n"
    assert parts(loop).shingles == parts(renamed).shingles
    group = [parts(loop), parts(renamed), parts(other)]
    assert near_duplicates(group) == 2
    assert near_duplicates([*group, parts(other)]) == 4
    assert near_duplicates(group[1:]) == 0
    assert near_duplicates([parts(""), parts("# a\n"), parts("x")]) == 2
    assert near_duplicates([]) == 0


def test_the_bound_of_near_duplicates_counts_as_near() -> None:
    def made(*names: str) -> Anatomy:
        return Anatomy(0, 0.0, 0, frozenset((name,) for name in names))

    assert near_duplicates([made(*"abcde"), made(*"abcd")]) == 2  # 4 of 5
    assert near_duplicates([made(*"abcde"), made(*"abcx")]) == 0  # 3 of 6
    assert near_duplicates([made(*"abcdefgh"), made(*"abcdefg", "x")]) == 0  # 7 of 9
    assert near_duplicates([made(*"abcde"), made(*"abc")]) == 0  # 3 of 5


@pytest.mark.parametrize(
    "text", ["(" * 5000, "# noqa" * 3000, "\ud800\0é😀\r# \ud800\r\n", "." * 3000 + " " * 3000 + "a"]
)
def test_hostile_text(text: str) -> None:
    assert 0 <= parts(text).comments <= 1


def test_without_a_grammar_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ToolMissing("no grammar")

    monkeypatch.setattr(trees, "root", missing)
    assert anatomy(Source("x")) is None
