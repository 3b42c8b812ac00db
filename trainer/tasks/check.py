"""Checks a task set: every reference has to pass its tests, and the empty program must not.

    python -m trainer.tasks.check mbpp:PATH

A task whose reference fails teaches that right is wrong; one that the empty program passes rewards silence. Exit status
0 where neither was found, 1 where the violators are listed, 2 where the set cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime import Limits
from grammars import ownership
from rewards import Item, Outcome, Score, Scorer
from rewards.scorer import ISOLATION
from trainer.tasks import BadTasks, load
from trainer.types import Task

SPLITS = ("all", "train", "validation", "test", "few-shot")
"""Those that are looked for where none is named; `all` alone where there is one."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A task that is not fit for use, and why."""

    task: str
    program: str
    """Which program told: `reference` or `empty`."""
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a task set."""

    tasks: int
    without_reference: int
    """Tasks of which only the empty program could be tried."""
    forgeable: int
    """References whose pass rests on the program's own word; see docs/security.md."""
    violations: tuple[Violation, ...]


def check(tasks: Sequence[Task], scorer: Scorer) -> Iterator[Violation | Score]:
    """Runs both programs of each task: yields what came of each in order, as a violation where it is one."""
    running: list[tuple[str, Future[Score]]] = []
    for task in tasks:
        programs = {"reference": task.reference, "empty": ""}
        for name, text in programs.items():
            if text is not None:
                running.append((name, scorer.submit(_item(task, text))))
    for name, future in running:
        score = future.result()
        yield _violation(name, score) or score


def _item(task: Task, program: str) -> Item:
    return Item(program, task.language, task.tests, prefix=task.prefix, task_id=task.id, raw=True)


def _violation(program: str, score: Score) -> Violation | None:
    verdict, outcome = score.verdict, score.outcome
    if verdict is None or outcome in (None, Outcome.INFRASTRUCTURE):
        why = next((report.detail for report in score.reports if report.detail), "no verdict")
        return Violation(score.task_id, program, "not judged", why)
    if (outcome is Outcome.PASS) == (program == "reference"):
        return None
    first = next((test.message for test in verdict.tests if test.message), "")
    return Violation(score.task_id, program, str(outcome), first if program == "reference" else "passes the tests")


def find(spec: str, splits: Sequence[str] = ()) -> list[Task]:
    """The tasks of the splits that are named, or of all that the set has; each once.

    Raises:
        BadTasks: the set or a split that is named cannot be read, or there is none of SPLITS.
    """
    found: dict[str, Task] = {}
    refused: BadTasks | None = None
    for split in splits or SPLITS:
        try:
            found |= {task.id: task for task in load(spec, split)}
        except BadTasks as error:
            refused = error
            if splits:
                raise
        if found and split == "all":
            break
    if not found and refused is not None:
        raise refused
    return list(found.values())


def command(
    tasks: Annotated[str, typer.Argument(help="builtin, mbpp:PATH, humaneval:PATH, jsonl:PATH ...", metavar="SET")],
    split: Annotated[list[str] | None, typer.Option(help="Split; may be repeated. All of them by default.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT tasks.", min=1)] = None,
    timeout_s: Annotated[float, typer.Option(help="Seconds per test.", min=0.01)] = Limits().timeout_s,
    workers: Annotated[int | None, typer.Option(help="Programs that run at a time.", min=1)] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = ISOLATION,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check that the references of a task set pass its tests and that the empty program does not."""
    try:
        ownership.check()
        todo = find(tasks, split or ())[:limit]
        limits = Limits(timeout_s=timeout_s)
        with Scorer((RUNTIME,), scheme="binary", limits=limits, workers=workers, isolation=isolation) as scorer:
            checked = _checked(todo, scorer)
    except (ValueError, OSError, ownership.ForeignPackage) as error:
        line = " ".join(str(error).split())
        Console(stderr=True, soft_wrap=True).print(f"error: {line}", style="red", highlight=False, markup=False)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps({"set": tasks, **asdict(checked)}, indent=1))
    else:
        _show(tasks, checked)
    raise typer.Exit(1 if checked.violations else 0)


def _checked(tasks: Sequence[Task], scorer: Scorer) -> Checked:
    missing = sum(task.reference is None for task in tasks)
    violations, forgeable = [], 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for found in progress.track(check(tasks, scorer), 2 * len(tasks) - missing, description="programs run"):
            if isinstance(found, Violation):
                violations.append(found)
            elif found.verdict is not None and found.outcome is Outcome.PASS:
                forgeable += found.verdict.forgeable
    return Checked(len(tasks), missing, forgeable, tuple(violations))


def _show(spec: str, checked: Checked) -> None:
    console = Console()
    if checked.violations:
        table = Table(title=f"{spec}: not fit for use", title_justify="left")
        for column in ("task", "program", "outcome", "why"):
            table.add_column(column)
        for violation in checked.violations:
            table.add_row(*(_plain(text) for text in asdict(violation).values()))
        console.print(table)
    tasks = len({violation.task for violation in checked.violations})
    console.print(
        f"{checked.tasks} tasks, {checked.without_reference} without a reference, {tasks} not fit for use; "
        f"{checked.forgeable} references pass on the program's own word",
        highlight=False,
    )


def _plain(text: str) -> str:
    """Without what would be taken for markup, or cannot be printed."""
    return escape(text.encode("utf-8", "replace").decode()[:200])


def main() -> None:
    """Entry point."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app()


if __name__ == "__main__":
    main()
