"""Completions scored per second by each executor, what the way to a worker costs, and what a cluster would carry.

    pip install 'spanwise[ray]'
    python benchmarks/executors.py

The samples are those of scoring.py; a comment makes every program a new one in every round, so nothing can be served
from a cache. All executors have started before the clock runs, rounds alternate between them, and medians are printed.
CPU seconds are told apart: of the actors (or the local workers) with all below them, of the caller, which is this
process with Ray's threads in it, and of Ray's other processes.

The model of a cluster has no constants but those that were measured in this run, the number of cores, and the speed of
a network. It says which part is full first when all cores are busy. What a program costs the caller is measured while
workers answer from their caches, so that the caller is as busy as it can be.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Annotated, Any

import psutil
import ray
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from scorers import ANALYZERS
from scorers import as_item as item_of
from scoring import samples

from analyzers import runtime
from rewards import Item, Score, executors, jsonable
from rewards.executors import Settings, wire
from rewards.items import as_item

CHUNK = 16
NODES, CORES = 8, 64
NETWORK_BYTES_S = 1.25e9
"""10 Gbit/s."""
INLINE_BYTES = 100_000
"""What is smaller travels with the call or the answer, and not through Ray's object store (Ray's own limit)."""
CALLS = 200
MANY = 2000
BEST_OF = 5


@dataclass(frozen=True, slots=True)
class Round:
    """What one executor took for one sample, in seconds."""

    wall_s: float
    caller_s: float
    """CPU of this process, with Ray's threads in it."""
    workers_s: float
    """CPU of what scores: everything below this process, or below the actors."""
    ray_s: float = 0.0
    """CPU of Ray's own processes."""


class Echo:
    """Answers with so many bytes."""

    def call(self, data: bytes, size: int) -> bytes:
        """So many bytes."""
        return bytes(size)


def cpu_s(roots: Sequence[psutil.Process]) -> float:
    """CPU seconds of processes and all below them, and of those that they have reaped."""
    total = 0.0
    for root in roots:
        with suppress(psutil.Error):
            total += sum(sum(process.cpu_times()[:4]) for process in (root, *root.children(recursive=True)))
    return total


def actors() -> list[psutil.Process]:
    """The processes of Ray's actors."""
    return [one for one in psutil.Process().children(recursive=True) if one.name().startswith("ray::Worker")]


def measure(scorer: Any, items: Sequence[Item], *, on_ray: bool) -> Round:
    """One batch."""
    me, theirs = [psutil.Process()], actors() if on_ray else []
    everything, scoring, caller, wall = cpu_s(me), cpu_s(theirs), time.process_time(), time.perf_counter()
    scores = scorer.score_batch(items)
    wall, caller = time.perf_counter() - wall, time.process_time() - caller
    everything, scoring = cpu_s(me) - everything, cpu_s(theirs) - scoring
    failed = sum(score.value is None for score in scores)
    if failed:
        raise SystemExit(f"the harness failed on {failed} of {len(items)} samples: nothing to compare")
    below = everything - caller
    own = (scoring, below - scoring) if on_ray else (below, 0.0)
    return Round(*(seconds / len(items) for seconds in (wall, caller, *own)))


def busiest(scorer: Any, items: Sequence[Item]) -> float:
    """CPU seconds of the caller per program when workers answer at once: they have seen all of them before.

    The best of `BEST_OF`, as other work on the machine only adds to it.
    """
    many = list(items) * math.ceil(MANY / len(items))
    scorer.score_batch(many)
    best = math.inf
    for _ in range(BEST_OF):
        start = time.process_time()
        scorer.score_batch(many)
        best = min(best, (time.process_time() - start) / len(many))
    return best


def fresh(items: Sequence[Item], turn: int) -> list[Item]:
    """The same programs, as nobody has seen them before."""
    return [
        replace(item, completion=item.completion.replace("```python\n", f"```python\n# {turn}\n", 1)) for item in items
    ]


