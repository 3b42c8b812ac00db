"""The page of an evaluation: figures, and a row for each task, to be sorted and filtered, with programs inside.

It is one file that needs nothing else. Programs are the first of each outcome of a task, up to what a browser bears.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analyzers.types import Outcome
from rewards.render.html import code_html
from rewards.render.index import listing
from rewards.render.pages import template
from trainer.evaluation.counts import Counts
from trainer.evaluation.figures import described
from trainer.evaluation.graded import Graded
from trainer.evaluation.summary import Summary
from trainer.statistics import pass_at_k
from trainer.tasks.files import Excluded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rewards.types import Score

MOST = 1000
"""Programs on a page at most: browsers choke on more."""
COLOURED = 200
"""Programs with their findings at most, which are several times as long."""
LONGEST = 20_000
"""Code points of a program that are shown."""
COLUMNS = {
    "number": ("#", "3.5rem"),
    "name": ("task", "minmax(8rem, 1fr)"),
    "condition": ("condition", "15rem"),
    "language": ("language", "7rem"),
    "difficulty": ("difficulty", "7rem"),
    "share": ("pass@1", "5rem"),
    "samples": ("passed", "5rem"),
    "clean": ("clean", "5rem"),
    "greedy": ("greedy", "4.5rem"),
}
"""Heading and width of what a row shows, by what it is sorted by."""
UNLESS_ALIKE = ("condition", "language", "difficulty")
"""Columns that are shown where rows differ in them."""

Key = tuple[str, str, str]
"""Condition, task, outcome."""


@dataclass(frozen=True, slots=True)
class _Program:
    outcome: str
    said: str
    code: Markup


class Programs:
    """Programs as they are shown: coloured, with their findings, where they were scored just now."""

    def __init__(self) -> None:
        self._coloured: dict[Key, Markup] = {}

    def add(self, graded: Graded, score: Score, byte_spans: NDArray[np.int64] | None = None) -> None:
        """Keeps a program if it is the first one of its task and outcome."""
        if len(self._coloured) < COLOURED and _key(graded) not in self._coloured:
            self._coloured[_key(graded)] = Markup(code_html(score, byte_spans))

    def shown(self, samples: Iterable[Graded | Excluded]) -> dict[tuple[str, str], list[_Program]]:
        """The programs of each condition and task."""
        found: dict[Key, _Program] = {}
        for graded in samples:
            if not isinstance(graded, Graded) or graded.greedy or _key(graded) in found or len(found) >= MOST:
                continue
            code = self._coloured.get(_key(graded)) or Markup("<pre>{}</pre>").format(graded.completion[:LONGEST])
            found[_key(graded)] = _Program(graded.outcome.value, graded.detail, code)
        by_task: dict[tuple[str, str], list[_Program]] = {}
        for (condition, task, _), program in found.items():
            by_task.setdefault((condition, task), []).append(program)
        return by_task


def page(found: Summary, samples: Iterable[Graded | Excluded], programs: Programs, *, title: str) -> bytes:
    """The page, as UTF-8."""
    shown = programs.shown(samples)
    rows = [
        _row(condition, task, counts, shown.get((condition, task), []))
        for condition, evaluation in found.evaluations.items()
        for task, counts in evaluation.per_task.items()
    ]
    filters = _filters(rows)
    text = template(
        "evaluation.html.j2",
        package="trainer",
        title=title,
        **listing(),
        tables=[
            _table("", {name or "all tasks": described(each) for name, each in found.evaluations.items()}),
            *_groups(found),
        ],
        notes=found.notes(),
        settings={name: value for name, value in found.settings.items() if value is not None},
        filters=filters,
        columns={key: column for key, column in COLUMNS.items() if key not in UNLESS_ALIKE or key in filters},
        rows=list(enumerate(rows, 1)),
    )
    # A lone surrogate, which a model may well write, has no UTF-8.
    return text.encode("utf-8", "replace")


_Columns = dict[str, dict[str, str]]


def _table(heading: str, columns: _Columns) -> tuple[str, list[str], _Columns]:
    """A heading, the names of all rows, and the columns, which need not have each of them."""
    return heading, list(dict.fromkeys(name for column in columns.values() for name in column)), columns


def _groups(found: Summary) -> list[tuple[str, list[str], _Columns]]:
    return [
        _table(
            f"by {by}{f', {condition}' if condition else ''}",
            {name: {"tasks": str(part.tasks), **described(part)} for name, part in parts.items()},
        )
        for condition, evaluation in found.evaluations.items()
        for by, parts in evaluation.groups.items()
    ]


def _row(condition: str, task: str, counts: Counts, programs: list[_Program]) -> dict[str, Any]:
    share = pass_at_k(counts.judged, counts.passed, 1) if counts.judged else None
    words = {True: "pass", False: "fail", None: "-"}
    return {
        "condition": condition,
        "name": task,
        "language": counts.language,
        "difficulty": counts.difficulty,
        "outcomes": {
            outcome.value: counts.outcomes[outcome.value] for outcome in Outcome if outcome in counts.outcomes
        },
        "samples": counts.samples,
        "share": share,
        "cells": {
            "share": "-" if share is None else f"{100 * share:.1f}%",
            "samples": f"{counts.passed}/{counts.samples}",
        },
        "solved": "unjudged" if share is None else "always" if share == 1 else "never" if share == 0 else "sometimes",
        "clean": counts.clean,
        "greedy": words[counts.greedy],
        "unjudged": counts.infrastructure,
        "programs": programs,
    }


def _filters(rows: list[dict[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    """What rows can be filtered by, and the number of rows of each value, where there are several."""
    found: dict[str, dict[str, int]] = {
        name: {} for name in ("condition", "language", "difficulty", "solved", "outcome")
    }
    for row in rows:
        for name in found:
            values = row["outcomes"] if name == "outcome" else [row[name]]
            for value in filter(None, values):
                found[name][value] = found[name].get(value, 0) + 1
    return {name: sorted(values.items()) for name, values in found.items() if len(values) > 1}


def _key(graded: Graded) -> Key:
    return graded.condition, graded.task_id, graded.outcome.value
