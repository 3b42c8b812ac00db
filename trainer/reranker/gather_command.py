"""`python -m trainer.reranker gather`: candidates of a model for tasks, labelled by their tests, as a file of pools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import grammars
from analyzers.command_line import INTERRUPTED
from analyzers.registry import chosen, split
from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime.doctor import tools
from rewards.reranking import files
from trainer.command_line import Device, bar, torch_device
from trainer.reranker.by_language import problem
from trainer.reranker.gather import gather
from trainer.tasks import load
from trainer.types import Sampling, Task

HELP = "Draw candidates of a model for tasks, run their tests, and write them as pools; run again to go on."
SETTINGS = ".settings.json"
"""What the name of the file beside the pools ends with, which says how they are made."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How the pools of a file are made: the same for all of them."""

    model: str
    tasks: str
    split: str
    samples: int
    temperature: float
    top_p: float
    max_new_tokens: int
    seed: int
    analyzers: tuple[str, ...]

    @property
    def sampling(self) -> Sampling:
        """How candidates are drawn."""
        return Sampling(self.temperature, self.top_p, self.max_new_tokens)


def command(
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')],
    tasks: Annotated[str, typer.Option(help="Task set, such as multipl_e:PATH.")],
    out: Annotated[Path, typer.Option(help="File of pools, .jsonl or .jsonl.gz; run again to go on.")],
    part: Annotated[str, typer.Option("--split", help="Split of the set.")] = "test",
    languages: Annotated[str, typer.Option(help="Languages, separated by commas; all of the set by default.")] = "",
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT problems of each language.", min=1)] = None,
    samples: Annotated[int, typer.Option(help="Candidates of each task.", min=1)] = 8,
    temperature: Annotated[float, typer.Option(help="Divides the logits.")] = 0.8,
    top_p: Annotated[float, typer.Option(help="Nucleus that is sampled from.")] = 0.95,
    max_new_tokens: Annotated[int, typer.Option(help="Longest candidate, in tokens.", min=1)] = 256,
    analyzers: Annotated[str, typer.Option(help="Analyzers whose findings are kept beside the verdict.")] = "syntax",
    device: Device = "auto",
    workers: Annotated[int | None, typer.Option(help="Programs that run at a time.", min=1)] = None,
    isolation: Annotated[str, typer.Option(help="Weakest tier at which programs may run.")] = "standard",
    seed: Annotated[int, typer.Option(help="Seed of the sampling.", min=0)] = 0,
) -> None:
    """Draw candidates and label them. Languages whose toolchain is missing are left out, and named.

    Raises:
        ValueError: an argument makes no sense, or the file holds pools that are made otherwise.
        OSError: something cannot be read or written.
    """
    names = tuple(name for name in chosen(split(analyzers), ()) if name != RUNTIME)
    draw = Draw(model, tasks, part, samples, temperature, top_p, max_new_tokens, seed, names)
    sampling = draw.sampling
    _claim(out, draw)
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    found = wanted(load(tasks, part), languages=split(languages), limit=limit)
    for language, missing in found.missing.items():
        told.print(f"left out: {language} cannot be judged here: {missing}", style="yellow", markup=False)
    done = {pool.task_id for pool in files.load(out)[0]} if out.exists() else set()
    todo = [task for task in found.tasks if task.id not in done]
    try:
        if todo:
            _draw(todo, draw, sampling, out, device=device, workers=workers, isolation=isolation)
    except KeyboardInterrupt as error:
        told.print(f"interrupted; run the same command again to go on from {out}", style="red", markup=False)
        raise typer.Exit(INTERRUPTED) from error
    told.print(f"{len(found.tasks)} pools in {out}", markup=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Tasks to draw candidates for."""

    tasks: list[Task]
    missing: dict[str, str]
    """Languages that cannot be judged on this machine, and why."""


def wanted(tasks: Sequence[Task], *, languages: Sequence[str] = (), limit: int | None = None) -> Wanted:
    """Those of some languages, in their order, and of the same first problems where there is a limit.

    Raises:
        ValueError: a language has no task, or none can be judged.
    """
    chosen_languages = list(dict.fromkeys(grammars.get(name).name for name in languages))
    there = dict.fromkeys(task.language for task in tasks)
    for name in chosen_languages:
        if name not in there:
            raise ValueError(f"the task set has no task in {name!r}; it has {', '.join(there)}")
    names = chosen_languages or list(there)
    missing = {name: why for name in names if (why := tools(name).missing)}
    names = [name for name in names if name not in missing]
    if not names:
        raise ValueError(f"no language can be judged here: {'; '.join(missing.values())}")
    kept = sorted((task for task in tasks if task.language in names), key=lambda task: names.index(task.language))
    first = set(list(dict.fromkeys(problem(task.id, task.language) for task in kept))[:limit])
    return Wanted([task for task in kept if problem(task.id, task.language) in first], missing)


def _claim(out: Path, draw: Draw) -> None:
    """Sees to it that all pools of a file are made alike."""
    if not out.resolve().parent.is_dir():
        raise ValueError(f"cannot write {str(out)!r}: there is no folder {str(out.parent)!r}")
    place = out.with_name(f"{out.name}{SETTINGS}")
    settings: dict[str, Any] = json.loads(json.dumps(asdict(draw)))
    if not place.exists():
        place.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
        return
    before = json.loads(place.read_text(encoding="utf-8"))
    for name, value in settings.items():
        if before.get(name) != value:
            raise ValueError(
                f"{str(out)!r} holds pools with {name} {before.get(name)!r}, and asked for is {value!r}: "
                "name another file"
            )


def _draw(
    tasks: Sequence[Task],
    draw: Draw,
    sampling: Sampling,
    out: Path,
    *,
    device: Device,
    workers: int | None,
    isolation: str,
) -> None:
    from rewards import Scorer
    from trainer.policy import Policy

    policy = Policy.load(draw.model, device=torch_device(device))
    with (
        Scorer((RUNTIME, *draw.analyzers), workers=workers, isolation=isolation) as judge,
        files.appending(out) as keep,
        bar(Console(stderr=True), "candidates") as progress,
    ):
        for pool in gather(
            policy, tasks, judge, samples=draw.samples, sampling=sampling, seed=draw.seed, on_progress=progress
        ):
            keep(pool)
