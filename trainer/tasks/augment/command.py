"""Makes more tests for a task set.

    python -m trainer.tasks augment mbpp:PATH --output more.jsonl

Results are kept beside the output as they come, so that a run that was cut short goes on where it was. Exit status 0
where every reference passes, 1 where something is excluded or could not be judged, 2 where the set cannot be read.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from analyzers import runtime
from analyzers.runtime import Limits
from analyzers.runtime.sandbox import tiers
from rewards.scorer import ISOLATION
from trainer.tasks import BadTasks, Excluded, every, jsonl
from trainer.tasks.augment import samples
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.pipeline import Others, Workshop, as_task, augment
from trainer.tasks.augment.records import Options, Programs, Result, Status, restored
from trainer.tasks.augment.sources import proposals
from trainer.tasks.journal import Journal, fingerprint, whole
from trainer.types import Task

HELP = "Make more tests from references, chosen by the wrong programs that they catch."
NOT_KEPT = (Status.NOT_JUDGED,)
"""Results that another run may better."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Programs from files, for all tasks."""

    references: samples.Samples = field(default_factory=samples.Samples)
    samples: samples.Samples = field(default_factory=samples.Samples)

    def of(self, task: Task) -> Others:
        """Programs for a task, with those that its set has."""
        known = {name: tuple(map(str, task.metadata.get(name) or ())) for name in ("solutions", "incorrect")}
        return Others(
            (*(task.prefix + text for text in known["solutions"]), *self.references.of(task)),
            (*(task.prefix + text for text in known["incorrect"]), *self.samples.of(task)),
        )


@dataclass(slots=True)
class Summary:
    """What came of a set."""

    statuses: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    cut_short: int = 0
    added: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    """Reasons for which tasks were left as they were."""
    mutants: Programs = field(default_factory=Programs)
    samples: Programs = field(default_factory=Programs)
    seconds: float = 0.0

    def count(self, result: Result) -> None:
        """Takes one result in."""
        self.statuses[result.status] += 1
        self.cut_short += result.cut_short
        self.added.update(result.added)
        self.dropped.update(result.dropped)
        if result.status is Status.KEPT:
            self.kept[result.why.partition(":")[0]] += 1
        self.mutants += result.mutants
        self.samples += result.samples
        self.seconds += result.seconds

    def told(self) -> dict[str, Any]:
        """All of it, as JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return plain | {name: told_of(plain[name]) for name in ("mutants", "samples")}


def results(
    entries: Iterable[Task | Excluded], workshop: Workshop, sources: Sources, journal: Journal
) -> Iterator[tuple[Task | Excluded, Result | None]]:
    """Each entry and its result, None for one that is no task; what the journal has is not done again."""
    for entry in entries:
        if isinstance(entry, Excluded):
            yield entry, None
            continue
        others = sources.of(entry)
        programs = hashlib.sha256(repr(others).encode("utf-8", "surrogatepass")).hexdigest()
        key = fingerprint(entry, options=asdict(workshop.options), programs=programs, model=workshop.model)
        known = journal.get(key)
        result = restored(known) if known is not None else augment(entry, others, workshop)
        if known is None and result.status not in NOT_KEPT:
            journal.write(key, asdict(result))
        yield entry, result


def command(
    tasks: Annotated[str, typer.Argument(help="NAME:PATH of a task set.", metavar="SET")],
    output: Annotated[
        Path,
        typer.Option(help="Where to write the set, for jsonl:FILE; FILE.report.jsonl says what was done to each task."),
    ],
    split: Annotated[list[str] | None, typer.Option(help="Split; may be repeated. All of them by default.")] = None,
    samples_file: Annotated[
        Path | None, typer.Option("--samples", help="Programs that may be wrong: task_id and completion or solution.")
    ] = None,
    references_file: Annotated[
        Path | None, typer.Option("--references", help="Further programs that are right, in the same form.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model that proposes inputs: a name, or a folder.")] = None,
    server: Annotated[
        str | None, typer.Option(help="URL of a server with OpenAI's protocol that has the model.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides on mutants and inputs.")] = 0,
    mutants: Annotated[int, typer.Option(help="Mutants of each reference.", min=0)] = Options().mutants,
    inputs: Annotated[int, typer.Option(help="Inputs that references are run on.", min=1)] = Options().inputs,
    depth: Annotated[int, typer.Option(help="Tests that are to catch each wrong program.", min=1)] = Options().depth,
    most: Annotated[int, typer.Option(help="New tests of a task.", min=1)] = Options().most,
    timeout_s: Annotated[
        float, typer.Option(help="Seconds per test of programs that may be wrong.", min=0.01)
    ] = Options().timeout_s,
    budget_s: Annotated[float, typer.Option(help="Seconds per task.", min=0.1)] = Options().budget_s,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT rows.", min=1)] = None,
    workers: Annotated[int | None, typer.Option(help="Programs that run at a time.", min=1)] = None,
    isolation: Annotated[
        str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = ISOLATION,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make more tests from references, chosen by the wrong programs that they catch."""
    options = Options(
        seed=seed, mutants=mutants, inputs=inputs, depth=depth, most=most, timeout_s=timeout_s, budget_s=budget_s
    )
    entries = islice(every(tasks, split or ()), limit)
    sources = Sources(_read(references_file), _read(samples_file))
    tier = tiers.parse(isolation)
    ask = _model(model, server, seed)
    if find_spec("hypothesis") is None:
        _say("no inputs are drawn from the types of arguments: that needs hypothesis; install 'spanwise[augment]'")
    runtime.resize(workers)
    try:
        with (
            Executor(Limits(timeout_s=timeout_s), isolation=tier) as executor,
            Journal(output.with_name(f"{output.name}.journal")) as journal,
        ):
            workshop = Workshop(executor, options, tier, ask, f"{server or ''} {model or ''}".strip())
            summary = _written(results(entries, workshop, sources, journal), output, known=len(journal))
    finally:
        runtime.close()
    if as_json:
        print(json.dumps({"set": tasks, **summary.told()}, indent=1))
    else:
        _show(tasks, summary, output)
    failed = summary.statuses[Status.EXCLUDED] + summary.statuses[Status.NOT_JUDGED]
    raise typer.Exit(1 if summary.unreadable or failed else 0)


