"""Prompts to groups of rollouts and their rewards.

Scoring runs in other processes and begins as soon as a rollout has finished, so that it overlaps generation.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rewards import batch_metrics, token_rewards
from rewards.stream import Scores, Stream
from rewards.types import Outcome, Score
from trainer.generation import Generator
from trainer.items import item
from trainer.types import Rollout, Sampling, Scored, Task


@dataclass(frozen=True, slots=True)
class Round:
    """Rollouts of several tasks under the same weights."""

    tasks: tuple[Task, ...]
    """[P]"""
    groups: tuple[tuple[Scored, ...], ...]
    """[P][G]"""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """`generate`, and `score` as far as it outlasted generation."""
    greedy: tuple[Scored, ...] = ()
    """[P], the greedy answer to each task, where asked for; not learned from, a baseline of those that are."""

    @property
    def scored(self) -> list[Scored]:
        """[B], task after task."""
        return [scored for group in self.groups for scored in group]

    def passed(self) -> Iterator[tuple[str, list[bool]]]:
        """Of each task, which of its samples passed, those that could not be judged left out."""
        for task, group in zip(self.tasks, self.groups, strict=True):
            yield task.id, [scored.score.outcome is Outcome.PASS for scored in group if _tested(scored)]

    @property
    def judged(self) -> bool:
        """Whether the harness could judge any of them."""
        return any(scored.score.base is not None for scored in self.scored)


def collect(
    generator: Generator,
    tasks: Sequence[Task],
    scorer: Scores,
    *,
    samples: int,
    sampling: Sampling,
    seed: int,
    step: int,
) -> Round:
    """Samples and scores `samples` completions of each task; the weights of `generator` are those of `step`."""
    begin = time.perf_counter()
    rollouts: list[tuple[int, int, Rollout]] = []
    scored: dict[tuple[int, int], Scored] = {}
    with Stream(scorer, group_size=samples) as stream:

        def score(row: int, rollout: Rollout) -> None:
            number = row // samples
            rollouts.append((number, row % samples, rollout))
            stream.put(item(tasks[number], rollout.completion, truncated=rollout.truncated), group=number)

        generator.answer(tasks, samples=samples, sampling=sampling, seed=seed, step=step, on_done=score)
        generated = time.perf_counter()
        stream.end()
        for index, found in stream:
            number, sample, rollout = rollouts[index]
            scored[number, sample] = _scored(generator, rollout, found)
    seconds = {"generate": generated - begin, "score": time.perf_counter() - generated}
    groups = tuple(tuple(scored[number, sample] for sample in range(samples)) for number in range(len(tasks)))
    return Round(tuple(tasks), groups, seconds)


def with_greedy(collected: Round, generator: Generator, scorer: Scores, *, max_new_tokens: int, step: int) -> Round:
    """The round with the greedy answers to its tasks, by the weights that sampled it."""
    sampling = Sampling(temperature=0.0, max_new_tokens=max_new_tokens)
    answers = collect(generator, collected.tasks, scorer, samples=1, sampling=sampling, seed=0, step=step)
    seconds = {phase: spent + answers.seconds[phase] for phase, spent in collected.seconds.items()}
    return replace(collected, seconds=seconds, greedy=tuple(answers.scored))


def _scored(generator: Generator, rollout: Rollout, score: Score) -> Scored:
    ids, token_bytes = rollout.completion_ids, generator.token_bytes
    dense = token_rewards(score, token_bytes.spans(ids), sampled=token_bytes.decode_bytes(ids))
    return Scored(rollout, score, dense.values, dense.credited)


def improve(best: dict[str, float], collected: Round) -> None:
    """Raises the best outcome reward of each task to what the round reached (W_base of RLTF's eq. 8 and 10)."""
    for scored in collected.scored:
        if (base := scored.score.base) is not None:
            task = scored.rollout.task_id
            best[task] = max(base, best.get(task, base))


def metrics(collected: Round) -> dict[str, Any]:
    """What a round looked like. Means and shares leave out what the harness failed to judge, and shares of outcomes
    what nobody ran."""
    everything = collected.scored
    judged = [scored for scored in everything if scored.score.base is not None]
    lengths = [len(scored.rollout.completion_ids) for scored in everything]
    tested = [scored.score.outcome for scored in everything if _tested(scored)]
    mix = Counter(tested)
    mixed = [len({scored.score.base for scored in group} - {None}) > 1 for group in collected.groups]
    shown = [outcome for outcome in Outcome if outcome is not Outcome.INFRASTRUCTURE]
    return {
        "reward": _mean([scored.score.value for scored in judged]),
        "reward_outcome": _mean([scored.score.base for scored in judged]),
        "charges": _mean([sum(charge.amount for charge in scored.score.charges) for scored in judged]),
        "pass": mix[Outcome.PASS] / len(tested) if tested else None,
        "outcome": {outcome.value: mix[outcome] / len(tested) if tested else None for outcome in shown},
        "infrastructure": len(everything) - len(judged),
        "mixed_groups": _mean(mixed),
        "truncated": _mean([scored.rollout.truncated for scored in everything]),
        "completion_tokens": _mean(lengths),
        "samples": len(everything),
        "tokens": sum(lengths),
        "programs": batch_metrics([scored.score for scored in everything], tokens=lengths),
    }


def _tested(scored: Scored) -> bool:
    """Whether tests were run, and said something."""
    score = scored.score
    return score.base is not None and score.outcome not in (None, Outcome.INFRASTRUCTURE)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None
