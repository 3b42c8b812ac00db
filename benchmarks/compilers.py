"""Programs per CPU second in compiled languages, beside compiling and running each of them alone.

    python benchmarks/compilers.py --data FOLDER

FOLDER holds files of MBXP (mbcpp_release_v1.2.jsonl.gz, mbjp_release_v1.2.jsonl.gz). The programs are references with
their tests appended; every fourth one lacks its last semicolon, so that it does not compile. Rounds alternate, each is
a process of its own, no program is the same text in two rounds, and medians are printed. What a round starts counts (a
warm compiler, say); the headers of C++ are prepared before, once for a machine, and that is printed by itself.

Alone means the bare command with no sandbox around it. The last column is the share of programs of which both say the
same: that it does not compile, that it passes, or that it fails.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from demo import adopt, children_cpu_s, reap
from rich.console import Console
from rich.table import Table

from analyzers import runtime
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome, Source

WORKERS = 2
GOAL = 3.0
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Alone:
    """How a language is compiled and run by hand."""

    data: str
    file: str
    compile: tuple[str, ...]
    run: tuple[str, ...]


LANGUAGES = {
    "cpp": Alone("mbcpp_release_v1.2", "main.cpp", ("g++", "-std=c++17", "-o", "main", "main.cpp"), ("./main",)),
    "java": Alone("mbjp_release_v1.2", "Main.java", ("javac", "Main.java"), ("java", "-cp", ".", "Main")),
}
COMMENT = "// round {}\n"


def programs(language: str, data: Path, count: int, number: int) -> Iterator[tuple[str, str]]:
    """Programs with the tests that are appended to them, and a comment that no other round has."""
    with gzip.open(data / f"{LANGUAGES[language].data}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [row for line in file if (row := json.loads(line))["canonical_solution"]]
    for index, row in enumerate(rows[:: len(rows) // count][:count]):
        body = row["canonical_solution"]
        if index % 4 == 3:
            before, _, after = body.rpartition(";")
            body = before + after
        yield row["prompt"] + body, COMMENT.format(number) + row["test"]


def alone(language: str, program: str, tests: str) -> str:
    how = LANGUAGES[language]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, how.file).write_text(f"{program}\n{tests}", encoding="utf-8")
        for word, command in (("does not compile", how.compile), ("fails", how.run)):
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT_S, check=False)
            if done.returncode:
                return word
    return "passes"


def spanwise(language: str, found: list[tuple[str, str]]) -> list[str]:
    limits = runtime.Limits(timeout_s=10.0)
    futures = [runtime.submit(Source(program, language), Appended(tests), limits) for program, tests in found]
    reports = [future.result() for future in futures]
    runtime.close()
    words = {Outcome.PASS: "passes", Outcome.SYNTAX_ERROR: "does not compile"}
    said = []
    for report in reports:
        if report.verdict is None or report.verdict.outcome is Outcome.INFRASTRUCTURE:
            sys.exit(f"no verdict on a {language} program: {report.detail}")
        said.append(words.get(report.verdict.outcome, "fails"))
    return said


def measure(who: str, language: str, data: Path, count: int, number: int) -> tuple[float, list[str]]:
    """CPU seconds of a round in a process of its own, and what it says of each program."""
    before = children_cpu_s()
    words = [sys.executable, __file__, "--data", str(data), "--count", str(count)]
    words += ["--only", who, "--language", language, "--round", str(number)]
    said = subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout
    reap()
    answers: list[str] = json.loads(said)
    return children_cpu_s() - before, answers


def one_round(who: str, language: str, data: Path, count: int, number: int) -> None:
    found = list(programs(language, data, count, number))
    if who == "spanwise":
        print(json.dumps(spanwise(language, found)))
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        print(json.dumps(list(pool.map(lambda pair: alone(language, *pair), found))))


def row(language: str, data: Path, count: int, rounds: int, console: Console) -> tuple[str, ...]:
    costs: dict[str, list[float]] = {"alone": [], "spanwise": []}
    same = total = 0
    start = time.perf_counter()
    spanwise(language, list(programs(language, data, 4, -1)))
    console.print(f"{language}: {time.perf_counter() - start:.1f} s for the first four programs, preparing included")
    for number in range(rounds):
        said = {}
        for who, found in costs.items():
            cpu_s, said[who] = measure(who, language, data, count, number)
            found.append(cpu_s)
            console.print(f"{language}, round {number + 1}, {who}: {1000 * cpu_s / count:.0f} ms of CPU for a program")
        same += sum(left == right for left, right in zip(said["alone"], said["spanwise"], strict=True))
        total += count
    slow, fast = (count / statistics.median(costs[who]) for who in ("alone", "spanwise"))
    return language, f"{slow:.2f}", f"{fast:.2f}", f"{fast / slow:.1f}", f"{GOAL:.0f}", f"{same / total:.1%}"


def main(
    data: Annotated[Path, typer.Option(help="Folder of the files of MBXP.")],
    count: Annotated[int, typer.Option(help="Programs in a round.")] = 24,
    rounds: int = 3,
    language: Annotated[str, typer.Option(help="One language only.")] = "",
    only: Annotated[str, typer.Option(hidden=True)] = "",
    round_: Annotated[int, typer.Option("--round", hidden=True)] = 0,
) -> None:
    if only:
        return one_round(only, language, data, count, round_)
    adopt()
    console = Console()
    shown = Table(title=f"programs per CPU second, {count} programs, medians of {rounds} rounds")
    for column in ("language", "alone", "spanwise", "times", "goal", "same verdict"):
        shown.add_column(column, justify="right")
    for name in [language] if language else LANGUAGES:
        shown.add_row(*row(name, data, count, rounds, console))
    console.print(shown)


if __name__ == "__main__":
    typer.run(main)
