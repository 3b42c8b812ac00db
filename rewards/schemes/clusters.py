"""Findings of several tools on one defect, found to be one.

Two findings of different tools are one defect where they overlap and the classes of their defects
(`analyzers.defects`) do not contradict each other: the same class, or a class that is not known and the same kind.
Where both are of one class they need not overlap, only begin on one line, for tools disagree about what to mark (ruff a
mutable default, pylint the function that has it); but two names that differ stay two. Two findings of one tool are two
defects, unless they overlap and are one class under two codes (rules that a tool has twice).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from analyzers.defects import UNKNOWN, defect
from analyzers.types import Diagnostic, Kind
from rewards.schemes.regions import line_of
from rewards.schemes.suberrors import suberror
from rewards.types import Charge

MAX_OPEN = 16
"""Clusters of a line that a further finding is compared with; a program with more has reached the cap."""
MAX_PAIRED = 16
"""Clusters of one class on one line that are compared although they do not overlap."""

_NAME = re.compile(r"\w+")


def by_defect(frame: Sequence[Charge], findings: Sequence[Charge], text: str) -> list[list[Charge]]:
    """Charges grouped by defect, the failing frame first; one that costs nothing is alone.

    What overlaps the very expression that failed is the first to join the frame, whose own span is all of its line.
    """
    framed = [[charge] for charge in frame]
    if not findings:
        return framed
    failed = [charge.diagnostic.span for charge in frame]
    frame_lines = [line_of(text, charge.span.start) for charge in frame]
    found: dict[int, list[list[Charge]]] = defaultdict(list)
    open_: dict[int, list[list[Charge]]] = defaultdict(list)

    def order(charge: Charge) -> tuple[bool, int, int]:
        apart = not any(span.overlaps(charge.diagnostic.span) for span in failed)
        return apart, charge.span.start, charge.span.end

    line = line_of(text, 0)
    for charge in sorted(findings, key=order):
        if not line.start <= charge.span.start <= line.end:
            line = line_of(text, charge.span.start)
        # From left to right: what ends before this charge begins will not be met again.
        near = [cluster for cluster in open_[line.start] if _reach(cluster) > charge.span.start][-MAX_OPEN:]
        candidates = [cluster for cluster, place in zip(framed, frame_lines, strict=True) if place == line]
        home = next((cluster for cluster in [*candidates, *near] if _overlapping(cluster, charge)), None)
        if home is None:
            home = []
            found[line.start].append(home)
            near.append(home)
        open_[line.start] = near
        home.append(charge)
    return [*framed, *(cluster for on_line in found.values() for cluster in _paired(on_line, text))]


def _reach(cluster: Iterable[Charge]) -> int:
    return min(max(charge.span.end, charge.span.start + 1) for charge in cluster)


def _overlapping(cluster: Sequence[Charge], charge: Charge) -> bool:
    """Whether a charge is about the defect of a cluster because they overlap."""
    return bool(charge.amount) and all(
        member.amount and _compatible(member.diagnostic, charge.diagnostic) and member.span.overlaps(charge.span)
        for member in cluster
    )


def _compatible(first: Diagnostic, second: Diagnostic) -> bool:
    classes = _defect(first), _defect(second)
    if first.analyzer == second.analyzer:
        return first.code != second.code and classes[0] == classes[1] != UNKNOWN
    if UNKNOWN in classes:
        return _family(first) is _family(second)
    return classes[0] == classes[1]


def _paired(on_line: Sequence[list[Charge]], text: str) -> list[list[Charge]]:
    """The clusters of a line, those joined that are of one class, of different tools, and not about two names."""
    if len(on_line) == 1:
        return list(on_line)
    by_class: dict[str, list[list[Charge]]] = defaultdict(list)
    kept: list[list[Charge]] = []
    for cluster in on_line:
        name = _defect(cluster[0].diagnostic) if cluster[0].amount else UNKNOWN
        alike = by_class[name] if name != UNKNOWN else []
        home = next((other for other in alike if _same(other, cluster, text)), None)
        if home is not None:
            home.extend(cluster)
            continue
        kept.append(cluster)
        if len(alike) < MAX_PAIRED:
            alike.append(cluster)
    return kept


def _same(first: Sequence[Charge], second: Sequence[Charge], text: str) -> bool:
    if {charge.diagnostic.analyzer for charge in first} & {charge.diagnostic.analyzer for charge in second}:
        return False
    names = [{marked for charge in cluster if (marked := _marked(charge, text))} for cluster in (first, second)]
    return not all(names) or bool(names[0] & names[1])


def _marked(charge: Charge, text: str) -> str:
    """The name under a charge, empty where it lies on more than a name."""
    found = _NAME.fullmatch(text, charge.span.start, charge.span.end)
    return found[0] if found else ""


def _defect(diagnostic: Diagnostic) -> str:
    return defect(diagnostic.code, _family(diagnostic))


def _family(diagnostic: Diagnostic) -> Kind:
    return suberror(diagnostic.code).kind if diagnostic.kind is Kind.RUNTIME else diagnostic.kind
