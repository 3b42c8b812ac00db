"""python -m rewards show FILE...: what a score is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from analyzers.serial import encode
from rewards import render
from rewards.commands import compare
from rewards.commands.score import show
from rewards.commands.settings import Settings, Tasks, Tokenizer, with_settings

HELP = """Explains scores: each finding with its place, its text, what it costs and why.

[bold]Examples[/bold]

python -m rewards show add.py --tests "assert add(1, 2) == 3"

python -m rewards show scores.json --task add.py --html add.html

python -m rewards show --compare before.py after.py --tests tests.json

A file that ends in .json or .jsonl holds scores (what `score --json`, `batch --jsonl` and training runs write) or
completions.
"""


@with_settings
def run(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Programs, or files of scores; '-' reads a completion.")
    ],
    settings: Settings,
    side_by_side: Annotated[bool, typer.Option("--compare", help="Put two programs side by side.")] = False,
    task: Tasks = None,
    tokenizer: Tokenizer = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Also write a self-contained page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON instead.")] = False,
) -> None:
    """Shows what scores are made of.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: the page cannot be written, or programs cannot be isolated as well as is demanded.
    """
    found = settings.gather(paths, tokens=tokenizer, tasks=task or ())
    scores = [score for _, score in found]
    if side_by_side:
        compare.put(scores, html=html, as_json=as_json)
        return
    if html is not None:
        page = render.to_html(
            scores,
            title="spanwise scores",
            byte_spans=[record.byte_spans for record, _ in found],
            sampled=[record.sampled for record, _ in found],
        )
        html.write_text(page, encoding="utf-8")
    if as_json:
        print(json.dumps([{"name": score.task_id, "findings": encode(score.explain())} for score in scores], indent=2))
    else:
        show(scores, explained=True)
