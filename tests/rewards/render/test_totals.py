from __future__ import annotations

from typing import Any

from analyzers.types import Outcome, Source
from rewards.render.totals import Rule, outcomes, rules
from rewards.schemes.binary import binary
from rewards.scorer import settle
from rewards.types import Evidence, Item


def test_outcomes_are_counted_best_first_with_the_mean_of_what_has_a_value(make: Any) -> None:
    def score(outcome: Outcome | None) -> Any:
        return settle(Item("x"), make.evidence("x", outcome, passed=1), binary)

    broken = settle(Item("x"), Evidence(Source("x"), tested=True), binary)
    scores = [score(Outcome.ERROR), broken, score(Outcome.PASS), score(None), score(Outcome.ERROR)]
    assert outcomes(scores) == [
        ("pass", 1, 1.0),
        ("error", 2, 0.0),
        ("infrastructure", 1, None),
        ("not tested", 1, None),
    ]
    assert outcomes([]) == []


def test_rules_are_counted_the_most_costly_first(scored: Any) -> None:
    text = "x(x, yé)\n"
    rows = [scored(text).explain(), scored(text).explain(), ()]
    assert rules(rows) == [
        Rule("pyflakes", "undefined-name", findings=2, programs=2, charged=2, amount=-0.2),
        Rule("<i>", "a&b", findings=2, programs=2, charged=0, amount=0.0),
    ]
    assert rules([(*rows[0], *rows[0])])[0] == Rule("pyflakes", "undefined-name", 2, 1, 2, -0.2)
