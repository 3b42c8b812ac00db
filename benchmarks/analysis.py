"""What analysis costs: every analyzer in a process per program and as spanwise runs it, and the memory that it keeps.

    python benchmarks/analysis.py [--quick] [--analyzers pylint,ruff]

Programs are published references of each analyzer's first language for which there are some, from $SPANWISE_DATA (see
programs.py); each is made new by a comment with a number, so that no report comes from a cache. CPU seconds are those
of a process and of all that it starts, and medians are taken over rounds that alternate:

- cold: one process per program: the command itself, or Python with the analyzer's module; pylint by its own command
  line, with the same messages switched on;
- warm: an engine that has started, `BATCH` programs at once, or fewer where those would take longer than `--round-s`.

Then one worker analyses `--memory` programs, or as many as it can in `--memory-s`; the most memory (private pages) that
it had in the first fifth of them, after which it is replaced for the first time, is held against the most that it had
later. Last, all analyzers of Python together, and the same programs once more, out of the cache. On a machine that does
other work CPU seconds are inflated for both sides alike: ratios are what counts.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated

import programs
import psutil
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import grammars
from analyzers import registry
from analyzers.engine import Engine
from analyzers.errors import AnalyzerError
from analyzers.inprocess.base import InProcess
from analyzers.inprocess.pylint import DISABLED, ENABLED
from analyzers.positions import PYTHON_AST, LineTable
from analyzers.tool import Tool
from analyzers.types import Analyzer, Report, Source, Status
from rewards.scorer import Scorer

BATCH = 256
PYLINT_GOAL, BATCH_GOAL, PARSE_GOAL_MS, TOGETHER_GOAL, HIT_GOAL_MS = 50.0, 10.0, 1.0, 200.0, 0.1
CORES = 2
REPEATS = 15
LINES = range(26, 35)
"""Programs of about 30 lines."""
SLOW = ("pylint", "mypy", "basedpyright", "pyright")
"""Left out where all analyzers of Python run together."""
FIRST = 16
"""Programs that a new engine analyses first; they tell how many more a round can have."""
STEPS = 5
"""Memory is early in the first of so many parts of the programs."""
SLACK_MIB = 32.0
"""What memory may grow by: allocators keep some."""
COLD = """
import json, sys
from analyzers import registry
from analyzers.types import Source
registry.get(sys.argv[1]).run([Source(sys.stdin.read(), sys.argv[2])])
"""

console = Console(width=140)
progress = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured of each analyzer."""

    rounds: int
    """Rounds of cold and warm in turn."""
    cold: int
    """Programs of a round that get a process of their own."""
    round_s: float
    """CPU seconds that the warm programs of a round may take."""
    memory: int
    """Programs after which memory is looked at; 0 for none."""
    memory_s: float
    """CPU seconds that these may take; slow analyzers get fewer."""


QUICK = Effort(rounds=1, cold=2, round_s=6.0, memory=1_000, memory_s=3.0)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds per program, and memory of a worker in MiB early and at its greatest later."""

    name: str
    language: str
    kind: str
    cold: float
    warm: float
    failed: int
    batch: int
    """Programs at once."""
    count: int
    """Programs after which memory was looked at."""
    memory: tuple[float, float] | None

    @property
    def times(self) -> float:
        """How many times less a program costs as spanwise runs it."""
        return self.cold / self.warm


def cpu_s() -> float:
    """CPU seconds so far of this process, of the descendants that ended, and of those that run."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    running = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            running += sum(child.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return float(running + sum(usage.ru_utime + usage.ru_stime for usage in usages))


def installed(wanted: Sequence[str]) -> Iterator[tuple[str, Analyzer]]:
    for name in wanted:
        try:
            analyzer = registry.get(name)
            analyzer.fingerprint()
        except AnalyzerError as error:
            progress.print(f"{name}: left out: {error}", highlight=False)
        else:
            yield name, analyzer


def corpus(name: str, analyzer: Analyzer) -> tuple[str, list[str]]:
    """A language of the analyzer, and `BATCH` programs in it: published ones, or else its own GOOD examples."""
    spoken = ("python",) if analyzer.languages == ("*",) else analyzer.languages
    language = next((one for one in spoken if one in programs.LANGUAGES), None)
    if language is not None:
        return language, texts_of(language, BATCH)
    home = next(module for module in [*sys.modules.values()] if vars(module).get("ANALYZER") is analyzer)
    own = [item if isinstance(item, tuple) else (item, spoken[0]) for item in home.GOOD]
    progress.print(f"{name}: its own examples, for want of published programs in {', '.join(analyzer.languages)}")
    return spoken[0], cycled([text for text, language in own if language == spoken[0]], BATCH)


@cache
def texts_of(language: str, count: int) -> list[str]:
    return cycled([found.source.text for found in programs.spread(programs.references(language), count)], count)


def cycled(texts: Sequence[str], count: int) -> list[str]:
    return [texts[index % len(texts)] for index in range(count)]


