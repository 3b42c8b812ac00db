"""Curves of a run from its metrics, gathered into charts, and the time that its phases took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from trainer import charts

MAIN = ("held_out", "pass", "reward", "outcome", "seconds", "loss", "completion_tokens")
"""Metrics whose charts come first; those of all others are folded away."""


def curves(metrics: Sequence[Mapping[str, Any]]) -> tuple[list[Markup], list[Markup]]:
    """The charts of a run: those of `MAIN` in its order, and those of every other metric by name."""
    groups = by_part(metrics)
    main = [name for name in MAIN if name in groups]
    other = sorted(set(groups) - set(main))
    return [_chart(name, groups[name]) for name in main], [_chart(name, groups[name]) for name in other]


def times(metrics: Sequence[Mapping[str, Any]]) -> list[tuple[str, float, float]]:
    """(phase, seconds, share) of the steps that were logged."""
    seconds = {phase: sum(curve[1]) for phase, curve in by_part(metrics).get("seconds", {}).items()}
    total = sum(seconds.values())
    return [(phase, spent, spent / total) for phase, spent in seconds.items()] if total else []


def by_name(metrics: Iterable[Mapping[str, Any]]) -> dict[str, charts.Curve]:
    """The curve of each metric that is a number."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for record in metrics:
        for name, value in record.items():
            if name == "step" or isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            steps, values = found.setdefault(name, ([], []))
            steps.append(record["step"])
            values.append(value)
    return dict(found)


def by_part(metrics: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, charts.Curve]]:
    """Curves by the part of their name before the last `/`, then by the rest."""
    groups: dict[str, dict[str, charts.Curve]] = {}
    for name, curve in by_name(metrics).items():
        group, _, member = name.rpartition("/")
        groups.setdefault(group or member, {})[member] = curve
    return groups


def _chart(group: str, members: Mapping[str, charts.Curve]) -> Markup:
    if group == "outcome":
        return Markup(charts.areas(_filled(members), title="outcome mix", colours=charts.OUTCOME_COLOURS))
    if group == "seconds":
        return Markup(charts.areas(_filled(members), title="seconds per step"))
    return Markup(charts.lines(members, title=group.replace("_", " ")))


def _filled(curves: Mapping[str, charts.Curve]) -> dict[str, charts.Curve]:
    """The curves on all of their steps together, 0 where one has no point: areas are stacked step by step."""
    steps = sorted({step for curve in curves.values() for step in curve[0]})
    points = {name: dict(zip(*curve, strict=True)) for name, curve in curves.items()}
    return {name: (steps, [known.get(step, 0.0) for step in steps]) for name, known in points.items()}
