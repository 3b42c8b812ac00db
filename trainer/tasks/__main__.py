"""python -m trainer.tasks: shows what task sets hold and whether they are fit for use, and makes more tests."""

from __future__ import annotations

import typer

from analyzers import command_line
from trainer.tasks import BadTasks, check, inspection, names, options, summary
from trainer.tasks.augment import command as augmentation


def _sets() -> str:
    """Every set with its options, a line each."""
    lines = []
    for name in names():
        try:
            chosen = "&".join(f"{option}=" for option in options(name))
            lines.append(f"{name}{f'?{chosen}' if chosen else ''}: {summary(name)}")
        except BadTasks as error:  # the help must come, whatever is wrong with a plugin
            lines.append(f"{name}: {error}")
    return "\n\n".join(lines)


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Show what task sets hold and whether they are fit for use, and make more tests for them.\n\n"
    "A set is NAME, NAME:PATH (a file or a folder) or NAME:hf://OWNER/NAME, with options behind a question mark: "
    "apps:PATH?difficulty=interview",
    epilog=f"Sets:\n\n{_sets()}",
)
app.command("inspect", help=inspection.HELP)(inspection.command)
app.command("check", help=check.HELP)(check.command)
app.command("augment", help=augmentation.HELP)(augmentation.command)


def main() -> None:
    """Runs the command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(app, prog="python -m trainer.tasks")


if __name__ == "__main__":
    main()
