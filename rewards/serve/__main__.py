"""python -m rewards.serve: the scoring service; the same as `python -m rewards serve`."""

from __future__ import annotations

import typer

from analyzers import command_line
from rewards.commands import serve

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
app.command(help=serve.HELP)(serve.run)


def main() -> None:
    """Runs the command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(app, prog="python -m rewards.serve")


if __name__ == "__main__":
    main()
