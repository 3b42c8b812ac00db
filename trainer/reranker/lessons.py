"""What a scorer is told in a step: candidates of some problems, which of them pass, and the pairs of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rewards.reranking.pools import Pool
from trainer.outcomes import class_of
from trainer.reranker.fitting import Fitting
from trainer.reranker.model import RewardModel
from trainer.reranker.pairs import Pair, build, drawn
from trainer.reranker.rows import Row, charged

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Counts:
    """What the pools hold, and what of it there is nothing to learn from."""

    pools: int = 0
    """That are learned from."""
    pairs: int = 0
    """That the rules make, before any are drawn."""
    without_positive: int = 0
    """Pools that make no pair, because none of their candidates passes as the rules want."""
    without_negative: int = 0
    """Those that make none because there is nothing to be better than."""
    unjudged: int = 0
    """Candidates of which nobody knows whether they pass."""
    duplicates: int = 0
    """Candidates that an earlier one of their pool equals."""
    cut: int = 0
    """Candidates that are longer than the context, so that their beginning is not read."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What can be learned from one pool."""

    pool: Pool
    """Judged, without duplicates."""
    rows: list[Row]
    """[N]"""
    marks: list[NDArray[np.bool_] | None]
    """[N], the tokens that are charged, [T]; None where nobody knows."""
    pairs: tuple[Pair, ...]
    useful: NDArray[np.intp]
    """Places of the candidates that say anything."""


@dataclass(frozen=True, slots=True)
class Batch:
    """N candidates of several problems, and P pairs of them."""

    tasks: list[str]
    rows: list[Row]
    """[N]"""
    marks: list[NDArray[np.bool_] | None]
    """[N]"""
    passed: Tensor
    """[N]"""
    pools: Tensor
    """[N], which problem a candidate is for."""
    outcomes: Tensor
    """[N], places in `trainer.outcomes.CLASSES`; `UNKNOWN` where the tests were not run."""
    better: Tensor
    """[P], places among the candidates."""
    worse: Tensor
    """[P]"""
    gaps: Tensor
    """[P]"""


