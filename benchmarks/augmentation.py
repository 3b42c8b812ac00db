"""Whether new tests catch wrong programs that they were not made from.

    python -m benchmarks.augmentation DATA --plus FOLDER --every 4

DATA is the folder of the data sets, FOLDER has EvalPlus' tests (HumanEval+ and MBPP+), which augmenting never sees.
Which programs are wrong, `benchmarks.false_passes` says: mutants by operators that the choice of tests was not given,
and samples of a model, none of which it was given. Right are the references of the task and of EvalPlus, and, as far
as anybody knows, samples that pass EvalPlus' tests. Where those reject the reference of the set, tests are
made with EvalPlus' instead. Rows are kept in --rows as they come; a run that was cut short goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from analyzers import runtime
from analyzers.runtime import Limits
from benchmarks.false_passes import SETS, Known, Pair, codegen, known, on_like_inputs, pairs, verdicts
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.pipeline import Others, Workshop, as_task, augment
from trainer.tasks.augment.records import Options

PATIENT_S = 4.0
"""Seconds per new test; who is slow is not wrong."""


@dataclass
class Row:
    """What came of a task."""

    task: str
    left_out: str = ""
    corrected: bool = False
    seconds: float = 0.0
    tests: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    caught: dict[str, int] = field(default_factory=dict)
    alike: dict[str, int] = field(default_factory=dict)
    """Of the wrong ones those that are wrong on inputs of the types that the task's own tests use, too."""
    alike_caught: dict[str, int] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)


def measured(pair: Pair, told: Known, workshop: Executor) -> Row:
    """One task."""
    if told.left_out:
        return Row(told.task, told.left_out)
    task = pair.given(told)
    result = augment(task, Others(), Workshop(workshop, Options(families=pair.families)))
    more = as_task(task, result)
    row = Row(told.task, "", told.corrected, result.seconds, sum(result.added.values()))
    for name, programs in told.wrong.items():
        caught = [not each.passes for each in verdicts(programs, more, timeout_s=PATIENT_S)]
        alike = on_like_inputs(programs, pair)
        row.wrong[name], row.caught[name] = len(programs), sum(caught)
        row.alike[name], row.alike_caught[name] = sum(alike), sum(map(min, alike, caught))
    for name, programs in told.right.items():
        row.right[name] = len(programs)
        row.rejected[name] = sum(not each.passes for each in verdicts(programs, more, timeout_s=PATIENT_S))
    return row


def _rows(name: str, arguments: argparse.Namespace) -> Iterator[Row]:
    samples = codegen(arguments.data, arguments.samples) if name == "humaneval" else {}
    path = arguments.rows.with_name(f"{arguments.rows.name}.{name}.jsonl")
    earlier = {}
    if path.exists():
        earlier = {row["task"]: Row(**row) for row in map(json.loads, path.read_text().splitlines())}
    programs = known(
        islice(pairs(name, arguments.data, arguments.plus, every=arguments.every), arguments.limit),
        samples,
        arguments.rows.with_name(f"{arguments.rows.name}.{name}.known.jsonl"),
    )
    with Executor(Limits(timeout_s=1.0)) as executor, path.open("a", encoding="utf-8") as kept:
        for pair, told in programs:
            if arguments.label:
                yield Row(told.task, told.left_out)
                continue
            row = earlier.get(told.task)
            if row is None:
                row = measured(pair, told, executor)
                kept.write(json.dumps(asdict(row)) + "\n")
                kept.flush()
            yield row


def _show(name: str, rows: Sequence[Row]) -> None:
    used = [row for row in rows if not row.left_out]
    left_out = Counter(row.left_out for row in rows if row.left_out)
    print(f"\n{name}: {len(used)} tasks, {sum(row.corrected for row in used)} of them with EvalPlus' reference")
    print(f"left out: {'; '.join(f'{count} x {why}' for why, count in left_out.items()) or 'none'}")
    seconds = [row.seconds for row in used]
    if seconds:
        print(
            f"seconds per task: median {statistics.median(seconds):.1f}, longest {max(seconds):.1f}; "
            f"new tests per task: {statistics.mean(row.tests for row in used):.1f}"
        )
    print("\n| wrong programs that pass the task's own tests | found | caught | on like inputs | caught |")
    print("|---|---:|---:|---:|---:|")
    for corrected, where in ((False, ""), (True, ", where EvalPlus corrected the reference")):
        part = [row for row in used if row.corrected is corrected]
        for kind in _kinds(row.wrong for row in part):
            found, caught = _sum(part, "wrong", kind), _sum(part, "caught", kind)
            alike, alike_caught = _sum(part, "alike", kind), _sum(part, "alike_caught", kind)
            print(f"| {kind}{where} | {found} | {_share(caught, found)} | {alike} | {_share(alike_caught, alike)} |")
    print("\n| right programs | | rejected |\n|---|---:|---:|")
    for kind in _kinds(row.right for row in used):
        print(f"| {kind} | {_sum(used, 'right', kind)} | {_sum(used, 'rejected', kind)} |")


def _kinds(counts: Iterable[dict[str, int]]) -> list[str]:
    return list(dict.fromkeys(kind for each in counts for kind in each))


def _sum(rows: Sequence[Row], part: str, kind: str) -> int:
    return sum(getattr(row, part).get(kind, 0) for row in rows)


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--plus", type=Path, required=True, help="folder of HumanEvalPlus.jsonl.gz, MbppPlus.jsonl.gz")
    parser.add_argument("--set", choices=[*SETS], action="append", help="may be repeated; both by default")
    parser.add_argument("--every", type=int, default=1, help="only every n-th task")
    parser.add_argument("--limit", type=int, help="only the first of these tasks")
    parser.add_argument("--samples", type=int, default=100, help="samples of each task")
    parser.add_argument("--rows", type=Path, default=Path("augmentation"), help="where rows are kept")
    parser.add_argument("--label", action="store_true", help="only find out which programs are wrong, for later runs")
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
