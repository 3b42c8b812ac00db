"""Completions scored per second, side by side with the code rewards of other trainers.

    python benchmarks/scoring.py --peers DIR

The samples are real ones: eight completions for each of some problems of HumanEval by CodeGen-16B, as they were drawn
(most are wrong, a few alike, which spanwise runs once), and MBPP's references; each with the 3 to 10 calls that its
published tests make. Left out are problems whose arguments and results JSON cannot hold, programs that hang, which cost
every scorer its time limits (verl's code two minutes for ten tests), and those that import more than the standard
library (torch, say), which cost what the machine happens to have. Data is read from $SPANWISE_DATA (default
../shared/data).

Peers are installed outside of the project, in DIR; one that is absent is skipped, and how to get it is printed. All
score the same samples, the slow ones every n-th of them and others in every round. Every measurement is a process of
its own that imports one scorer; rounds alternate between them, and medians are printed. Imports and the start of what
stays between batches (spanwise's workers) do not count. CPU seconds are those of all descendants.

Overhead is what `score_batch` and `token_rewards` take when all reports are there: extraction, the keys of the cache,
evidence, scheme, charges and alignment, without running tests and analyzers.
"""

from __future__ import annotations

import ast
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import programs
import typer
from execution import calls
from rich import box
from rich.console import Console
from rich.table import Table
from scorers import SCORERS, Case, Sample, as_item

from analyzers.runtime import Limits
from analyzers.runtime.tests import Asserts, CheckFunction, Tests
from analyzers.types import Outcome
from rewards import Scorer

HERE = Path(__file__).resolve().parent
TESTS = range(3, 11)
GOALS = {"slowest": 20, "best": 5}
"""How many times the samples per second of the slowest and the best of the others are wanted."""
OVERHEAD_MS = 0.3
HANGS_S = 1.0
"""A program that takes longer for a test is left out."""
EACH = 8
"""Samples for a task, as in a group of GRPO."""
SPARE = 4
"""How many more tasks are tried, in place of programs that are left out."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one scorer did with some samples."""

    samples: list[int]
    """Their places."""
    passed: list[bool]
    wall_s: float
    cpu_s: float
    further: dict[str, float]