def new(texts: Sequence[str], language: str, mark: str) -> list[Source]:
    """Sources that no cache knows."""
    sign = grammars.get(language).line_comment or "#"
    return [Source(f"{text}\n{sign} {mark} {index}\n", language) for index, text in enumerate(texts)]


def alone(analyzer: Analyzer, source: Source) -> float:
    """CPU seconds of a process that analyses one program."""
    start = cpu_s()
    if isinstance(analyzer, Tool):
        replace(analyzer, prepared=None).run([source])
    elif analyzer.name == "pylint":
        pylint_alone(source.text)
    else:
        command = [sys.executable, "-c", COLD, analyzer.name, source.language]
        subprocess.run(command, input=source.text, text=True, check=True, cwd=Path(__file__).parents[1])
    return cpu_s() - start


def pylint_alone(text: str) -> set[tuple[str, int, int]]:
    """The findings of one pylint process, as (symbol, line, column in bytes from 0)."""
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
    table = LineTable(text)
    return {(item.code, *table.position(PYTHON_AST, item.span.start)) for item in report.diagnostics}


def measure(name: str, analyzer: Analyzer, effort: Effort) -> Cost:
    language, texts = corpus(name, analyzer)
    cold, warm, failed = [], [], 0
    with Engine([name], workers=CORES) as engine:
        start = cpu_s()
        engine.analyze_batch(new(texts[:FIRST], language, "first"))
        affordable = int(effort.round_s * FIRST / (cpu_s() - start))
        texts = texts[: max(FIRST, min(BATCH, affordable))]
        for number in range(effort.rounds):
            start = cpu_s()
            reports = engine.analyze_batch(new(texts, language, f"round {number}"))
            warm.append((cpu_s() - start) / len(texts))
            failed += sum(report.status is not Status.OK for (report,) in reports)
            some = texts[number :: max(1, len(texts) // effort.cold)][: effort.cold]
            cold.append(statistics.fmean(alone(analyzer, source) for source in new(some, language, "alone")))
    count = min(effort.memory, int(effort.memory_s / statistics.median(warm)))
    kept = grown(name, texts, language, count) if count >= STEPS else None
    kind = "in process" if isinstance(analyzer, InProcess) else "command" if isinstance(analyzer, Tool) else "own"
    cold_ms, warm_ms = (1e3 * statistics.median(times) for times in (cold, warm))
    found = Cost(name, language, kind, cold_ms, warm_ms, failed, len(texts), count, kept)
    progress.print(f"{name}: {found.cold:.1f} ms alone, {found.warm:.2f} ms in the engine", highlight=False)
    return found


def grown(name: str, texts: Sequence[str], language: str, count: int) -> tuple[float, float]:
    """MiB that a worker keeps after a fifth of the programs, and the most that it kept later."""
    seen = []
    texts = texts[: count // STEPS]
    with Engine([name], workers=1, cache_size=1) as engine:
        for number in track(range(count // len(texts)), f"{name}: memory", console=progress, transient=True):
            engine.analyze_batch(new(texts, language, f"memory {number}"))
            seen.append(max(map(private_mib, psutil.Process().children(recursive=True)), default=0.0))
    early = len(seen) // STEPS
    return max(seen[:early]), max(seen[early:])


def private_mib(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss) / 2**20
    except psutil.Error:
        return 0.0


def settle() -> None:
    """Leaves what the benchmark itself has loaded out of the collections of garbage that are measured."""
    gc.collect()
    gc.freeze()


def per_call(texts: Sequence[str]) -> Iterator[tuple[str, float]]:
    """CPU milliseconds of a call of pyflakes and syntax for a program of about 30 lines, without any process."""
    found = [text for text in texts if text.count("\n") in LINES]
    settle()
    for name in ("pyflakes", "syntax"):
        analyzer = registry.get(name)
        times = []
        for number in range(REPEATS):
            sources = new(found, "python", f"call {number}")
            start = time.process_time()
            for source in sources:
                analyzer.run([source])
            times.append((time.process_time() - start) / len(sources))
        yield name, 1e3 * statistics.median(times)


def together(names: Sequence[str], rounds: int) -> tuple[float, float, float]:
    """Programs per second of `CORES` cores with all analyzers; CPU milliseconds of a report and a score again."""
    texts, rates, hits, scores = texts_of("python", BATCH), [], [], []
    with Engine(names, workers=CORES) as engine, Scorer(names, engine=engine) as scorer:
        engine.analyze_batch(new(texts, "python", "first"))
        for number in range(rounds):
            sources = new(texts, "python", f"all {number}")
            start = cpu_s()
            engine.analyze_batch(sources)
            rates.append(CORES * len(texts) / (cpu_s() - start))
            items = [{"completion": source.text, "raw": True} for source in sources]
            settle()
            for _ in range(REPEATS):
                start = time.process_time()
                engine.analyze_batch(sources)
                hits.append((time.process_time() - start) / len(sources) / len(names))
                start = time.process_time()
                scorer.score_batch(items)
                scores.append((time.process_time() - start) / len(items))
    return statistics.median(rates), 1e3 * statistics.median(hits), 1e3 * statistics.median(scores)


def agreement(count: int) -> str:
    """On how many programs the warm pylint says what a process of its own says."""
    texts = texts_of("python", count)
    with Engine(["pylint"], workers=CORES) as engine:
        reports = [report for (report,) in engine.analyze_batch([Source(text) for text in texts])]
    same = sum(places(text, report) == pylint_alone(text) for text, report in zip(texts, reports, strict=True))
    return f"pylint: the same findings as a process of its own on {same} of {count} programs"


def shown(costs: Sequence[Cost]) -> Table:
    table = Table(title="CPU per program")
    for head in ("analyzer", "language", "cold ms", "warm ms", "times", "programs/s cold", "warm"):
        table.add_column(head, justify="left" if head in ("analyzer", "language") else "right")
    for head in ("batch", "failed", "programs", "MiB early", "MiB later"):
        table.add_column(head, justify="right")
    for cost in costs:
        memory = ["", "", ""] if cost.memory is None else [str(cost.count), *(f"{mib:.0f}" for mib in cost.memory)]
        rates = [f"{CORES * 1e3 / milliseconds:.1f}" for milliseconds in (cost.cold, cost.warm)]
        table.add_row(
            cost.name, cost.language, f"{cost.cold:.1f}", f"{cost.warm:.2f}", f"{cost.times:.0f}", *rates,
            str(cost.batch), str(cost.failed), *memory,
        )  # fmt: skip
    return table


def of_python(name: str) -> bool:
    return bool({"python", "*"} & set(registry.get(name).languages))


def goals(costs: Sequence[Cost], texts: Sequence[str], rounds: int) -> Iterator[tuple[str, str, str, bool]]:
    for cost in costs:
        if cost.name == "pylint":
            yield (
                "pylint, times less than a process",
                f"{cost.times:.0f}",
                f"{PYLINT_GOAL:.0f}",
                cost.times >= PYLINT_GOAL,
            )
        elif cost.kind == "command":
            what = f"{cost.name}, times less than a process"
            yield what, f"{cost.times:.1f}", f"{BATCH_GOAL:.0f}", cost.times >= BATCH_GOAL
        if cost.memory is not None:
            growth = cost.memory[1] - cost.memory[0]
            yield f"{cost.name}, MiB grown", f"{growth:.0f}", f"<= {SLACK_MIB:.0f}", growth <= SLACK_MIB
    for name, milliseconds in per_call(texts):
        yield f"{name}, ms for 30 lines", f"{milliseconds:.2f}", f"< {PARSE_GOAL_MS:.0f}", milliseconds < PARSE_GOAL_MS
    names = [name for cost in costs if of_python(name := cost.name) and name not in SLOW]
    if names:
        rate, hit, score = together(names, rounds)
        what = f"{', '.join(names)} together, programs/s on {CORES} cores"
        yield what, f"{rate:.0f}", f"{TOGETHER_GOAL:.0f}", rate >= TOGETHER_GOAL
        yield "a report again, ms", f"{hit:.3f}", f"< {HIT_GOAL_MS}", hit < HIT_GOAL_MS
        yield "a score again, ms", f"{score:.3f}", f"< {HIT_GOAL_MS}", score < HIT_GOAL_MS


def main(
    analyzers: Annotated[str, typer.Option(help="Some analyzers only, with commas between them.")] = "",
    rounds: Annotated[int, typer.Option(help="Rounds of cold and warm in turn.")] = 3,
    cold: Annotated[int, typer.Option(help="Programs of a round that get a process of their own.")] = 7,
    round_s: Annotated[float, typer.Option(help="CPU seconds that the warm programs of a round may take.")] = 60.0,
    memory: Annotated[int, typer.Option(help="Programs after which memory is looked at; 0 for none.")] = 10_000,
    memory_s: Annotated[float, typer.Option(help="CPU seconds that these may take.")] = 60.0,
    quick: Annotated[bool, typer.Option("--quick", help="As little of all that as will do; a few minutes.")] = False,
) -> None:
    effort = QUICK if quick else Effort(rounds, cold, round_s, memory, memory_s)
    wanted = registry.check(registry.split(analyzers)) if analyzers else registry.names()
    costs, lost = [], []
    for name, analyzer in installed([name for name in wanted if name != registry.RUNTIME]):
        try:
            costs.append(measure(name, analyzer, effort))
        except AnalyzerError as error:
            lost.append(f"{name}: not measured: {error}")
            progress.print(lost[-1], highlight=False)
    console.print(shown(costs))
    for line in lost:
        console.print(line, highlight=False)
    if any(cost.name == "pylint" for cost in costs):
        console.print(agreement(effort.rounds * effort.cold))
    table = Table("goal", "measured", "wanted", "met")
    for what, measured, goal, met in goals(costs, texts_of("python", 10 * BATCH), effort.rounds):
        table.add_row(what, measured, goal, "yes" if met else "NO")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
