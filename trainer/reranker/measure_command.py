"""`python -m trainer.reranker measure`: what orders of labelled candidates are worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rewards.reranking import files
from rewards.reranking.pools import Pool
from rewards.reranking.recipes import PARTS, PUBLIC, SCORER, Recipe, parse
from rewards.reranking.scores import Rank
from trainer.command_line import Device, torch_device
from trainer.evaluation.command import numbers
from trainer.reranker import reports

HELP = "Measure what orders of labelled candidates are worth, side by side."
SINGLE = (*PARTS, PUBLIC)
"""Orders that are measured where none is named, if anything is known of them."""
WIDTH = 200
"""Columns of tables that go to a file."""
N = Annotated[str, typer.Option("--n", help="How many candidates the best is chosen of, separated by commas.")]
Page = Annotated[Path | None, typer.Option("--html", help="Write a self-contained page, with plots.")]
Out = Annotated[Path | None, typer.Option("--figures", help="Write the figures to this JSON file.")]


def command(
    pools: Annotated[list[Path], typer.Argument(metavar="POOLS...", help="Files of `gather`, or of `rank --pools`.")],
    scorer: Annotated[str, typer.Option(help="Folder of a trained scorer; its scores are the part `scorer`.")] = "",
    combine: Annotated[
        list[str] | None,
        typer.Option(help="An order, as `rank` takes it; repeatable. By default each part of which anything is known."),
    ] = None,
    n: N = "1,2,4,8",
    html: Page = None,
    figures: Out = None,
    seed: Annotated[int, typer.Option(help="Seed of intervals, and of the order of `random`.", min=0)] = 0,
    device: Device = "auto",
) -> None:
    """Best of n, the gap that is closed, and what holds within problems, with paired bootstrap intervals.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: something cannot be read or written.
    """
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    sizes = numbers("--n", n)
    recipes = [parse(text) for text in combine or ()]
    if any(SCORER in recipe.names for recipe in recipes) and not scorer:
        raise ValueError("an order goes by 'scorer': name the folder of one with --scorer")
    found = _read(pools, told)
    chosen = recipes or _singles(found, scored=bool(scorer))
    for recipe in chosen:
        for name in recipe.lacking(found):
            raise ValueError(
                f"nothing is known of {name!r} of any candidate, which the order {recipe} goes by; `rank` finds it out"
            )
    rank = reports.remembered(scorer_from(scorer, device)) if scorer else None
    orders = {str(recipe): recipe.rank(rank, seed=seed) for recipe in chosen}
    title = ", ".join(map(str, pools))
    report(found, orders, sizes=sizes, title=title, html=html, out=figures, console=wide())


def report(
    pools: Sequence[Pool],
    orders: Mapping[str, Rank],
    *,
    sizes: Sequence[int],
    title: str,
    html: Path | None,
    out: Path | None,
    console: Console,
) -> None:
    """Shows what orders are worth, and writes what is asked for.

    Raises:
        ValueError: nothing can be measured.
        OSError: something cannot be written.
    """
    found = reports.compared(pools, orders, sizes=sizes)
    for table in reports.tables(found, title=title):
        console.print(table)
    for note in reports.notes(found):
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    if html is not None:
        html.write_bytes(reports.page(found, title=title))
    if out is not None:
        out.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")


def wide() -> Console:
    """The terminal, or what takes a whole table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def scorer_from(folder: str, device: Device) -> Rank:
    """The trained scorer in a folder.

    Raises:
        ValueError: the folder holds none.
    """
    from trainer.reranker.model import RewardModel

    return RewardModel.load(folder, device=torch_device(device))


def _read(paths: Sequence[Path], told: Console) -> list[Pool]:
    found = []
    for path in paths:
        pools, unread = files.load(path)
        found += pools
        for each in unread[:10]:
            told.print(f"left out: {each}", style="yellow", markup=False)
        if unread:
            told.print(f"left out: {len(unread)} lines of {path} in all", style="yellow", markup=False)
    return found


def _singles(pools: Sequence[Pool], *, scored: bool) -> list[Recipe]:
    known = [Recipe({}, (name,)) if name == PUBLIC else Recipe({name: 1.0}) for name in SINGLE]
    found = [recipe for recipe in known if not recipe.lacking(pools)]
    found = [*([Recipe({SCORER: 1.0})] if scored else []), *found]
    if not found:
        raise ValueError("the candidates hold nothing to order them by: name a --scorer, or find out more with `rank`")
    return found
