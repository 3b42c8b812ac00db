"""The stages of RewardRanker (arXiv 2504.09643, figure 1): each from files to files, and each goes on where it stopped.

    A  `supervised`  a generator from references
    B  `labelled`    candidates of the generator, run on their tests; `trained` a scorer on them
    C  `pleased`     a policy that begins as the generator, and is trained with PPO to please the scorer
    D  `labelled`    its programs, run on their tests
    E  `chosen`      positives and hard negatives among them; `trained` the next scorer

`Place` says where what lies.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards import Scorer
from rewards.reranking import files
from rewards.reranking.pools import Pool
from trainer import build, checkpoint, learned
from trainer.display import Display
from trainer.evaluation.sampling import calls
from trainer.interrupts import Terminated
from trainer.policy import Policy
from trainer.reranker import calibration, negatives, ranking
from trainer.reranker.fit import Step, fit
from trainer.reranker.gather import gather
from trainer.reranker.model import RewardModel
from trainer.reranker.negatives import Mined, mined
from trainer.reranker.settings import Settings
from trainer.reranker.supervised import supervise
from trainer.run_folder import CONFIG
from trainer.session import CHECKPOINTS, DONE, INTERRUPTED
from trainer.types import Task

Figures = dict[str, Any]
"""What a stage came to, as plain values."""
Progress = Callable[[int, int], None]
"""Told how much is done, and how much there is."""


class StageFailed(RuntimeError):
    """A stage could not be finished, and has said why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the folder of a run what lies; iterations count from 0, which has no policy."""

    folder: Path

    @property
    def generator(self) -> Path:
        """Checkpoints of stage A."""
        return self.folder / "generator"

    @property
    def held_out(self) -> Path:
        """The generator's candidates for held-out tasks."""
        return self.folder / "held-out.jsonl"

    def iteration(self, number: int) -> Path:
        """Everything of an iteration."""
        return self.folder / f"iteration-{number}"

    def pools(self, number: int) -> Path:
        """Labelled candidates for training tasks, of the generator (0) or of a policy."""
        return self.iteration(number) / "pools.jsonl"

    def lessons(self, number: int) -> Path:
        """What the scorer of an iteration learns from."""
        return self.iteration(number) / "lessons.jsonl"

    def overrated(self, number: int) -> Path:
        """The negatives that were added, with their ratings."""
        return self.iteration(number) / "negatives.json"

    def fit(self, number: int) -> Path:
        """Checkpoints of a fit."""
        return self.iteration(number) / "fit"

    def scorer(self, number: int) -> Path:
        """A trained scorer."""
        return self.iteration(number) / "scorer"

    def policy(self, number: int) -> Path:
        """A run of `trainer.run`."""
        return self.iteration(number) / "policy"

    def scores(self, number: int) -> Path:
        """What a scorer thinks of the held-out candidates."""
        return self.iteration(number) / "scores.json"


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that stages work with."""

    settings: Settings
    place: Place
    train: Sequence[Task]
    held_out: Sequence[Task]
    judge: Scorer
    display: Display
    device: str
    again: str
    """The command that goes on with the run."""

    def seed(self, *path: int) -> int:
        """A seed for a purpose, from that of the run."""
        return int(np.random.SeedSequence((self.settings.run.seed, *path)).generate_state(1)[0])


def supervised(work: Work, progress: Progress) -> Figures:
    """Stage A: the generator is taught the references."""
    settings, losses = work.settings.generator, list[float]()
    for step, loss in supervise(work.train, settings, work.place.generator, device=work.device, seed=work.seed(0)):
        losses.append(loss)
        progress(step, settings.supervised_steps)
    return {"steps": settings.supervised_steps, "loss": losses[-1] if losses else None}


def generator(work: Work) -> str:
    """The model that stage A ended with, as `Policy.load` takes it."""
    taught = checkpoint.latest(work.place.generator)
    return str(taught / checkpoint.MODEL) if taught else work.settings.generator.model


def policy(work: Work, number: int) -> str:
    """The model that an iteration's stage C ended with."""
    last = checkpoint.latest(work.place.policy(number) / CHECKPOINTS)
    if last is None:
        raise StageFailed(f"the policy in {work.place.policy(number)} has no checkpoint")
    return str(last / checkpoint.MODEL)


