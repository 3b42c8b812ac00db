"""Which runs there are, which step size a row gets, and how a run is gone on with."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ablation import runs
from benchmarks.ablation.rows import ROWS
from benchmarks.ablation.runs import Busy, Cell, Grid, check, chosen_rate, curve, perform, tuned
from trainer.config import Config

Finish = Callable[..., None]
BINARY, RLTF = ROWS["grpo-binary"], ROWS["online-adaptive"]


def names(grid: Grid) -> list[str]:
    return [f"{cell.phase} {cell.name}" for cell in grid.open()]


def test_tuning_comes_first_and_a_row_is_measured_only_with_a_rate_of_its_own(grid: Grid, finish: Finish) -> None:
    assert names(grid) == [
        "tuning grpo-binary-rate-0.0001-seed-1000",
        "tuning grpo-binary-rate-0.001-seed-1000",
        "tuning online-adaptive-rate-0.0001-seed-1000",
        "tuning online-adaptive-rate-0.001-seed-1000",
    ]
    for cell in grid.tuning(BINARY):
        finish(cell, [4, 5, 5, 6])
    assert names(grid) == [
        "tuning online-adaptive-rate-0.0001-seed-1000",
        "tuning online-adaptive-rate-0.001-seed-1000",
        "measured grpo-binary-seed-0",
        "measured grpo-binary-seed-1",
    ]


def test_measured_runs_go_seed_by_seed_over_all_rows(grid: Grid, finish: Finish) -> None:
    for row in grid.rows:
        for cell in grid.tuning(row):
            finish(cell, [4, 5, 5, 6])
    finish(grid.measured(BINARY)[0], [4, 5, 5, 6])
    assert names(grid) == [
        "measured online-adaptive-seed-0",
        "measured grpo-binary-seed-1",
        "measured online-adaptive-seed-1",
    ]
    assert (grid.finished, grid.total) == (5, 8)


def test_tuning_seeds_and_tasks_are_not_those_that_are_measured(grid: Grid, finish: Finish) -> None:
    for cell in grid.tuning(BINARY):
        finish(cell, [4, 5, 5, 6])
    tuning, measured = grid.tuning(BINARY), grid.measured(BINARY)
    assert {cell.seed for cell in tuning}.isdisjoint(cell.seed for cell in measured)
    assert tuning[0].config().tasks.test != measured[0].config().tasks.test
    assert tuning[0].config().tasks.train == measured[0].config().tasks.train


def test_the_rate_with_the_highest_mean_after_the_start_is_taken(grid: Grid, finish: Finish) -> None:
    low, high = grid.tuning(BINARY)
    finish(low, [9, 3, 3, 9])  # (0.3 + 0.3 + 0.9) / 3 = 0.5; what it began with does not count
    assert chosen_rate(grid, BINARY) is None
    finish(high, [0, 6, 6, 6])
    assert tuned(grid, BINARY, 1e-4) == pytest.approx(0.5)
    assert tuned(grid, BINARY, 1e-3) == pytest.approx(0.6)
    assert chosen_rate(grid, BINARY) == 1e-3
    assert {cell.rate for cell in grid.measured(BINARY)} == {1e-3}


def test_of_equal_rates_the_lower_one_is_taken(grid: Grid, finish: Finish) -> None:
    for cell in grid.tuning(BINARY):
        finish(cell, [4, 5, 5, 6])
    assert chosen_rate(grid, BINARY) == 1e-4


def test_a_curve_has_the_measurement_before_and_the_one_after(grid: Grid, finish: Finish) -> None:
    cell = grid.tuning(BINARY)[0]
    finish(cell, [1, 2, 3, 4])
    assert curve(cell) == ([0, 2, 4, 6], [0.1, 0.2, 0.3, 0.4])


def test_a_run_without_its_last_measurement_is_not_finished(grid: Grid, finish: Finish) -> None:
    cell = grid.tuning(BINARY)[0]
    finish(cell, [1, 2, 3, 4])
    assert cell.finished
    place = cell.folder / "evaluations.json"
    place.write_text(json.dumps({"before": json.loads(place.read_text())["before"]}))
    assert not cell.finished
    place.write_text("{torn")
    assert not cell.finished


def test_runs_of_other_settings_are_refused_with_the_key_and_both_values(grid: Grid, finish: Finish) -> None:
    finish(grid.tuning(BINARY)[0], [1, 2, 3, 4])
    check(grid)
    other = replace(grid, size=replace(grid.size, steps=7))
    with pytest.raises(ValueError, match=r"grpo-binary-rate-0.0001-seed-1000 .* run/steps = 6, and 7 is asked for"):
        check(other)


class Stub:
    """In the place of a session: what it is told to leave behind, in the folder of the run."""

    def __init__(self, settings: Config, folder: Path | None, leaves: dict[str, Any]) -> None:
        self.folder = folder or settings.run.out / str(settings.run.name)
        self.leaves = leaves
        self.found: dict[str, Any] = {}
        self.folder.mkdir(exist_ok=True)
        (self.folder / "config.json").write_text(settings.model_dump_json())
        (self.folder / "checkpoints").mkdir(exist_ok=True)

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def train(self) -> int:
        place = self.folder / "evaluations.json"
        self.found = json.loads(place.read_text()) if place.exists() else {}
        place.write_text(json.dumps({**self.leaves, **self.found}))
        return 0


class Sessions(list[tuple[Path | None, Stub]]):
    """The runs that were built: the folder that they went on in, and what they were."""

    def __init__(self) -> None:
        super().__init__()
        self.leaves: list[dict[str, Any]] = []
        """What each of them leaves behind."""

    def prepare(self, settings: Config, *, folder: Path | None = None, display: object) -> Stub:
        self.append((folder, Stub(settings, folder, self.leaves.pop(0))))
        return self[-1][1]


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    found = Sessions()
    monkeypatch.setattr(runs.build, "prepare", found.prepare)
    return found


def test_a_run_that_stopped_goes_on_and_a_finished_one_is_not_made_again(grid: Grid, sessions: Sessions) -> None:
    sessions.leaves += [{"before": 1}, {"before": 2, "after": 2}]
    cell = grid.tuning(BINARY)[0]
    assert not perform(cell)
    assert perform(cell)
    assert perform(cell)
    assert [folder for folder, _ in sessions] == [None, cell.folder]
    assert not (cell.folder / "checkpoints").exists()


def test_a_folder_that_was_only_begun_is_begun_again(grid: Grid, sessions: Sessions) -> None:
    sessions.leaves += [{"before": 1, "after": 1}]
    cell = grid.tuning(BINARY)[0]
    cell.folder.mkdir(parents=True)
    (cell.folder / "rubbish").touch()
    assert perform(cell)
    assert [folder for folder, _ in sessions] == [None]
    assert not (cell.folder / "rubbish").exists()


def test_rows_share_the_first_measurement_of_a_seed_and_nothing_else_does(grid: Grid, sessions: Sessions) -> None:
    sessions.leaves += [{"before": seed, "after": 0} for seed in (1, 2, 3)]
    same = [Cell(grid, BINARY, "measured", 0, 1e-4), Cell(grid, RLTF, "measured", 0, 1e-3)]
    other = Cell(grid, BINARY, "measured", 1, 1e-4)
    for cell in (*same, other):
        perform(cell)
    assert [stub.found for _, stub in sessions] == [{}, {"before": 1}, {}]


def test_a_run_that_another_process_is_at_is_left_alone(grid: Grid, sessions: Sessions) -> None:
    cell = grid.tuning(BINARY)[0]
    cell.folder.parent.mkdir(parents=True)
    with (cell.folder.parent / f"{cell.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="another process"):
            perform(cell)
    assert sessions == []


def test_what_went_wrong_is_in_the_log_of_the_run(grid: Grid, sessions: Sessions) -> None:
    with pytest.raises(IndexError):  # nothing was said that it should leave
        perform(grid.tuning(BINARY)[0])
    log = grid.folder("tuning") / "grpo-binary-rate-0.0001-seed-1000.log"
    assert "IndexError" in log.read_text()
