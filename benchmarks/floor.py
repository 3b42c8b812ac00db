"""What a fork server spends on an empty candidate, against a bare fork, exit and wait of the same interpreter.

    python benchmarks/floor.py

Both are the interpreter of the sandbox with what it preloads, its collector frozen, at tier strict in the same
namespaces. Turns alternate; CPU milliseconds
per candidate, of the server and of its children; medians. Goal: at most 3 times the floor.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.sandbox.local import ENVIRONMENT, ForkServer

ROOT = Path(__file__).resolve().parents[1]
GOAL = 3.0
BARE = """
import gc, os, sys
sys.path.insert(0, sys.argv[1])
import confine, folders, runner, zygote
loaded = [confine, folders, runner, zygote.load("wire", os.path.dirname(sys.argv[1]))]
zygote.preload()
if sys.argv[2] == "strict":
    zygote.load("strict").enter(loaded[0].readable([]))
gc.collect()
gc.freeze()
for line in sys.stdin:
    for _ in range(int(line)):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
    print(flush=True)
"""


def spent_s(process: psutil.Process) -> float:
    """CPU seconds of a process, of its children that have ended, and of the init that it may have."""
    return float(sum(sum(one.cpu_times()[:4]) for one in [process, *process.children()]))


def measure(tier: str, turns: int, count: int = 300) -> tuple[list[float], list[float]]:
    """CPU milliseconds per bare fork and per candidate, one number a turn."""
    place = ROOT / "analyzers" / "runtime" / "sandbox"
    server = ForkServer(tier=tiers.parse(tier))
    served = psutil.Process().children()[-1]
    argv = [sys.executable, "-P", "-S", "-X", "utf8", "-c", BARE, str(place), tier]
    forking = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True, bufsize=1
    )
    assert forking.stdin is not None
    assert forking.stdout is not None
    bare, candidates = [], []
    try:
        for _ in range(turns):
            before = spent_s(psutil.Process(forking.pid))
            forking.stdin.write(f"{count}\n")
            forking.stdout.readline()
            bare.append(1000 * (spent_s(psutil.Process(forking.pid)) - before) / count)
            before = spent_s(served)
            for _ in range(count):
                candidate = server.start("", mode="main", stdin=b"", limits=Limits())
                candidate.channel.recv(1 << 16)
                candidate.end()
            candidates.append(1000 * (spent_s(served) - before) / count)
    finally:
        server.close()
        forking.communicate()
    return bare, candidates


def table(forks: dict[str, tuple[list[float], list[float]]]) -> Table:
    """The medians of each tier."""
    turns = len(next(iter(forks.values()), ([], []))[0])
    shown = Table(title=f"CPU ms per empty candidate, median of {turns} interleaved turns", box=box.MARKDOWN)
    for column in ("tier", "bare fork, exit, wait", "fork server", "times", "goal"):
        shown.add_column(column, justify="left" if column == "tier" else "right")
    for tier, (bare, candidates) in forks.items():
        floor_ms, ours_ms = statistics.median(bare), statistics.median(candidates)
        shown.add_row(tier, f"{floor_ms:.2f}", f"{ours_ms:.2f}", f"{ours_ms / floor_ms:.1f}", f"<= {GOAL:.0f}")
    return shown


def main(
    isolation: Annotated[str, typer.Option(help="tiers, separated by commas")] = "standard,strict",
    turns: Annotated[int, typer.Option(min=1)] = 7,
    count: Annotated[int, typer.Option(min=1)] = 300,
) -> None:
    """Prints a table."""
    Console(width=120).print(table({tier: measure(tier, turns, count) for tier in isolation.split(",")}))


if __name__ == "__main__":
    typer.run(main)
