"""The tables, the chart, and their place in a document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.ablation.figures import Charged, Result
from benchmarks.ablation.runs import Grid
from benchmarks.ablation.tables import written


def one(seed: int, final: float, clean: float, *, charged: Charged | None = None) -> Result:
    return Result(seed, 1e-3, (0, 2, 4, 6), (0.2, 0.4, 0.5, final), clean, 0.1, {"pass": final}, 0.25, charged)


@pytest.fixture
def found() -> dict[str, list[Result]]:
    marks = Charged(failing=4, mass=0.3, share_charged=0.5, tokens=0.2, per_token=0.75, passing_mass=0.0)
    return {
        "grpo-binary": [one(0, 0.6, 0.5), one(1, 0.8, 0.5)],
        "online-adaptive": [one(0, 0.7, 0.6, charged=marks)],
    }


def rows(text: str, start: str) -> list[list[str]]:
    lines = [line for line in text.split("\n") if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_tables_say_what_was_found_and_from_how_many_seeds(grid: Grid, found: dict[str, list[Result]]) -> None:
    text = written(grid, found, chart="curves.svg")
    assert "3 of 4 measured runs are finished" in text
    assert "(curves.svg)" in text
    shares, speed, reasons, rates = rows(text, "online | coarse + fine + adaptive")
    # 0.7 against 0.6 from the one seed that both have: no interval of one.
    assert shares[2:] == ["1", "0.001", "70.0%", "+10.0", "60.0%", "+10.0"]
    # Ten programs a step; 50% at step 4; 60% halfway to step 6; 70% at step 6.
    assert speed[2:] == ["40 (1 of 1)", "50 (1 of 1)", "60 (1 of 1)"]
    assert reasons[2:8] == ["25%", "0.30", "50%", "20%", "0.75", "0.000"]
    assert rates[2:] == ["-", "-"]
    binary = rows(text, "online | pass or fail")[0]
    # 0.6 and 0.8: mean 0.7, standard error 0.1, times Student's 12.706.
    assert binary[2:6] == ["2", "0.001", "70.0% [-57.1, 197.1]", ""]


def test_what_each_step_adds_is_told_where_both_rows_are_there(grid: Grid) -> None:
    found = {"online-fine": [one(0, 0.6, 0.5)], "online-coarse": [one(0, 0.5, 0.5)], "offline-fine": [one(0, 0.4, 0.1)]}
    assert "fine against coarse" not in written(grid, found, chart=None)
    found["offline-coarse"] = [one(0, 0.6, 0.3)]
    line = rows(written(grid, found, chart=None), "fine against coarse")[0]
    # At the end (0.1 - 0.2) / 2, over three measurements a third of it; correct and clean (0 - 0.2) / 2.
    assert line[1:] == ["1", "-5.0", "-1.7", "-10.0"]


def test_rows_that_differ_from_the_first_are_named_with_the_width_of_intervals(grid: Grid) -> None:
    found = {
        "grpo-binary": [one(0, 0.5, 0.5), one(1, 0.6, 0.5)],
        "online-adaptive": [one(0, 0.70, 0.5), one(1, 0.81, 0.5)],
    }
    text = written(grid, found, chart=None)
    # Differences 0.20 and 0.21: 20.5 points, and half an interval is 12.7062 x 0.5.
    assert "leaves out 0 in 1 of 1 rows: online coarse + fine + adaptive (RLTF) (+20.5 [+14.1, +26.9])" in text
    assert "Half of an interval is 6.4 points" in text
    found["online-adaptive"] = [one(0, 0.5, 0.5), one(1, 0.7, 0.5)]
    assert "leaves out 0 in none of 1 rows" in written(grid, found, chart=None)


def test_a_rate_that_was_chosen_is_bold(grid: Grid, finish: Callable[..., None]) -> None:
    low, high = grid.tuning(grid.rows[0])
    finish(low, [1, 2, 2, 2])
    finish(high, [1, 3, 3, 3])
    text = written(grid, {"grpo-binary": [one(0, 0.6, 0.5)]}, chart=None)
    assert rows(text, "online | pass or fail")[-1][2:] == ["20.0%", "**30.0%**"]


def test_nothing_finished_is_said_and_then_how_far_tuning_is(grid: Grid, finish: Callable[..., None]) -> None:
    text = written(grid, {}, chart=None)
    assert "0 of 4 measured runs are finished" in text
    assert "|" not in text
    finish(grid.tuning(grid.rows[0])[1], [1, 3, 3, 3])
    text = written(grid, {}, chart=None)
    assert rows(text, "online | pass or fail")[0][2:] == ["-", "30.0%"]
