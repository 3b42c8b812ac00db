"""`python -m trainer.reranker --help`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from analyzers import command_line
from trainer.interrupts import Interrupts
from trainer.reranker import gather_command, measure_command, rank_command, table
from trainer.run import LAST, bad_input_in_one_line, named, refuse

_FLAGS = {
    "model": "generator.model",
    "scorer": "scorer.model",
    "tasks": "problems.train",
    "limit": "problems.limit",
    "iterations": "loop.iterations",
    "samples": "candidates.samples",
    "steps": "ppo.run.steps",
    "seed": "run.seed",
    "name": "run.name",
    "out": "run.out",
}

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.callback()
def reranker() -> None:
    """Choose among several samples: train a scorer, make policies expose what it overrates, rank and measure."""


@app.command()
def run(
    config: Annotated[Path | None, typer.Option(help="TOML file; see configs/reranker/.")] = None,
    model: Annotated[str | None, typer.Option(help='Generator: "tiny", "smollm2", a folder, or a hub name.')] = None,
    scorer: Annotated[
        str | None, typer.Option(help="What scorers begin from: any decoder or encoder; by default the generator.")
    ] = None,
    tasks: Annotated[str | None, typer.Option(help="NAME:PATH; `python -m trainer.tasks --help` lists sets.")] = None,
    limit: Annotated[int | None, typer.Option(help="Training tasks, the first ones.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Turns of policy and scorer; 0 trains a scorer once.")] = None,
    samples: Annotated[int | None, typer.Option(help="Candidates of a training task in each iteration.")] = None,
    steps: Annotated[int | None, typer.Option(help="PPO steps of a policy.")] = None,
    hard_negatives: Annotated[
        bool | None,
        typer.Option(
            "--hard-negatives/--no-hard-negatives",
            help="Show the next scorer the failing programs that the last one overrates, or as many others.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run's folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the folders of runs.")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with the run NAME; without a name, the last one.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="SECTION.KEY=VALUE of the configuration (trainer/reranker/settings.py); repeatable."
        ),
    ] = None,
) -> None:
    """Train a scorer in turns with policies that are trained to please it (RewardRanker, arXiv 2504.09643).

    A generator writes candidates, their tests label them, and a scorer learns to put those that pass first. Then, in
    each iteration: PPO trains a fresh policy against the scorer; its programs are run on their tests; those that fail
    although the scorer rates them highly are hard negatives; the next scorer learns from them, too.

    Without options this runs on the embedded model and tasks in a few minutes. What remains is a scorer for
    `python -m trainer.reranker rank`, a table, and a page. Stopped anywhere, `--resume` goes on exactly.
    """
    flags: dict[str, Any] = {
        _FLAGS[key]: value for key, value in locals().items() if key in _FLAGS and value is not None
    }
    if hard_negatives is not None:
        flags["negatives.choice"] = "hard" if hard_negatives else "random"
    with Interrupts(), bad_input_in_one_line():
        from trainer.display import Display
        from trainer.reranker import loop
        from trainer.reranker.settings import load

        if resume is None:
            chosen, folder = loop.begin(load(config, settings=settings or [], flags=flags))
        else:
            refuse(sorted({*flags, *(settings or []), *(["--config"] if config else [])} - {"run.out"}))
            chosen, folder = loop.reopen(None if resume == LAST else resume, out=out or Path("runs"))
        status = loop.run(chosen, folder, Display())
    raise typer.Exit(status)


app.command("gather", help=gather_command.HELP)(bad_input_in_one_line()(gather_command.command))
app.command("rank", help=rank_command.HELP)(bad_input_in_one_line()(rank_command.command))
app.command("measure", help=measure_command.HELP)(bad_input_in_one_line()(measure_command.command))
app.command("table", help=table.HELP)(bad_input_in_one_line()(table.command))


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; whatever is wrong with its arguments ends in one line and exit status 2."""
    command_line.run(
        app, prog="python -m trainer.reranker", arguments=named(sys.argv[1:] if arguments is None else arguments)
    )


if __name__ == "__main__":
    main()