def labelled(
    work: Work, model: str, tasks: Sequence[Task], path: Path, *, samples: int, seed: int, progress: Progress
) -> Figures:
    """Stages B and D: candidates of a model for tasks, labelled by their tests, in the file `path`.

    Tasks that are sampled together are done together, so that what is drawn does not depend on where a run was stopped.
    """
    writer = Policy.load(model, device=work.device)
    build.set_threads(writer.parameters)
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {pool.task_id for pool in files.load(path)[0]} if path.exists() else set()
    done = 0
    for group in calls(tasks, writer.tokenizer, samples):
        if not known.issuperset(task.id for task in group):
            drawn = gather(writer, group, work.judge, samples=samples, sampling=work.settings.sampling, seed=seed)
            with files.appending(path) as add:
                for pool in drawn:
                    add(pool)
        done += len(group) * samples
        progress(done, len(tasks) * samples)
    pools = read_pools(path, tasks)
    judged = [each for pool in pools for each in pool.judged().candidates]
    return {
        "programs": len(tasks) * samples,
        "judged": len(judged),
        "pass": sum(bool(each.passed) for each in judged) / len(judged) if judged else None,
    }


def read_pools(path: Path, tasks: Sequence[Task]) -> list[Pool]:
    """The pools of the tasks that are in the file, in the order of the tasks."""
    found = {pool.task_id: pool for pool in files.load(path)[0]}
    return [found[task.id] for task in tasks if task.id in found]


def aside(work: Work, pools: Sequence[Pool]) -> tuple[list[Pool], list[Pool]]:
    """The pools that a scorer learns from, and those on which its scores are made probabilities."""
    every = work.settings.scorer.kept_aside
    kept = [pool for place, pool in enumerate(pools) if place % every == every - 1]
    return [pool for place, pool in enumerate(pools) if place % every != every - 1], kept


def trained(work: Work, number: int, progress: Progress) -> Figures:
    """Stages B and E: a scorer on all that is labelled."""
    settings, chosen = work.settings, work.settings.scorer
    if not number:  # the first scorer learns from all candidates of the generator
        files.write(work.place.lessons(0), read_pools(work.place.pools(0), work.train))
    again = number > 0 and settings.loop.retrain == "continue"
    model = RewardModel.load(
        str(work.place.scorer(number - 1)) if again else settings.scorer_model,
        device=work.device,
        dtype=chosen.dtype,
        pooling=chosen.pooling,
        static=chosen.static,
        outcomes=settings.fit.outcome_weight > 0,
        spans=settings.fit.span_weight > 0,
        layers=chosen.layers,
        seed=work.seed(1),
    )
    build.set_threads(model.parameters)
    learn, kept = aside(work, read_pools(work.place.lessons(number), work.train))

    def told(step: Step) -> None:
        progress(step.number, step.of)

    made = fit(model, learn, settings.fit, folder=work.place.fit(number), seed=work.seed(2, number), on_step=told)
    if not made.steps:
        raise StageFailed(
            f"nothing can be learned: of {len(learn)} problems {made.counts.without_positive} have no candidate "
            f"that passes, and {made.counts.without_negative} none that fails; draw more (candidates.samples) or take "
            "other tasks"
        )
    _publish(model, calibrated(model, kept), work.place.scorer(number))
    shutil.rmtree(work.place.fit(number), ignore_errors=True)
    counts = {name: getattr(made.counts, name) for name in made.counts.__dataclass_fields__}
    epochs = [dict(epoch) for epoch in made.epochs]
    return {"steps": made.steps, "weights": model.parameters, "counts": counts, "epochs": epochs}


def calibrated(model: RewardModel, pools: Sequence[Pool]) -> calibration.Scale:
    """How scores become probabilities, from problems that the model did not learn from."""
    judged = [pool.judged() for pool in pools]
    scores = [score for found in model.rate(judged) for score in found]
    return calibration.fitted(scores, [bool(each.passed) for pool in judged for each in pool.candidates])


