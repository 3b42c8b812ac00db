from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.self_training import BLIND, HARD, SINGLE, Arm, Size, crossed, report

SIZE = Size(seeds=2, iterations=3, tasks=5, held_out=4, steps=2)


def test_every_way_has_as_many_labelled_programs() -> None:
    """The loop's first candidates and those of its three policies; the single pass draws as many at once."""
    loop, single = (Arm(kind, 0, SIZE, Path("runs")).settings for kind in (HARD, SINGLE))
    labelled = [each.candidates.samples * (1 + each.loop.iterations) for each in (loop, single)]
    assert labelled[0] == labelled[1] == 32
    assert loop.problems.limit == single.problems.limit == 5


def test_ways_differ_in_nothing_else() -> None:
    hard, blind, single = (Arm(kind, 1, SIZE, Path("runs")).settings for kind in (HARD, BLIND, SINGLE))
    assert (hard.negatives.choice, blind.negatives.choice) == ("hard", "random")
    assert hard.run.seed == blind.run.seed == single.run.seed == 1
    assert hard.fit == blind.fit == single.fit
    assert hard.scorer == blind.scorer == single.scorer
    assert hard.ppo == blind.ppo


def test_an_interval_is_for_other_seeds_and_other_tasks() -> None:
    """Seeds that differ and tasks that do not, and the other way around: the interval is as wide as what differs."""
    by_seed = np.repeat([[0.0], [1.0]], 50, axis=1)
    by_task = by_seed.T
    assert crossed(by_seed).mean == 0.5
    assert (crossed(by_seed).low, crossed(by_seed).high) == pytest.approx(
        (0.0, 1.0)
    )  # both may be the one or the other
    assert crossed(by_task) == crossed(by_task)
    assert (crossed(by_task).low, crossed(by_task).high) == pytest.approx((0.0, 1.0))
    many = np.tile([0.0, 1.0], (3, 100))
    assert crossed(many).low == pytest.approx(0.43, abs=0.02)  # 0.5 - 1.96 * 0.5 / sqrt(200)
    alike = crossed(np.full((3, 4), 0.25))
    assert (alike.low, alike.mean, alike.high) == pytest.approx((0.25, 0.25, 0.25))


def test_without_a_finished_seed_there_is_no_table() -> None:
    said = report(SIZE, [])
    assert said.startswith(
        "0 of 2 seeds are finished: 5 training tasks, 8 labelled programs of each in every iteration"
    )
    assert "|" not in said
