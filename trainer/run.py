"""Trains a model on tasks with rewards from analyzers and tests.

    python -m trainer.run --analyzers pylint,runtime
    python -m trainer.run --model smollm2 --tasks mbpp:PATH --analyzers pylint,runtime --steps 3
    python -m trainer.run --resume

A run leaves its configuration, metrics, checkpoints and report in runs/NAME/.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzers import registry
from grammars import ownership
from trainer.interrupts import Elsewhere, Interrupts, Terminated
from trainer.recipes import RECIPES

if TYPE_CHECKING:
    from trainer.session import Session

LAST = ":last"
_FLAGS = {
    "model": "model.name",
    "tasks": "tasks.train",
    "scheme": "scheme.name",
    "algorithm": "algorithm",
    "advantage": "advantage.name",
    "loss": "loss.name",
    "steps": "run.steps",
    "seed": "run.seed",
    "name": "run.name",
    "out": "run.out",
    "workers": "reward.workers",
    "isolation": "reward.isolation",
    "eval_tasks": "evaluation.tasks",
    "eval_samples": "evaluation.samples",
}


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the console script."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app(named(sys.argv[1:] if arguments is None else arguments))


def command(
    analyzers: Annotated[
        str | None, typer.Option(help="Analyzers, separated by commas; runtime runs the tests.")
    ] = None,
    plugin: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A .py or .scm file whose analyzers run, too; repeatable.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; see configs/.")] = None,
    model: Annotated[str | None, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = None,
    tasks: Annotated[str | None, typer.Option(help="NAME:PATH; `python -m trainer.tasks --help` lists sets.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps.")] = None,
    scheme: Annotated[str | None, typer.Option(help="How findings and test results become rewards.")] = None,
    algorithm: Annotated[
        str | None,
        typer.Option(help=f"Advantage, loss and rules of sampling: {', '.join(RECIPES)}; see docs/algorithms.md."),
    ] = None,
    advantage: Annotated[
        str | None, typer.Option(help="reinforce, rltf, greedy, grpo, rloo, reinforce++, gae, or a plugin's.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="reinforce, clipped, gspo, cispo, or a plugin's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that analyse.")] = None,
    isolation: Annotated[
        str | None, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the run's folder.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the folders of runs.")] = None,
    eval_tasks: Annotated[int | None, typer.Option(help="Held-out tasks measured before and after.")] = None,
    eval_samples: Annotated[int | None, typer.Option(help="Completions of each of them.")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with the run NAME; without a name, the last one.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="SECTION.KEY=VALUE of the configuration; repeatable.")
    ] = None,
) -> None:
    """Train a model online: sample programs, run and analyse them, reward the tokens that are to blame or to praise."""
    given = {key: value for key, value in locals().items() if key in _FLAGS and value is not None}
    flags: dict[str, Any] = {_FLAGS[key]: value for key, value in given.items()}
    if analyzers is not None:
        flags["reward.analyzers"] = list(registry.split(analyzers))
    if plugin:
        flags["reward.plugins"] = plugin
    with Interrupts(), bad_input_in_one_line():
        ownership.check()
        from trainer import build
        from trainer.config import load
        from trainer.ranks import Ranks

        ranks = Ranks.connect()

        def prepare() -> Session:
            if resume is None:
                return build.prepare(load(config, settings=settings or [], flags=flags), ranks=ranks)
            refuse(sorted({*flags, *(settings or []), *(["--config"] if config else [])} - {"run.out", "run.steps"}))
            chosen = None if resume == LAST else resume
            reopened = ranks.from_first(lambda: build.reopen(chosen, out=out or Path("runs"), steps=steps))
            return build.prepare(reopened[0], folder=reopened[1], ranks=ranks)

        running = ranks.together(prepare)
    with running:
        status = running.train()
    raise typer.Exit(status)


@contextmanager
def bad_input_in_one_line() -> Iterator[None]:
    """Says what cannot be begun in one line, and exits with 2; after Ctrl-C with 130, after SIGTERM with 0."""
    try:
        yield
    except Elsewhere as error:  # where it is said
        raise typer.Exit(2) from error
    except (ValueError, OSError, ownership.ForeignPackage) as error:
        typer.secho(f"error: {' '.join(str(error).split())}", fg="red", err=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        typer.secho("stopped before anything was begun", err=True)
        raise typer.Exit(0 if isinstance(error, Terminated) else 130) from error


def refuse(changed: list[str]) -> None:
    """A run goes on as it began; only its length may change."""
    if changed:
        raise ValueError(f"--resume goes on with the configuration of the run, so {', '.join(changed)} cannot be given")


def named(arguments: list[str]) -> list[str]:
    """`--resume` without a name means the last run; an option of this kind is not in the vocabulary of typer."""
    found: list[str] = []
    for argument in [*arguments, "--"]:
        if found and found[-1] == "--resume" and argument.startswith("-"):
            found.append(LAST)
        found.append(argument)
    return found[:-1]


if __name__ == "__main__":
    main()
