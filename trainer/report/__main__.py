"""`python -m trainer.report RUN...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainer.report import compare, write


def main() -> None:
    """Runs the command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app()


def command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, such as runs/NAME.")],
    out: Annotated[
        Path, typer.Option(help="Where the page that compares several runs is written.", show_default=True)
    ] = Path("comparison.html"),
) -> None:
    """Write the page of a run, or one page that compares several.

    One RUN: report.html in its folder, from what the run has left there so far.

    Several: curves, held-out figures and sample programs side by side. Runs whose settings differ in nothing but the
    seed are drawn as one curve, their mean, with a band of its 95% interval.
    """
    try:
        typer.echo(write(runs[0]) if len(runs) == 1 else compare(runs, out))
    except OSError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    main()
