"""python -m rewards: scores programs, and shows what scores are made of.

A new command is a module of `rewards.commands` and a line here. Without the name of a command it is `score`, so that
`python -m rewards FILE --tests TESTS` is enough; a program that is called like a command is given as `./show`.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from analyzers import command_line
from rewards.commands import batch, compare, schemes, score, serve, show

DEFAULT = "score"


class _ScoreByDefault(TyperGroup):
    """Takes arguments that begin with no command for those of `score`."""

    # The type of the context is one of typer's own.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first not in self.commands and first not in ctx.help_option_names:
            close = get_close_matches(first, self.commands, n=1)
            if close and not Path(first).exists():
                ctx.fail(f"{first!r} is no program and no command; did you mean {close[0]!r}?")
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ScoreByDefault,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=f"{score.HELP}\n\nFurther commands are below; [bold]python -m rewards COMMAND --help[/bold] shows options.",
)
app.command(DEFAULT, help=score.HELP)(score.run)
app.command("show", help=show.HELP)(show.run)
app.command("compare", help=compare.HELP)(compare.run)
app.command("batch", help=batch.HELP)(batch.run)
app.command("schemes", help=schemes.HELP)(schemes.run)
app.command("serve", help=serve.HELP)(serve.run)


def main() -> None:
    """Runs the command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(app, prog="python -m rewards")


if __name__ == "__main__":
    main()