@dataclass(slots=True)
class Lessons:
    """What can be learned from pools, in the order in which it is."""

    settings: Fitting
    seed: int
    lessons: list[Lesson] = field(default_factory=list)
    counts: Counts = Counts()

    @classmethod
    def of(cls, model: RewardModel, pools: Sequence[Pool], settings: Fitting, *, seed: int) -> Lessons:
        """Of pools, as a model reads them.

        Raises:
            trainer.reranker.ranking.BadScores: hard negatives are wanted, and the model rates a candidate with NaN.
        """
        rated = model.rate(pools) if settings.pairs.hard is not None else iter([None] * len(pools))
        every = settings.pairs.model_copy(update={"most": None})
        made = [build(pool, every, scores=scores) for pool, scores in zip(pools, rated, strict=True)]
        lessons = [_lesson(model, each.pool, each.pairs, settings) for each in made]
        learned = [lesson for lesson in lessons if len(lesson.useful)]
        counts = Counts(
            pools=len(learned),
            pairs=sum(len(each.pairs) for each in made),
            without_positive=sum(each.without == "positive" for each in made),
            without_negative=sum(each.without == "negative" for each in made),
            unjudged=sum(each.unjudged for each in made),
            duplicates=sum(each.duplicates for each in made),
            cut=sum(row.cut > 0 for lesson in learned for row in lesson.rows),
        )
        return cls(settings, seed, learned, counts)

    @property
    def steps(self) -> int:
        """Of all epochs."""
        return self.settings.epochs * -(-len(self.lessons) // self.settings.pools)

    def batches(self, *, begin: int = 0) -> Iterator[Batch]:
        """That of each step from `begin` on; a function of seed and step."""
        of_epoch = self.steps // self.settings.epochs
        for step in range(begin, self.steps):
            epoch, place = divmod(step, of_epoch)
            order = np.random.default_rng((self.seed, epoch)).permutation(len(self.lessons))
            chosen = order[place * self.settings.pools : (place + 1) * self.settings.pools]
            yield joined([self._drawn(int(number), epoch) for number in chosen])

    def _drawn(self, number: int, epoch: int) -> Lesson:
        """A lesson with as many candidates as a step sees."""
        lesson, settings, seed = self.lessons[number], self.settings, (self.seed, epoch, number)
        kept = balanced(lesson.useful, lesson.pool.passed, settings.candidates, seed=seed)
        places = {int(place): index for index, place in enumerate(kept)}
        pairs = [
            Pair(places[each.better], places[each.worse], each.gap)
            for each in lesson.pairs
            if each.better in places and each.worse in places
        ]
        pool = Pool(
            lesson.pool.task_id, lesson.pool.prompt, tuple(lesson.pool.candidates[place] for place in kept),
            lesson.pool.language,
        )  # fmt: skip
        rows, marks = [lesson.rows[place] for place in kept], [lesson.marks[place] for place in kept]
        return Lesson(pool, rows, marks, tuple(drawn(pairs, settings.pairs.most, seed=seed)), np.arange(len(kept)))


def balanced(
    useful: NDArray[np.intp], passed: NDArray[np.bool_], most: int, *, seed: Sequence[int]
) -> NDArray[np.intp]:
    """At most so many of the useful places, in ascending order; half of them pass where there are as many."""
    if len(useful) <= most:
        return useful
    random = np.random.default_rng(seed)
    right, wrong = (random.permutation(useful[passed[useful] == kind]) for kind in (True, False))
    rights = min(len(right), max(most // 2, most - len(wrong)))
    return np.sort(np.concatenate([right[:rights], wrong[: most - rights]]))


def joined(lessons: Sequence[Lesson]) -> Batch:
    """The batch of some lessons."""
    begins = np.cumsum([0, *(len(lesson.rows) for lesson in lessons)])
    candidates = [each for lesson in lessons for each in lesson.pool.candidates]
    classes = [class_of(each.outcome) for each in candidates]
    pairs = [
        (begin + pair.better, begin + pair.worse, pair.gap)
        for begin, lesson in zip(begins, lessons, strict=False)
        for pair in lesson.pairs
    ]
    return Batch(
        tasks=[lesson.pool.task_id for lesson in lessons],
        rows=[row for lesson in lessons for row in lesson.rows],
        marks=[mark for lesson in lessons for mark in lesson.marks],
        passed=torch.tensor([bool(each.passed) for each in candidates], dtype=torch.bool),
        pools=torch.tensor([place for place, lesson in enumerate(lessons) for _ in lesson.rows], dtype=torch.long),
        outcomes=torch.tensor([UNKNOWN if each is None else each for each in classes], dtype=torch.long),
        better=torch.tensor([pair[0] for pair in pairs], dtype=torch.long),
        worse=torch.tensor([pair[1] for pair in pairs], dtype=torch.long),
        gaps=torch.tensor([pair[2] for pair in pairs], dtype=torch.float32),
    )


def _lesson(model: RewardModel, pool: Pool, pairs: tuple[Pair, ...], settings: Fitting) -> Lesson:
    """Of a pool; a ranking loss needs some that pass and some that do not, others learn from any candidate."""
    useful = np.arange(len(pool.candidates))
    if settings.pairs_alone:
        useful = np.array(sorted({place for pair in pairs for place in (pair.better, pair.worse)}), dtype=np.intp)
    elif not set(settings.weights) & {"cross_entropy", "outcome", "span"} and not pool.mixed:
        useful = useful[:0]
    rows = model.rows(pool) if len(useful) else []
    marks: list[NDArray[np.bool_] | None] = [None] * len(rows)
    if settings.span_weight:
        codec = model.trunk.codec
        marks = [charged(codec, row, each, settings.blamed) for row, each in zip(rows, pool.candidates, strict=True)]
    return Lesson(pool, rows, marks, pairs, useful)
