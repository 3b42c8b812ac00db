from __future__ import annotations

import pytest
from rich.console import Console

from analyzers.types import Outcome
from trainer.evaluation.command import compared, notes
from trainer.evaluation.comparison import compare, table
from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.graded import Graded


def counts(passed: int, judged: int = 2, **fields: object) -> Counts:
    known = {"first": passed > 0, "analysed": judged, "clean": passed, **fields}
    return Counts(samples=judged, judged=judged, passed=passed, **known)  # type: ignore[arg-type]


def test_gains_by_hand() -> None:
    before = {"a": counts(0), "b": counts(1), "c": counts(2), "x": counts(2)}
    after = {"a": counts(2), "b": counts(1), "c": counts(1), "y": counts(0), "z": counts(0)}
    found = compare(before, after, (1, 2))
    assert (found.tasks, found.alone) == (3, (1, 2))
    assert found.pass_at[1].mean == pytest.approx((1 + 0 - 0.5) / 3)
    assert found.pass_at[2].mean == pytest.approx((1 + 0 + 0) / 3)
    assert found.pass_at[1].low <= found.pass_at[1].mean <= found.pass_at[1].high
    assert found.correct_and_clean is not None
    assert found.correct_and_clean.mean == pytest.approx((1 + 0 - 0.5) / 3)
    assert (found.paired, found.gained, found.lost, found.p_value) == ("first sample", 1, 0, 1.0)
    assert "left out: 1 tasks that only the first judged, 2 only the second" in notes(found)


def test_greedy_verdicts_are_paired_where_all_have_them() -> None:
    before = {str(n): counts(1, greedy=False) for n in range(6)}
    after = {str(n): counts(1, greedy=True) for n in range(6)}
    found = compare(before, after, (1,))
    # Six tasks, all one way: 2 * (1/2)^6.
    assert (found.paired, found.gained, found.lost) == ("greedy", 6, 0)
    assert found.p_value == pytest.approx(2 / 64)
    after["0"].greedy = None
    assert compare(before, after, (1,)).paired == "first sample"


def test_languages_are_compared_each_by_itself() -> None:
    before = {"a": counts(0, language="go"), "b": counts(2, language="lua")}
    after = {"a": counts(2, language="go"), "b": counts(0, language="lua")}
    found = compare(before, after, (1,))
    assert {name: part.pass_at[1].mean for name, part in found.groups["language"].items()} == {"go": 1.0, "lua": -1.0}
    assert found.pass_at[1].mean == 0.0
    console = Console(width=160, record=True)
    console.print(table(found, title="t"))
    assert "language: lua" in console.export_text()


def test_conditions_that_both_have_are_compared() -> None:
    def totals(**outcomes: Outcome) -> Totals:
        return Totals(Graded("a", False, "", 1, outcome, condition=name) for name, outcome in outcomes.items())

    found = compared(totals(hot=Outcome.ERROR, cold=Outcome.ERROR), totals(cold=Outcome.PASS, mild=Outcome.PASS), (1,))
    assert {name: part.gained for name, part in found.items()} == {"cold": 1}
    # Of one condition each, the names do not matter.
    assert compared(totals(hot=Outcome.PASS), totals(cold=Outcome.ERROR), (1,))[""].lost == 1
    with pytest.raises(ValueError, match="no judged task in common"):
        compared(totals(hot=Outcome.PASS), Totals([Graded("b", False, "", 1, Outcome.PASS)]), (1,))
