"""The runs of a grid: which there are, which are finished, and how one is made or gone on with.

Step sizes are tuned first: each row trains with each rate, from seeds of its own, and is measured on the tuning tasks.
The rate with the highest mean of pass@1 over the measurements after the first one is the row's. Then each row is
trained with its rate from each seed and measured on the test tasks.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.ablation.families import Family
from benchmarks.ablation.rows import RATES, Row, Size, settings
from trainer import build, config, session
from trainer.display import Display
from trainer.log import METRICS, flat, read
from trainer.run_folder import CONFIG, EVALUATIONS
from trainer.session import BEST_BY, CHECKPOINTS

TUNING, MEASURED = "tuning", "measured"
FIRST_TUNING_SEED = 1000
LEARNING_RATE = "optimizer.learning_rate"
AFTER, BEFORE = "after", "before"


class Busy(RuntimeError):
    """Another process is at work on the same run."""


@dataclass(frozen=True, slots=True)
class Grid:
    """All runs of a family."""

    family: Family
    out: Path
    rows: tuple[Row, ...]
    size: Size
    seeds: int = 5
    tuning_seeds: int = 1
    rates: tuple[float, ...] = RATES
    """Step sizes, from the smallest."""
    overrides: tuple[str, ...] = ()
    """`SECTION.KEY=VALUE`, for all rows alike."""

    def folder(self, phase: str) -> Path:
        """Of the run folders of a phase."""
        return self.out / self.family.name / phase

    def tuning(self, row: Row) -> list[Cell]:
        """The runs that decide the rate of a row."""
        seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + self.tuning_seeds)
        return [Cell(self, row, TUNING, seed, rate) for seed in seeds for rate in self.rates]

    def measured(self, row: Row) -> list[Cell]:
        """The runs of a row that are shown; none as long as its rate is not known."""
        rate = chosen_rate(self, row)
        return [] if rate is None else [Cell(self, row, MEASURED, seed, rate) for seed in range(self.seeds)]

    def open(self) -> Iterator[Cell]:
        """The runs that could be made now and are not finished: tuning first, then seed by seed, each over all rows."""
        yield from (cell for row in self.rows for cell in self.tuning(row) if not cell.finished)
        runs = [self.measured(row) for row in self.rows]
        yield from (cells[seed] for seed in range(self.seeds) for cells in runs if cells and not cells[seed].finished)

    @property
    def total(self) -> int:
        """The number of all runs."""
        return len(self.rows) * (self.tuning_seeds * len(self.rates) + self.seeds)

    @property
    def finished(self) -> int:
        """How many of them are finished."""
        return sum(cell.finished for row in self.rows for cell in (*self.tuning(row), *self.measured(row)))


@dataclass(frozen=True, slots=True)
class Cell:
    """One run."""

    grid: Grid
    row: Row
    phase: str
    seed: int
    rate: float

    @property
    def name(self) -> str:
        """Of its folder."""
        tried = f"-rate-{self.rate:g}" if self.phase == TUNING else ""
        return f"{self.row.name}{tried}-seed-{self.seed}"

    @property
    def folder(self) -> Path:
        """Of the run."""
        return self.grid.folder(self.phase) / self.name

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.grid.family.name} {self.phase} {self.name}"

    @property
    def finished(self) -> bool:
        """Whether the last measurement is there; it is the last thing that counts."""
        return AFTER in _json(self.folder / EVALUATIONS)

    @property
    def step(self) -> int:
        """Optimiser steps that are logged."""
        return max((line["step"] for line in read(self.folder / METRICS)), default=0)

    def config(self) -> config.Config:
        """The configuration of the run.

        Raises:
            trainer.config.ConfigError: an override that the trainer refuses.
        """
        grid = self.grid
        flags = settings(self.row, grid.size, rate=self.rate, embedded=grid.family.embedded)
        flags |= {"model.name": grid.family.model, "tasks.train": grid.family.spec("train")}
        flags |= {"tasks.test": grid.family.spec("test" if self.phase == MEASURED else TUNING)}
        flags |= {"run.seed": self.seed, "run.name": self.name, "run.out": str(grid.folder(self.phase))}
        return config.load(settings=grid.overrides, flags=flags)


def chosen_rate(grid: Grid, row: Row) -> float | None:
    """The learning rate that did best on the tuning tasks, the lower one of equals; None before all were tried."""
    cells = grid.tuning(row)
    if not all(cell.finished for cell in cells):
        return None
    means = {rate: tuned(grid, row, rate) for rate in grid.rates}
    return max(means, key=lambda rate: means[rate] or 0.0)


def tuned(grid: Grid, row: Row, rate: float) -> float | None:
    """What a rate is chosen by: pass@1 on the tuning tasks, the mean over the measurements after the first one."""
    cells = [cell for cell in grid.tuning(row) if cell.rate == rate]
    if not all(cell.finished for cell in cells):
        return None
    return statistics.fmean(value for cell in cells for value in curve(cell)[1][1:])


def evaluations(cell: Cell) -> dict[str, Any]:
    """The records of the measurements before and after training, as far as they are there."""
    return _json(cell.folder / EVALUATIONS)


def curve(cell: Cell) -> tuple[list[int], list[float]]:
    """Optimiser steps and held-out pass@1 of all measurements of a finished run, the first one before training."""
    points = {line["step"]: line[BEST_BY] for line in read(cell.folder / METRICS) if BEST_BY in line}
    measured = evaluations(cell)
    points |= {
        step: measured[when]["pass_at"]["1"]["mean"] for step, when in ((0, BEFORE), (cell.grid.size.steps, AFTER))
    }
    return sorted(points), [points[step] for step in sorted(points)]


def perform(cell: Cell) -> bool:
    """Makes the run, or goes on with it where it stopped; whether it is finished now.

    What it says goes to a file beside its folder. The weights of a finished run are removed.

    Raises:
        Busy: another process is at it.
        ValueError, OSError: the run cannot be made; one line says why.
    """
    if cell.finished:
        return True
    cell.folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(cell), (cell.folder.parent / f"{cell.name}.log").open("a", encoding="utf-8") as log:
        display = Display(Console(file=log, width=120))
        try:
            with _prepared(cell, display) as running:
                _lend(cell)
                running.train()
        except Exception:
            display.console.print_exception()
            raise
        if not cell.finished:
            return False
        _keep(cell)
        shutil.rmtree(cell.folder / CHECKPOINTS, ignore_errors=True)
        return True


def _prepared(cell: Cell, display: Display) -> session.Session:
    wanted = cell.config()
    if not (cell.folder / CONFIG).exists():
        shutil.rmtree(cell.folder, ignore_errors=True)  # begun, but not as far as its configuration
        return build.prepare(wanted, display=display)
    found, folder = build.reopen(cell.name, out=cell.folder.parent)
    return build.prepare(found, folder=folder, display=display)


def check(grid: Grid) -> None:
    """Refuses a grid of which some runs were made with other settings.

    Raises:
        ValueError: with the folder, the key and both values.
    """
    for row in grid.rows:
        for cell in (*grid.tuning(row), *grid.measured(row)):
            known = dict(flat(_json(cell.folder / CONFIG)))
            wanted = cell.config().model_dump(mode="json", exclude_unset=True) if known else {}
            for key, value in flat(wanted):
                if known.get(key) != value:
                    raise ValueError(
                        f"{cell.folder} is of a run with {key} = {known.get(key)!r}, and {value!r} is asked for: "
                        "ask for the same, or give another --out"
                    )


def _first_measurement(cell: Cell) -> Path:
    """Where the measurement before training is kept that all rows of a seed have in common."""
    made = cell.config()
    common: Any = made.model_dump(mode="json", include={"model", "tasks", "reward", "evaluation"})
    common |= {"seed": cell.seed, "max_new_tokens": made.rollout.max_new_tokens}
    mark = hashlib.sha256(json.dumps(common, sort_keys=True).encode()).hexdigest()[:16]
    return cell.grid.out / "before" / f"{mark}.json"


def _lend(cell: Cell) -> None:
    """Gives a new run the first measurement of another row: same weights, tasks and random numbers."""
    if (cell.folder / EVALUATIONS).exists():
        return
    with suppress(FileNotFoundError):
        session.replace_text(cell.folder / EVALUATIONS, _first_measurement(cell).read_text(encoding="utf-8"))


def _keep(cell: Cell) -> None:
    place = _first_measurement(cell)
    place.parent.mkdir(parents=True, exist_ok=True)
    session.replace_text(place, json.dumps({BEFORE: _json(cell.folder / EVALUATIONS)[BEFORE]}))


@contextmanager
def _locked(cell: Cell) -> Iterator[None]:
    """The run to oneself; the lock goes with the process, however that ends."""
    with (cell.folder.parent / f"{cell.name}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{cell.title}: another process is at it") from error
        yield


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
