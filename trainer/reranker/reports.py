"""Several orders of the same candidates side by side: as tables, as plain values, and as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from rich import box
from rich.table import Table

from rewards.reranking.pools import Kinds, Pool
from trainer import charts
from trainer.report.page import rendered
from trainer.reranker import ranking
from trainer.reranker.calibration import Reliability, fitted, reliability
from trainer.reranker.measures import Measured, Rank, measure
from trainer.statistics import Estimate, percent

RANDOM, ORACLE = "random choice", "oracle"
MEANS = {
    "pairwise_accuracy": "pairs ordered rightly",
    "auc": "AUC",
    "reciprocal_rank": "MRR",
    "ndcg": "NDCG",
    "wrong_on_top": "wrong on top",
    "length": "score and length",
}
"""What is measured within each problem, and what it is called."""


@dataclass(frozen=True, slots=True)
class Row:
    """One order."""

    name: str
    measured: Measured
    reliable: Reliability
    """Of scores as probabilities, which are made so on one half of the problems and measured on the other."""


@dataclass(frozen=True, slots=True)
class Report:
    """Orders of the same candidates."""

    rows: tuple[Row, ...]
    unjudged: int
    """Candidates of which nobody could tell whether they pass: they are left out."""

    @property
    def kinds(self) -> Kinds:
        """How many problems leave anything to choose."""
        return self.rows[0].measured.pools

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compared(
    pools: Sequence[Pool], orders: Mapping[str, Rank], *, sizes: Sequence[int] = (1, 2, 4, 8), seed: int = 0
) -> Report:
    """What each order is worth.

    Raises:
        ValueError: there is no order, or nothing can be measured; BadScores.
    """
    if not orders:
        raise ValueError("nothing to compare: there is no order")
    rows = []
    for name, rank in orders.items():
        known = remembered(rank)
        rows.append(Row(name, measure(pools, known, sizes=sizes, seed=seed), _reliable(pools, known)))
    return Report(tuple(rows), sum(each.passed is None for pool in pools for each in pool.candidates))


def remembered(rank: Rank) -> Rank:
    """The same order, which is asked once of each pool."""
    known: dict[tuple[str, tuple[str, ...]], Any] = {}

    def ask(pool: Pool) -> Any:
        key = pool.task_id, tuple(each.completion for each in pool.candidates)
        if key not in known:
            known[key] = rank(pool)
        return known[key]

    return ask


def _reliable(pools: Sequence[Pool], rank: Rank) -> Reliability:
    """Each half of the problems under the scale that the other half fits."""
    judged = [each for pool in pools if (each := pool.judged()).candidates]
    scored = [(ranking.checked(rank(pool), len(pool.candidates)), pool.passed) for pool in judged]
    halves = [scored[::2], scored[1::2]]
    said, came = [], []
    for own, other in (halves, halves[::-1]):
        if not own:
            continue
        scores, passed = _joined(own)
        scale = fitted(*_joined(other or own))
        said.append(scale(scores))
        came.append(passed)
    return reliability(np.concatenate(said), np.concatenate(came))


def _joined(scored: Sequence[tuple[ranking.Scores, ranking.Passed]]) -> tuple[ranking.Scores, ranking.Passed]:
    """Scores and outcomes of several problems; what is infinitely high or low is as the highest and lowest other."""
    scores = np.concatenate([each for each, _ in scored])
    finite = scores[np.isfinite(scores)]
    low, high = (finite.min(), finite.max()) if len(finite) else (-1.0, 1.0)
    return np.clip(scores, low, high), np.concatenate([passed for _, passed in scored])


def tables(found: Report, *, title: str = "") -> Iterator[Table]:
    """Best of n, the gap that is closed, and what holds within problems."""
    sizes = [choice.n for choice in found.rows[0].measured.choices]
    first = found.rows[0].measured.choices
    columns = [f"n = {n}" for n in sizes]
    best = _table(f"{title}: pass@1 of the best of n".removeprefix(": "), ("order", *columns))
    best.add_row(RANDOM, *(percent(choice.chance) for choice in first))
    for row in found.rows:
        best.add_row(row.name, *(percent(choice.picked) for choice in row.measured.choices))
    best.add_row(ORACLE, *(percent(choice.oracle) for choice in first))
    yield best
    closed = _table(f"share of the way from {RANDOM} to {ORACLE}", ("order", *columns))
    for row in found.rows:
        closed.add_row(row.name, *(percent(choice.share) for choice in row.measured.choices))
    yield closed
    inside = _table("within problems", ("order", *MEANS.values(), "ECE", "Brier"))
    for row in found.rows:
        means = [_number(row.measured.means.get(name)) for name in MEANS]
        inside.add_row(row.name, *means, f"{row.reliable.ece:.3f}", f"{row.reliable.brier:.3f}")
    yield inside


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, box=box.MARKDOWN)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=not number)
    return table


def _number(value: Estimate | None) -> str:
    return "-" if value is None else f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]"


def notes(found: Report) -> list[str]:
    """What a reader has to know, a line each."""
    kinds = found.kinds
    told = [
        f"{kinds.mixed} problems leave something to choose; in {kinds.all_right} all candidates pass, in "
        f"{kinds.all_wrong} none does"
    ]
    if kinds.empty:
        told.append(f"{kinds.empty} problems have no judged candidate and are left out")
    if found.unjudged:
        told.append(f"{found.unjudged} candidates could not be judged and are left out")
    told.append("in brackets: 95% bootstrap intervals over problems")
    return told


def page(found: Report, *, title: str) -> bytes:
    """A page that needs nothing else, as UTF-8: tables, best of n, and how far scores are from probabilities."""
    chart: dict[str, Callable[[], str]] = {"best of n": lambda: _best(found)}
    chart |= {f"{row.name}: said and passed": _plot(row) for row in found.rows}
    return rendered(
        "measured.html.j2",
        title=title,
        tables=[_plain(each) for each in tables(found)],
        notes=notes(found),
        charts=[Markup(draw()) for draw in chart.values()],
    )


def _best(found: Report) -> str:
    choices = found.rows[0].measured.choices
    sizes = [float(choice.n) for choice in choices]
    curves = {
        RANDOM: (sizes, [choice.chance.mean for choice in choices]),
        **{row.name: (sizes, [choice.picked.mean for choice in row.measured.choices]) for row in found.rows},
        ORACLE: (sizes, [choice.oracle.mean for choice in choices]),
    }
    return charts.lines(curves, title="pass@1 of the best of n", along="n")


def _plot(row: Row) -> Callable[[], str]:
    bins = row.reliable.bins
    curves = {
        "passed": ([each.said for each in bins], [each.passed for each in bins]),
        "as said": ([0.0, 1.0], [0.0, 1.0]),
    }
    return lambda: charts.lines(curves, title=f"{row.name}: said and passed", along="probability")


def _plain(table: Table) -> dict[str, Any]:
    cells = [list(column.cells) for column in table.columns]
    return {
        "title": table.title,
        "head": [column.header for column in table.columns],
        "rows": list(zip(*cells, strict=True)),
    }
