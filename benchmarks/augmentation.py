"""Whether new tests catch wrong programs that they were not made from.

    python -m benchmarks.augmentation DATA --plus FOLDER --every 4

DATA is the folder of the data sets. Wrong are programs that pass a task's own tests and fail those of EvalPlus
(HumanEval+ and MBPP+, looked for in FOLDER), which augmenting never sees; one that merely takes too long there is left
out, as are tasks whose own reference EvalPlus' tests reject. They are

- mutants of the reference by operators that selection was not given: tests are chosen with half of the families (the
  halves change places from task to task), and measured with the other half;
- of HumanEval, CodeGen's samples (CodeT, arXiv:2207.10397), none of which selection is given.

Right are the references of the task and of EvalPlus, and, as far as anybody knows, samples that pass EvalPlus' tests.
Rows are kept in --rows as they come; a run that was cut short goes on where it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from analyzers import runtime
from analyzers.runtime import Limits, Tier
from analyzers.types import Outcome
from trainer.tasks import load
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.judging import Clock, Judged, judge
from trainer.tasks.augment.mutants import FAMILIES, mutants
from trainer.tasks.augment.pipeline import Others, Workshop, as_task, augment
from trainer.tasks.augment.records import Options
from trainer.types import Task

HALVES = tuple(sorted(FAMILIES))[0::2], tuple(sorted(FAMILIES))[1::2]
HELD_BACK = 60
"""Mutants of each task that tests are measured with."""
PATIENCE_S = 600.0
SAMPLES = "reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"
SETS = {"humaneval": ("humaneval_plus", "test"), "mbpp": ("mbpp_plus", "all")}


@dataclass
class Row:
    """What came of a task."""

    task: str
    left_out: str = ""
    seconds: float = 0.0
    tests: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    caught: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


def measured(task: Task, plus: Task, samples: Sequence[str], workshop: Executor, *, half: int) -> Row:
    """One task."""
    program = task.prefix + (task.reference or "")
    references = [program, plus.prefix + (plus.reference or "")]
    if not all(each.passes for each in _judged(references[:1], task, timeout_s=4)):
        return Row(task.id, "its reference fails its own tests")
    if not all(each.passes for each in _judged(references[:1], plus, timeout_s=4)):
        return Row(task.id, "its reference fails EvalPlus' tests, or has no time for them")
    result = augment(task, Others(), Workshop(workshop, Options(families=HALVES[half])))
    more = as_task(task, result)
    others = mutants(program, "python", count=HELD_BACK, seed=1, families=HALVES[1 - half])
    row = Row(task.id, seconds=result.seconds, tests=sum(result.added.values()))
    for name, programs in (("mutants", [each.program for each in others]), ("samples", samples)):
        passing = [text for text, each in zip(programs, _judged(programs, task), strict=True) if each.passes]
        known = list(zip(passing, _judged(passing, plus), strict=True))
        wrong = [text for text, each in known if each.outcome in (Outcome.FAILURE, Outcome.ERROR)]
        row.wrong[name] = len(wrong)
        row.caught[name] = sum(not each.passes for each in _judged(wrong, more, timeout_s=4))
        if name == "samples":
            right = [text for text, each in known if each.passes]
            row.right[name] = len(right)
            row.rejected[name] = sum(not each.passes for each in _judged(right, more, timeout_s=4))
    for name, text in (("the set's references", references[0]), ("EvalPlus' references", references[1])):
        right = [text for each in _judged([text], task, timeout_s=4) if each.passes]
        row.right[name] = len(right)
        row.rejected[name] = sum(not each.passes for each in _judged(right, more, timeout_s=4))
    return row


def _judged(programs: Sequence[str], task: Task, *, timeout_s: float = 0.5) -> list[Judged]:
    limits = Limits(timeout_s=timeout_s)
    return judge(programs, "python", task.tests, limits=limits, isolation=Tier.STANDARD, clock=Clock.of(PATIENCE_S))


def _samples(data: Path, most: int) -> dict[str, list[str]]:
    """The first different programs for each function of HumanEval, by its name."""
    found: dict[str, list[str]] = {}
    path = data / SAMPLES
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                name = re.findall(r"^def (\w+)\(", row["prompt"], re.MULTILINE)[-1]
                found[name] = [row["prompt"] + text for text in list(dict.fromkeys(row["samples"]))[:most]]
    return found


def _rows(name: str, arguments: argparse.Namespace) -> Iterator[Row]:
    plus_name, split = SETS[name]
    key = _number
    plus = {key(task): task for task in load(f"{plus_name}:{arguments.plus}", "test")}
    tasks = [task for task in load(f"{name}:{arguments.data / name}", split) if key(task) in plus]
    samples = _samples(arguments.data, arguments.samples) if name == "humaneval" else {}
    path = arguments.rows.with_name(f"{arguments.rows.name}.{name}.jsonl")
    known = {}
    if path.exists():
        known = {row["task"]: Row(**row) for row in map(json.loads, path.read_text().splitlines())}
    with Executor(Limits(timeout_s=1.0)) as executor, path.open("a", encoding="utf-8") as kept:
        for index, task in enumerate(tasks[:: arguments.every]):
            row = known.get(task.id)
            if row is None:
                entry_point = str(task.metadata.get("entry_point", ""))
                row = measured(task, plus[key(task)], samples.get(entry_point, []), executor, half=index % 2)
                kept.write(json.dumps(asdict(row)) + "\n")
                kept.flush()
            yield row


def _number(task: Task) -> str:
    return task.id.rpartition("/")[2]


def _show(name: str, rows: Sequence[Row]) -> None:
    used = [row for row in rows if not row.left_out]
    wrong, caught, right, rejected = (Counter[str]() for _ in range(4))
    for row in used:
        wrong.update(row.wrong)
        caught.update(row.caught)
        right.update(row.right)
        rejected.update(row.rejected)
    left_out = Counter(row.left_out for row in rows if row.left_out)
    print(f"\n{name}: {len(used)} tasks; left out: {dict(left_out) or 'none'}")
    seconds = [row.seconds for row in used]
    if seconds:
        print(
            f"seconds per task: median {statistics.median(seconds):.1f}, longest {max(seconds):.1f}; "
            f"new tests per task: {statistics.mean(row.tests for row in used):.1f}"
        )
    print("| wrong programs that pass the task's own tests | found | caught by the new tests |\n|---|---:|---:|")
    for kind in wrong:
        share = f" ({caught[kind] / wrong[kind]:.0%})" if wrong[kind] else ""
        print(f"| {kind} | {wrong[kind]} | {caught[kind]}{share} |")
    print("| right programs | | rejected |\n|---|---:|---:|")
    for kind in right:
        print(f"| {kind} | {right[kind]} | {rejected[kind]} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--plus", type=Path, required=True, help="folder of HumanEvalPlus.jsonl.gz, MbppPlus.jsonl.gz")
    parser.add_argument("--set", choices=[*SETS], action="append", help="may be repeated; both by default")
    parser.add_argument("--every", type=int, default=1, help="only every n-th task")
    parser.add_argument("--samples", type=int, default=100, help="samples of each task")
    parser.add_argument("--rows", type=Path, default=Path("augmentation"), help="where rows are kept")
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    runtime.resize(arguments.workers)
    for name in arguments.set or SETS:
        rows = []
        for row in _rows(name, arguments):
            rows.append(row)
            print(f"\r{name}: {len(rows)} tasks", end="", flush=True, file=sys.stderr)
        _show(name, rows)
    runtime.close()


if __name__ == "__main__":
    main()
