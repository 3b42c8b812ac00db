"""Figures of finished runs, against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from analyzers.types import Diagnostic, Kind, Outcome, Severity, Source, Span
from benchmarks.ablation.figures import Result, against, charged, contrast, reached, result, samples_to_reach
from benchmarks.ablation.rows import ROWS, Size
from benchmarks.ablation.runs import Cell, Grid
from rewards.types import Charge, Score

SIZE = Size(steps=6, tasks=2, samples=5, every=2)


def one(seed: int, values: Sequence[float], clean: float = 0.0) -> Result:
    steps = tuple(range(0, 2 * len(values), 2))
    return Result(seed, 1e-3, steps, tuple(values), clean, 0.0, {}, 0.0, None)


def final(each: Result) -> float:
    return each.final


def score(outcome: Outcome | None, *charges: tuple[int, int, float], base: float | None = 0.0) -> Score:
    """A program of five characters with charges on (start, end, amount)."""
    found = Diagnostic("tool", "code", Severity.LOW, "", Span(0, 1), Kind.LOGIC)
    marks = tuple(Charge(found, Span(start, end), amount, 10.0) for start, end, amount in charges)
    return Score(base, base, outcome, Source("ab\ncd"), "ab\ncd", (), marks)


SPANS = np.array([[at, at + 1] for at in range(5)])


def test_samples_to_reach_lie_on_the_line_between_two_measurements() -> None:
    # Ten programs a step: from 0.4 at step 2 to 0.8 at step 4, 0.5 is reached a quarter of the way, at step 2.5.
    assert samples_to_reach([0, 2, 4], [0.2, 0.4, 0.8], 0.5, SIZE) == pytest.approx(25)
    assert samples_to_reach([0, 2, 4], [0.2, 0.4, 0.8], 0.4, SIZE) == pytest.approx(20)
    assert samples_to_reach([0, 2, 4], [0.2, 0.4, 0.8], 0.2, SIZE) == 0
    assert samples_to_reach([0, 2, 4], [0.2, 0.4, 0.8], 0.81, SIZE) is None


def test_the_first_time_counts_also_where_a_curve_falls_again() -> None:
    assert samples_to_reach([0, 2, 4], [0.2, 0.6, 0.1], 0.4, SIZE) == pytest.approx(10)


def test_a_run_that_never_gets_there_is_later_than_any_other() -> None:
    fast, slow, never = one(0, [0.0, 0.5]), one(1, [0.0, 0.25, 0.5]), one(2, [0.0, 0.1])
    found = reached([fast, slow, never], 0.5, SIZE)
    assert (found.reached, found.runs, found.median) == (2, 3, pytest.approx(40))
    assert reached([fast, never], 0.5, SIZE).median is None
    assert reached([never, never, fast], 0.5, SIZE).median is None


def test_a_difference_is_paired_by_seed() -> None:
    baseline = [one(0, [0.0, 0.5], clean=0.1), one(1, [0.0, 0.7], clean=0.2)]
    better = [one(1, [0.0, 0.9], clean=0.2), one(0, [0.0, 0.6], clean=0.2), one(7, [0.0, 1.0])]
    found = against(better, baseline, final)
    # Differences 0.1 and 0.2: mean 0.15, standard error 0.05, Student's t with one degree of freedom 12.7062.
    assert found is not None
    assert found.mean == pytest.approx(0.15)
    assert found.high - found.mean == pytest.approx(12.7062 * 0.05, abs=1e-4)
    clean = against(better, baseline, lambda each: each.clean)
    assert clean is not None
    assert clean.mean == pytest.approx(0.05)
    assert against(better[2:], baseline, final) is None


def test_a_contrast_is_the_mean_over_pairs_of_the_seeds_that_all_have() -> None:
    first = [one(0, [0.0, 0.5]), one(1, [0.0, 0.5]), one(2, [0.0, 0.5])], [one(0, [0.0, 0.4]), one(1, [0.0, 0.2])]
    second = [one(0, [0.0, 0.5]), one(1, [0.0, 0.5])], [one(1, [0.0, 0.4]), one(0, [0.0, 0.8]), one(3, [0.0, 0.0])]
    found = contrast([first, second], final)
    # Seed 0: (0.1 - 0.3) / 2 = -0.1; seed 1: (0.3 + 0.1) / 2 = 0.2.
    assert found is not None
    assert found.mean == pytest.approx(0.05)
    assert found.high - found.mean == pytest.approx(12.7062 * 0.15, abs=1e-3)
    assert contrast([first, ([], [])], final) is None
    assert contrast([], final) is None


def test_the_average_leaves_out_the_first_measurement() -> None:
    assert one(0, [0.9, 0.2, 0.4]).average == pytest.approx(0.3)


def test_what_was_charged_is_told_of_failing_programs_and_of_passing_ones() -> None:
    # Two of five tokens carry -0.3 x 5 / 2 = -0.75 each; the other failing program has nothing.
    samples = [
        (score(Outcome.ERROR, (3, 5, -0.3)), SPANS),
        (score(Outcome.FAILURE), SPANS),
        (score(Outcome.PASS, (0, 1, -0.02)), SPANS),
        (score(Outcome.INFRASTRUCTURE, (0, 5, -9.0), base=None), SPANS),
    ]
    found = charged(samples)
    assert found is not None
    assert (found.failing, found.share_charged) == (2, 0.5)
    assert found.mass == pytest.approx(0.15)
    assert found.tokens == pytest.approx(0.2)
    assert found.per_token == pytest.approx(0.75)
    assert found.passing_mass == pytest.approx(0.02)


def test_without_a_failing_program_there_is_nothing_to_tell() -> None:
    assert charged([(score(Outcome.PASS), SPANS)]) is None
    assert charged([]) is None


def test_a_result_is_read_from_the_folder_of_its_run(grid: Grid, finish: Callable[..., None]) -> None:
    cell = Cell(grid, ROWS["grpo-binary"], "measured", 1, 1e-3)
    finish(cell, [2, 4, 5, 8], clean=3, mixed=[0.5, 1.0])
    found = result(cell)
    assert (found.steps, found.pass_at_1, found.final) == ((0, 2, 4, 6), (0.2, 0.4, 0.5, 0.8), 0.8)
    assert (found.clean, found.alike) == (pytest.approx(0.3), pytest.approx(0.25))
    assert found.outcomes["pass"] == pytest.approx(0.8)
    assert found.outcomes["error"] == pytest.approx(0.2)
    assert found.charged is None


def test_without_rounds_nothing_is_said_of_groups(grid: Grid, finish: Callable[..., None]) -> None:
    cell = Cell(grid, ROWS["grpo-binary"], "measured", 1, 1e-3)
    finish(cell, [2, 4, 5, 8])
    assert math.isnan(result(cell).alike)
