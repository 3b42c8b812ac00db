"""CPU time of pylint per program: the warm engine against one `pylint` process per program, with the same findings.

    python benchmarks/pylint_warm.py [--cold 21] [--rounds 3]

Programs: the 164 canonical solutions of HumanEval with their prompts, from $SPANWISE_DATA (default ../shared/data).
CPU seconds are those of a process and all its children. Each round starts an engine, sends it all programs twice (the
second time with a comment, so that no report comes from its cache), and then runs a share of the sampled programs
through processes of their own, so that both sides meet the same machine. The first pass pays for what pylint learns
of the modules that programs import. Both sides use the same message classes; findings are compared by message, line
and column.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from analyzers.engine import Engine
from analyzers.inprocess.pylint import DISABLED, ENABLED
from analyzers.positions import PYTHON_AST, LineTable
from analyzers.types import Report, Source, Status

DATA = Path(os.environ.get("SPANWISE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def programs() -> list[str]:
    path = DATA / "humaneval" / "HumanEval.jsonl.gz"
    if not path.exists():
        raise SystemExit(f"no {path}; set SPANWISE_DATA to a folder that holds humaneval/HumanEval.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [row["prompt"] + row["canonical_solution"] for row in map(json.loads, file)]


def cpu_seconds() -> float:
    """CPU seconds so far of this process, of the children that ended, and of those that run."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    running = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    running_s = sum(times.user + times.system for times in running)
    return float(running_s + sum(usage.ru_utime + usage.ru_stime for usage in usages))


def analyse(engine: Engine, texts: list[str]) -> tuple[float, list[Report]]:
    start = cpu_seconds()
    reports = [report for (report,) in engine.analyze_batch([Source(text) for text in texts])]
    return (cpu_seconds() - start) / len(texts), reports


def cold(text: str) -> set[tuple[str, int, int]]:
    """The findings of one process, as (symbol, line, column in bytes from 0)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "source.py").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pylint", "--rcfile=/dev/null", "--persistent=n", "--output-format=json"),
                *("--disable=all", f"--enable={','.join(ENABLED)}", f"--disable={','.join(DISABLED)}", "source.py"),
            ],
            cwd=folder,
            env=os.environ | {"PYLINTHOME": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    return {(record["symbol"], record["line"], record["column"]) for record in json.loads(done.stdout)}


def places(text: str, report: Report) -> set[tuple[str, int, int]]:
    if report.status is not Status.OK:
        raise SystemExit(f"pylint failed on a canonical program: {report.detail}")
    table = LineTable(text)
    return {(item.code, *table.position(PYTHON_AST, item.span.start)) for item in report.diagnostics}


def main(
    cold_programs: Annotated[int, typer.Option("--cold", help="Programs that get a process of their own.")] = 21,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are taken over them.")] = 3,
) -> None:
    texts = programs()
    sample = texts[:: max(1, len(texts) // cold_programs)][:cold_programs]
    first, later, alone = [], [], []
    different = findings = 0
    for index in range(rounds):
        begun = cpu_seconds()
        with Engine(["pylint"]) as engine:
            _, reports = analyse(engine, texts)
            first.append((cpu_seconds() - begun) / len(texts))
            later.append(analyse(engine, [f"{text}\n# again\n" for text in texts])[0])
        by_text = dict(zip(texts, reports, strict=True))
        for text in track(sample[index::rounds], f"round {index + 1} of {rounds}: one process per program"):
            begun = cpu_seconds()
            found = cold(text)
            alone.append(cpu_seconds() - begun)
            findings += len(found)
            different += found != places(text, by_text[text])
    table = Table(title=f"pylint: CPU per program ({len(texts)} HumanEval programs, medians)")
    table.add_column("how")
    table.add_column("CPU per program", justify="right")
    table.add_column("times less", justify="right")
    peer = statistics.median(alone)
    for how, seconds in (
        (f"one process per program ({len(alone)} of them)", peer),
        ("engine, its start and first pass", statistics.median(first)),
        ("engine, warm", statistics.median(later)),
    ):
        table.add_row(how, f"{seconds * 1e3:.1f} ms", f"{peer / seconds:.0f}")
    console = Console()
    console.print(table)
    console.print(f"findings on the {len(alone)} programs: {findings}; programs that differ: {different}")
    if different:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
