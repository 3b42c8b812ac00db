"""The rows: what they have in common, and in what they differ."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.ablation.rows import BASELINE, ROWS, Row, Size, settings
from trainer.config import Config, load

SIZE = Size(steps=3, tasks=2, samples=4)


def made(row: Row) -> dict[str, Any]:
    config: Config = load(flags=settings(row, SIZE, rate=1e-3, embedded=True))
    return config.model_dump(mode="json")


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_only_the_feedback_sets_a_row_apart_from_the_baseline(row: Row) -> None:
    baseline, found = made(ROWS[BASELINE]), made(row)
    differing = {key for key in found if found[key] != baseline[key]} - {"run"}  # how many samples are logged
    expected = set() if row.name == BASELINE else {"scheme"}
    assert differing == (expected | {"buffer"} if row.offline else expected)


def test_each_kind_of_feedback_is_what_it_is_called() -> None:
    terms = {name: {key for key, on in row.scheme.items() if on is True} for name, row in ROWS.items()}
    assert terms["online-coarse"] == {"coarse"}
    assert terms["online-fine"] == {"coarse", "fine"}
    assert terms["online-adaptive"] == terms["online-alpha-1"] == {"coarse", "fine", "adaptive"}
    assert made(ROWS["online-alpha-1"])["scheme"]["alpha_cap"] == 1
    assert "alpha_cap" not in made(ROWS["online-adaptive"])["scheme"]
    assert [ROWS[f"online-{name}"].scheme["name"] for name in ("static", "executed")] == ["static", "executed"]


def test_offline_samples_and_learns_from_as_many_programs() -> None:
    buffer = made(ROWS["offline-fine"])["buffer"]
    # Three steps of 2 x 4 programs.
    assert (buffer["warmup"], buffer["capacity"], buffer["batch"], buffer["refresh"]) == (24, 24, 8, "never")
