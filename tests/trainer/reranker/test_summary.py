from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from trainer.reranker import summary
from trainer.reranker.journal import Journal, number


def _share(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}


def _measured(best: float) -> dict[str, Any]:
    choices = [
        {"n": n, "picked": _share(picked), "chance": _share(0.4), "oracle": _share(oracle), "closed": closed}
        for n, picked, oracle, closed in ((1, 0.4, 0.4, None), (2, best, 0.8, (best - 0.4) / 0.4))
    ]
    return {
        "choices": choices,
        "means": {"pairwise_accuracy": _share(0.75)},
        "problems": {"mixed": 3, "all_right": 1, "all_wrong": 2, "empty": 0},
    }


STAGES: dict[str, Any] = {
    "0/scorer": {"counts": {"pools": 5, "pairs": 12}},
    "0/measured": _measured(0.5),
    "1/chosen": {"hard": 3, "failing": 8},
    "1/scorer": {"counts": {"pools": 6, "pairs": 20}},
    "1/measured": _measured(0.6),
}


def test_a_row_has_random_best_of_n_oracle_and_the_share_of_the_gap() -> None:
    """(0.5 - 0.4) / (0.8 - 0.4) is a quarter."""
    assert summary.header(STAGES) == [
        "iteration", "random", "best of 2", "oracle", "gap closed", "pairwise accuracy", "hard negatives",
        "learned from",
    ]  # fmt: skip
    assert summary.row(STAGES, 0) == [
        "0", "40.0% [30.0, 50.0]", "50.0% [40.0, 60.0]", "80.0% [70.0, 90.0]", "25%", "75.0% [65.0, 85.0]", "-",
        "5 problems, 12 pairs",
    ]  # fmt: skip
    assert summary.row(STAGES, 1)[-2:] == ["3 of 8", "6 problems, 20 pairs"]


def test_the_table_has_the_iterations_that_are_measured() -> None:
    console = Console(file=io.StringIO(), width=200)
    console.print(summary.table({name: figures for name, figures in STAGES.items() if name != "1/measured"}))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "50.0% [40.0, 60.0]" in printed
    assert "60.0% [50.0, 70.0]" not in printed


def test_what_was_not_judged_is_said() -> None:
    assert summary.said("1/pools", {"programs": 8, "judged": 6, "pass": 0.5}) == "8 programs, 50.0% pass, 2 not judged"
    assert summary.said("held-out", {"programs": 2, "judged": 0, "pass": None}) == "2 programs, - pass, 2 not judged"


def test_a_journal_is_what_was_noted(tmp_path: Any) -> None:
    journal = Journal(tmp_path)
    journal.note("held-out", {"programs": 2, "pass": None})
    journal.note("2/chosen", {"hard": 1, "deep": {"er": 0.5}})
    assert Journal(tmp_path).stages == journal.stages
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert lines[1] == '{"step": 2, "stage": "2/chosen", "hard": 1, "deep/er": 0.5}'
    assert [number(name) for name in ("generator", "held-out", "0/pools", "12/scorer")] == [0, 0, 0, 12]
