"""Items in, scores out: extraction, analysis, scheme, and the way back to the completion."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from analyzers.futures import steps
from analyzers.types import Outcome, Report, Source, Span
from rewards import schemes
from rewards.evidence import divergence, gathered, groups, limits_for
from rewards.extract import source_of
from rewards.items import as_item
from rewards.schemes.regions import sampled
from rewards.stream import IN_FLIGHT, Items, Stream
from rewards.types import Charge, Evidence, Item, Reward, Score

if TYPE_CHECKING:
    from types import TracebackType

    from analyzers.engine import Engine
    from analyzers.runtime import Limits
    from analyzers.runtime.tests import Tests

ANALYZERS = ("runtime", "pylint")
SCHEME = "static"
RUNTIME = "runtime"
ISOLATION = "standard"


class Scoring(ABC):
    """What gives scores of one scheme, wherever they are made; a context manager."""

    def __init__(self, scheme: schemes.Spec) -> None:
        """Raises ValueError: an unknown scheme or option of it, with the closest names."""
        self.scheme = schemes.resolve(scheme)
        self._needs = schemes.needs(self.scheme)

    @abstractmethod
    def submit_batch(self, items: Iterable[Item | Mapping[str, Any]]) -> list[Future[Score]]:
        """The scores of many items, in order, later.

        Every item is checked before the first one is analysed. Schemes that compare them have not: see `grouped`.

        Raises:
            BadItem, BadTests, UnknownLanguage: as `submit`.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends the processes that nobody else uses."""

    def submit(self, item: Item | Mapping[str, Any]) -> Future[Score]:
        """The score of an item, later.

        Raises:
            BadItem: a mapping with an unknown or missing key.
            analyzers.runtime.tests.BadTests: its tests are no test suite.
            grammars.UnknownLanguage: no language of that name is known.
        """
        return self.submit_batch([item])[0]

    def score_batch(self, items: Iterable[Item | Mapping[str, Any]]) -> list[Score]:
        """The scores of many items, in order, once they are there.

        Raises:
            BadItem, BadTests, UnknownLanguage: as `submit_batch`.
        """
        checked = [as_item(item) for item in items]
        return self.grouped(checked, [score.result() for score in self.submit_batch(checked)])

    def score_stream(self, items: Items, *, group_size: int | None = None, in_flight: int = IN_FLIGHT) -> Stream:
        """The scores of items as they finish, of an iterable or asynchronous iterable that gives them as they come.

        Yields pairs of an item's index and its score; see `rewards.stream.Stream`. `group_size` is how many items for
        one task are a group to schemes that compare those, and nothing to the others.

        Raises:
            ValueError: the scheme compares the items for a task, and no `group_size` is given; or one less than 1.
        """
        if schemes.Need.GROUP not in self._needs:
            return Stream(self, items, in_flight=in_flight)
        if group_size is None:
            raise ValueError("the scheme compares the items for a task: say with group_size how many there are of each")
        return Stream(self, items, group_size=group_size, in_flight=in_flight)

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores of items, with what programs for the same task tell of each other, where the scheme asks for it.

        `score_batch` does this itself; scores of `submit` and `submit_batch` are those of programs that stand alone.
        """
        if schemes.Need.GROUP not in self._needs:
            return list(scores)
        return [
            score
            if group is None
            else replace(self._settled(item, score.source, score.reports, group=group), holdout=score.holdout)
            for item, score, group in zip(items, scores, groups(items, scores), strict=True)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _settled(
        self,
        item: Item,
        source: Source,
        reports: tuple[Report, ...],
        *,
        tested: bool = True,
        group: tuple[float, ...] | None = None,
    ) -> Score:
        evidence = gathered(item, source, reports, tested=tested, needs=self._needs)
        return settle(item, evidence if group is None else replace(evidence, group=group), self.scheme)


class Scorer(Scoring):
    """Scores completions with one set of analyzers and one scheme; a context manager.

    Without `runtime` among the analyzers tests cannot be run: rewards then come from findings alone, which is warned of
    once, because programs trained on such rewards get shorter, not better (arXiv:2605.30478).
    """

    def __init__(
        self,
        analyzers: Sequence[str] = ANALYZERS,
        *,
        scheme: schemes.Spec = SCHEME,
        limits: Limits | None = None,
        isolation: str = ISOLATION,
        workers: int | None = None,
        cache: Path | None = None,
        engine: Engine | None = None,
    ) -> None:
        """`limits` are those of the programs that run, `isolation` the weakest tier at which they may; `workers` the
        processes; `cache` a folder where results are kept for other runs; `engine` is one that others share.

        Raises:
            ValueError: an unknown analyzer, scheme, option of the scheme or tier, with the closest names.
            analyzers.runtime.sandbox.tiers.TierRefused: programs cannot be isolated so well on this machine.
            OSError: nothing can be kept in `cache`.
        """
        super().__init__(scheme)
        self._limits, self._isolation = limits_for(self._needs, limits), isolation
        self._runs_tests = RUNTIME in analyzers
        self._warned = False
        self._owned = engine is None
        if engine is None:
            from analyzers.engine import Engine  # starts processes, so it is imported when it is wanted

            engine = Engine(analyzers, workers=workers, limits=self._limits, isolation=isolation, cache_folder=cache)
        self._engine = engine

    def submit_batch(self, items: Iterable[Item | Mapping[str, Any]]) -> list[Future[Score]]:
        """As `Scoring.submit_batch`; tools that take many programs at once get them at once."""
        checked = [as_item(item) for item in items]
        prepared = [self._prepared(item) for item in checked]
        found = self._engine.submit_batch([source for source, _ in prepared], [tests for _, tests in prepared])
        return [
            steps(self._scoring(item, source, reports, tested=tests is not None))
            for item, (source, tests), reports in zip(checked, prepared, found, strict=True)
        ]

    def close(self) -> None:
        """Ends the worker processes, unless they are shared."""
        if self._owned:
            self._engine.close()

    def _scoring(
        self, item: Item, source: Source, found: Future[tuple[Report, ...]], *, tested: bool
    ) -> Generator[Future[Any], Any, Score]:
        """From the reports of the analyzers to the score, with what depends on them: yields what it waits for."""
        reports: tuple[Report, ...] = yield found
        if schemes.Need.DIVERGENCE in self._needs:
            further = divergence(item, source, reports, limits=self._limits, isolation=self._isolation)
            if further is not None:
                reports = (*reports, (yield further))
        score = self._settled(item, source, reports, tested=tested)
        if item.holdout is None or score.outcome is not Outcome.PASS:
            return score
        # What the analyzers said of the program comes from the cache.
        return _with_holdout(score, (yield self._engine.submit(source, item.holdout)))

    def _prepared(self, item: Item) -> tuple[Source, Tests | None]:
        source = source_of(item)
        if item.tests is None or self._runs_tests:
            return source, item.tests
        if not self._warned:
            self._warned = True
            warnings.warn(
                "tests are given but 'runtime' is not among the analyzers: they are not run, and rewards come from"
                " findings alone",
                stacklevel=5,
            )
        return source, None


def settle(item: Item, evidence: Evidence, scheme: schemes.Scheme) -> Score:
    """The score that a scheme gives on the evidence; None for value and base where tests gave no verdict."""
    verdict = evidence.verdict
    failed = evidence.tested and verdict is None
    reward = Reward(None) if failed else scheme(evidence)
    charges = _placed(reward.charges, evidence.source)
    exempt = [sampled(evidence.source, span) for span in reward.exempt]
    base = None if reward.parts is None else float(sum(reward.parts.values()))
    return Score(
        value=None if base is None else base + sum(charge.amount for charge in charges),
        base=base,
        outcome=verdict.outcome if verdict else Outcome.INFRASTRUCTURE if failed else None,
        source=evidence.source,
        completion=item.completion,
        reports=evidence.reports,
        charges=charges,
        parts=dict(reward.parts or {}),
        task_id=item.task_id,
        exempt=tuple(_moved(span, evidence.source) for span in exempt if span is not None),
    )


def _placed(charges: Sequence[Charge], source: Source) -> tuple[Charge, ...]:
    """Charges moved from the source to the completion; what lies in the given prefix was not sampled and is dropped."""
    spans = [(charge, sampled(source, charge.span)) for charge in charges]
    return tuple(replace(charge, span=_moved(span, source)) for charge, span in spans if span is not None)


def _moved(span: Span, source: Source) -> Span:
    """A sampled part of the source as a part of the completion."""
    shift = source.offset - source.prefix
    return Span(span.start + shift, span.end + shift)


def _with_holdout(score: Score, reports: tuple[Report, ...]) -> Score:
    verdict = Evidence(score.source, reports).verdict
    return replace(score, holdout=verdict.outcome if verdict else Outcome.INFRASTRUCTURE)
