"""python -m rewards compare A B: two programs side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analyzers.serial import encode
from rewards import render
from rewards.commands.programs import BadUsage
from rewards.commands.settings import Settings, Tasks, with_settings
from rewards.compare import paired
from rewards.types import Score

HELP = """Puts two programs side by side: their lines, their scores, and what only one of them is charged for.

[bold]Examples[/bold]

python -m rewards compare before.py after.py --tests tests.json --html compared.html

python -m rewards compare scores.jsonl --task sample-1 --task sample-7
"""


@with_settings
def run(
    paths: Annotated[list[str], typer.Argument(metavar="A B", help="Two programs, or files that hold two scores.")],
    settings: Settings,
    task: Tasks = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Also write a self-contained page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as pairs of JSON instead.")] = False,
) -> None:
    """Compares two programs.

    Raises:
        ValueError: an argument makes no sense, or there are not two programs; the message is one line.
        OSError: the page cannot be written, or programs cannot be isolated as well as is demanded.
    """
    found = settings.gather(paths, tokens=None, tasks=task or ())
    put([score for _, score in found], html=html, as_json=as_json)


def put(scores: Sequence[Score], *, html: Path | None, as_json: bool) -> None:
    """Shows two scores side by side.

    Raises:
        BadUsage: they are not two.
        OSError: the page cannot be written.
    """
    if len(scores) != 2:
        raise BadUsage(f"two programs can be compared, got {len(scores)}; --task chooses among those of a file")
    left, right = scores
    if html is not None:
        html.write_text(render.compare_html(left, right, title="spanwise comparison"), encoding="utf-8")
    if as_json:
        pairs = [
            {"left": encode(one), "right": encode(other)} for one, other in paired(left.explain(), right.explain())
        ]
        print(json.dumps(pairs, indent=2))
    else:
        Console().print(render.compare_terminal(left, right))
