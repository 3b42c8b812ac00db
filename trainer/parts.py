"""What the processes of a run make of their parts, put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from trainer.evaluation import Evaluation, Graded, summarise
from trainer.rollout import Round
from trainer.types import Beliefs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """Some tasks of a round, and what the learner thought of their rollouts."""

    collected: Round
    beliefs: Sequence[Beliefs]
    """One for each of `collected.scored`."""
    seconds: float = 0.0
    """Spent on those."""


def joined(places: Sequence[Sequence[int]], parts: Sequence[Part]) -> Part:
    """The round of which each process has sampled the tasks at its `places`; times are those of the slowest."""
    rounds = [part.collected for part in parts]
    grouped = chain.from_iterable(map(_grouped, parts))
    beliefs = chain.from_iterable(_in_order(places, list(grouped)))
    greedy = list(chain.from_iterable(each.greedy for each in rounds))
    collected = replace(
        rounds[0],
        tasks=tuple(_in_order(places, list(chain.from_iterable(each.tasks for each in rounds)))),
        groups=tuple(_in_order(places, list(chain.from_iterable(each.groups for each in rounds)))),
        greedy=tuple(_in_order(places, greedy)) if greedy else (),
        seconds=slowest([each.seconds for each in rounds]),
    )
    return Part(collected, list(beliefs), max(part.seconds for part in parts))


def measured(tasks: Sequence[str], parts: Sequence[tuple[Evaluation, Sequence[Graded]]]) -> Evaluation:
    """The evaluation of `tasks` (ids, in order) as if one process had made it, of the parts and what they graded."""
    order = {name: place for place, name in enumerate(tasks)}
    samples = chain.from_iterable(graded for _, graded in parts)
    ordered = sorted(samples, key=lambda sample: (sample.greedy, order[sample.task_id]))
    return summarise(ordered, seconds=slowest([found.seconds for found, _ in parts]))


def slowest(seconds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The longest time of each phase."""
    phases = dict.fromkeys(chain.from_iterable(seconds))
    return {phase: max(each.get(phase, 0.0) for each in seconds) for phase in phases}


def _grouped(part: Part) -> list[list[Beliefs]]:
    """The beliefs of each group."""
    left = iter(part.beliefs)
    return [[next(left) for _ in group] for group in part.collected.groups]


def _in_order(places: Sequence[Sequence[int]], found: Sequence[T]) -> list[T]:
    by_place = dict(zip(chain.from_iterable(places), found, strict=True))
    return [by_place[place] for place in sorted(by_place)]
