"""Checks a task set, and writes what is fit for use.

    python -m trainer.tasks check mbpp:PATH --against humaneval:PATH --output clean.jsonl

A task whose reference fails teaches that right is wrong; one that the empty program or a stub passes rewards doing
nothing; one that is there twice counts twice; and one that a model is to be measured on must not be trained on.
Verdicts are kept beside the output, so that a check that was cut short goes on where it was. Exit status 0 where all is
fit for use, 1 where something is excluded, 2 where the set cannot be read.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyzers import command_line
from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime import Limits
from rewards import Outcome, Score, Scorer
from rewards.scorer import ISOLATION
from trainer.items import item
from trainer.tasks import Excluded, every, jsonl
from trainer.tasks.duplicates import SIMILARITY, Duplicates
from trainer.tasks.journal import Journal, fingerprint, whole
from trainer.tasks.stubs import stubs
from trainer.types import Task

HELP = "Check that references pass and that empty and stub programs do not, and write what is fit for use."
REFERENCE = "reference"
NOT_JUDGED = "not judged"
AHEAD = 32
"""Tasks whose programs run while earlier ones are waited for."""
SHOWN = 50
"""Rows of the table; files have all of them."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a task, or a row that is none, is not fit for use."""

    task: str
    program: str
    """Which program told: `reference`, `empty` or a stub; empty where none did."""
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of the programs of a task."""

    violations: tuple[Violation, ...]
    forgeable: bool = False
    """Whether the reference passes on the program's own word; see docs/security.md."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one entry of a set."""

    entry: Task | Excluded
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Memory:
    """What a check knows of tasks beside the one at hand."""

    journal: Journal
    """Verdicts on programs, which are not run again."""
    duplicates: Duplicates | None = None
    """The tasks that are fit for use so far; grows."""
    measured: Duplicates | None = None
    """The tasks that a model is to be measured on."""


@dataclass(slots=True)
class Summary:
    """What came of a set."""

    tasks: int = 0
    """Rows that are tasks."""
    unreadable: int = 0
    """Rows that are none."""
    without_reference: int = 0
    forgeable: int = 0
    """References whose pass rests on the program's own word; see docs/security.md."""
    fit: int = 0
    excluded: int = 0
    violations: list[Violation] = field(default_factory=list)

    def count(self, checked: Checked) -> None:
        """Takes one entry in."""
        found = checked.verdict.violations
        if isinstance(checked.entry, Excluded):
            self.unreadable += 1
        else:
            self.tasks += 1
            self.without_reference += checked.entry.reference is None
        self.forgeable += checked.verdict.forgeable
        self.fit += not found
        self.excluded += bool(found)
        self.violations += found


def check(
    entries: Iterable[Task | Excluded],
    scorer: Scorer,
    *,
    memory: Memory,
    with_stubs: bool = True,
    timeout_s: float = Limits().timeout_s,
) -> Iterator[Checked]:
    """What came of each entry, in order; a few tasks run ahead."""
    running: deque[tuple[Task | Excluded, str, list[tuple[str, Future[Score]]]]] = deque()
    for entry in entries:
        key, started = "", []
        if isinstance(entry, Task):
            key = fingerprint(entry, stubs=with_stubs, timeout_s=timeout_s)
            if memory.journal.get(key) is None:
                started = _start(entry, scorer, with_stubs)
        running.append((entry, key, started))
        if len(running) > AHEAD:
            yield _finish(*running.popleft(), memory=memory)
    while running:
        yield _finish(*running.popleft(), memory=memory)


def _start(task: Task, scorer: Scorer, with_stubs: bool) -> list[tuple[str, Future[Score]]]:
    programs = stubs(task) if with_stubs else {"empty": ""}
    if task.reference is not None:
        programs = {REFERENCE: task.reference, **programs}
    items = [item(task, program, raw=True, holdout=False) for program in programs.values()]
    return list(zip(programs, scorer.submit_batch(items), strict=True))


def _finish(
    entry: Task | Excluded,
    key: str,
    started: Sequence[tuple[str, Future[Score]]],
    *,
    memory: Memory,
) -> Checked:
    if isinstance(entry, Excluded):
        return Checked(entry, Verdict((Violation(entry.task or entry.where, "", "no task", str(entry)),)))
    if started:
        verdict = _verdict(started)
        # A compiler that is not there today may be there tomorrow.
        if all(violation.outcome != NOT_JUDGED for violation in verdict.violations):
            memory.journal.write(key, asdict(verdict))
    else:
        known = memory.journal.get(key)
        verdict = Verdict(tuple(Violation(**each) for each in known["violations"]), known["forgeable"])
    copies = _copies(entry, memory)
    if memory.duplicates is not None and not verdict.violations and not copies:
        memory.duplicates.add(entry, scope=entry.language)
    return Checked(entry, Verdict((*verdict.violations, *copies), verdict.forgeable))


def _copies(task: Task, memory: Memory) -> list[Violation]:
    found = []
    if memory.measured is not None and (why := memory.measured.like(task)):
        found.append(Violation(task.id, "", "contaminated", why))
    # The same problem in two languages is two tasks.
    if memory.duplicates is not None and (why := memory.duplicates.like(task, scope=task.language)):
        found.append(Violation(task.id, "", "duplicate", why))
    return found


def _verdict(started: Sequence[tuple[str, Future[Score]]]) -> Verdict:
    violations, forgeable = [], False
    for program, future in started:
        score = future.result()
        if violation := _violation(program, score):
            violations.append(violation)
        elif program == REFERENCE and score.verdict is not None:
            forgeable = score.verdict.forgeable
    return Verdict(tuple(violations), forgeable)


