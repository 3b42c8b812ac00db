"""Memory of an evaluation by the number of samples: that of judging them, and that of summing up results.

    python benchmarks/evaluation_memory.py
    python benchmarks/evaluation_memory.py --judged 1000,4000,16000 --summed 10000,100000,1000000

Samples are programs for the 40 built-in tasks, no two the same, so that nothing is served from a cache. Each row is a
process of its own; its peak is the kernel's (`ru_maxrss` of the process itself, not of those in which programs run).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from trainer.tasks import load

PEAK = "import resource, sys; \
from trainer.evaluate import app; \
app(sys.argv[1:], standalone_mode=False); \
print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


def peak_mib(arguments: list[str]) -> tuple[float, float]:
    """Peak memory and seconds of `python -m trainer.evaluate` with these arguments."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    name, kib = done.stdout.split()[-2:]
    assert name == "peak", done.stdout
    return int(kib) / 1024, time.perf_counter() - begin


def samples(count: int) -> Iterator[dict[str, object]]:
    """That many programs, all different, for the built-in tasks in turn."""
    tasks = load("builtin", "test")
    for number in range(count):
        task = tasks[number % len(tasks)]
        yield {"task_id": task.id, "completion": f"{task.reference}\n# {number}\n"}


def results(count: int) -> Iterator[dict[str, object]]:
    """A results file with that many samples, as `--samples-out` writes it."""
    yield {"evaluation": {"tasks": "builtin", "split": "test", "samples": "given"}}
    for number, row in enumerate(samples(count)):
        yield {**row, "greedy": False, "tokens": 20, "outcome": "pass" if number % 3 else "failure", "index": number}


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main(
    judged: Annotated[str, typer.Option(help="Numbers of samples to judge.")] = "500,2000,8000",
    summed: Annotated[str, typer.Option(help="Numbers of samples to sum up.")] = "1000,10000,100000",
) -> None:
    """Prints a table."""
    table = Table(title="Peak memory of trainer.evaluate", box=box.MARKDOWN)
    for column in ("", "samples", "file, MiB", "peak, MiB", "seconds"):
        table.add_column(column, justify="right" if column else "left")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "samples.jsonl")
        for name, counts in (("judged", judged), ("summed up", summed)):
            for count in numbers(counts):
                rows = samples(count) if name == "judged" else results(count)
                with file.open("w", encoding="utf-8") as lines:
                    lines.writelines(json.dumps(row) + "\n" for row in rows)
                given = ["--tasks", "builtin", "--samples", str(file), "--analyzers", "runtime"]
                peak, seconds = peak_mib(given if name == "judged" else ["report", str(file)])
                size = file.stat().st_size / 2**20
                table.add_row(name, f"{count:,}", f"{size:.1f}", f"{peak:.0f}", f"{seconds:.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
