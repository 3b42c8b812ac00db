"""How many mutants new tests kill that are code in other languages than Python, before and after.

    python -m benchmarks.augmentation_languages DATA --tasks 12

DATA is the folder of the data sets; tasks are those of MBXP, of MultiPL-E where MBXP has none, and of HumanEval-X in
the languages whose references people wrote there, every n-th of the set. Tests are chosen by mutants of some families
of operators and measured with the others, which they have not seen. Left out are tasks whose reference fails their own
tests. Rows are kept in --rows as they come.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analyzers import runtime
from analyzers.runtime import Limits, Tier
from analyzers.types import Outcome
from trainer.tasks import load
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.judging import Clock, judge
from trainer.tasks.augment.languages import names
from trainer.tasks.augment.mutants import mutants
from trainer.tasks.augment.pipeline import Others, Workshop, as_task, augment
from trainer.tasks.augment.records import Options, Status
from trainer.types import Task

CHOOSING, MEASURING = ("arithmetic", "logical", "relational"), ("constants", "loops")
HUMANEVAL_X = ("humaneval_x:{data}/humaneval-x?language={language}", "test")
SETS = {"lua": ("multipl_e:{data}/multipl-e?language=lua", "test"), **dict.fromkeys(("cpp", "go", "java"), HUMANEVAL_X)}
MBXP = ("mbxp:{data}/mbxp?language={language}", "all")
MUTANTS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a task."""

    task: str
    status: str
    why: str = ""
    tests: int = 0
    seconds: float = 0.0
    tried: int = 0
    """Mutants that selection was not given, as far as they compile."""
    killed: int = 0
    killed_after: int = 0
    reference: bool = True
    """Whether the reference passes the new tests."""


def measured(task: Task, executor: Executor) -> Row:
    """One task."""
    options = Options(families=CHOOSING, mutants=MUTANTS, inputs=80)
    result = augment(task, Others(), Workshop(executor, options))
    row = Row(task.id, result.status, result.why.partition(":")[0], sum(result.added.values()), result.seconds)
    if result.status is not Status.AUGMENTED:
        return row
    program, more = task.prefix + (task.reference or ""), as_task(task, result)
    held_back = mutants(program, task.language, count=MUTANTS, seed=1, families=MEASURING)
    before = _outcomes([each.program for each in held_back], task)
    compiled = [(each.program, was) for each, was in zip(held_back, before, strict=True) if was in KNOWN]
    after = _outcomes([text for text, was in compiled if was is Outcome.PASS], more)
    killed = sum(was is not Outcome.PASS for _, was in compiled)
    (own,) = _outcomes([program], more)
    return Row(
        row.task, row.status, "", row.tests, row.seconds,
        tried=len(compiled), killed=killed,
        killed_after=killed + sum(each not in (Outcome.PASS, None) for each in after),
        reference=own is Outcome.PASS,
    )  # fmt: skip


KNOWN = (Outcome.PASS, Outcome.FAILURE, Outcome.ERROR, Outcome.TIMEOUT)


def _outcomes(programs: Sequence[str], task: Task) -> list[Outcome | None]:
    limits, clock = Limits(timeout_s=4), Clock.of(300)
    judged = judge(programs, task.language, task.tests, limits=limits, isolation=Tier.STANDARD, clock=clock)
    return [each.outcome for each in judged]


def _rows(language: str, arguments: argparse.Namespace) -> Iterator[Row]:
    spec, split = SETS.get(language, MBXP)
    tasks = [task for task in load(spec.format(data=arguments.data, language=language), split) if task.reference]
    path = arguments.rows.with_name(f"{arguments.rows.name}.{language}.jsonl")
    earlier = {}
    if path.exists():
        earlier = {row["task"]: Row(**row) for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    with Executor(Limits(timeout_s=1.0)) as executor, path.open("a", encoding="utf-8") as kept:
        for task in tasks[:: max(1, len(tasks) // arguments.tasks)][: arguments.tasks]:
            row = earlier.get(task.id)
            if row is None:
                row = measured(task, executor)
                kept.write(json.dumps(asdict(row)) + "\n")
                kept.flush()
            yield row


def _line(language: str, rows: Sequence[Row]) -> str:
    used = [row for row in rows if row.status == Status.AUGMENTED]
    tried, killed, after = (sum(getattr(row, name) for row in used) for name in ("tried", "killed", "killed_after"))
    others = Counter(row.why or row.status for row in rows if row.status != Status.AUGMENTED)
    said = "; ".join(f"{count} x {why}" for why, count in others.most_common())
    cells = [
        language, f"{len(used)} of {len(rows)}", str(tried),
        *(f"{part / tried:.0%}" if tried else "-" for part in (killed, after)),
        str(sum(not row.reference for row in used)),
        f"{statistics.median(row.seconds for row in used):.1f}" if used else "-", said or "none",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--language", choices=names(), action="append", help="may be repeated; all by default")
    parser.add_argument("--tasks", type=int, default=12, help="tasks of each language")
    parser.add_argument("--rows", type=Path, default=Path("augmentation"), help="where rows are kept")
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    runtime.resize(arguments.workers)
    lines = []
    for language in arguments.language or names():
        rows = []
        for row in _rows(language, arguments):
            rows.append(row)
            print(f"\r{language}: {len(rows)} tasks", end="", flush=True, file=sys.stderr)
        lines.append(_line(language, rows))
    runtime.close()
    print("\n| | augmented | mutants held back | killed before | after | references rejected | s per task | others |")
    print("|---|---:|---:|---:|---:|---:|---:|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