def samples(count: int) -> list[Sample]:
    """Three quarters of what a model wrote, by whole tasks, and a quarter of references; or as many as there are."""
    references = programs.references("python")
    cases: dict[Tests, tuple[str, list[Case]]] = {
        one.tests: humaneval_cases(one) for one in references if isinstance(one.tests, CheckFunction)
    }
    wrote = [sample(one.source.text, *cases[one.tests]) for one in programs.samples(EACH)]
    right = [sample(one.source.text, *mbpp_cases(one.tests)) for one in references if isinstance(one.tests, Asserts)]
    chosen: list[Sample] = []
    for found, each, wanted in ((wrote, EACH, count - count // 4), (right, 1, count // 4)):
        fit = [one for one in found if usable(one["cases"])]  # all samples for a task are, or none
        tasks = [fit[start : start + each] for start in range(0, len(fit), each)]
        tried = evenly(tasks, -(-wanted // each) + SPARE)
        chosen += halting([one for task in tried for one in task if portable(one["program"])])[:wanted]
    return chosen


def usable(cases: list[Case]) -> bool:
    """Whether there are as many as wanted, and JSON gives back what it is given."""
    try:
        return len(cases) in TESTS and json.loads(json.dumps(cases, allow_nan=False)) == cases
    except (TypeError, ValueError):
        return False


def portable(program: str) -> bool:
    """Whether a program imports the standard library alone."""
    try:
        nodes = list(ast.walk(ast.parse(program)))
    except (SyntaxError, ValueError):
        return True  # it imports nothing
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def evenly(found: list[list[Sample]], count: int) -> list[list[Sample]]:
    """So many of them, from the first to the last; all where there are not more."""
    count = min(count, len(found))
    return [found[place * len(found) // count] for place in range(count)]


def halting(found: list[Sample]) -> list[Sample]:
    """Those that do not hang."""
    with Scorer(("runtime",), scheme="binary", limits=Limits(timeout_s=HANGS_S)) as scorer:
        scores = scorer.score_batch(map(as_item, found))
    return [one for one, score in zip(found, scores, strict=True) if score.outcome is not Outcome.TIMEOUT]


def sample(program: str, function: str, cases: list[Case]) -> Sample:
    """A program as a completion, with its tests."""
    return {"completion": f"```python\n{program}\n```\n", "program": program, "function": function, "cases": cases}


def humaneval_cases(program: programs.Program) -> tuple[str, list[Case]]:
    """The function of a problem, and the calls of its check function with what the reference returns."""
    assert isinstance(program.tests, CheckFunction)
    name = program.tests.entry_point
    made = calls({"program": program.source.text, "check": program.tests.code, "entry_point": name})
    return name, [{key: call[key] for key in ("args", "expected")} for call in made]


def mbpp_cases(tests: Asserts) -> tuple[str, list[Case]]:
    """The function of assertions `f(...) == ...` and their calls; no calls where they are of another form."""
    name, cases = "", []
    for statement in tests.statements:
        match ast.parse(statement.strip()).body:
            case [ast.Assert(ast.Compare(ast.Call(ast.Name(name), arguments, []), [ast.Eq()], [expected]))]:
                try:
                    args = [ast.literal_eval(argument) for argument in arguments]
                    cases.append({"args": args, "expected": ast.literal_eval(expected)})
                except ValueError:
                    return name, []
            case _:
                return name, []
    return name, cases


def measure(name: str, places: list[int], chosen: list[Sample], workers: int, peers: Path) -> Round:
    """One round of one scorer, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        job, errors = Path(folder, "job.json"), Path(folder, "errors")
        given = {"samples": [chosen[place] for place in places], "workers": workers, "peers": str(peers.resolve())}
        job.write_text(json.dumps(given), encoding="utf-8")
        with errors.open("wb") as stderr:
            done = subprocess.run(
                [sys.executable, "-P", str(HERE / "scorers.py"), name, str(job)],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=os.environ | {"TMPDIR": folder, "OMP_NUM_THREADS": "1"},
            )
        if done.returncode:
            sys.exit(f"{name} failed:\n{errors.read_text(errors='replace')[-3000:]}")
    return Round(places, **json.loads(done.stdout))


def rate(rounds: list[Round]) -> float:
    """Samples per second."""
    return statistics.median(len(one.samples) / one.wall_s for one in rounds)


def compared(title: str, found: dict[str, list[Round]]) -> Table:
    """The table: rates, and how many times that of a row spanwise's is."""
    table = Table(title=title, box=box.MARKDOWN)
    for column in ("scorer", "samples", "per s", "CPU ms each", "wall", "CPU", "agrees", "gives"):
        table.add_column(column, justify="left" if column in ("scorer", "gives") else "right")
    rates = {name: rate(of) for name, of in found.items()}
    cpu_ms = {name: statistics.median(1000 * one.cpu_s / len(one.samples) for one in of) for name, of in found.items()}
    reference = dict(zip(found["spanwise"][0].samples, found["spanwise"][0].passed, strict=True))
    for name, of in found.items():
        agreed = [reference[place] == own for one in of for place, own in zip(one.samples, one.passed, strict=True)]
        table.add_row(
            name,
            str(len(of[0].samples)),
            f"{rates[name]:.4g}",
            f"{cpu_ms[name]:.4g}",
            f"x {rates['spanwise'] / rates[name]:.1f}",
            f"x {cpu_ms[name] / cpu_ms['spanwise']:.1f}",
            f"{sum(agreed) / len(agreed):.1%}",
            SCORERS[name].gives,
        )
    return table


def main(
    peers: Annotated[Path, typer.Option(help="folder of the other scorers")] = Path("peers"),
    count: Annotated[int, typer.Option(min=16, help="samples")] = 512,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    workers: Annotated[int, typer.Option(min=1)] = len(os.sched_getaffinity(0)),
    whole: Annotated[bool, typer.Option("--all", help="every sample for every scorer, which takes long")] = False,
) -> None:
    """Prints a table and the overhead."""
    names = [name for name, one in SCORERS.items() if (peers / one.needs).exists() or not one.needs]
    for name in SCORERS.keys() - set(names):
        print(f"skipped, because it is not in --peers: {name}. {SCORERS[name].install}", file=sys.stderr)
    console = Console(width=140)  # a table that can be pasted into the docs
    with console.status("samples"):
        chosen = samples(count)
    found: dict[str, list[Round]] = {name: [] for name in names}
    for turn in range(rounds):
        for name, of in found.items():
            step = 1 if whole else SCORERS[name].share
            with console.status(f"round {turn + 1} of {rounds}: {name}"):
                of.append(measure(name, list(range(turn % step, len(chosen), step)), chosen, workers, peers))
    calls_made = sum(len(one["cases"]) for one in chosen)
    passed, alike = sum(found["spanwise"][0].passed), len(chosen) - len({one["program"] for one in chosen})
    title = (
        f"{len(chosen)} samples, {alike} like another, {calls_made} tests, {passed} pass;"
        f" {workers} workers, {rounds} interleaved rounds"
    )
    console.print(compared(title, found))
    others = [rate(of) for name, of in found.items() if name != "spanwise"]
    for which, other in (("slowest", min(others)), ("best", max(others))):
        times = rate(found["spanwise"]) / other
        console.print(f"against the {which} of the others: x {times:.1f} (goal {GOALS[which]})", highlight=False)
    overhead = {key: min(one.further[key] for one in found["spanwise"]) for key in found["spanwise"][0].further}
    console.print(
        f"overhead: {overhead['overhead_ms']:.3f} ms of CPU per program (goal < {OVERHEAD_MS}),"
        f" of which tokens {overhead['overhead_tokens_ms']:.3f}",
        highlight=False,
    )


if __name__ == "__main__":
    typer.run(main)
