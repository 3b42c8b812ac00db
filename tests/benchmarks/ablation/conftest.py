from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ablation.families import Family
from benchmarks.ablation.rows import ROWS, Size
from benchmarks.ablation.runs import Cell, Grid

SIZE = Size(steps=6, tasks=2, samples=5, every=2, measured_tasks=10, measured_samples=1)


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    """Two rows, two rates, two seeds; ten programs a step."""
    rows = (ROWS["grpo-binary"], ROWS["online-adaptive"])
    family = Family("short", "tiny", tmp_path / "tasks" / "short")
    return Grid(family, tmp_path, rows, SIZE, seeds=2, rates=(1e-4, 1e-3))


@pytest.fixture
def evaluation() -> Callable[..., dict[str, Any]]:
    """The record of an evaluation on 10 tasks of which so many are passed, and so many of these without a finding."""

    def evaluation(passed: int, clean: int = 0) -> dict[str, Any]:
        return {
            "pass_at": {"1": {"mean": passed / 10, "low": 0.0, "high": 1.0}},
            "correct_and_clean": {"mean": clean / 10, "low": 0.0, "high": 1.0},
            "outcomes": {"pass": passed / 10, "error": 1 - passed / 10},
        }

    return evaluation


@pytest.fixture
def finish(evaluation: Callable[..., dict[str, Any]]) -> Callable[..., None]:
    """Makes the folder of a finished run whose tasks in ten are passed before, on the way and after training."""

    def finish(cell: Cell, passed: Sequence[int], *, clean: int = 0, mixed: Sequence[float] = ()) -> None:
        cell.folder.mkdir(parents=True)
        before, *way, after = passed
        lines: list[dict[str, Any]] = [{"step": step, "mixed_groups": share} for step, share in enumerate(mixed, 1)]
        lines += [{"step": 2 * at, "held_out/pass@1": count / 10} for at, count in enumerate(way, 1)]
        (cell.folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        found = {"before": evaluation(before), "after": evaluation(after, clean)}
        (cell.folder / "evaluations.json").write_text(json.dumps(found))
        (cell.folder / "config.json").write_text(cell.config().model_dump_json())

    return finish
