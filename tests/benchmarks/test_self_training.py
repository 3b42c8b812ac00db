from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.self_training import BLIND, HARD, SINGLE, Arm, Size, crossed, report
from rewards.reranking import files
from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.journal import Journal
from trainer.reranker.stages import Place

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


def test_without_candidates_there_is_no_table(tmp_path: Path) -> None:
    said = report(SIZE, [Arm(kind, 0, SIZE, tmp_path) for kind in (HARD, BLIND, SINGLE)])
    assert said.startswith("0 of 3 runs are finished: 5 training tasks, 8 labelled programs of each in every iteration")
    assert "|" not in said


def _measured(arm: Arm, turn: int, scores: dict[str, list[float]]) -> None:
    place = Place(arm.folder)
    place.iteration(turn).mkdir(parents=True)
    place.scores(turn).write_text(json.dumps(scores))
    Journal(arm.folder).note(f"{turn}/measured", {"means": {}, "reliability": {}})


def test_ways_are_compared_over_the_seeds_that_both_have(tmp_path: Path) -> None:
    """Two tasks, eight candidates of which the first passes, and best of eight: a scorer that puts it first gets 1, one
    that puts it last 0, one that knows nothing 1/8."""
    passing = tuple(Candidate(str(n), n == 0) for n in range(8))
    pools = [Pool(name, "p", passing) for name in ("a", "b")]
    right, wrong, nothing = [1.0] + [0.0] * 7, [-1.0] + [0.0] * 7, [0.0] * 8
    arms = {(kind, seed): Arm(kind, seed, SIZE, tmp_path) for seed in (0, 1) for kind in (HARD, SINGLE, BLIND)}
    arms[HARD, 0].folder.mkdir()
    arms[HARD, 1].folder.mkdir()
    arms[SINGLE, 0].folder.mkdir()
    files.write(Place(arms[HARD, 0].folder).held_out, pools)
    Journal(arms[HARD, 0].folder).note("held-out", {})
    _measured(arms[HARD, 0], 0, {"a": right, "b": wrong})
    _measured(arms[HARD, 1], 0, {"a": nothing, "b": nothing})
    _measured(arms[SINGLE, 0], 0, {"a": right, "b": right})
    said = report(SIZE, list(arms.values())).splitlines()
    assert "1 of 6 runs are finished" in said[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in said if line.startswith("|")][2:]
    assert rows[0][:3] == ["single pass, the programs of iteration 0", "0", "2"]
    assert rows[0][3].startswith("31.2% [")  # (1 + 0 + 1/8 + 1/8) / 4
    assert rows[0][5].startswith("-50.0")  # of seed 0 alone: half of it right against all of it
    assert rows[1][:3] == ["single pass, as many labelled programs", "0", "1"]
    assert rows[1][3:5] == ["100.0%", "+50.0 [+0.0, +100.0]"]
    assert rows[2][2:] == ["0", "-", "-", "-"]
