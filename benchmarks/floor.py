"""What a fork server spends on an empty candidate, against a bare fork, exit and wait of the same interpreter.

    python benchmarks/floor.py

Both are the interpreter of the sandbox with what it preloads, its collector frozen. Turns alternate; CPU milliseconds
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

from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.sandbox.local import ForkServer

ROOT = Path(__file__).resolve().parents[1]
GOAL = 3.0
BARE = """
import gc, os, sys, types
zygote = types.ModuleType("zygote")
zygote.__file__ = sys.argv[1]
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), vars(zygote))
loaded = [zygote.load(name, *path) for name, *path in
          (("confine", "confine.py"), ("folders", "folders.py"), ("runner", "runner.py"), ("wire", "..", "wire.py"))]
zygote.preload()
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
    """CPU seconds of a process and of its children that have ended."""
    return float(sum(process.cpu_times()[:4]))


def measure(turns: int, count: int = 300) -> tuple[list[float], list[float]]:
    """CPU milliseconds per bare fork and per candidate, one number a turn."""
    zygote = ROOT / "analyzers" / "runtime" / "sandbox" / "zygote.py"
    server = ForkServer()
    served = psutil.Process().children()[-1]
    argv = [sys.executable, "-I", "-S", "-E", "-X", "utf8", "-c", BARE, str(zygote)]
    forking = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, text=True, bufsize=1)
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


def table(bare: list[float], candidates: list[float]) -> Table:
    shown = Table(title=f"CPU ms per empty candidate, median of {len(bare)} interleaved turns", box=box.SIMPLE)
    for column in ("bare fork, exit, wait", "fork server", "times", "goal"):
        shown.add_column(column, justify="right")
    floor_ms, ours_ms = statistics.median(bare), statistics.median(candidates)
    shown.add_row(f"{floor_ms:.2f}", f"{ours_ms:.2f}", f"{ours_ms / floor_ms:.1f}", f"<= {GOAL:.0f}")
    return shown


def main(turns: Annotated[int, typer.Option(min=1)] = 7, count: Annotated[int, typer.Option(min=1)] = 300) -> None:
    """Prints a table."""
    Console().print(table(*measure(turns, count)))


if __name__ == "__main__":
    typer.run(main)
