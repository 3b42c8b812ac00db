"""The end of an evaluation: figures of every condition, what was left out, and how they are shown and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.figures import Evaluation, described, figures
from trainer.evaluation.results import Exclusions

FORMAT = "spanwise-evaluation"
VERSION = 1
SHOWN = 5
"""Tasks or exclusions that a note names."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an evaluation."""

    settings: Mapping[str, Any]
    evaluations: Mapping[str, Evaluation]
    """By the name of the condition; empty where there is but one."""
    excluded: Exclusions = field(default_factory=Exclusions)
    without_samples: Sequence[str] = ()
    """Ids of tasks of which nothing was given."""
    ks: Sequence[int] = (1,)

    def to_json(self) -> dict[str, Any]:
        """A mapping of plain values; `docs/evaluation.md` describes it."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "settings": dict(self.settings),
            "conditions": [
                {"name": name, "figures": evaluation.to_json()} for name, evaluation in self.evaluations.items()
            ],
            "excluded": self.excluded.to_json(),
            "tasks_without_samples": list(self.without_samples),
        }

    def notes(self) -> list[str]:
        """What a reader of the figures has to know, a line each."""
        found = []
        if self.excluded.count:
            reasons = "; ".join(f"{count} x {reason}" for reason, count in self.excluded.reasons.most_common(SHOWN))
            found.append(f"left out of all figures: {self.excluded.count} ({reasons})")
            found += [f"  {excluded}" for excluded in self.excluded.first[:SHOWN]]
        if self.without_samples:
            named = ", ".join(self.without_samples[:SHOWN])
            more = ", ..." if len(self.without_samples) > SHOWN else ""
            found.append(f"{len(self.without_samples)} tasks have no sample and are in no figure: {named}{more}")
        for name, evaluation in self.evaluations.items():
            lacking = [k for k in self.ks if k not in evaluation.pass_at]
            if lacking:
                where = f" under {name}" if name else ""
                found.append(f"no task{where} has enough judged samples for pass@{', pass@'.join(map(str, lacking))}")
        return found

    def tables(self, title: str) -> list[Table]:
        """The figures, and those of each language and difficulty."""
        found = [_table(title, self.evaluations)]
        for name, evaluation in self.evaluations.items():
            for by, parts in evaluation.groups.items():
                found.append(_table(f"by {by}{f', {name}' if name else ''}", parts, tasks=True))
        return found


def summary(
    totals: Totals,
    settings: Mapping[str, Any],
    *,
    ks: Sequence[int],
    ns: Sequence[int],
    excluded: Exclusions,
    seconds: Mapping[str, Mapping[str, float]] | None = None,
    tasks: Sequence[str] = (),
) -> Summary:
    """The summary that sums over samples amount to; `tasks` are the ids of those of which there should be samples, and
    `seconds` by condition how long it took."""
    by_condition: dict[str, dict[str, Counts]] = dict(totals) or {"": {}}
    evaluations = {
        name: figures(counts, ks=ks, ns=ns, seconds=(seconds or {}).get(name)) for name, counts in by_condition.items()
    }
    seen = {task for counts in by_condition.values() for task in counts}
    return Summary(settings, evaluations, excluded, [task for task in tasks if task not in seen], ks)


def _table(title: str, evaluations: Mapping[str, Evaluation], *, tasks: bool = False) -> Table:
    shown = Table(title=title, title_justify="left", show_header=len(evaluations) > 1 or tasks)
    shown.add_column("")
    for name in evaluations:
        shown.add_column(name, justify="right", overflow="fold")
    texts = [described(evaluation) for evaluation in evaluations.values()]
    if tasks:
        shown.add_row("tasks", *(str(evaluation.tasks) for evaluation in evaluations.values()))
    for name in dict.fromkeys(name for each in texts for name in each):
        shown.add_row(name, *(each.get(name, "-") for each in texts))
    return shown