def _read(path: Path | None) -> samples.Samples:
    if path is None:
        return samples.Samples()
    found = samples.read(path)
    if found.refused:
        _say(f"{path}: {len(found.refused)} lines are left out; the first is {found.refused[0]}")
    return found


def _say(what: str) -> None:
    Console(stderr=True).print(what, highlight=False, markup=False, soft_wrap=True)


def _model(model: str | None, server: str | None, seed: int) -> proposals.Ask | None:
    if server and not model:
        raise BadTasks("--server needs --model, the name under which the server knows it")
    if model is None:
        return None
    return proposals.of_server(server, model) if server else proposals.of_policy(model, seed=seed)


def _written(found: Iterable[tuple[Task | Excluded, Result | None]], output: Path, *, known: int) -> Summary:
    summary = Summary()
    shown_on = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} tasks augmented{task.fields[more]}"), TimeElapsedColumn())
    with (
        Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as progress,
        whole(output) as more,
        whole(output.with_name(f"{output.stem}.excluded.jsonl")) as excluded,
        whole(output.with_name(f"{output.stem}.report.jsonl")) as report,
    ):
        shown = progress.add_task("", total=None, more=f", {known} of them earlier" if known else "")
        for entry, result in found:
            if isinstance(entry, Excluded) or result is None:
                assert isinstance(entry, Excluded)
                summary.unreadable += 1
                excluded.write({"id": entry.task, "where": entry.where, "why": entry.why})
            else:
                summary.count(result)
                report.write(told(result))
                if result.status in (Status.AUGMENTED, Status.KEPT):
                    more.write(jsonl.row(as_task(entry, result)))
                else:
                    excluded.write({"id": entry.id, "where": str(entry.metadata.get("where", "")), "why": result.why})
            progress.advance(shown)
    return summary


def told(result: Result) -> dict[str, Any]:
    """The line of a task in the report."""
    programs = {"mutants": told_of(result.mutants), "samples": told_of(result.samples)}
    scores = {"mutation_score_before": result.score_before, "mutation_score_after": result.score_after}
    return {key: value for key, value in asdict(result).items() if key != "tests"} | programs | scores


def told_of(programs: Programs) -> dict[str, Any]:
    """Wrong programs and their rates, as JSON."""
    rates = {"false_pass_before": programs.false_pass_before, "false_pass_after": programs.false_pass_after}
    return asdict(programs) | rates


def _show(spec: str, summary: Summary, output: Path) -> None:
    console = Console()
    table = Table(title=f"{spec}: what the tests tell from the reference", title_justify="left")
    for column in ("programs", "tried", "known to be wrong", "false passes before", "after"):
        table.add_column(column, justify="left" if column == "programs" else "right")
    for name, each in (("mutants", summary.mutants), ("samples", summary.samples)):
        if each.tried:
            shares = (each.false_pass_before, each.false_pass_after)
            table.add_row(name, str(each.tried), str(each.wrong), *("-" if s is None else f"{s:.1%}" for s in shares))
    console.print(table)
    statuses = ", ".join(f"{count} {status}" for status, count in summary.statuses.items()) or "no tasks"
    lines = [
        f"{statuses}; {summary.unreadable} rows that are none; {summary.cut_short} were cut short by --budget-s",
        f"{summary.added.total()} new tests ({_counts(summary.added)}); {summary.seconds:.0f} s",
    ]
    lines += [f"inputs that make no test: {_counts(summary.dropped)}"] if summary.dropped.total() else []
    lines += [f"left as they were: {_counts(summary.kept)}"] if summary.kept else []
    lines.append(f"written: {output}, {output.stem}.excluded.jsonl, {output.stem}.report.jsonl")
    for line in lines:
        console.print(line, highlight=False, markup=False)


def _counts(counts: Counter[str]) -> str:
    return "; ".join(f"{count} x {name}" for name, count in counts.most_common() if count) or "none"
