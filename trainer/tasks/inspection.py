"""Shows what a task set holds: counts, languages, kinds of tests, rows that are no tasks, and a sample.

python -m trainer.tasks inspect apps:PATH
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyzers.runtime.tests import Appended, Asserts, Calls, CheckFunction, Stdio, to_json
from trainer.tasks import Excluded, every
from trainer.tasks.files import BadTasks, counted
from trainer.types import Task

HELP = "Show what a task set holds: counts, languages, kinds of tests, rows that are no tasks, and a sample."
KINDS: dict[type, str] = {
    Asserts: "assertions",
    CheckFunction: "check function",
    Calls: "calls",
    Stdio: "standard input and output",
    Appended: "code to append",
}
EXAMPLES = 20
"""Rows that are no tasks, of which the place is shown."""
LONGEST = 2_000
"""Code points of a sample that are shown."""


@dataclass(slots=True)
class Overview:
    """What a set holds, counted one task at a time."""

    tasks: int = 0
    references: int = 0
    holdouts: int = 0
    shown: int = 0
    """Tasks whose prompt shows tests."""
    excluded: int = 0
    """Rows that are no tasks."""
    languages: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    difficulties: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    """All of them together; code that is run as it stands counts as one."""
    fewest: int = 0
    most: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why rows are no tasks, without particulars."""
    examples: list[str] = field(default_factory=list)

    def count(self, entry: Task | Excluded) -> None:
        """Takes one entry in."""
        if isinstance(entry, Excluded):
            self.excluded += 1
            self.reasons[entry.reason] += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(str(entry))
            return
        tests = counted(entry.tests)
        self.fewest = min(self.fewest or tests, tests)
        self.most = max(self.most, tests)
        self.tests += tests
        self.tasks += 1
        self.references += entry.reference is not None
        self.holdouts += entry.holdout is not None
        self.shown += entry.shown is not None
        self.languages[entry.language] += 1
        self.kinds[KINDS[type(entry.tests)]] += 1
        for name, counts in (("split", self.splits), ("difficulty", self.difficulties)):
            if value := entry.metadata.get(name):
                counts[str(value)] += 1


def command(
    tasks: Annotated[str, typer.Argument(help="NAME:PATH of a task set.", metavar="SET")],
    split: Annotated[list[str] | None, typer.Option(help="Split; may be repeated. All of them by default.")] = None,
    sample: Annotated[int, typer.Option(help="Number of the task that is shown, from 1; 0 shows none.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a task set holds: counts, languages, kinds of tests, rows that are no tasks, and a sample."""
    overview, shown = _counted(every(tasks, split or ()), sample)
    if sample and shown is None:
        raise BadTasks(f"{tasks} has {overview.tasks} tasks, and no number {sample}{_first(overview)}")
    if as_json:
        counts = {each.name: getattr(overview, each.name) for each in fields(overview)}  # `asdict` copies no counters
        print(json.dumps({"set": tasks, **counts}, indent=1))
        return
    console = Console()
    _show(tasks, overview, console)
    if shown is not None:
        _show_task(shown, console)


def _first(overview: Overview) -> str:
    return f"; {overview.examples[0]}" if overview.examples else ""


def _counted(entries: Iterable[Task | Excluded], sample: int) -> tuple[Overview, Task | None]:
    overview, shown = Overview(), None
    shown_on = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} rows read"), TimeElapsedColumn())
    with Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as progress:
        for entry in progress.track(entries, description=""):
            overview.count(entry)
            if isinstance(entry, Task) and overview.tasks == sample:
                shown = entry
    return overview, shown


def _show(spec: str, overview: Overview, console: Console) -> None:
    table = Table(title=escape(spec), title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    mean = overview.tests / max(overview.tasks, 1)
    rows = {
        "tasks": str(overview.tasks),
        "with a reference": str(overview.references),
        "with tests held back": str(overview.holdouts or ""),
        "that show tests": str(overview.shown or ""),
        "languages": _told(overview.languages),
        "splits": _told(overview.splits),
        "difficulties": _told(overview.difficulties),
        "kinds of tests": _told(overview.kinds),
        "tests": f"{overview.tests}; of a task {overview.fewest} to {overview.most}, {mean:.1f} on average",
        "rows that are no tasks": f"{overview.excluded}: {_told(overview.reasons)}" if overview.excluded else "0",
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, escape(value))
    console.print(table)
    for example in overview.examples:
        console.print(_short(example, 300), markup=False, highlight=False, soft_wrap=True)
    if overview.excluded > len(overview.examples):
        console.print(f"... and {overview.excluded - len(overview.examples)} more", markup=False)


def _show_task(task: Task, console: Console) -> None:
    tests = json.dumps(to_json(task.tests), indent=1, default=str)
    for title, text in ((f"{task.id}: prompt", task.prompt), ("tests", tests), ("reference", task.reference)):
        if text is not None:
            console.print(Panel(escape(_short(text, LONGEST)), title=escape(title), title_align="left"))


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _short(text: str, longest: int) -> str:
    printable = text.encode("utf-8", "replace").decode()
    return printable if len(printable) <= longest else f"{printable[:longest]} ... ({len(printable)} characters)"
