"""From a configuration to a session that is ready to run; whatever is wrong is said here, before anything is done."""

from __future__ import annotations

import os
import random
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from accelerate import Accelerator
from rich.console import Console

from analyzers import registry
from analyzers.runtime import NAME as RUNTIME
from analyzers.runtime import Limits
from rewards import Scorer, schemes
from trainer import checkpoint, lora, nonfinite, run_folder, tasks, tracking
from trainer.config import Config, ConfigError, restore
from trainer.display import Display
from trainer.generation import Backend, GenerationFailed
from trainer.generation.roles import Roles
from trainer.log import flat
from trainer.loop import Loop
from trainer.policy import Policy
from trainer.prompts import render
from trainer.ranks import Ranks
from trainer.run_folder import CONFIG
from trainer.session import CHECKPOINTS, Session, lasting, replace_text
from trainer.types import Task

if TYPE_CHECKING:
    from trainer.learned import Rated

SMALL = 10_000_000
"""Weights below which a second thread costs more than it brings."""


def prepare(
    settings: Config, *, folder: Path | None = None, display: Display | None = None, ranks: Ranks | None = None
) -> Session:
    """Builds a run: a new one in a new folder, or the one in `folder` from its last checkpoint.

    `ranks` are the processes that learn as one; all of them call it together.

    Raises:
        ValueError, OSError: something that the configuration asks for does not exist; one line says what and what to
            do. Nothing is left behind.
    """
    ranks = ranks or Ranks()
    display = display or Display(Console(quiet=not ranks.first))
    tracking.check(settings.run.trackers)
    train, held_out = _tasks(settings)
    with ExitStack() as undo:
        scorer = judge = _scorer(settings, settings.reward.analyzers, ranks)
        undo.callback(scorer.close)
        if RUNTIME not in settings.reward.analyzers:
            if settings.reward.model is None:
                display.warn(
                    f"{RUNTIME!r} is not among the analyzers, so no tests count for the rewards; "
                    "rewards from findings alone make programs shorter, not more correct"
                )
            warnings.filterwarnings("ignore", message="tests are given but 'runtime' is not")  # the same, once more
            judge = _scorer(settings, (RUNTIME, *settings.reward.analyzers), ranks)
            undo.callback(judge.close)
        rewarding = scorer if settings.reward.model is None else _rated(settings, train, scorer)
        saved = ranks.from_first(lambda: checkpoint.latest(folder / CHECKPOINTS) if folder else None)
        if folder is not None and saved is None:
            display.warn(f"there is no checkpoint in {folder / CHECKPOINTS}, so the run begins anew")
        state = {} if saved is None else _state(saved, settings)
        policies = _policies(settings, saved, ranks)
        train, held_out = (_fitting(found, policies[0], settings, display) for found in (train, held_out))
        ranks.agree((settings.model_dump(), len(train), len(held_out)), "settings or tasks")
        loop = _loop(settings, policies, train, rewarding, ranks)
        resumed = folder is not None
        if folder is None:
            folder = ranks.from_first(lambda: run_folder.fresh(settings.run.out, _name(settings)))
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            settings = settings.model_copy(update={"run": settings.run.model_copy(update={"name": folder.name})})
        loop.roles = _roles(settings, policies[0], folder, display, ranks)
        undo.callback(loop.roles.close)
        with _generator_in_one_line():
            if saved is not None:
                _put_back(loop, saved, state)
            else:
                loop.roles.start()
        if ranks.first:
            replace_text(folder / CONFIG, settings.model_dump_json(indent=2))
        undo.pop_all()
    display.say(_opening(settings, loop, len(train), len(held_out)))
    if ranks.count > 1:
        _say_processes(settings, ranks, display)
    return Session(settings, folder, loop, rewarding, judge, held_out, display, resumed, ranks)


def reopen(name: str | None, *, out: Path, steps: int | None = None) -> tuple[Config, Path]:
    """Configuration and folder of a run to go on with; without a name the one that was touched last.

    Raises:
        ConfigError: there is no such run.
    """
    folder = run_folder.begun(name, out=out)
    settings = _read_config(folder / CONFIG)
    changes: dict[str, Any] = {"out": out} | ({} if steps is None else {"steps": steps})
    return settings.model_copy(update={"run": settings.run.model_copy(update=changes)}), folder


def _say_processes(settings: Config, ranks: Ranks, display: Display) -> None:
    display.say(f"{ranks.count} processes, {ranks.here} of them on this machine")
    if settings.rollout.tasks % ranks.count:
        display.warn(
            f"a group stays in one process, and rollout.tasks = {settings.rollout.tasks} is no multiple of "
            f"{ranks.count} processes: some wait for others in every round"
        )