def _violation(program: str, score: Score) -> Violation | None:
    verdict, outcome = score.verdict, score.outcome
    if verdict is None or outcome in (None, Outcome.INFRASTRUCTURE):
        why = next((report.detail for report in score.reports if report.detail), "no verdict")
        return Violation(score.task_id, program, NOT_JUDGED, why)
    if (outcome is Outcome.PASS) == (program == REFERENCE):
        return None
    first = next((test.message for test in verdict.tests if test.message), "")
    return Violation(score.task_id, program, str(outcome), first if program == REFERENCE else "passes the tests")


def command(
    tasks: Annotated[str, typer.Argument(help="NAME:PATH of a task set.", metavar="SET")],
    split: Annotated[list[str] | None, typer.Option(help="Split; may be repeated. All of them by default.")] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Set that a model is to be measured on; tasks like its own are excluded. May be repeated."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Where to write what is fit for use, for jsonl:FILE; FILE.excluded.jsonl says what is not."),
    ] = None,
    similarity: Annotated[
        float, typer.Option(help="Common share of two prompts from which they are alike; 1: equal.", min=0.1, max=1)
    ] = SIMILARITY,
    with_stubs: Annotated[bool, typer.Option("--stubs/--no-stubs", help="Run stubs beside the empty program.")] = True,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT rows.", min=1)] = None,
    timeout_s: Annotated[float, typer.Option(help="Seconds per test.", min=0.01)] = Limits().timeout_s,
    workers: Annotated[int | None, typer.Option(help="Programs that run at a time.", min=1)] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = ISOLATION,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check that references pass and that empty and stub programs do not, and write what is fit for use."""
    entries = islice(every(tasks, split or ()), limit)
    measured = _measured(against or (), similarity)
    kept = None if output is None else output.with_name(f"{output.name}.journal")
    with (
        Scorer((RUNTIME,), scheme="binary", limits=Limits(timeout_s=timeout_s), workers=workers, isolation=isolation)
        as scorer,
        Journal(kept) as journal,
    ):  # fmt: skip
        found = check(
            entries,
            scorer,
            memory=Memory(journal, Duplicates(similarity), measured),
            with_stubs=with_stubs,
            timeout_s=timeout_s,
        )
        summary = _written(found, output, known=len(journal))
    if as_json:
        print(json.dumps({"set": tasks, **asdict(summary)}, indent=1))
    else:
        _show(tasks, summary, output)
    raise typer.Exit(1 if summary.excluded else 0)


def _measured(specs: Sequence[str], similarity: float) -> Duplicates | None:
    if not specs:
        return None
    index = Duplicates(similarity)
    for spec in specs:
        for entry in every(spec):
            if isinstance(entry, Task):
                index.add(entry, name=f"{entry.id} of {spec}")
    return index


def _written(found: Iterable[Checked], output: Path | None, *, known: int) -> Summary:
    summary = Summary()
    rejected = None if output is None else output.with_name(f"{output.stem}.excluded.jsonl")
    shown_on = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} tasks checked{task.fields[more]}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as progress,
        whole(output) as clean,
        whole(rejected) as excluded,
    ):
        shown = progress.add_task("", total=None, more=f", {known} of them earlier" if known else "")
        for each in found:
            summary.count(each)
            if each.verdict.violations:
                reasons = [asdict(violation) for violation in each.verdict.violations]
                excluded.write({"id": reasons[0]["task"], "where": _place(each.entry), "reasons": reasons})
            elif isinstance(each.entry, Task):
                clean.write(jsonl.row(each.entry))
            progress.advance(shown)
    return summary


def _place(entry: Task | Excluded) -> str:
    return entry.where if isinstance(entry, Excluded) else str(entry.metadata.get("where", ""))


def _show(spec: str, summary: Summary, output: Path | None) -> None:
    console = Console()
    violations = summary.violations
    if violations:
        table = Table(title=f"{spec}: not fit for use", title_justify="left")
        for column in ("task", "program", "outcome", "why"):
            table.add_column(column)
        for violation in violations[:SHOWN]:
            table.add_row(*(_plain(text) for text in asdict(violation).values()))
        console.print(table)
        if len(violations) > SHOWN:
            console.print(f"... and {len(violations) - SHOWN} more; --output or --json has all of them", markup=False)
        kinds = Counter((violation.program, violation.outcome) for violation in violations)
        told = (
            f"{count} x {program + ': ' if program else ''}{outcome}" for (program, outcome), count in kinds.items()
        )
        console.print("; ".join(told), highlight=False, markup=False)
    console.print(
        f"{summary.tasks} tasks and {summary.unreadable} rows that are none, {summary.without_reference} without a "
        f"reference; {summary.excluded} not fit for use, {summary.fit} fit; "
        f"{summary.forgeable} references pass on the program's own word",
        highlight=False,
    )
    if output is not None:
        console.print(f"written: {output}, {output.stem}.excluded.jsonl", highlight=False, markup=False)


def _plain(text: str) -> str:
    """Without what would be taken for markup, or cannot be printed."""
    return escape(text.encode("utf-8", "replace").decode()[:200])


def main() -> None:
    """`python -m trainer.tasks.check SET` is `python -m trainer.tasks check SET`."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(help=HELP)(command)
    command_line.run(app, prog="python -m trainer.tasks.check")


if __name__ == "__main__":
    main()
