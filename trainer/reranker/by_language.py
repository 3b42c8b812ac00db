"""What an order of candidates is worth in each language of a benchmark, and on average over them.

A benchmark such as MultiPL-E has the same problems in every language, so that languages vary together: an interval of
the average resamples problems, each with all of its languages, never single cells. An average is of languages, each
counting alike, as in the tables of MultiPL-E and of RewardRanker (arXiv 2504.09643).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rewards.reranking.pools import Pool
from trainer.reranker import ranking
from trainer.reranker.measures import Rank
from trainer.statistics import RESAMPLES, Estimate, difference, estimate, pass_at_k, wilson
from trainer.tasks.multipl_e import TAGS

CHANCE, ORACLE = "random", "oracle"
"""The rows below and above every order: the chance of a candidate that is picked blindly, and pass@n."""
ONLY = "only one"
"""The row of a model whose problems have a single candidate each."""

Cells = Mapping[str, Mapping[str, float]]
"""By language and problem, the chance that what is picked passes, or how much higher it is."""
_Pools = Mapping[str, Mapping[str, Pool]]
"""By language and problem."""


@dataclass(frozen=True, slots=True)
class Column:
    """The problems of a language."""

    language: str
    measured: int
    """Problems with as many judged candidates as are chosen from."""
    mixed: int
    """Those of them in which some candidates pass and some do not."""
    choice: bool = False
    """Whether any of them has several candidates."""
    left_out: int = 0
    """Problems with fewer."""
    unjudged: int = 0
    """Candidates of which nobody could tell whether they pass."""
    why: str = ""
    """Why nothing is measured; empty where something is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One order of the candidates of one model."""

    model: str
    ranker: str
    cells: Mapping[str, Estimate]
    """By language; one that is not there was not measured."""
    average: Estimate | None
    """Over `Table.averaged`."""
    gains: Mapping[str, Estimate] = field(default_factory=dict)
    """By how much more passes than with the row that this one is compared with, by language; paired by problem."""
    gained: Estimate | None = None
    """The same on average."""


@dataclass(frozen=True, slots=True)
class Table:
    """All rows over the same languages."""

    columns: Mapping[str, Mapping[str, Column]]
    """By model and language."""
    rows: tuple[Row, ...]
    averaged: tuple[str, ...]
    """Languages in which every model was measured: those of the averages."""
    against: str
    """The ranker with which the others of a model are compared."""
    n: int | None
    """How many candidates are chosen from; None where it is all that there are."""

    @property
    def languages(self) -> tuple[str, ...]:
        """All of them, in the order in which they were given."""
        return tuple(dict.fromkeys(language for columns in self.columns.values() for language in columns))


def table(
    models: Mapping[str, Sequence[Pool]],
    rankers: Mapping[str, Rank],
    *,
    n: int | None = None,
    against: str = CHANCE,
    languages: Sequence[str] = (),
    why: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Table:
    """The best of `n` candidates (of all, where None) of each model's pools in the order of each ranker.

    `languages` are the columns that there are in any case, in their order; `why` says of one why nobody could judge it.
    A model whose problems have a single candidate each leaves nothing to order, and has one row.

    Raises:
        ValueError: `against` is no row, a problem is there twice in a language, or nothing is judged at all.
        trainer.reranker.ranking.BadScores: a ranker does not give a number for each candidate.
    """
    if against not in (CHANCE, ORACLE, *rankers):
        raise ValueError(f"cannot compare with {against!r}: the rows are {', '.join((CHANCE, *rankers, ORACLE))}")
    pools = {model: _by_language(found) for model, found in models.items()}
    measured = {model: _enough(found, n) for model, found in pools.items()}
    columns = {model: _columns(pools[model], found, n, languages, why or {}) for model, found in measured.items()}
    if not any(column.measured for each in columns.values() for column in each.values()):
        raise ValueError(
            "nothing can be measured: no problem has enough candidates of which is known whether they pass"
        )
    averaged = tuple(
        language
        for language in dict.fromkeys(language for each in columns.values() for language in each)
        if all(language in each and each[language].measured for each in columns.values())
    )
    rows = [
        row
        for model, found in measured.items()
        for row in _rows(model, _cells(found, rankers, n), against, averaged, seed=seed)
    ]
    return Table(columns, tuple(rows), averaged, against, n)


def problem(task_id: str, language: str) -> str:
    """What a problem is called in all languages: MultiPL-E's ids end with the tag of their language."""
    return task_id.removesuffix(f"/{TAGS.get(language, language)}")


def average(cells: Cells, languages: Sequence[str], *, seed: int = 0) -> Estimate | None:
    """The mean over languages of the share of their problems, with its interval over problems.

    Where all shares are alike the interval is Wilson's, as that of a single language. None without languages, or where
    one of them has no problem.
    """
    found = _over_problems(cells, languages, seed=seed)
    if found is None or found.low < found.high:
        return found
    return wilson(found.mean, len({name for language in languages for name in cells[language]}))


