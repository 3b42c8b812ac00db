"""The loop of RewardRanker: stages one after the other, each finished once, all of them in one folder.

runs/NAME/
  reranker.json               the configuration
  journal.json metrics.jsonl  finished stages and what they came to
  generator/                  checkpoints of stage A
  held-out.jsonl              the generator's candidates for held-out tasks
  iteration-0/                pools.jsonl lessons.jsonl scorer/ scores.json
  iteration-1/                policy/ (a run of trainer.run) and the same; negatives.json: what was overrated
  report.html
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime import Limits
from rewards import Scorer
from trainer import run_folder, tasks
from trainer.checkpoint import BadCheckpoint
from trainer.display import Display
from trainer.generation import GenerationFailed
from trainer.interrupts import Interrupts, Terminated
from trainer.layers import ConfigError, restored
from trainer.nonfinite import NotFinite
from trainer.policy import Policy
from trainer.prompts import render
from trainer.reranker import page, stages, summary
from trainer.reranker.fit import Broken
from trainer.reranker.journal import Journal
from trainer.reranker.ranking import BadScores
from trainer.reranker.settings import Settings
from trainer.reranker.stages import Figures, Place, Progress, StageFailed, Work
from trainer.session import DONE, FAILED, INTERRUPTED, replace_text
from trainer.types import Task

CONFIG = "reranker.json"
COMMAND = "python -m trainer.reranker run"


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a run that is either finished or not."""

    name: str
    title: str
    act: Callable[[Progress], Figures]
    shows_itself: bool = False
    """Whether it has a display of its own."""


def plan(work: Work) -> Iterator[Stage]:
    """The stages of a run, in order."""
    if work.settings.generator.supervised_steps:
        yield Stage("generator", "A: supervised steps", lambda progress: stages.supervised(work, progress))
    yield Stage("held-out", "held-out candidates", lambda progress: _held_out(work, progress))
    yield Stage("0/pools", "B: candidates", lambda progress: _programs(work, 0, progress))
    yield from _scored(work, 0)
    for number in range(1, work.settings.loop.iterations + 1):
        yield from _turn(work, number)


def _turn(work: Work, number: int) -> Iterator[Stage]:
    """Stages C to E of an iteration."""
    title = f"C: policy {number}"
    yield Stage(f"{number}/policy", title, lambda progress: stages.pleased(work, number), shows_itself=True)
    title = f"D: programs of policy {number}"
    yield Stage(f"{number}/pools", title, lambda progress: _programs(work, number, progress))
    yield Stage(f"{number}/chosen", f"E: negatives {number}", lambda progress: stages.chosen(work, number))
    yield from _scored(work, number)


def _scored(work: Work, number: int) -> Iterator[Stage]:
    title = f"{'E' if number else 'B'}: scorer {number}"
    yield Stage(f"{number}/scorer", title, lambda progress: stages.trained(work, number, progress))
    title = f"scorer {number} on held-out tasks"
    yield Stage(f"{number}/measured", title, lambda progress: summary.measured(work, number))


def _held_out(work: Work, progress: Progress) -> Figures:
    samples, path = work.settings.candidates.held_out, work.place.held_out
    model, seed = stages.generator(work), work.seed(5)
    return stages.labelled(work, model, work.held_out, path, samples=samples, seed=seed, progress=progress)


def _programs(work: Work, number: int, progress: Progress) -> Figures:
    """Those of the generator, or of the policy of an iteration."""
    samples, path = work.settings.candidates.samples, work.place.pools(number)
    model = stages.policy(work, number) if number else stages.generator(work)
    return stages.labelled(work, model, work.train, path, samples=samples, seed=work.seed(6, number), progress=progress)