def _publish(model: RewardModel, scale: calibration.Scale, folder: Path) -> None:
    """Writes a scorer whole or not at all."""
    part = folder.with_name(f".{folder.name}-part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    model.save(part)
    learned.write_scale(part, scale)
    part.rename(folder)


def pleased(work: Work, number: int) -> Figures:
    """Stage C: a fresh policy against the scorer of the iteration before, as a run of `trainer.run` in a folder.

    Raises:
        KeyboardInterrupt: the run was interrupted, after a checkpoint.
        StageFailed: it could not go on, and has said why.
    """
    settings, folder = work.settings, work.place.policy(number)
    begun = (folder / CONFIG).exists()
    if not begun:
        shutil.rmtree(folder, ignore_errors=True)
    chosen = settings.ppo
    wanted = {
        "model": {"name": generator(work), "device": settings.generator.device},
        "tasks": {"train": settings.problems.train, "test": settings.problems.test, "limit": settings.problems.limit},
        "reward": {"model": str(work.place.scorer(number - 1))},
        "run": {"name": folder.name, "out": folder.parent, "seed": work.seed(3, number)},
    }
    changed = {name: getattr(chosen, name).model_copy(update=values) for name, values in wanted.items()}
    session = build.prepare(chosen.model_copy(update=changed), folder=folder if begun else None, display=work.display)
    session.goes_on_with = work.again
    with session:
        status = session.train()
        done = session.loop.step
    finished = done == chosen.run.steps and ("after" in session.evaluations or not session.held_out)
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status == DONE and not finished:
        raise Terminated
    if status != DONE:
        raise StageFailed(f"the policy of iteration {number} could not be trained")
    found = {
        name: {key: figure.mean for key, figure in (("pass@1", each.pass_at.get(1)),) if figure is not None}
        for name, each in session.evaluations.items()
    }
    return {"steps": done, "held_out": found}


def chosen(work: Work, number: int) -> Figures:
    """Stage E: positives and negatives among the policy's programs, added to what the last scorer has learned from."""
    scorer = RewardModel.load(str(work.place.scorer(number - 1)), device=work.device)
    build.set_threads(scorer.parameters)
    known = {pool.task_id: pool for pool in read_pools(work.place.lessons(number - 1), work.train)}
    found: dict[str, Mined] = {}
    policies = read_pools(work.place.pools(number), work.train)
    accuracies: list[float] = []
    for place, (pool, scores) in enumerate(zip(policies, scorer.rate(policies), strict=True)):
        if (accuracy := _accuracy(pool, scores)) is not None:
            accuracies.append(accuracy)
        found[pool.task_id] = mined(
            pool,
            scores,
            work.settings.negatives,
            known=known[pool.task_id].candidates,
            seed=work.seed(4, number, place),
        )
    files.write(
        work.place.lessons(number),
        [negatives.extended(pool, found[name]) if name in found else pool for name, pool in known.items()],
    )
    examples = [
        {"task_id": name, "score": each.score, "completion": each.candidate.completion}
        for name, each_found in found.items()
        for each in each_found.negatives
    ]
    work.place.overrated(number).write_text(json.dumps(examples), encoding="utf-8")
    totals = {name: sum(getattr(each, name) for each in found.values()) for name in ("hard", "failing", "duplicates")}
    added = {
        "positives": sum(len(each.positives) for each in found.values()),
        "negatives": sum(len(each.negatives) for each in found.values()),
    }
    return {**totals, **added, "accuracy": sum(accuracies) / len(accuracies) if accuracies else None}


def _accuracy(pool: Pool, scores: NDArray[np.float64]) -> float | None:
    """How often a scorer puts a program that passes above one that fails, among those of the policy it trained."""
    judged = np.array([each.passed is not None for each in pool.candidates], dtype=np.bool_)
    return ranking.pairwise_accuracy(scores[judged], pool.judged().passed)


def rated(work: Work, number: int) -> Mapping[str, list[float]]:
    """What the scorer of an iteration thinks of the held-out candidates that were judged, by task; kept for whoever
    compares scorers."""
    model = RewardModel.load(str(work.place.scorer(number)), device=work.device)
    build.set_threads(model.parameters)
    pools = [pool.judged() for pool in read_pools(work.place.held_out, work.held_out)]
    scores = {pool.task_id: each.tolist() for pool, each in zip(pools, model.rate(pools), strict=True)}
    work.place.scores(number).write_text(json.dumps(scores), encoding="utf-8")
    return scores
