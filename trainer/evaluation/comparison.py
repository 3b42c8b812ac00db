"""Two evaluations of the same tasks, compared task by task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from rich.table import Table

from trainer.evaluation.counts import Counts
from trainer.evaluation.figures import GROUPINGS
from trainer.statistics import Estimate, difference, mcnemar, pass_at_k, points


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much better the second is than the first, over the tasks that both judged."""

    tasks: int
    alone: tuple[int, int]
    """Tasks that only the first, and only the second judged; left out."""
    pass_at: Mapping[int, Estimate] = field(default_factory=dict)
    """Gain in pass@k by k, over the tasks of which both judged k samples, with a paired bootstrap interval."""
    correct_and_clean: Estimate | None = None
    """Gain in the share of samples that pass without a finding."""
    paired: str = ""
    """The verdicts that McNemar's test pairs, one for each task: `greedy`, where both have it, or `first sample`."""
    gained: int = 0
    """Tasks that the second alone passes by that verdict."""
    lost: int = 0
    """Tasks that the first alone passes."""
    p_value: float = 1.0
    """Of McNemar's test, exact and two-sided."""
    groups: Mapping[str, Mapping[str, Comparison]] = field(default_factory=dict)
    """The same for each language and difficulty, where there are several."""

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values."""
        plain = asdict(self)
        plain["pass_at"] = {str(k): asdict(value) for k, value in self.pass_at.items()}
        plain["alone"] = list(self.alone)
        plain["groups"] = {
            by: {name: part.to_json() for name, part in parts.items()} for by, parts in self.groups.items()
        }
        return plain


def compare(before: Mapping[str, Counts], after: Mapping[str, Counts], ks: Sequence[int]) -> Comparison:
    """The comparison of two evaluations, and of each group of their tasks."""
    whole = _compare(before, after, ks)
    groups: dict[str, dict[str, Comparison]] = {}
    for by, name_of in GROUPINGS.items():
        names = sorted({name_of(counts) for side in (before, after) for counts in side.values()} - {""})
        if len(names) > 1:
            groups[by] = {name: _compare(_of(before, name_of, name), _of(after, name_of, name), ks) for name in names}
    return Comparison(**{**{key: getattr(whole, key) for key in Comparison.__dataclass_fields__}, "groups": groups})


def _of(side: Mapping[str, Counts], name_of: Callable[[Counts], str], name: str) -> dict[str, Counts]:
    return {task: counts for task, counts in side.items() if name_of(counts) == name}


def _compare(before: Mapping[str, Counts], after: Mapping[str, Counts], ks: Sequence[int]) -> Comparison:
    judged = [
        {task for task, counts in side.items() if counts.judged or counts.greedy is not None}
        for side in (before, after)
    ]
    common = sorted(judged[0] & judged[1])
    pairs = [(before[task], after[task]) for task in common]
    gains = {k: _gain(pairs, partial(_pass_at, k)) for k in ks}
    paired = "greedy" if pairs and all(one.greedy is not None for pair in pairs for one in pair) else "first sample"
    verdicts = [tuple(one.greedy if paired == "greedy" else one.first for one in pair) for pair in pairs]
    gained, lost = verdicts.count((False, True)), verdicts.count((True, False))
    return Comparison(
        tasks=len(common),
        alone=(len(judged[0] - judged[1]), len(judged[1] - judged[0])),
        pass_at={k: value for k, value in gains.items() if value is not None},
        correct_and_clean=_gain(pairs, lambda one: one.clean / one.analysed if one.analysed else None),
        paired=paired,
        gained=gained,
        lost=lost,
        p_value=mcnemar(gained, lost),
    )


def _pass_at(k: int, one: Counts) -> float | None:
    return pass_at_k(one.judged, one.passed, k) if one.judged >= k else None


def _gain(pairs: Iterable[tuple[Counts, Counts]], share: Callable[[Counts], float | None]) -> Estimate | None:
    shares = [(share(one), share(other)) for one, other in pairs]
    both = [(one, other) for one, other in shares if one is not None and other is not None]
    return difference([one for one, _ in both], [other for _, other in both])


def table(found: Comparison, *, title: str) -> Table:
    """A comparison, for the terminal: the whole, and each group."""
    shown = Table(title=title, title_justify="left")
    ks = list(found.pass_at)
    for column in ("", "tasks", *(f"pass@{k}" for k in ks), "correct and clean", "gained", "lost", "McNemar p"):
        shown.add_column(column, justify="right" if column else "left")
    parts = {f"{by}: {name}": part for by, members in found.groups.items() for name, part in members.items()}
    for name, part in {"all": found, **parts}.items():
        gains = [points(part.pass_at.get(k)) for k in ks]
        counted = (str(part.gained), str(part.lost), f"{part.p_value:.3g}")
        shown.add_row(name, str(part.tasks), *gains, points(part.correct_and_clean), *counted)
    return shown