def each_us(function: Callable[[], object], items: int, *, repeats: int = 20) -> float:
    """CPU microseconds per item of a function that handles so many; the best of `BEST_OF`."""
    best = math.inf
    for _ in range(BEST_OF):
        start = time.process_time()
        for _ in range(repeats):
            function()
        best = min(best, (time.process_time() - start) / repeats / items)
    return 1e6 * best


def call_us(sent: int, received: int) -> float:
    """CPU microseconds of the caller for one call to an actor that does nothing, four under way at a time."""
    actor = ray.remote(Echo).options(num_cpus=0).remote()
    data = bytes(sent)

    def some() -> None:
        for _ in range(CALLS // 4):
            ray.get([actor.call.remote(data, received) for _ in range(4)])

    used = each_us(some, CALLS, repeats=1)
    ray.kill(actor)
    return used


def actor_mib() -> float:
    """Memory that an actor and all below it have for themselves, the largest."""
    trees = [(actor, *actor.children(recursive=True)) for actor in actors()]
    return max(sum(process.memory_full_info().uss for process in tree) for tree in trees) / 2**20


def rates(found: dict[tuple[str, int], list[Round]]) -> Table:
    """The table of executors."""
    table = Table(box=box.MARKDOWN)
    for column in ("executor", "workers", "per s", "times local", "CPU ms each: workers", "caller", "Ray's processes"):
        table.add_column(column, justify="left" if column == "executor" else "right")
    for (name, workers), of in found.items():
        pairs = zip(found["local", workers], of, strict=True)
        times = statistics.median(here.wall_s / there.wall_s for here, there in pairs)
        cpu = [median_ms(of, field) for field in ("workers_s", "caller_s", "ray_s")]
        rate = 1e3 / median_ms(of, "wall_s")
        table.add_row(name, str(workers), f"{rate:.4g}", f"{times:.2f}", *(f"{ms:.3g}" for ms in cpu))
    return table


def median_ms(rounds: Sequence[Round], field: str) -> float:
    """The middle one of all rounds, in milliseconds."""
    return 1e3 * statistics.median(getattr(one, field) for one in rounds)


@dataclass(frozen=True, slots=True)
class Way:
    """What the way to a worker and back costs per item."""

    item_bytes: float
    score_bytes: float
    caller_us: dict[str, float]
    worker_us: dict[str, float]


def way(items: Sequence[Item], scores: Sequence[Score]) -> tuple[Way, Table]:
    """Measured on calls of `CHUNK` items."""
    chunks = [(items[at : at + CHUNK], scores[at : at + CHUNK]) for at in range(0, len(items), CHUNK)]
    there = [wire.pack_items(chunk) for chunk, _ in chunks]
    back = [wire.pack_scores(done, chunk) for chunk, done in chunks]
    count, pairs = len(items), list(zip(back, chunks, strict=True))
    sent, received = (sum(map(len, data)) / count for data in (there, back))
    found = Way(
        sent,
        received,
        {
            "serialise": each_us(lambda: [wire.pack_items(chunk) for chunk, _ in chunks], count),
            "send and receive (Ray)": call_us(int(sent * CHUNK), int(received * CHUNK)) / CHUNK,
            "read": each_us(lambda: [wire.unpack_scores(data, chunk) for data, (chunk, _) in pairs], count),
        },
        {
            "read": each_us(lambda: [wire.unpack_items(data) for data in there], count),
            "serialise": each_us(lambda: [wire.pack_scores(done, chunk) for chunk, done in chunks], count),
        },
    )
    table = Table(box=box.MARKDOWN)
    for column in ("bytes", "packed", "pickled alone", "JSON"):
        table.add_column(column, justify="left" if column == "bytes" else "right")
    pickled = [sum(len(pickle.dumps(one)) for one in many) / count for many in (items, scores)]
    trees = sum(len(json.dumps(jsonable(score))) for score in scores) / count
    table.add_row("an item with its tests", f"{sent:.0f}", f"{pickled[0]:.0f}", "")
    table.add_row("a score", f"{received:.0f}", f"{pickled[1]:.0f}", f"{trees:.0f}")
    return found, table


def cluster(worker_s: float, caller_s: float, found: Way, actor: float) -> Table:
    """What `NODES` nodes would carry, and what is full first."""
    demand = NODES * CORES / worker_s
    limits = {
        "one core of the caller": (f"{1e6 * caller_s:.0f} us of CPU a program", 1 / caller_s),
        "network, to the workers": (f"{found.item_bytes:.0f} bytes a program", NETWORK_BYTES_S / found.item_bytes),
        "network, from them": (f"{found.score_bytes:.0f} bytes a program", NETWORK_BYTES_S / found.score_bytes),
    }
    table = Table(box=box.MARKDOWN)
    for column in ("part", "measured", "programs per s", "share in use with all cores at work"):
        table.add_column(column, justify="left" if column in ("part", "measured") else "right")
    table.add_row(f"{NODES} x {CORES} cores", f"{1e3 * worker_s:.2f} ms of CPU a program", f"{demand:,.0f}", "100%")
    for part, (measured, limit) in limits.items():
        table.add_row(part, measured, f"{limit:,.0f}", f"{demand / limit:.0%}")
    call, answer = (CHUNK * size for size in (found.item_bytes, found.score_bytes))
    stored = "none" if max(call, answer) < INLINE_BYTES else f"{max(call, answer):,.0f} bytes a call"
    table.add_row("object store", f"{stored}: calls of {call:,.0f} and answers of {answer:,.0f} bytes", "", "")
    under_way = NODES * CORES * 2 * (call + answer)
    table.add_row("memory of the caller", f"{under_way / 2**20:.0f} MiB under way at most", "", "")
    table.add_row("memory of a node", f"{actor:.0f} MiB an actor, {CORES * actor / 1024:.1f} GiB", "", "")
    return table


def verdict(worker_s: float, caller_s: float) -> str:
    """Which part is full first, in a sentence."""
    cores = worker_s / caller_s
    if cores >= NODES * CORES:
        return f"the cores are full first: one caller can keep {cores:,.0f} of them busy"
    callers = NODES * CORES / cores
    return (
        f"the caller is full first: it keeps {cores:,.0f} cores busy, and {callers:.1f} callers keep all of them busy"
    )


def main(
    count: Annotated[int, typer.Option(min=CHUNK, help="samples")] = 192,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
) -> None:
    """Prints three tables."""
    console = Console(width=140)  # a table that can be pasted into the docs
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with console.status("samples"):
        items = [as_item(item_of(sample)) for sample in samples(count)]
    runtime.close()
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    found: dict[tuple[str, int], list[Round]] = {}
    with ExitStack() as stack:
        scorers: dict[tuple[str, int], Any] = {}
        for workers in (1, 2):
            for name in ("local", "ray"):
                settings = Settings(ANALYZERS, "static", workers=workers)
                scorers[name, workers] = stack.enter_context(executors.start(name, settings))
        for turn in range(rounds):
            for place, ((name, workers), scorer) in enumerate(scorers.items()):
                with console.status(f"round {turn + 1} of {rounds}: {name}, {workers}"):
                    runtime.close()  # the pool that this process shares gets the size of the row
                    runtime.resize(workers)
                    number = turn * len(scorers) + place
                    scorer.score_batch(fresh(items[:CHUNK], -1 - number))
                    done = measure(scorer, fresh(items, number), on_ray=name == "ray")
                found.setdefault((name, workers), []).append(done)
        actor = actor_mib()
        scores = scorers["ray", 2].score_batch(items)
        caller_s = busiest(scorers["ray", 2], items)
    cost, sizes = way(items, scores)
    worker_s = median_ms(found["ray", 2], "workers_s") / 1e3
    console.print(rates(found))
    console.print(sizes)
    for where, steps in (("caller", cost.caller_us), ("worker", cost.worker_us)):
        parts = ", ".join(f"{step} {us:.0f}" for step, us in steps.items())
        console.print(f"CPU us per program on the {where}'s side, {CHUNK} in a call: {parts}", highlight=False)
    console.print(cluster(worker_s, caller_s, cost, actor))
    console.print(verdict(worker_s, caller_s), highlight=False)
    ray.shutdown()


if __name__ == "__main__":
    typer.run(main)
