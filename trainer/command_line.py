"""What the commands that use models have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Device = Annotated[
    Literal["auto", "cpu", "cuda"], typer.Option(help="Where models run; auto takes a GPU if there is one.")
]


def torch_device(device: Device) -> str:
    """The device that is meant, as torch calls it.

    Raises:
        ValueError: a GPU is asked for, and there is none.
    """
    import torch  # which takes seconds, and --help nothing

    gpu = torch.cuda.is_available()
    if device == "cuda" and not gpu:
        raise ValueError("--device cuda needs a GPU that this torch can use, and finds none; use --device cpu")
    return "cuda" if gpu and device != "cpu" else "cpu"


@contextmanager
def bar(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that leaves nothing behind; yields what takes (done, total), of which a total of 0 is unknown."""
    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(TextColumn("{task.description}"), *columns, console=console, transient=True) as progress:
        row = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(row, completed=done, total=total or None)