def run(settings: Settings, folder: Path, display: Display) -> int:
    """Does what is left of a run. Returns the exit status: 0, 1 where it could not go on, 130 after Ctrl-C.

    After SIGTERM it is 0: that is how a machine is taken away.

    Raises:
        ValueError, OSError: something that the configuration asks for does not exist.
    """
    again = f"{COMMAND} --resume {folder.name}" + ("" if folder.parent == Path("runs") else f" --out {folder.parent}")
    with Interrupts() as interrupts:
        try:
            return _run(settings, folder, display, interrupts, again)
        except KeyboardInterrupt as error:
            display.say(f"\nstopped; go on with: {again}")
            return DONE if isinstance(error, Terminated) else INTERRUPTED
        except (StageFailed, GenerationFailed, NotFinite, Broken, BadScores, BadCheckpoint, OSError) as error:
            display.say(f"error: {' '.join(str(error).split())}; when that is mended, go on with: {again}")
            return FAILED


def _run(settings: Settings, folder: Path, display: Display, interrupts: Interrupts, again: str) -> int:
    journal = Journal(folder)
    with _judge(settings) as judge:
        work = _work(settings, folder, judge, display, again)
        for stage in plan(work):
            if stage.name in journal.stages:
                continue
            begin = time.perf_counter()
            if stage.shows_itself:
                display.say(stage.title)
                figures = stage.act(lambda done, total: None)
            else:
                with display.evaluating(stage.title) as progress:
                    figures = stage.act(progress)
            seconds = time.perf_counter() - begin
            with interrupts.deferred():
                journal.note(stage.name, {**figures, "seconds": seconds})
            display.say(f"{stage.title}: {summary.said(stage.name, figures)} ({seconds:.0f} s)")
    display.console.print(summary.table(journal.stages))
    if settings.run.report:
        display.say(f"run: {folder}/   report: {page.write(folder, settings, journal.stages)}")
    return DONE


def begin(settings: Settings) -> tuple[Settings, Path]:
    """Checks what can be checked before anything is done, and makes the folder of a new run.

    Raises:
        ValueError, OSError: tasks or a model that the configuration names are not there; nothing is left behind.
    """
    train, held_out = _tasks(settings)
    _fit_in(settings, [*train, *held_out])
    name = settings.run.name or f"reranker-{settings.problems.train.removeprefix('force:').partition(':')[0]}"
    folder = run_folder.fresh(settings.run.out, name)
    try:
        settings = settings.model_copy(update={"run": settings.run.model_copy(update={"name": folder.name})})
        replace_text(folder / CONFIG, settings.model_dump_json(indent=2))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return settings, folder


def reopen(name: str | None, *, out: Path) -> tuple[Settings, Path]:
    """Configuration and folder of a run to go on with; without a name the one that was touched last.

    Raises:
        ConfigError: there is no such run, or its configuration cannot be read.
    """
    folder = run_folder.begun(name, out=out, config=CONFIG)
    return restored(Settings, (folder / CONFIG).read_text(encoding="utf-8")), folder


def _work(settings: Settings, folder: Path, judge: Scorer, display: Display, again: str) -> Work:
    train, held_out = _tasks(settings)
    device = "cuda" if settings.generator.device == "auto" and torch.cuda.is_available() else "cpu"
    return Work(settings, Place(folder.resolve()), train, held_out, judge, display, device, again)


def _tasks(settings: Settings) -> tuple[list[Task], list[Task]]:
    problems = settings.problems
    train = tasks.load(problems.train, "train")[: problems.limit]
    return train, tasks.load(problems.test or problems.train, "test")[: problems.held_out]


def _fit_in(settings: Settings, chosen: Sequence[Task]) -> None:
    """The generator is there, and sees every prompt with the longest answer."""
    policy = Policy.load(settings.generator.model)
    room = settings.candidates.max_new_tokens
    if policy.context is None:
        return
    for task in chosen:
        length = len(policy.encode(render(task, policy.tokenizer)))
        if length + room > policy.context:
            raise ConfigError(
                f"the prompt of task {task.id!r} has {length} tokens, and with candidates.max_new_tokens = {room} that "
                f"is more than the {policy.context} that the model sees; lower that, or take other tasks"
            )


def _judge(settings: Settings) -> Scorer:
    chosen = settings.judge
    return Scorer(
        list(dict.fromkeys([RUNTIME, *chosen.analyzers])),
        limits=Limits(timeout_s=chosen.timeout_s),
        isolation=chosen.isolation,
        workers=chosen.workers,
    )
