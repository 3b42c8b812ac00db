"""python -m rewards batch FILE...: what happened to many completions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from rewards import jsonable, render
from rewards.commands.records import Record, read_records
from rewards.commands.settings import Settings, Tokenizer, with_settings
from rewards.tokens import TokenBytes
from rewards.types import Score

HELP = """Shows a batch: outcomes, what each rule did to it, and a page with a row for each program.

[bold]Examples[/bold]

python -m rewards batch completions.jsonl --jsonl scores.jsonl --html batch.html

python -m rewards batch scores.jsonl --html batch.html

python -m rewards batch runs/last/samples.jsonl --html batch.html

A line is a score, or a completion: an object with the key completion and, where they are known, language, tests,
task_id, prefix, reference, token_ids or byte_spans. Those that are no scores yet are scored.
"""


@with_settings
def run(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="JSON lines; '-' reads them from stdin.")],
    settings: Settings,
    tokenizer: Tokenizer = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a self-contained page.")] = None,
    jsonl: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the scores, one a line, each as soon as it is known.")
    ] = None,
) -> None:
    """Scores what has no score yet, and sums up.

    Raises:
        ValueError: an argument makes no sense; the message is one line.
        OSError: something cannot be written, or programs cannot be isolated as well as is demanded.
    """
    tokens = TokenBytes.read(tokenizer) if tokenizer else None
    records = [record for path in paths for record in read_records(path, tokens)]
    found: list[tuple[Record, Score]] = []
    with ExitStack() as stack:
        out = stack.enter_context(jsonl.open("w", encoding="utf-8")) if jsonl else None
        console = Console(stderr=True)
        for record, score in track(settings.settled(records), "scoring", len(records), console=console, transient=True):
            found.append((record, score))
            if out is not None:
                out.write(json.dumps(_line(record, score)) + "\n")
                out.flush()
    if html is not None:
        html.write_text(_page(found, ", ".join(paths)), encoding="utf-8")
    Console().print(render.batch_terminal([score for _, score in found]))


def _line(record: Record, score: Score) -> dict[str, object]:
    """A score as one object; its tokens stand beside it where they are known."""
    if record.byte_spans is None:
        return jsonable(score)
    return {"score": jsonable(score), "byte_spans": record.byte_spans.tolist()}


def _page(found: Sequence[tuple[Record, Score]], name: str) -> str:
    return render.batch_html(
        [score for _, score in found],
        title=f"spanwise batch: {name}",
        byte_spans=[record.byte_spans for record, _ in found],
        sampled=[record.sampled for record, _ in found],
    )
