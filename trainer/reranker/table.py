"""`python -m trainer.reranker table`: what orders of candidates are worth in each language of a benchmark.

python -m trainer.reranker gather --model smollm2 --tasks multipl_e:PATH --languages python,cpp --out small.jsonl
python -m trainer.reranker table small=small.jsonl large=large.jsonl --by findings --by scorer --scorer FOLDER
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import grammars
from analyzers.registry import split
from analyzers.runtime.doctor import tools
from rewards.reranking import files
from rewards.reranking.pools import Pool
from rewards.reranking.recipes import SCORER, BadRecipe, parse
from rewards.reranking.scores import Rank
from trainer.command_line import Device
from trainer.reranker import table_views
from trainer.reranker.by_language import CHANCE, Table, table
from trainer.reranker.measure_command import scorer_from

HELP = "Show what orders of candidates are worth in each language of a benchmark, and on average."
SHOWN = 3
"""Lines without a pool that a note names."""


def command(
    pools: Annotated[list[str], typer.Argument(metavar="[NAME=]FILE...", help="Labelled pools, and whose they are.")],
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="RECIPE", help="Order, such as findings or scorer,logprob:0.5; repeatable."),
    ] = None,
    scorer: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Trained scorer, for orders that go by one.")
    ] = None,
    n: Annotated[int | None, typer.Option("--n", help="Choose from so many candidates; all by default.", min=1)] = None,
    against: Annotated[str, typer.Option(metavar="ORDER", help="What the other orders are compared with.")] = CHANCE,
    languages: Annotated[
        str, typer.Option(help="Columns, separated by commas; by default those that there are pools of.")
    ] = "",
    device: Device = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the intervals.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the figures to this JSON file.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables to this Markdown file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a self-contained page.")] = None,
) -> None:
    """Show what orders of candidates are worth in each language.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: something cannot be read or written.
    """
    for path in filter(None, (out, markdown, html)):
        if not path.resolve().parent.is_dir():
            raise ValueError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    columns = [grammars.get(name).name for name in split(languages)]
    models = {
        name: [pool for pool in found if not columns or pool.language in columns] for name, found in read(pools).items()
    }
    ranks = _rankers(by or ["findings"], scorer, device, [pool for found in models.values() for pool in found])
    missing = {name: f"cannot be judged here: {why}" for name in columns if (why := tools(name).missing)}
    found = table(models, ranks, n=n, against=against, languages=columns, why=missing, seed=seed)
    console = Console()
    for shown in table_views.on_screen(found):
        console.print(shown)
    for note in table_views.notes(found):
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    _write(found, out, markdown, html)


def read(given: Sequence[str]) -> dict[str, list[Pool]]:
    """The pools of each model; one without a name is called after its file. Lines that hold none are told of.

    Raises:
        ValueError: a name is there twice, or a file holds no pool.
        OSError: a file cannot be opened.
    """
    found: dict[str, list[Pool]] = {}
    for entry in given:
        name, equals, rest = entry.partition("=")
        path = Path(rest if equals else entry)
        model = name if equals else path.name.partition(".")[0]
        if model in found:
            raise ValueError(f"two files of pools are called {model!r}: give each a name, as in {model}-2={path}")
        found[model], unread = files.load(path)
        if unread:
            named = "; ".join(map(str, unread[:SHOWN]))
            Console(stderr=True, soft_wrap=True).print(
                f"{len(unread)} lines hold no pool: {named}", style="yellow", markup=False
            )
        if not found[model]:
            raise ValueError(f"{str(path)!r} holds no pool; `python -m trainer.reranker gather` makes them")
    return found


def _rankers(recipes: Sequence[str], scorer: Path | None, device: Device, pools: Sequence[Pool]) -> Mapping[str, Rank]:
    """The orders by their text; the scorer is loaded where one goes by it."""
    parsed = [parse(text) for text in recipes]
    for recipe in parsed:
        if lacking := recipe.lacking(pools):
            raise BadRecipe(f"the order {str(recipe)!r} goes by {lacking[0]!r}, which no candidate of the pools has")
    model: Rank | None = None
    if any(SCORER in recipe.names for recipe in parsed):
        if scorer is None:
            raise BadRecipe("an order goes by 'scorer': name the folder of one with --scorer")
        model = scorer_from(str(scorer), device)
    # What a blind choice comes to is a row in any case, exactly.
    return {str(recipe): recipe.rank(model) for recipe in parsed if str(recipe) != CHANCE}


def _write(found: Table, out: Path | None, markdown: Path | None, html: Path | None) -> None:
    if out:
        out.write_text(json.dumps(table_views.to_json(found), indent=1) + "\n", encoding="utf-8")
    if markdown:
        markdown.write_text(table_views.markdown(found), encoding="utf-8")
    if html:
        html.write_bytes(table_views.page(found, title="Candidates chosen, by language"))
