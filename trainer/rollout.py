"""Prompts to groups of rollouts, their rewards, and what the learner is told of them.

Scoring runs in other processes and begins as soon as a rollout has finished, so that it overlaps generation.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rewards import batch_metrics, token_rewards
from rewards.types import Item, Outcome, Score
from trainer.advantages import AdvantageInputs, per_token
from trainer.policy import Policy
from trainer.prompts import by_stops, item, render
from trainer.types import Experience, Rollout, Sampling, Scored, Task


class Scores(Protocol):
    """What is needed of a `rewards.Scorer`."""

    def submit(self, item: Item) -> Future[Score]:
        """The score of an item, later."""
        ...

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores of items, with what programs for the same task tell of each other."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """Rollouts of several tasks under the same weights."""

    tasks: tuple[Task, ...]
    """[P]"""
    groups: tuple[tuple[Scored, ...], ...]
    """[P][G]"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """`generate`, and `score` as far as it outlasted generation."""

    @property
    def scored(self) -> list[Scored]:
        """[B], task after task."""
        return [scored for group in self.groups for scored in group]


def collect(
    policy: Policy, tasks: Sequence[Task], scorer: Scores, *, samples: int, sampling: Sampling, seed: int, step: int
) -> Round:
    """Samples and scores `samples` completions of each task with the current weights."""
    begin = time.perf_counter()
    pending: dict[tuple[int, int], tuple[Rollout, Item, Future[Score]]] = {}
    for members, stop in by_stops(tasks, policy.tokenizer):

        def submit(row: int, rollout: Rollout, members: list[int] = members) -> None:
            place = (members[row // samples], row % samples)
            program = item(tasks[place[0]], rollout)
            pending[place] = rollout, program, scorer.submit(program)

        policy.generate(
            [render(tasks[index], policy.tokenizer) for index in members],
            samples=samples,
            sampling=sampling,
            seed=seed,
            stop=stop,
            step=step,
            task_ids=[tasks[index].id for index in members],
            on_done=submit,
        )
    generated = time.perf_counter()
    groups = tuple(
        _group(policy, scorer, [pending[index, sample] for sample in range(samples)]) for index in range(len(tasks))
    )
    seconds = {"generate": generated - begin, "score": time.perf_counter() - generated}
    return Round(tuple(tasks), groups, seconds)


def _group(
    policy: Policy, scorer: Scores, pending: Sequence[tuple[Rollout, Item, Future[Score]]]
) -> tuple[Scored, ...]:
    scores = scorer.grouped([program for _, program, _ in pending], [future.result() for _, _, future in pending])
    return tuple(_scored(policy, rollout, score) for (rollout, _, _), score in zip(pending, scores, strict=True))


def _scored(policy: Policy, rollout: Rollout, score: Score) -> Scored:
    ids = rollout.completion_ids
    dense = token_rewards(score, policy.token_bytes.spans(ids), sampled=policy.token_bytes.decode_bytes(ids))
    return Scored(rollout, score, dense.values, dense.credited)


def experiences(
    collected: Round,
    *,
    advantage: Callable[[AdvantageInputs], NDArray[np.float64]],
    best: Mapping[str, float],
    dense_weight: float = 1.0,
    dense_in_unsolved_only: bool = False,
) -> list[Experience]:
    """What the learner is told: outcome advantages within each group, then the dense term on top.

    `best` holds the best outcome reward of earlier rounds by task. Rollouts that the harness failed to judge are left
    out, of the statistics of their group too.
    """
    judged = [
        (number, scored)
        for number, group in enumerate(collected.groups)
        for scored in group
        if scored.score.base is not None
    ]
    if not judged:
        return []
    inputs = AdvantageInputs(
        rewards=np.array([scored.score.base for _, scored in judged], dtype=np.float64),
        groups=np.array([number for number, _ in judged], dtype=np.int64),
        best=np.array([best.get(collected.tasks[number].id, np.nan) for number, _ in judged], dtype=np.float64),
    )
    solved = {number for number, scored in judged if scored.score.outcome is Outcome.PASS}
    return [
        Experience(
            scored.rollout,
            per_token(
                float(value),
                scored.dense,
                weight=0.0 if dense_in_unsolved_only and number in solved else dense_weight,
                credited=scored.credited,
            ),
        )
        for value, (number, scored) in zip(advantage(inputs), judged, strict=True)
    ]


def improve(best: dict[str, float], collected: Round) -> None:
    """Raises the best outcome reward of each task to what the round reached (W_base of RLTF's eq. 8 and 10)."""
    for scored in collected.scored:
        if (base := scored.score.base) is not None:
            task = scored.rollout.task_id
            best[task] = max(base, best.get(task, base))


def metrics(collected: Round) -> dict[str, Any]:
    """What a round looked like. Means and shares leave out what the harness failed to judge."""
    everything = collected.scored
    judged = [scored for scored in everything if scored.score.base is not None]
    lengths = [len(scored.rollout.completion_ids) for scored in everything]
    mix = Counter(scored.score.outcome for scored in judged)
    mixed = [len({scored.score.base for scored in group} - {None}) > 1 for group in collected.groups]
    shown = [outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE]
    return {
        "reward": _mean([scored.score.value for scored in judged]),
        "reward_outcome": _mean([scored.score.base for scored in judged]),
        "charges": _mean([sum(charge.amount for charge in scored.score.charges) for scored in judged]),
        "pass": mix[Outcome.PASS] / len(judged) if judged else None,
        "outcome": {outcome.value: mix[outcome] / len(judged) if judged else None for outcome in shown},
        "infrastructure": len(everything) - len(judged),
        "mixed_groups": _mean(mixed),
        "truncated": _mean([scored.rollout.truncated for scored in everything]),
        "completion_tokens": _mean(lengths),
        "samples": len(everything),
        "tokens": sum(lengths),
        "programs": batch_metrics([scored.score for scored in everything], tokens=lengths),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None
