"""Items in, scores out: extraction, analysis, scheme, and the way back to the completion."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from analyzers.futures import when_done
from analyzers.runtime import tests as suites
from analyzers.types import Outcome, Report, Source, Span
from rewards import schemes
from rewards.evidence import divergence, gathered, groups, limits_for
from rewards.extract import extract
from rewards.registry import did_you_mean
from rewards.schemes.regions import sampled
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

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class BadItem(ValueError):
    """What was given is nothing to score."""


class Scorer:
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
        self.scheme = schemes.resolve(scheme)
        self._needs = schemes.needs(self.scheme)
        self._limits, self._isolation = limits_for(self._needs, limits), isolation
        self._runs_tests = RUNTIME in analyzers
        self._warned = False
        self._owned = engine is None
        if engine is None:
            from analyzers.engine import Engine  # starts processes, so it is imported when it is wanted

            engine = Engine(analyzers, workers=workers, limits=self._limits, isolation=isolation, cache_folder=cache)
        self._engine = engine

    def submit(self, item: Item | Mapping[str, Any]) -> Future[Score]:
        """The score of an item, later.

        Raises:
            BadItem: a mapping with an unknown or missing key.
            analyzers.runtime.tests.BadTests: its tests are no test suite.
            grammars.UnknownLanguage: no language of that name is known.
        """
        item = as_item(item)
        source, tests = self._prepared(item)
        scored = _then(
            _joined(self._engine.submit(source, tests), lambda reports: self._divergence(item, source, reports)),
            lambda reports: self._settled(item, source, reports, tested=tests is not None),
        )
        return scored if item.holdout is None else _flat(_then(scored, lambda score: self._held_out(item, score)))

    def score_batch(self, items: Iterable[Item | Mapping[str, Any]]) -> list[Score]:
        """The scores of many items, in order; tools that take many programs at once get them at once.

        Every item is checked before the first one is analysed.

        Raises:
            BadItem, BadTests, UnknownLanguage: as `submit`.
        """
        checked = [as_item(item) for item in items]
        prepared = [self._prepared(item) for item in checked]
        found = self._engine.analyze_batch([source for source, _ in prepared], [tests for _, tests in prepared])
        further = [
            self._divergence(item, source, reports)
            for item, (source, _), reports in zip(checked, prepared, found, strict=True)
        ]
        scores = [
            self._settled(item, source, reports + _result(report), tested=tests is not None)
            for item, (source, tests), reports, report in zip(checked, prepared, found, further, strict=True)
        ]
        held_out = [self._held_out(item, score) for item, score in zip(checked, scores, strict=True)]
        return self.grouped(checked, [future.result() for future in held_out])

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores of items, with what programs for the same task tell of each other, where the scheme asks for it.

        `score_batch` does this itself; scores of `submit` are those of programs that stand alone.
        """
        if schemes.Need.GROUP not in self._needs:
            return list(scores)
        return [
            score
            if group is None
            else replace(self._settled(item, score.source, score.reports, group=group), holdout=score.holdout)
            for item, score, group in zip(items, scores, groups(items, scores), strict=True)
        ]

    def close(self) -> None:
        """Ends the worker processes, unless they are shared."""
        if self._owned:
            self._engine.close()

    def __enter__(self) -> Scorer:
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

    def _divergence(self, item: Item, source: Source, reports: Sequence[Report]) -> Future[Report] | None:
        if schemes.Need.DIVERGENCE not in self._needs:
            return None
        return divergence(item, source, reports, limits=self._limits, isolation=self._isolation)

    def _held_out(self, item: Item, score: Score) -> Future[Score]:
        """The score with what the hold-out tests say, later; what the analyzers said before comes from the cache."""
        if item.holdout is None or score.outcome is not Outcome.PASS:
            scored: Future[Score] = Future()
            scored.set_result(score)
            return scored
        return _then(self._engine.submit(score.source, item.holdout), lambda reports: _with_holdout(score, reports))

    def _prepared(self, item: Item) -> tuple[Source, Tests | None]:
        source = extract(
            item.completion, language=item.language, prefix=item.prefix, truncated=item.truncated, raw=item.raw
        )
        if item.tests is None or self._runs_tests:
            return source, item.tests
        if not self._warned:
            self._warned = True
            warnings.warn(
                "tests are given but 'runtime' is not among the analyzers: they are not run, and rewards come from"
                " findings alone",
                stacklevel=4,
            )
        return source, None


def as_item(item: Item | Mapping[str, Any]) -> Item:
    """An item from a mapping with its fields as keys; tests may be anything that `analyzers.runtime.tests.parse` takes.

    The key `token_ids` is accepted and left alone: tokens matter only to `token_rewards`.

    Raises:
        BadItem: an unknown key, no completion, or a completion that is not text.
        analyzers.runtime.tests.BadTests: the tests are no test suite.
    """
    if not isinstance(item, Item):
        if not isinstance(item, Mapping):
            raise BadItem(f"an item is an Item or a mapping, got {type(item).__name__}: {str(item)[:80]!r}")
        known = [field.name for field in fields(Item)]
        values = {key: value for key, value in item.items() if key != "token_ids"}
        for key in values:
            if key not in known:
                raise BadItem(f"unknown key {key!r} in an item; {did_you_mean(str(key), [*known, 'token_ids'])}")
        if "completion" not in values:
            raise BadItem(f"an item needs the key 'completion', got {sorted(values)}")
        item = Item(**values)
    if not isinstance(item.completion, str):
        raise BadItem(f"a completion is text, got {type(item.completion).__name__}: {str(item.completion)[:80]!r}")
    if item.tests is None and item.holdout is None:
        return item
    return replace(item, tests=_suite(item.tests), holdout=_suite(item.holdout))


def _suite(tests: object) -> Tests | None:
    return None if tests is None else suites.parse(tests)


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


def _result(future: Future[Report] | None) -> tuple[Report, ...]:
    return () if future is None else (future.result(),)


def _joined(
    found: Future[tuple[Report, ...]], further: Callable[[tuple[Report, ...]], Future[Report] | None]
) -> Future[tuple[Report, ...]]:
    """The future of reports and of one more that depends on them, where there is one."""
    joined: Future[tuple[Report, ...]] = Future()
    joined.set_running_or_notify_cancel()

    def finish(done: Future[tuple[Report, ...]]) -> None:
        try:
            reports = done.result()
            more = further(reports)
            if more is None:
                joined.set_result(reports)
            else:
                more.add_done_callback(lambda last: joined.set_result((*reports, last.result())))
        except (Exception, CancelledError) as error:
            joined.set_exception(error)

    found.add_done_callback(finish)
    return joined


def _with_holdout(score: Score, reports: tuple[Report, ...]) -> Score:
    verdict = Evidence(score.source, reports).verdict
    return replace(score, holdout=verdict.outcome if verdict else Outcome.INFRASTRUCTURE)


def _flat(future: Future[Future[_Out]]) -> Future[_Out]:
    """The result of the future that a future results in."""
    chained: Future[_Out] = Future()
    chained.set_running_or_notify_cancel()

    def finish(done: Future[Any], *, last: bool) -> None:
        try:
            result = done.result()
        except (Exception, CancelledError) as error:
            chained.set_exception(error)
            return
        if last:
            chained.set_result(result)
        else:
            result.add_done_callback(lambda inner: finish(inner, last=True))

    future.add_done_callback(lambda outer: finish(outer, last=False))
    return chained


def _then(future: Future[_In], function: Callable[[_In], _Out]) -> Future[_Out]:
    """The future of `function` of a future's result; exceptions and cancellation pass through."""
    return when_done([future], lambda: function(future.result()))
