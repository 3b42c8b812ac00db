"""The demo with several seeds: wall and CPU seconds, memory, and held-out sampled pass@1 before and after.

    python benchmarks/demo.py
    python benchmarks/demo.py --seeds 0 -- --set run.steps=5

What stands after `--` is handed to `trainer.run`. Seeds run one after the other. CPU seconds are what the kernel
accounts to the run and all of its descendants; those that outlive their parent, whose time would be lost, are adopted
by this script (Linux only). Memory is the largest sum of the resident sizes of the whole process tree, looked at five
times a second; pages that processes share count once for each of them, so it is an upper bound.
Goals (2 idle cores): 5 minutes, 3 GiB, and a median gain of 25 points.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

GOALS = ("", "<= 300", "", "<= 3.00", "", "", ">= +25.0")
POLL_S = 0.2
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class Measured:
    """One run."""

    seed: str
    wall_s: float
    cpu_s: float
    peak_gib: float
    before: float
    """Held-out sampled pass@1 in percent."""
    after: float
    gain: float


def measure(seed: int, extra: list[str], folder: Path) -> Measured:
    command = [sys.executable, "-m", "trainer.run", "--analyzers", "pylint,runtime", "--seed", str(seed)]
    command += ["--out", str(folder.parent), "--name", folder.name]
    log = folder.with_suffix(".log")
    begin, before_s = time.perf_counter(), children_cpu_s()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen([*command, *extra], stdout=output, stderr=subprocess.STDOUT)
        try:
            peak = watch(process.pid)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - begin
        process.wait()
    reap()
    if process.returncode:
        sys.exit(f"seed {seed} ended with exit status {process.returncode}:\n{log.read_text(encoding='utf-8')[-2000:]}")
    cpu = children_cpu_s() - before_s
    before, after = (pass_at_1(folder, when) for when in ("before", "after"))
    return Measured(str(seed), wall, cpu, peak / 2**30, before, after, after - before)


def adopt() -> None:
    """Makes this process the parent of every descendant that loses its own."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit(f"cannot adopt orphans, so their CPU seconds would be lost: {os.strerror(ctypes.get_errno())}")


def reap() -> None:
    """Waits for what the run has left; it is about to end, so a few seconds are plenty."""
    deadline = time.monotonic() + 10
    with suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(POLL_S)


def children_cpu_s() -> float:
    """CPU seconds of all descendants that have ended."""
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def watch(pid: int) -> int:
    """Waits for the process to end, without reaping it, and returns the peak resident bytes of its tree."""
    root, peak = psutil.Process(pid), 0
    while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
        resident = 0
        for member in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                resident += member.memory_info().rss
        peak = max(peak, resident)
        time.sleep(POLL_S)
    return peak


def pass_at_1(folder: Path, when: str) -> float:
    evaluations = json.loads((folder / "evaluations.json").read_text(encoding="utf-8"))
    return 100 * float(evaluations[when]["pass_at"]["1"]["mean"])


def table(runs: list[Measured], extra: list[str]) -> Table:
    shown = Table(title=" ".join(["python -m trainer.run --analyzers pylint,runtime", *extra]))
    for column in ("seed", "wall s", "CPU s", "peak GiB", "pass@1 before", "after", "gain"):
        shown.add_column(column, justify="right")
    medians = [statistics.median(values) for values in list(zip(*map(astuple, runs), strict=True))[1:]]
    for name, *numbers in [*map(astuple, runs), ("median", *medians)]:
        wall, cpu, peak, before, after, gain = numbers
        cells = (f"{wall:.0f}", f"{cpu:.0f}", f"{peak:.2f}", f"{before:.1f}%", f"{after:.1f}%", f"{gain:+.1f}")
        shown.add_row(name, *cells, style="bold" if name == "median" else "")
    shown.add_section()
    shown.add_row("goal", *GOALS[1:], style="dim")
    return shown


def main(
    extra: Annotated[list[str] | None, typer.Argument(help="Arguments for trainer.run, after --.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "0,1,2",
) -> None:
    console = Console()
    adopt()
    runs = []
    with tempfile.TemporaryDirectory() as place:
        for seed in seeds.split(","):
            with console.status(f"seed {seed}, {len(runs)} of {len(seeds.split(','))} runs done"):
                runs.append(measure(int(seed), extra or [], Path(place) / f"seed-{seed}"))
            console.print(f"seed {seed}: {runs[-1].wall_s:.0f} s, {runs[-1].gain:+.1f} points")
    console.print(table(runs, extra or []))


if __name__ == "__main__":
    typer.run(main)