def average_gain(before: Cells, after: Cells, languages: Sequence[str], *, seed: int = 0) -> Estimate | None:
    """The mean gain over the same problems and languages, with its paired interval over problems."""
    return _over_problems(_gains(before, after), languages, seed=seed)


def _rows(
    model: str, cells: Mapping[str, Cells], against: str, languages: Sequence[str], *, seed: int
) -> Iterator[Row]:
    for ranker, values in cells.items():
        base = None if ranker == against else cells.get(against)
        shares = {language: estimate(list(found.values()), seed=seed) for language, found in values.items()}
        yield Row(
            model,
            ranker,
            {language: share for language, share in shares.items() if share is not None},
            average(values, languages, seed=seed),
            {} if base is None else _gains_of(base, values, seed),
            None if base is None else average_gain(base, values, languages, seed=seed),
        )


def _cells(pools: _Pools, rankers: Mapping[str, Rank], n: int | None) -> dict[str, Cells]:
    """What each row picks."""
    chance = _each(pools, lambda pool: float(pool.passed.mean()))
    if all(len(pool.candidates) < 2 for each in pools.values() for pool in each.values()):
        return {ONLY: chance}
    orders = {name: _each(pools, partial(_picked, rank, n)) for name, rank in rankers.items()}
    return {CHANCE: chance, **orders, ORACLE: _each(pools, partial(_oracle, n))}


def _each(pools: _Pools, value: Callable[[Pool], float]) -> Cells:
    return {language: {name: value(pool) for name, pool in found.items()} for language, found in pools.items()}


def _picked(rank: Rank, n: int | None, pool: Pool) -> float:
    return ranking.picked(rank(pool), pool.passed, n or len(pool.candidates))


def _oracle(n: int | None, pool: Pool) -> float:
    return pass_at_k(len(pool.passed), int(pool.passed.sum()), n or len(pool.passed))


def _by_language(pools: Sequence[Pool]) -> dict[str, dict[str, Pool]]:
    found: dict[str, dict[str, Pool]] = {}
    for pool in pools:
        members = found.setdefault(pool.language, {})
        if (name := problem(pool.task_id, pool.language)) in members:
            raise ValueError(f"problem {name!r} is there twice in {pool.language}: give each model its own name")
        members[name] = pool
    return found


def _enough(pools: _Pools, n: int | None) -> dict[str, dict[str, Pool]]:
    """The problems that are measured, with their judged candidates."""
    judged = {language: {name: pool.judged() for name, pool in found.items()} for language, found in pools.items()}
    return {
        language: {name: pool for name, pool in found.items() if len(pool.candidates) >= (n or 1)}
        for language, found in judged.items()
    }


def _columns(
    pools: _Pools, measured: _Pools, n: int | None, languages: Sequence[str], why: Mapping[str, str]
) -> dict[str, Column]:
    return {
        language: _column(language, pools.get(language, {}), measured.get(language, {}), n, why.get(language, ""))
        for language in dict.fromkeys((*languages, *pools))
    }


def _column(language: str, pools: Mapping[str, Pool], measured: Mapping[str, Pool], n: int | None, why: str) -> Column:
    unjudged = sum(each.passed is None for pool in pools.values() for each in pool.candidates)
    empty = "no candidate could be judged" if unjudged else f"no problem has {n or 1} candidates"
    return Column(
        language,
        measured=len(measured),
        mixed=sum(pool.mixed for pool in measured.values()),
        choice=any(len(pool.candidates) > 1 for pool in measured.values()),
        left_out=len(pools) - len(measured),
        unjudged=unjudged,
        why="" if measured else why or (empty if pools else "no pool of it was given"),
    )


def _gains_of(before: Cells, after: Cells, seed: int) -> dict[str, Estimate]:
    found = {}
    for language, gains in _gains(before, after).items():
        gained = difference([0.0] * len(gains), list(gains.values()), seed=seed)
        if gained is not None:
            found[language] = gained
    return found


def _gains(before: Cells, after: Cells) -> dict[str, dict[str, float]]:
    """By how much more passes, of the problems that both have."""
    return {
        language: {name: after[language][name] - value for name, value in found.items() if name in after[language]}
        for language, found in before.items()
        if language in after
    }


def _over_problems(cells: Cells, languages: Sequence[str], *, seed: int) -> Estimate | None:
    """The mean over languages of means over problems; problems are resampled whole, with all of their languages.

    A resample that leaves a language without a problem is left out; None where they all do.
    """
    names = sorted({name for language in languages for name in cells.get(language, {})})
    if not languages or not all(cells.get(language) for language in languages):
        return None
    values = np.array([[cells[language].get(name, np.nan) for language in languages] for name in names])
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    mean = float((filled.sum(0) / known.sum(0)).mean())
    drawn = np.random.default_rng(seed).multinomial(len(names), [1 / len(names)] * len(names), size=RESAMPLES)
    counts = drawn @ known
    whole = (counts > 0).all(1)
    if not whole.any():
        return None
    means = ((drawn @ filled)[whole] / counts[whole]).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(mean, float(low), float(high))
