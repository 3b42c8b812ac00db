from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analyzers.errors import ToolMissing
from analyzers.types import Kind, Outcome, Source
from rewards.schemes import Need, needs, resolve
from rewards.schemes.likeness import likeness
from rewards.schemes.reference import reference
from rewards.types import Evidence, Reward

RIGHT = "def f(a, b):\n    x = a + b\n    return x\n"
WRONG = "def f(a, b):\n    x = b + b\n    return x\n"


def against(found: Evidence, solution: str | None = RIGHT) -> Reward:
    return reference(replace(found, reference=solution))


@pytest.mark.parametrize(
    ("outcome", "compiler"),
    [(Outcome.FAILURE, -0.3), (Outcome.ERROR, -0.6), (Outcome.TIMEOUT, -0.6), (Outcome.SYNTAX_ERROR, -1.0)],
)
def test_what_the_compiler_says_and_both_matches(make: Any, outcome: Outcome, compiler: float) -> None:
    alike = likeness(WRONG, RIGHT, "python")
    # Trees are the same. x comes twice from b and never from a: edges {a, b, x<-b, x<-b, x} and {a, b, x<-a, x<-b, x}.
    assert alike.tree == 1.0
    assert alike.flow == pytest.approx(2 * 4 / 10)
    reward = against(make.evidence(WRONG, outcome))
    assert reward.parts == pytest.approx({"compiler": compiler, "trees": 0.1485, "data_flow": 0.1485 * 0.8})
    assert reward.charges == ()


def test_shares_and_the_cap_can_be_changed(make: Any) -> None:
    found = replace(make.evidence(WRONG, Outcome.FAILURE), reference=RIGHT)
    parts = reference(found, cap=0.1, tree_share=0.25).parts
    assert parts == pytest.approx({"compiler": -0.3, "trees": 0.025, "data_flow": 0.075 * 0.8})


def test_a_program_that_passes_need_not_be_alike(make: Any) -> None:
    parts = against(make.evidence("f = lambda a, b: a + b\n", Outcome.PASS, passed=2)).parts
    assert parts == pytest.approx({"compiler": 1.0, "trees": 0.1485, "data_flow": 0.1485})


def test_the_sum_as_published(make: Any) -> None:
    """Up to 1 for each match: 1 - 0.3 + 0.8 for what fails, and what passes has to look like the reference."""
    published = resolve(("reference", {"bounded": False}))
    found = replace(make.evidence(WRONG, Outcome.FAILURE), reference=RIGHT)
    assert published(found).parts == pytest.approx({"compiler": -0.3, "trees": 1.0, "data_flow": 0.8})
    passing = replace(make.evidence("f = lambda a, b: a + b\n", Outcome.PASS, passed=2), reference=RIGHT)
    alike = likeness("f = lambda a, b: a + b\n", RIGHT, "python")
    assert alike.tree < 0.5
    assert published(passing).parts == pytest.approx({"compiler": 1.0, "trees": alike.tree, "data_flow": alike.flow})


def test_without_a_reference_the_compiler_alone_speaks(make: Any) -> None:
    assert against(make.evidence(WRONG, Outcome.FAILURE), None).parts == {"compiler": -0.3}


@pytest.mark.parametrize(("text", "compiler"), [(WRONG, 1.0), ("def f(:\n", -1.0), ("", 1.0)])
def test_without_tests_the_syntax_decides(make: Any, text: str, compiler: float) -> None:
    parts = against(make.evidence(text)).parts
    assert parts is not None
    assert parts["compiler"] == compiler


def test_what_an_analyzer_says_of_the_syntax_counts(make: Any) -> None:
    finding = make.finding(WRONG, "return", kind=Kind.SYNTAX)
    assert reference(make.evidence(WRONG, findings=[finding])).parts == {"compiler": -1.0}


def test_any_language_with_a_grammar(make: Any) -> None:
    text = "int f(int a) { int b = a; return b; }"
    trees = pytest.importorskip("tree_sitter_c", reason="the grammar of C is not installed")
    assert trees
    parts = against(make.evidence(Source(text, "c"), Outcome.FAILURE), text.replace("b", "c")).parts
    assert parts == pytest.approx({"compiler": -0.3, "trees": 0.1485, "data_flow": 0.1485})


def test_a_missing_grammar_is_no_zero(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ToolMissing("no tree-sitter grammar for python")

    monkeypatch.setattr("rewards.schemes.likeness.trees.root", missing)
    with pytest.raises(ToolMissing, match="no tree-sitter grammar"):
        against(make.evidence(WRONG, Outcome.FAILURE))


def test_nothing_is_known_where_the_harness_failed(make: Any) -> None:
    assert against(make.evidence(WRONG, Outcome.INFRASTRUCTURE)) == Reward(None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cap": 0.3}, "cap must be from 0 up and below 0.3"),
        ({"tree_share": 1.5}, "tree_share must be from 0 to 1, got 1.5"),
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(("reference", options))


def test_it_asks_for_the_reference() -> None:
    assert needs(resolve("reference")) == {Need.REFERENCE}
