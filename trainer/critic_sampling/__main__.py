"""`python -m trainer.critic_sampling --help`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from analyzers import registry, runtime
from grammars import ownership
from trainer.command_line import Device, torch_device
from trainer.critic_sampling.public import Exam, split
from trainer.tasks import load
from trainer.types import Sampling, Task

if TYPE_CHECKING:
    from rewards import Scorer
    from trainer.critic_sampling.procedure import Answer
    from trainer.critic_sampling.results import Verdicts
    from trainer.policy import Policy

SETTINGS, CRITIC, MENDER, ROLLOUTS = "settings.json", "critic.pt", "mender", "rollouts.jsonl"
ANSWERS, VERDICTS, SAMPLED, FINAL, FIGURES = (
    "answers.jsonl", "verdicts.jsonl", "sampled.jsonl", "final.jsonl", "figures.json",
)  # fmt: skip

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Critic sampling (CodeRL, arXiv 2207.01780): refine programs that pass public tests, repair those that fail.",
)

Analyzers = Annotated[str, typer.Option(help="Analyzers whose findings the mender is told; the tests are always run.")]
Workers = Annotated[int | None, typer.Option(help="Processes that run tests and analyse.", min=1)]
Isolation = Annotated[str, typer.Option(help="Weakest tier at which programs may run: strict, standard, weak, none.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]
Temperature = Annotated[float, typer.Option(help="Divides the logits.", min=0.01)]
TopP = Annotated[float, typer.Option(help="Nucleus that is sampled from.")]
MaxNewTokens = Annotated[int, typer.Option(help="Longest program, in tokens.", min=1)]
Spec = Annotated[str, typer.Option(help="Task set as NAME:PATH; `python -m trainer.tasks --help` lists them.")]
Limit = Annotated[int | None, typer.Option(help="Only the first LIMIT tasks.", min=1)]


@app.command()
def learn(
    out: Annotated[Path, typer.Option(help="Folder for critic and mender.")],
    model: Annotated[str, typer.Option(help='"tiny", "smollm2", a folder, or a hub name.')] = "tiny",
    tasks: Spec = "builtin",
    split_: Annotated[str, typer.Option("--split", help="Split; never the one that is measured.")] = "train",
    limit: Limit = 400,
    samples: Annotated[int, typer.Option(help="Programs of each task that critic and mender learn from.", min=1)] = 8,
    mender: Annotated[
        bool, typer.Option(help="Teach a copy of the model to mend programs; else the model itself is asked.")
    ] = True,
    epochs: Annotated[int, typer.Option(help="Times that each program is learned from.", min=1)] = 3,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    max_new_tokens: MaxNewTokens = 96,
    analyzers: Analyzers = "runtime,pyflakes",
    seed: Seed = 0,
    device: Device = "auto",
    workers: Workers = None,
    isolation: Isolation = "standard",
) -> None:
    """Make a critic, and a model that mends programs, from what a model writes for training tasks.

    The model samples programs, all tests label them, and OUT keeps three things: the programs (rollouts.jsonl), a
    head that reads the model's states and tells how likely a program is to pass (critic.pt), and a copy of the model
    that writes the reference when it is told of a failing program (mender/). Stopped anywhere, the same command goes
    on; what it has sampled by then it does not sample again.
    """
    with _stoppable(), _scorer(analyzers, workers, isolation) as scorer, _bar() as bar:
        from trainer.critic_sampling import learning, work

        with _refusing():
            chosen = load(tasks, split_)[:limit]
            sampling = Sampling(temperature, top_p, max_new_tokens)
            policy = _policy(model, device)
            out.mkdir(parents=True, exist_ok=True)
            programs = work.rollouts(
                out / ROLLOUTS, policy, chosen, scorer, bar("programs of tasks"),
                model=model, samples=samples, sampling=sampling, seed=seed,
            )  # fmt: skip
            _enough(programs)
        (out / SETTINGS).unlink(missing_ok=True)  # until critic and mender belong together again
        schooling = learning.Schooling(epochs=epochs, seed=seed)
        critic, worth = learning.taught_critic(
            policy, chosen, programs, schooling=schooling, on_step=bar("critic, steps")
        )
        critic.save(out / CRITIC)
        shutil.rmtree(out / MENDER, ignore_errors=True)
        pairs = 0
        if mender:
            student = _policy(model, device)
            pairs = learning.taught_mender(student, chosen, programs, schooling=schooling, on_step=bar("mender, steps"))
            student.save(out / MENDER)
    learned = {"model": model, "learned_from": [task.id for task in chosen]}
    (out / SETTINGS).write_text(json.dumps(learned) + "\n", encoding="utf-8")
    console = Console()
    passing = sum(not program.note for program in programs) / len(programs)
    console.print(f"{len(programs)} programs of {len(chosen)} tasks, {100 * passing:.1f}% of them pass")
    if worth:
        console.print(
            f"critic: tells the outcome of {100 * worth.accuracy:.1f}% of {worth.programs} programs of unseen tasks; "
            f"the commonest outcome is that of {100 * worth.commonest:.1f}%"
        )
    if mender:
        console.print(f"mender: learned from {pairs} pairs of a failing program and a reference")
    console.print(f"go on with: python -m trainer.critic_sampling sample {out}", soft_wrap=True)


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="What `learn` has written.", show_default=False)],
    tasks: Spec = "builtin",
    split_: Annotated[str, typer.Option("--split", help="Split that is measured.")] = "test",
    limit: Limit = None,
    samples: Annotated[int, typer.Option(help="Programs of each task (N), without and with the critic.", min=1)] = 8,
    candidates: Annotated[int, typer.Option(help="Failing programs that are repaired where all fail (M).", min=1)] = 1,
    public: Annotated[
        int, typer.Option(help="Tests that may be seen, where the task set does not say which.", min=1)
    ] = 2,
    temperature: Temperature = 1.0,
    top_p: TopP = 1.0,
    max_new_tokens: MaxNewTokens = 96,
    analyzers: Analyzers = "runtime,pyflakes",
    seed: Seed = 0,
    device: Device = "auto",
    workers: Workers = None,
    isolation: Isolation = "standard",
    out: Annotated[Path | None, typer.Option(help="Folder of the programs; by default FOLDER/answers.")] = None,
) -> None:
    """Sample programs without and with the critic, and measure both by all tests.

    Of each task N programs are sampled and run on its public tests. Where some pass, each is cut where the critic
    thinks best of it, and N programs go on from these beginnings (refine). Where all fail, the mender is told of the M
    likeliest to pass and what is wrong with them, and N programs of its are refined in turn (repair). The other tests
    are run when all programs of all tasks are written. OUT holds the programs: sampled.jsonl and final.jsonl, which
    `python -m trainer.evaluate --samples` reads, too. Stopped anywhere, the same command goes on.
    """
    target = out or folder / "answers"
    with _stoppable(), _scorer(analyzers, workers, isolation) as scorer, _bar() as bar:
        from trainer.critic_sampling import work
        from trainer.critic_sampling.critic import Critic
        from trainer.critic_sampling.procedure import CriticSampler

        with _refusing():
            settings = _settings(folder)
            exams = _exams(load(tasks, split_)[:limit], public, learned_from=settings["learned_from"])
            policy = _policy(settings["model"], device)
            critic = Critic.load(policy, folder / CRITIC)
            mender = _policy(str(folder / MENDER), device) if (folder / MENDER).is_dir() else policy
            target.mkdir(parents=True, exist_ok=True)
            sampler = CriticSampler(
                policy, critic, mender, scorer, Sampling(temperature, top_p, max_new_tokens), samples, candidates, seed
            )
            made_by = work.digest(
                *sorted(path for path in folder.glob("**/*") if path.name == CRITIC or path.suffix == ".safetensors")
            )
            answered = work.answers(
                target / ANSWERS, sampler, [exam.public for exam in exams], bar("tasks answered"), made_by=made_by
            )
            programs = {
                name: [(a.task_id, p) for a in answered for p in getattr(a, name)] for name in ("sampled", "final")
            }
            work.write_samples(target / SAMPLED, programs["sampled"])
            work.write_samples(target / FINAL, programs["final"])
            judged = work.verdicts(
                target / VERDICTS, [exam.whole for exam in exams], answered, scorer, bar("tasks judged by all tests")
            )
    _report(answered, judged, target / FIGURES)


def _report(answered: Sequence[Answer], judged: Verdicts, path: Path) -> None:
    """The table, and the same figures as JSON."""
    from dataclasses import asdict

    from trainer.critic_sampling.results import effects, notes

    found, did = effects(answered, judged), notes(answered)
    path.write_text(
        json.dumps({**{name: asdict(effect) for name, effect in found.items()}, **did}, indent=1) + "\n",
        encoding="utf-8",
    )
    table = Table(title="pass@1 by all tests, in percent; gains with their 95% interval", title_justify="left")
    for column in ("tasks", "programs", "sampled", "final", "gain"):
        table.add_column(column)
    for name, effect in found.items():
        for row in effect.described():
            table.add_row(f"{name} ({effect.tasks})", *row)
    console = Console()
    console.print(table)
    before, after, given = (f"{100 * did[name]:.1f}%" for name in ("public_before", "public_after", "tokens_given"))
    console.print(
        f"final: with critic sampling. Public tests are passed by {before} of the sampled and {after} of the final "
        f"programs; refined programs were given {given} of their tokens."
    )


def _exams(tasks: Sequence[Task], public: int, *, learned_from: Sequence[str]) -> list[Exam]:
    if known := {task.id for task in tasks} & set(learned_from):
        raise ValueError(
            f"critic and mender have learned from {len(known)} of these tasks with all their tests, {min(known)!r} "
            "for one; measure others, such as another --split"
        )
    exams = [exam for task in tasks if (exam := split(task, shown=public)) is not None]
    if not exams:
        raise ValueError(
            f"none of {len(tasks)} tasks has more tests than the {public} that may be seen; give a smaller --public"
        )
    if len(exams) < len(tasks):
        Console(stderr=True).print(
            f"{len(tasks) - len(exams)} of {len(tasks)} tasks are left out: no test of theirs could be held back"
        )
    return exams


def _enough(programs: Sequence[object]) -> None:
    if not programs:
        raise ValueError("the harness could judge none of the programs; python -m analyzers.runtime.doctor says why")


def _settings(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        return {"model": str(found["model"]), "learned_from": [str(name) for name in found["learned_from"]]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{str(folder)!r} holds no critic; make one with: python -m trainer.critic_sampling learn --out {folder}"
        ) from error


def _policy(model: str, device: Device) -> Policy:
    from trainer.policy import Policy

    return Policy.load(model, device=torch_device(device))


@contextmanager
def _scorer(analyzers: str, workers: int | None, isolation: str) -> Iterator[Scorer]:
    from rewards import Scorer

    with _refusing():
        ownership.check()
        names = dict.fromkeys([runtime.NAME, *registry.chosen(registry.split(analyzers), ())])
        scorer = Scorer(list(names), workers=workers, isolation=isolation)
    with scorer:
        yield scorer


@contextmanager
def _bar() -> Iterator[Any]:
    """Yields a function that adds a bar and returns what takes (done, total)."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(TextColumn("{task.description}"), *columns, console=Console(stderr=True)) as progress:

        def add(label: str) -> Any:
            bar = progress.add_task(label, total=None)
            return lambda done, total: progress.update(bar, completed=done, total=total)

        yield add


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _complain("interrupted; run the same command again to go on")
        raise typer.Exit(130) from None


@contextmanager
def _refusing() -> Iterator[None]:
    """Turns bad input into one line and exit status 2."""
    try:
        yield
    except (ValueError, OSError, ownership.ForeignPackage) as error:
        _complain(f"error: {' '.join(str(error).split())}")
        raise typer.Exit(2) from error


def _complain(line: str) -> None:
    Console(stderr=True, soft_wrap=True).print(line, style="red", highlight=False, markup=False)


def main() -> None:
    """Entry point."""
    app()


if __name__ == "__main__":
    main()
