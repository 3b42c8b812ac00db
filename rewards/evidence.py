"""What schemes may ask for beside the reports of the analyzers (`rewards.schemes.Need`)."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzers.types import Report, Source, TestStatus, Verdict
from rewards.extract import extract
from rewards.items import Rooms
from rewards.schemes import Need
from rewards.types import Evidence, Item, Outcome, Score

if TYPE_CHECKING:
    from analyzers.runtime import Limits


def limits_for(needs: Collection[Need], limits: Limits | None) -> Limits | None:
    """Limits under which programs tell what is asked for."""
    if Need.EXECUTED not in needs:
        return limits
    from analyzers.runtime import Limits

    return replace(limits or Limits(), executed=True)


def gathered(
    item: Item, source: Source, reports: tuple[Report, ...], *, tested: bool, needs: Collection[Need]
) -> Evidence:
    """The evidence on a program that stands for itself."""
    return Evidence(source, reports, tested, reference=reference(item) if Need.REFERENCE in needs else None)


def reference(item: Item) -> str | None:
    """The program in the reference of an item, with what was given before and after it."""
    if item.reference is None:
        return None
    return extract(item.reference, language=item.language, prefix=item.prefix, suffix=item.suffix).text


def divergence(
    item: Item, source: Source, reports: Sequence[Report], *, limits: Limits | None, isolation: str
) -> Future[Report] | None:
    """Where a wrong answer begins, later; None where there is no wrong answer, or no reference to compare with."""
    from analyzers.runtime import divergence
    from analyzers.runtime.sandbox import tiers

    solution = reference(item)
    verdict = next((report.verdict for report in reports if report.verdict is not None), None)
    if solution is None or item.tests is None or verdict is None or not divergence.applies(source, verdict):
        return None
    return divergence.submit(source, solution, item.tests, verdict, limits, isolation=tiers.parse(isolation))


def groups(items: Sequence[Item], scores: Sequence[Score]) -> list[tuple[float, ...] | None]:
    """For each score the shares of the programs for the same task that pass each test; None without company.

    Programs are for the same task that have one task id, language and test suite. Those that were not judged, or ran
    another number of tests, do not count.
    """
    rooms = Rooms()
    homes: dict[Hashable, list[Verdict]] = {}
    keys: list[Hashable] = []
    for item, score in zip(items, scores, strict=True):
        verdict, key = score.verdict, None
        if item.tests is not None and verdict is not None and verdict.outcome is not Outcome.INFRASTRUCTURE:
            key = rooms.of(item), len(verdict.tests)
            homes.setdefault(key, []).append(verdict)
        keys.append(key)
    shares = {key: _shares(verdicts) for key, verdicts in homes.items()}
    return [None if key is None else shares[key] for key in keys]


def _shares(verdicts: Sequence[Verdict]) -> tuple[float, ...] | None:
    if len(verdicts) < 2:
        return None
    columns = zip(*(verdict.tests for verdict in verdicts), strict=True)
    return tuple(sum(test.status is TestStatus.PASSED for test in column) / len(verdicts) for column in columns)
