"""What a policy's programs teach the scorer that it was to please: positives, and negatives that it overrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rewards.reranking.pools import Candidate, Pool, normal
from trainer.reranker.ranking import checked
from trainer.reranker.settings import Negatives


@dataclass(frozen=True, slots=True)
class Rated:
    """A candidate and what the scorer thought of it."""

    score: float
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Mined:
    """What is added to the candidates of a problem, and what there was."""

    positives: tuple[Candidate, ...]
    negatives: tuple[Rated, ...]
    """The highest-rated first, or in the order in which they were drawn."""
    hard: int
    """Failing programs that count as hard negatives, before any cap."""
    failing: int
    """Failing programs, those that were known left out."""
    duplicates: int
    """Programs that were known, or came twice."""


def mined(pool: Pool, scores: ArrayLike, rules: Negatives, *, known: Sequence[Candidate] = (), seed: int = 0) -> Mined:
    """What of a policy's programs for a task a scorer is shown next; `scores` [N] are its own, `known` what it was
    shown before, which is not shown again. Candidates that nobody could judge are left out.

    Raises:
        ranking.BadScores: there are not as many scores as candidates, or one is NaN.
    """
    array = checked(scores, len(pool.candidates))
    judged = [Rated(float(s), each) for s, each in zip(array, pool.candidates, strict=True) if each.passed is not None]
    seen = {normal(each.completion) for each in known}
    fresh: dict[str, Rated] = {}
    for each in judged:
        if normal(each.candidate.completion) not in seen:
            fresh.setdefault(normal(each.candidate.completion), each)
    failing = [each for each in fresh.values() if not each.candidate.passed]
    bound = np.quantile([each.score for each in judged], rules.quantile) if judged else 0.0
    hard = sorted((each for each in failing if each.score >= bound), key=lambda each: -each.score)
    passing = [each.candidate for each in fresh.values() if each.candidate.passed]
    return Mined(
        tuple(passing[: rules.most_positives]),
        tuple(_chosen(hard[: rules.most], failing, rules, seed)),
        hard=len(hard),
        failing=len(failing),
        duplicates=len(judged) - len(fresh),
    )


def _chosen(hard: Sequence[Rated], failing: Sequence[Rated], rules: Negatives, seed: int) -> Sequence[Rated]:
    if rules.choice == "none":
        return ()
    if rules.choice == "hard":
        return hard
    places = np.random.default_rng(seed).permutation(len(failing))[: len(hard)]
    return [failing[place] for place in places]


def extended(pool: Pool, found: Mined) -> Pool:
    """The pool with what is added to it."""
    added = (*found.positives, *(each.candidate for each in found.negatives))
    return Pool(pool.task_id, pool.prompt, (*pool.candidates, *added), pool.language)
