from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from analyzers.types import Outcome, Source
from rewards import render
from rewards.render.summary import summary
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score


def shown(view: Any) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(view)
    return console.export_text()


def lines(view: Any) -> list[str]:
    """The lines with their blanks made one."""
    return [" ".join(line.split()) for line in shown(view).splitlines()]


def test_the_terminal_shows_program_findings_and_value_and_obeys_no_escape(scored: Any) -> None:
    text = shown(render.to_terminal(scored()))
    assert "\x1b" not in text
    assert "failure  -0.050" in text  # -0.3 + (-0.3 + 1.3 / 2) - 0.1
    assert "coarse -0.300, adaptive +0.350, charges -0.100" in text
    assert "2  print(yé)" in text
    assert "no word from: ruff timed_out after 5 s" in text
    row = next(line for line in text.splitlines() if "undefined-name" in line)
    assert row.split()[:4] == ["2:7", "-0.100", "pyflakes", "undefined-name"]


def test_explained_it_says_what_each_finding_would_cost_by_itself_and_why_it_does_not(scored: Any) -> None:
    said = lines(render.to_terminal(scored(), explained=True))
    at = said.index("1:1 0 -0.020 <i> a&b: a&b at 0")
    assert said[at + 1] == "on x; gated"
    assert said[at + 2].startswith("2:7 -0.100 -0.100 pyflakes undefined-name:")
    assert said[at + 3] == "on yé"
    assert said[-1] == "gated: counts only on programs that pass"
    assert "\x1b" not in shown(render.to_terminal(scored(), explained=True))


@pytest.mark.parametrize("text", ["", "\n", "\x00", "[bold]not markup[/bold]", "no newline"])
@pytest.mark.parametrize("explained", [False, True])
def test_odd_programs_are_shown(text: str, explained: bool) -> None:
    score = settle(Item(text), Evidence(Source(text)), static)
    assert "not tested" in shown(render.to_terminal(score, explained=explained))
    assert render.visible(text).strip() in shown(render.to_terminal(score, explained=explained))
    assert shown(render.compare_terminal(score, score))


def test_lines_have_the_numbers_of_the_positions() -> None:
    score = settle(Item("a\rb\r\nc\n"), Evidence(Source("a\rb\r\nc\n")), static)
    assert [line for line in lines(render.to_terminal(score)) if line[:1].isdigit()] == ["1 a␍", "2 b␍", "3 c"]


def test_what_was_given_has_no_number(make: Any) -> None:
    source = Source("def f(x):\n    return y\n", prefix=10)
    found = make.evidence(source, Outcome.PASS, passed=2, findings=[make.finding(source.text, "y")])
    said = lines(render.to_terminal(settle(Item("    return y\n", prefix="def f(x):\n"), found, static)))
    assert "def f(x):" in said
    assert "1 return y" in said


def test_a_value_that_is_none_is_said_so() -> None:
    score = settle(Item("x"), Evidence(Source("x"), tested=True), static)
    assert "infrastructure  none" in shown(render.to_terminal(score))
    assert summary(score) == {"outcome": "infrastructure", "value": "none"}


def test_two_programs_stand_side_by_side(make: Any) -> None:
    def score(text: str, name: str, outcome: Outcome) -> Score:
        found = [make.finding(text, under, code=f"no-{under}") for under in ("x", "y") if under in text]
        return settle(Item(text, task_id=name), make.evidence(text, outcome, passed=1, findings=found), static)

    said = lines(
        render.compare_terminal(score("a\nx(y)\n", "old", Outcome.FAILURE), score("a\nx\nb\n", "new", Outcome.PASS))
    )
    assert "old new" in said
    assert "outcome failure pass" in said
    assert "1 a 1 a" in said
    assert "2- x(y) 2+ x" in said
    assert "3+ b" in said
    at = said.index("left cost right cost analyzer rule message")
    assert [line.split()[:2] for line in said[at + 1 :]] == [["2:3", "-0.100"], ["2:1", "-0.100"]]


def test_a_batch_in_two_tables(scored: Any) -> None:
    said = lines(render.batch_terminal([scored(), scored()]))
    assert "failure 2 -0.050" in said
    assert "pyflakes undefined-name 2 2 2 -0.200" in said
    assert "<i> a&b 2 2 0 0" in said
    assert lines(render.batch_terminal([])) == ["outcome programs mean value"]


def test_what_came_of_the_holdout_tests_is_said(scored: Any) -> None:
    assert "hold-out tests" not in shown(render.to_terminal(scored()))
    said = lines(render.to_terminal(replace(scored(), holdout=Outcome.FAILURE)))
    assert any(line.endswith("hold-out tests: failure") for line in said)
