"""Orders of candidates made of several parts: `scorer,logprob:0.5,findings,public`.

A recipe names what the scores are the sum of, each with a weight where that is not 1, as LEVER adds a scorer and the
log-prob under the generator (arXiv 2302.08468). `summed` and `public` are no terms of the sum: they are done to it, in
this order and last.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from rewards.registry import did_you_mean
from rewards.reranking import combiners
from rewards.reranking.pools import Pool
from rewards.reranking.scores import Rank, Scores, checked

SCORER, RANDOM, SUMMED, PUBLIC = "scorer", "random", "summed", "public"
STEPS: Mapping[str, str] = MappingProxyType(
    {
        SUMMED: "what all that answer everything alike come to, as LEVER adds them up",
        PUBLIC: "those that fail the tests that the problem shows come last",
    }
)
"""What is done to the sum, and what it does."""


class BadRecipe(ValueError):
    """What no order can be made of; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A term of the sum."""

    about: str
    known: Callable[[Pool], bool]
    """Whether anything is known of it of any candidate."""
    scores: Callable[[Pool], Scores]


def _logprobs(pool: Pool) -> Scores:
    return _filled([each.logprob for each in pool.candidates])


def _findings(pool: Pool) -> Scores:
    return 0.0 - _filled([each.charged for each in pool.candidates])


def _filled(values: Sequence[float | None]) -> Scores:
    """What is not known is as the mean of what is: it speaks neither for a candidate nor against it."""
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([mean if value is None else value for value in values], dtype=np.float64)


def _answered(pool: Pool) -> bool:
    return any(answer is not None for each in pool.candidates for answer in each.answers)


def _of_answers(combine: Callable[[combiners.Answers], Scores]) -> Callable[[Pool], Scores]:
    return lambda pool: combine(answers(pool))


PARTS: Mapping[str, _Part] = MappingProxyType(
    {
        "logprob": _Part(
            "mean log-prob of a token",
            lambda pool: any(each.logprob is not None for each in pool.candidates),
            _logprobs,
        ),
        "findings": _Part(
            "less what analyzers charge",
            lambda pool: any(each.charged is not None for each in pool.candidates),
            _findings,
        ),
        "votes": _Part("how many answer everything alike", _answered, _of_answers(combiners.agreeing)),
        "mbr": _Part("MBR-Exec", _answered, _of_answers(combiners.mbr_exec)),
        "codet": _Part(
            "CodeT, each answer of any candidate being a made-up test",
            _answered,
            lambda pool: combiners.code_t(verdicts(answers(pool))),
        ),
        "srank": _Part("SRank", _answered, _of_answers(combiners.s_rank)),
    }
)
"""What else a sum may hold beside `scorer` and `random`, by name."""
NAMES = (SCORER, *PARTS, RANDOM, *STEPS)


def answers(pool: Pool) -> list[tuple[str | None, ...]]:
    """What the candidates answer, one tuple for each.

    Raises:
        BadRecipe: they were not given the same inputs.
    """
    found = [each.answers for each in pool.candidates]
    if len({len(each) for each in found}) > 1:
        raise BadRecipe(f"the candidates of {pool.task_id!r} were not given the same inputs: {sorted(map(len, found))}")
    return found


def verdicts(answered: Sequence[Sequence[str | None]]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """[N, M], who passes which of the tests that can be made of inputs and answers: each answer of any candidate may be
    the right one."""
    tests = sorted({(place, one) for row in answered for place, one in enumerate(row) if one is not None})
    return np.array([[row[place] == one for place, one in tests] for row in answered], dtype=np.bool_).reshape(
        len(answered), len(tests)
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """An order of candidates."""

    weights: Mapping[str, float]
    """What is summed, by name."""
    steps: tuple[str, ...] = ()
    """What is done to the sum, in order."""

    def __str__(self) -> str:
        terms = [name if weight == 1.0 else f"{name}:{weight:g}" for name, weight in self.weights.items()]
        return ",".join([*terms, *self.steps])

    @property
    def names(self) -> tuple[str, ...]:
        """All that is needed of candidates."""
        return (*self.weights, *self.steps)

    def parts(self, pool: Pool, *, scorer: Rank | None = None, seed: int = 0) -> dict[str, Scores]:
        """The terms of the sum before they are weighted, [N] each.

        Raises:
            BadRecipe: there is no scorer where one is asked for.
            BadScores: the scorer gives something else than a number for each candidate.
        """
        return {name: _part(name, pool, scorer, seed) for name in self.weights}

    def scores(self, pool: Pool, parts: Mapping[str, Scores]) -> Scores:
        """[N], of what `parts` gave."""
        found = np.zeros(len(pool.candidates))
        for name, weight in self.weights.items():
            found = found + weight * parts[name]
        if not pool.candidates:
            return found
        if SUMMED in self.steps:
            found = combiners.summed(found, answers(pool))
        if PUBLIC in self.steps:
            found = combiners.filtered(found, [each.public for each in pool.candidates])
        return found

    def rank(self, scorer: Rank | None = None, *, seed: int = 0) -> Callable[[Pool], Scores]:
        """The order as a function of a pool; it raises what `parts` and `scores` do."""
        return lambda pool: self.scores(pool, self.parts(pool, scorer=scorer, seed=seed))

    def lacking(self, pools: Sequence[Pool]) -> list[str]:
        """What it goes by of which nothing is known of any candidate."""
        return [name for name in self.names if not any(_known(name, pool) for pool in pools)]


def parse(text: str) -> Recipe:
    """The recipe of names with weights, separated by commas.

    Raises:
        BadRecipe: an unknown name, one that is there twice, or a weight that is no number.
    """
    weights: dict[str, float] = {}
    steps = []
    for entry in text.split(","):
        name, colon, weight = (part.strip() for part in entry.partition(":"))
        if name not in NAMES:
            raise BadRecipe(f"unknown part {name!r} of an order; {did_you_mean(name, NAMES)}")
        if name in weights or name in steps:
            raise BadRecipe(f"{name!r} is there twice in {text!r}: give it a weight instead, as in {name}:2")
        if name in STEPS:
            if colon:
                raise BadRecipe(f"{name!r} is no term of the sum and has no weight, got {entry.strip()!r}")
            steps.append(name)
        else:
            weights[name] = _weight(name, weight) if colon else 1.0
    return Recipe(MappingProxyType(weights), tuple(name for name in STEPS if name in steps))


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise BadRecipe(f"the weight of {name!r} must be a number, got {text!r}; as in {name}:0.5")
    return weight


def _part(name: str, pool: Pool, scorer: Rank | None, seed: int) -> Scores:
    count = len(pool.candidates)
    if name == RANDOM:
        return combiners.at_random(count, seed=zlib.crc32(f"{seed} {pool.task_id}".encode("utf-8", "surrogatepass")))
    if not count:
        return np.zeros(0)
    if name != SCORER:
        return PARTS[name].scores(pool)
    if scorer is None:
        raise BadRecipe("'scorer' is a part of the order, and there is none: give one")
    return checked(scorer(pool), count)


def _known(name: str, pool: Pool) -> bool:
    if name == PUBLIC:
        return any(each.public is not None for each in pool.candidates)
    if name == SUMMED:
        return _answered(pool)
    return name not in PARTS or PARTS[name].known(pool)