def _cores(ranks: Ranks) -> int:
    """The cores of this process, which shares the machine with others."""
    return max(1, len(os.sched_getaffinity(0)) // ranks.here)


def _rated(settings: Config, train: Sequence[Task], analysing: Scorer) -> Rated:
    """The trained scorer that gives the rewards."""
    from trainer import learned  # and with it a model that other runs do without

    device = str(_accelerator(settings).device)
    return learned.load(str(settings.reward.model), train, device=device, analysing=analysing)


def _scorer(settings: Config, analyzers: Sequence[str], ranks: Ranks) -> Scorer:
    return Scorer(
        registry.chosen(analyzers, settings.reward.plugins),
        scheme=settings.scheme_spec,
        limits=Limits(timeout_s=settings.reward.timeout_s),
        isolation=settings.reward.isolation,
        workers=settings.reward.workers or (_cores(ranks) if ranks.here > 1 else None),
    )


def _read_config(path: Path) -> Config:
    try:
        return restore(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"cannot read {path}: {error}; without it no run can go on, but one can begin with --model and a folder of "
            f"{path.parent / CHECKPOINTS}/"
        ) from error


def _state(saved: Path, settings: Config) -> dict[str, Any]:
    """The state of a checkpoint, if it is one of this run.

    Raises:
        BadCheckpoint, ConfigError: it cannot be read, belongs to another run, or has more steps than the run.
    """
    state = checkpoint.load(saved)
    ours, theirs = (dict(flat(values)) for values in (lasting(settings), state.get("settings", {})))
    other = [
        f"{key.replace('/', '.')} = {theirs[key]!r}, not {ours[key]!r}"
        for key in theirs
        if ours.get(key, theirs[key]) != theirs[key]
    ]
    if other:
        more = f" (and {len(other) - 1} more)" if len(other) > 1 else ""
        raise ConfigError(
            f"{saved} is of a run with {other[0]}{more}: put {CONFIG} back as it was, or begin a run with --model "
            f"{saved / checkpoint.MODEL}"
        )
    if state.get("step", 0) > settings.run.steps:
        raise ConfigError(f"the run has done {state['step']} steps already, so --steps {settings.run.steps} cannot be")
    return state


def _put_back(loop: Loop, saved: Path, state: Mapping[str, Any]) -> None:
    try:
        loop.restore(state)
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise checkpoint.bad(saved, f"its state does not fit the run ({type(error).__name__}: {error})") from error


def _tasks(settings: Config) -> tuple[list[Task], list[Task]]:
    chosen = settings.tasks
    train = tasks.load(chosen.train, "train")[: chosen.limit]
    if not settings.evaluation.tasks:
        return train, []
    return train, tasks.load(chosen.test or chosen.train, "test")[: settings.evaluation.tasks]


def _policies(settings: Config, saved: Path | None, ranks: Ranks) -> tuple[Policy, Policy | None]:
    """What learns, with the weights of a checkpoint if there is one, and the frozen reference of a KL term."""
    model, cache = settings.model, settings.rollout.cache_tokens
    device = str(_accelerator(settings).device)

    def load(name: str) -> Policy:
        recompute = model.gradient_checkpointing
        found = Policy.load(name, device=device, dtype=model.dtype, cache_tokens=cache, recompute=recompute)
        if not nonfinite.numbers(found.model.parameters()):
            raise ConfigError(f"cannot train model {name!r}: some of its weights are no numbers")
        return found

    if model.lora_rank:
        lora.check()
    try:
        policy = load(str(saved / checkpoint.MODEL) if saved else model.name)
    except ValueError as error:
        if saved is None:
            raise
        raise checkpoint.bad(saved, str(error)) from error
    if model.lora_rank and not saved:
        torch.manual_seed(settings.run.seed)
        lora.add(policy.model, rank=model.lora_rank, alpha=model.lora_alpha)
    set_threads(policy.parameters, wanted=model.threads, cores=_cores(ranks))
    if not settings.objective.kl_weight:
        return policy, None
    return policy, (load(model.name) if saved else policy).frozen_copy()


def set_threads(parameters: int, *, wanted: int | None = None, cores: int | None = None) -> None:
    """How many threads a model of so many weights computes with; `wanted` ones if there is a core beside them.

    Scoring runs at the same time. Without a core for it, threads of one matrix product wait for each other: ten times
    slower on two cores. Learning may have more (`trainer.loop`).
    """
    spare = max(1, (cores or _cores(Ranks())) - 1)
    torch.set_num_threads(min(wanted or (1 if parameters < SMALL else spare), spare))


def _accelerator(settings: Config) -> Accelerator:
    # Other accelerators lack float64, in which probabilities are summed up.
    cpu = settings.model.device == "cpu" or not torch.cuda.is_available()
    return Accelerator(cpu=cpu, mixed_precision=settings.model.mixed_precision)


def _loop(
    settings: Config,
    policies: tuple[Policy, Policy | None],
    train: Sequence[Task],
    scorer: Scorer | Rated,
    ranks: Ranks,
) -> Loop:
    seed = settings.run.seed
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    policy, reference = policies
    accelerator = _accelerator(settings)
    return Loop(settings, policy, train, scorer, accelerator=accelerator, reference=reference, ranks=ranks)


def _roles(settings: Config, policy: Policy, folder: Path, display: Display, ranks: Ranks) -> Roles:
    """Who samples."""
    chosen = settings.generation
    if chosen.backend == "local":
        return Roles(policy)
    if ranks.count > 1:
        raise ConfigError(
            f"generation.backend = {chosen.backend!r} goes with one process that learns, got {ranks.count}; with more, "
            "each samples for itself: set it to local"
        )
    backend = (
        _process(settings, policy, folder)
        if chosen.backend == "process"
        else _remote(settings, policy, folder, display)
    )
    return Roles(policy, backend, every=chosen.sync_every, ahead=chosen.ahead)


def _process(settings: Config, policy: Policy, folder: Path) -> Backend:
    from trainer.generation.process import Place, Process

    model, chosen = settings.model, settings.generation
    place = Place(
        device=chosen.device or str(policy.model.device),
        dtype=model.dtype,
        mixed_precision=model.mixed_precision,
        threads=chosen.threads or torch.get_num_threads(),
    )
    return Process(policy, place, work=folder)


def _remote(settings: Config, policy: Policy, folder: Path, display: Display) -> Backend:
    from trainer.generation import http
    from trainer.generation.remote import Remote

    http.check()
    if policy.seq2seq:
        raise ConfigError("generation.backend = 'openai' is for decoder-only models; set it to local or process")
    chosen = settings.generation
    return Remote(
        policy.codec,
        settings.server,
        folder=settings.server.folder or folder / "weights",
        trailing=chosen.ahead or chosen.sync_every > 1,
        say=display.warn,
    )


@contextmanager
def _generator_in_one_line() -> Iterator[None]:
    try:
        yield
    except GenerationFailed as error:
        raise ConfigError(str(error)) from error


def _fitting(found: Sequence[Task], policy: Policy, settings: Config, display: Display) -> list[Task]:
    """The tasks whose prompt and longest answer the model can see."""
    room = settings.rollout.max_new_tokens
    if policy.context is None:
        return list(found)
    fitting = [task for task in found if len(policy.encode(render(task, policy.tokenizer))) + room <= policy.context]
    if found and not fitting:
        raise ConfigError(
            f"no prompt of {len(found)} tasks leaves room for {room} new tokens in the {policy.context} tokens that "
            "the model can see; lower rollout.max_new_tokens"
        )
    if len(fitting) < len(found):
        display.warn(
            f"{len(found) - len(fitting)} of {len(found)} tasks are left out: their prompt and {room} new tokens "
            f"exceed the {policy.context} tokens that the model can see"
        )
    return fitting


def _name(settings: Config) -> str:
    """What the folder of a run is called: as it was told, or MODEL-TASKS."""
    parts = [Path(settings.model.name).name, settings.tasks.train.removeprefix("force:").partition(":")[0]]
    return settings.run.name or "-".join(parts)


def _opening(settings: Config, loop: Loop, train: int, held_out: int) -> str:
    policy, judges = loop.policy, ", ".join(settings.reward.analyzers) or "no analyzers"
    begun = f"; going on after step {loop.step}" if loop.step else ""
    named = f"{settings.algorithm} = " if settings.algorithm else ""
    rewards = (
        f"scorer {settings.reward.model}, charges" if settings.reward.model else schemes.title(settings.scheme_spec)
    )
    return (
        f"{settings.model.name} ({policy.parameters / 1e6:.1f} M weights) on {policy.model.device}; "
        f"{train} tasks of {settings.tasks.train}, {held_out} held out; "
        f"rewards: {rewards} from {judges}; "
        f"learning: {named}{settings.advantage.name} + {settings.loss.name}{begun}"
    )
