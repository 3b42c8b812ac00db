"""The candidates for a problem in the order in which to take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from rewards.reranking import known
from rewards.reranking.pools import Candidate, Pool
from rewards.reranking.recipes import PUBLIC, SCORER, SUMMED, BadRecipe, Recipe, parse
from rewards.reranking.scores import Rank, checked
from rewards.scorer import RUNTIME
from rewards.types import Outcome, Score

ANALYZERS = ("syntax", "pylint")
"""Whose findings decide where there is nothing else to go by."""
Answers: TypeAlias = Sequence[Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate at its rank."""

    place: int
    """Where it stood in what was given."""
    score: float
    parts: Mapping[str, float]
    """What the score is the sum of, before weights and filters."""
    candidate: Candidate
    """The program and all that is known of it."""


def rerank(
    prompt: str,
    candidates: Sequence[str | Candidate],
    *,
    scorer: Rank | None = None,
    logprobs: Sequence[float] | None = None,
    answers: Answers | Callable[[Sequence[str]], Answers] | None = None,
    tests: object = None,
    analyzers: Sequence[str] | None = None,
    by: str | Recipe | None = None,
    seed: int = 0,
    scoring: Mapping[str, Any] | None = None,
    **item: Any,
) -> list[Ranked]:
    """The candidates, best first; those with the same score in the order in which they were given.

    `scorer` is any function of a `Pool` to scores [N]. `logprobs` are mean log-probs of tokens. `answers` are what each
    candidate answers to the same inputs as text, None where it gives no answer, or a function that finds out. `tests`
    are those that the problem shows: they are run, in the sandbox. `analyzers` are asked for findings. `by` is the
    recipe (`rewards.reranking.recipes`); by default all that is given counts, and where nothing is, the findings of
    `syntax` and `pylint`. `item` are further fields of an Item (language, prefix, suffix, raw), `scoring` further
    keywords of `rewards.score_batch` (limits, isolation, workers).

    No candidates give an empty list. Equal ones are each ranked; they are analysed once, and each has a vote.

    Raises:
        BadRecipe: an unknown part of the order, or one of which nothing was given.
        BadScores: the scorer gives something else than a number for each candidate.
        ValueError: not as many log-probs or answers as candidates; or as `rewards.score_batch`.
    """
    given = [each if isinstance(each, Candidate) else Candidate(each) for each in candidates]
    if not given:
        return []
    if by is None and all(each is None for each in (scorer, logprobs, answers, tests, analyzers)):
        analyzers = ANALYZERS
    texts = [each.completion for each in given]
    fields = {
        **_supplied(texts, logprobs, answers),
        **_found(texts, {**item, "tests": tests}, analyzers or (), scoring or {}),
    }
    known_of = [{name: values[place] for name, values in fields.items()} for place in range(len(given))]
    filled = tuple(replace(each, **values) for each, values in zip(given, known_of, strict=True))
    pool = Pool("", prompt, filled, str(item.get("language", "python")))
    return ranked(pool, _recipe(by, pool, scorer), scorer=scorer, seed=seed)


def ranked(pool: Pool, recipe: Recipe, *, scorer: Rank | None = None, seed: int = 0) -> list[Ranked]:
    """The candidates of a pool, best first, by what is known of them.

    Raises:
        BadRecipe, BadScores: as `Recipe.parts`.
    """
    parts = recipe.parts(pool, scorer=scorer, seed=seed)
    scores = recipe.scores(pool, parts)
    return [
        Ranked(
            int(place),
            float(scores[place]),
            {name: float(part[place]) for name, part in parts.items()},
            pool.candidates[place],
        )
        for place in np.argsort(-scores, kind="stable")
    ]


def _recipe(by: str | Recipe | None, pool: Pool, scorer: Rank | None) -> Recipe:
    if by is None:
        return _default(pool, scorer)
    recipe = by if isinstance(by, Recipe) else parse(by)
    if lacking := recipe.lacking([pool]):
        raise BadRecipe(
            f"the order goes by {lacking[0]!r}, of which nothing is known: give logprobs=, answers=, tests= or"
            " analyzers=, or candidates that hold it"
        )
    return recipe


def _default(pool: Pool, scorer: Rank | None) -> Recipe:
    """All that is known of the candidates; equal answers stand up for each other where there is a score to add up, and
    else by their number."""
    weights = {} if scorer is None else {SCORER: 1.0}
    weights |= {name: 1.0 for name in ("logprob", "findings") if not Recipe({name: 1.0}).lacking([pool])}
    rated = SCORER in weights or "logprob" in weights
    answered = not Recipe({}, (SUMMED,)).lacking([pool])
    if answered and not rated:
        weights = {"votes": 1.0, **weights}
    steps = (*((SUMMED,) if answered and rated else ()), PUBLIC)
    return Recipe(weights, steps)


def _supplied(
    texts: Sequence[str],
    logprobs: Sequence[float] | None,
    answers: Answers | Callable[[Sequence[str]], Answers] | None,
) -> dict[str, Sequence[Any]]:
    """Fields of candidates that the caller knows."""
    fields: dict[str, Sequence[Any]] = {}
    if logprobs is not None:
        fields["logprob"] = checked(logprobs, len(texts)).tolist()
    if answers is not None:
        fields["answers"] = _answers(answers(texts) if callable(answers) else answers, len(texts))
    return fields


def _answers(found: Answers, count: int) -> list[tuple[str | None, ...]]:
    if len(found) != count:
        raise ValueError(f"expected the answers of {count} candidates, got those of {len(found)}")
    lengths = {len(each) for each in found}
    if len(lengths) > 1:
        raise ValueError(f"candidates answer to the same inputs, got from {min(lengths)} to {max(lengths)} answers")
    return [tuple(each) for each in found]


def _found(
    texts: Sequence[str], item: Mapping[str, Any], analyzers: Sequence[str], scoring: Mapping[str, Any]
) -> dict[str, Sequence[Any]]:
    """Fields of candidates that are found out."""
    from rewards import score_batch  # which knows the processes that all calls share, and imports this module

    tested = item["tests"] is not None
    names = tuple(dict.fromkeys([*((RUNTIME,) if tested else ()), *analyzers]))
    if not names:
        return {}
    scores = score_batch([{**item, "completion": text} for text in texts], analyzers=names, **scoring)
    fields: dict[str, Sequence[Any]] = {}
    if analyzers:
        fields["findings"] = [known.candidate(score).findings for score in scores]
    if tested:
        fields["public"] = [_passes(score) for score in scores]
    return fields


def _passes(score: Score) -> bool | None:
    return None if score.outcome in (None, Outcome.INFRASTRUCTURE) else score.outcome is Outcome.PASS
