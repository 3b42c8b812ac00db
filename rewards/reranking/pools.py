"""The records of reranking: the candidates for one problem, and what is known of each.

N candidates of a problem, P pairs, T tokens of a candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.types import Charge, Outcome


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sample for a problem, and what is known of it."""

    completion: str
    passed: bool | None = None
    """Whether all tests pass; None where nobody could tell (the harness failed, or there are no tests)."""
    pass_rate: float | None = None
    """Share of the tests that pass; None where `passed` is."""
    logprob: float | None = None
    """Mean log-prob of its tokens under the model that sampled it, in nats; None where that is not known."""
    outcome: Outcome | None = None
    """What running its tests came to; None where they were not run, or say nothing."""
    blame: tuple[Charge, ...] = ()
    """What its tests charge, and where: what a scorer may learn from, and does not have when it chooses."""
    findings: tuple[Charge, ...] | None = None
    """What analyzers charge that need no test, and where; None where they were not asked."""
    answers: tuple[str | None, ...] = ()
    """What it answers to inputs whose right answers nobody knows; None where it gives none."""
    public: bool | None = None
    """Whether it passes the tests that the problem shows; None where it shows none."""
    truncated: bool = False
    """Whether it was cut at the limit of tokens."""

    @property
    def charged(self) -> float | None:
        """The sum of what the analyzers charge without any test, from 0 up; None where they were not asked."""
        return None if self.findings is None else -sum(charge.amount for charge in self.findings)


@dataclass(frozen=True, slots=True)
class Pool:
    """A problem and its candidates."""

    task_id: str
    prompt: str
    candidates: tuple[Candidate, ...]
    """[N]"""
    language: str = "python"

    def judged(self) -> Pool:
        """The same with those candidates alone of which it is known whether they pass."""
        known = tuple(each for each in self.candidates if each.passed is not None)
        return Pool(self.task_id, self.prompt, known, self.language)

    def distinct(self) -> Pool:
        """The same without the later ones of equal completions, but for white space at the ends of lines."""
        first: dict[str, Candidate] = {}
        for each in self.candidates:
            first.setdefault(normal(each.completion), each)
        return Pool(self.task_id, self.prompt, tuple(first.values()), self.language)

    @property
    def passed(self) -> NDArray[np.bool_]:
        """[N]; what could not be judged counts as not passed."""
        return np.array([bool(each.passed) for each in self.candidates], dtype=np.bool_)

    @property
    def rates(self) -> NDArray[np.float64]:
        """[N], shares of the tests that pass; 1 or 0 where only the outcome is known."""
        return np.array([_rate(each) for each in self.candidates], dtype=np.float64)

    @property
    def mixed(self) -> bool:
        """Whether there is anything to choose: some pass and some do not."""
        return 0 < int(self.passed.sum()) < len(self.candidates)


@dataclass(frozen=True, slots=True)
class Kinds:
    """How many pools leave nothing to choose, and how many do."""

    mixed: int
    all_right: int
    all_wrong: int
    empty: int


def kinds(pools: Sequence[Pool]) -> Kinds:
    """Counts the pools by whether a choice matters."""
    filled = [pool for pool in pools if pool.candidates]
    return Kinds(
        mixed=sum(pool.mixed for pool in filled),
        all_right=sum(bool(pool.passed.all()) for pool in filled),
        all_wrong=sum(not pool.passed.any() for pool in filled),
        empty=len(pools) - len(filled),
    )


def normal(completion: str) -> str:
    """A completion without white space at the ends of its lines and of itself: what makes two the same."""
    return "\n".join(line.rstrip() for line in completion.split("\n")).rstrip()


def _rate(candidate: Candidate) -> float:
    if candidate.pass_rate is None:
        return float(bool(candidate.passed))
    return candidate.pass_rate
