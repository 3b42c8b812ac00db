"""The tables in Markdown, the chart, and the place in a document that they go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.ablation.figures import Charged, Figure, Result, against, contrast, reached
from benchmarks.ablation.rows import BASELINE, FEEDBACK, ROWS, Row
from benchmarks.ablation.runs import Grid, chosen_rate, tuned
from trainer.charts import PALETTE
from trainer.statistics import over_seeds, percent, points

Results = Mapping[str, Sequence[Result]]
"""Finished runs by the name of their row."""

TARGETS = {"short": (0.5, 0.6, 0.7), "long": (0.3, 0.4, 0.5)}
"""pass@1 to be reached, by family."""
OTHER_TARGETS = (0.1, 0.2, 0.3)
FIGURES: Mapping[str, Figure] = {
    "pass@1": lambda each: each.final,
    "pass@1 on average": lambda each: each.average,
    "correct and clean": lambda each: each.clean,
}
OUTCOMES = ("pass", "failure", "error", "syntax_error", "timeout")


def written(grid: Grid, found: Results, *, chart: str | None) -> str:
    """The section of a family; `chart` is the address of its picture."""
    name, size = grid.family.name, grid.size
    total = sum(map(len, found.values()))
    head = (
        f"## {name}: {size.total_samples} programs in {size.steps} steps of {size.step_samples} "
        f"({size.tasks} tasks x {size.samples}), measured on {size.measured_tasks} held-out tasks x "
        f"{size.measured_samples}\n\n{total} of {len(grid.rows) * grid.seeds} measured runs are finished."
    )
    if not total:
        tried = any(tuned(grid, row, rate) is not None for row in grid.rows for rate in grid.rates)
        return f"{head}\n\n{_rates(grid)}" if tried else head
    picture = f"![held-out pass@1 over training samples, {name}]({chart})" if chart else ""
    tables = [_shares(grid, found), _said(grid, found), _contrasts(found), _speed(grid, found)]
    parts = [head, _before(found), picture, *tables, _reasons(grid, found), _rates(grid)]
    return "\n\n".join(part for part in parts if part)


def draw(grid: Grid, found: Results, path: Path) -> None:
    """Held-out pass@1 over training samples as SVG: means over seeds, with bands of their 95% intervals."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "spanwise", "svg.fonttype": "none", "font.size": 9}):
        figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained", sharey=True)
        for axis, framework in zip(axes, ("online", "offline"), strict=True):
            _panel(axis, grid, found, framework)
        axes[0].set_ylabel("held-out pass@1")
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _panel(axis: Any, grid: Grid, found: Results, framework: str) -> None:
    """The curves of a framework, and that of the baseline as a reference."""
    rows = [row for row in grid.rows if row.framework == framework or row.name == BASELINE]
    colours = {f"{place}-{kind}": colour for place in ("online", "offline") for kind, colour in _colours().items()}
    for row in rows:
        results = found.get(row.name)
        if not results:
            continue
        steps = results[0].steps
        estimates = [over_seeds([each.pass_at_1[at] for each in results]) for at in range(len(steps))]
        known = [each for each in estimates if each is not None]
        samples = [step * grid.size.step_samples for step in steps]
        dashed = row.name in (BASELINE, "online-alpha-1")
        colour = colours.get(row.name, "black" if row.name == BASELINE else "#8a8f98")
        axis.plot(
            samples, [each.mean for each in known], color=colour, linestyle="--" if dashed else "-", label=row.title
        )
        axis.fill_between(
            samples, [each.low for each in known], [each.high for each in known], color=colour, alpha=0.12, linewidth=0
        )
    axis.set_title(framework, loc="left")
    axis.set_xlabel("programs learned from")
    axis.grid(alpha=0.3)
    if axis.get_lines():
        axis.legend(frameon=False, fontsize=7, loc="lower right")


def _colours() -> dict[str, str]:
    return dict(zip(FEEDBACK, PALETTE, strict=False))


def _before(found: Results) -> str:
    """How the model does before training, which is the same for all rows of a seed."""
    first = {each.seed: each for results in found.values() for each in results}.values()
    passed = over_seeds([each.pass_at_1[0] for each in first])
    clean = over_seeds([each.clean_before for each in first])
    return f"Before training: pass@1 {percent(passed)}, correct and clean {percent(clean)}."


def _shares(grid: Grid, found: Results) -> str:
    baseline = found.get(BASELINE, ())
    lines = []
    for row, results in _finished(grid, found):
        cells = [row.framework, row.title, str(len(results)), f"{results[0].rate:g}"]
        for figure in (FIGURES["pass@1"], FIGURES["correct and clean"]):
            cells.append(percent(over_seeds([figure(each) for each in results])))
            cells.append("" if row.name == BASELINE else points(against(results, baseline, figure)))
        lines.append(cells)
    heads = ("", "feedback", "seeds", "step size", "pass@1", "against GRPO", "correct and clean", "against GRPO")
    return _table(heads, lines)


def _said(grid: Grid, found: Results) -> str:
    """Which rows differ from the baseline, and how small a difference would have shown."""
    baseline = found.get(BASELINE, ())
    compared = [(row, against(results, baseline, FIGURES["pass@1"])) for row, results in _finished(grid, found)]
    known = [(row, each) for row, each in compared if row.name != BASELINE and each and each.low < each.high]
    if not known:
        return ""
    apart = [f"{row.framework} {row.title} ({points(each)})" for row, each in known if each.low > 0 or each.high < 0]
    which = f"{len(apart)} of {len(known)} rows: {'; '.join(apart)}" if apart else f"none of {len(known)} rows"
    width = median((each.high - each.low) / 2 for _, each in known)
    return (
        f"The interval of the difference in pass@1 to the first row leaves out 0 in {which}. Half of an interval is "
        f"{100 * width:.1f} points in the median: smaller differences do not show."
    )


def _contrasts(found: Results) -> str:
    """What each kind of feedback adds to the one before, and what fresh programs add to a fixed pool."""
    lines = []
    kinds = list(FEEDBACK)
    for coarser, finer in pairwise(kinds):
        pairs = [(f"{place}-{finer}", f"{place}-{coarser}") for place in ("online", "offline")]
        lines += _contrast(found, f"{finer} against {coarser}, online and offline", pairs)
    lines += _contrast(found, "length compensation against alpha = 1", [("online-adaptive", "online-alpha-1")])
    fresh = [(f"online-{kind}", f"offline-{kind}") for kind in kinds]
    lines += _contrast(found, "online against offline, over all kinds", fresh)
    said = "What each step adds, in points: paired by seed, the mean over the pairs of rows that are named"
    return f"{said}\n\n" + _table(("", "seeds", *FIGURES), lines) if lines else ""


def _contrast(found: Results, title: str, pairs: Sequence[tuple[str, str]]) -> list[Sequence[str]]:
    """A line, where all rows are there."""
    rows = [(found.get(better, ()), found.get(worse, ())) for better, worse in pairs]
    estimates = [contrast(rows, figure) for figure in FIGURES.values()]
    if not all(estimates):
        return []
    seeds = set.intersection(*({each.seed for each in results} for pair in rows for results in pair))
    return [(title, str(len(seeds)), *map(points, estimates))]


def _speed(grid: Grid, found: Results) -> str:
    targets = TARGETS.get(grid.family.name, OTHER_TARGETS)
    lines = []
    for row, results in _finished(grid, found):
        cells = [reached(results, target, grid.size) for target in targets]
        shown = [
            f"{'-' if cell.median is None else round(cell.median)} ({cell.reached} of {cell.runs})" for cell in cells
        ]
        lines.append((row.framework, row.title, *shown))
    return "Programs learned from until pass@1 is reached: median over seeds (how many got there)\n\n" + _table(
        ("", "feedback", *(f"{100 * target:.0f}%" for target in targets)), lines
    )


def _reasons(grid: Grid, found: Results) -> str:
    lines = []
    for row, results in _finished(grid, found):
        mix = [fmean(each.outcomes.get(outcome, 0.0) for each in results) for outcome in OUTCOMES]
        marks = [each.charged for each in results if each.charged is not None]
        lines.append(
            (
                row.framework,
                row.title,
                f"{100 * fmean(each.alike for each in results):.0f}%",
                _mean(marks, lambda mark: mark.mass, "{:.2f}"),
                _mean(marks, lambda mark: 100 * mark.share_charged, "{:.0f}%"),
                _mean(marks, lambda mark: 100 * mark.tokens, "{:.0f}%"),
                _mean(marks, lambda mark: mark.per_token, "{:.2f}"),
                _mean(marks, lambda mark: mark.passing_mass, "{:.3f}"),
                *(f"{100 * share:.0f}%" for share in mix),
            )
        )
    heads = (
        "",
        "feedback",
        "groups alike",
        "charged per failing program",
        "failing programs charged",
        "their tokens charged",
        "on such a token",
        "charged per passing program",
        *(outcome.replace("_", " ") for outcome in OUTCOMES),
    )
    return "What was charged in training, and what came out on the held-out tasks\n\n" + _table(heads, lines)


def _rates(grid: Grid) -> str:
    """How each row did with each step size; the one it was then measured with is bold."""
    lines = []
    for row in grid.rows:
        chosen = chosen_rate(grid, row)
        found = [(rate, tuned(grid, row, rate)) for rate in grid.rates]
        shown = ["-" if value is None else f"{100 * value:.1f}%" for _, value in found]
        cells = [f"**{cell}**" if rate == chosen else cell for (rate, _), cell in zip(found, shown, strict=True)]
        lines.append((row.framework, row.title, *cells))
    seeds = f"{grid.tuning_seeds} tuning seed{'s' if grid.tuning_seeds > 1 else ''}"
    said = f"Step sizes: mean pass@1 on the tuning tasks over the measurements on the way and at the end, {seeds}"
    return f"{said}\n\n" + _table(("", "feedback", *(f"{rate:g}" for rate in grid.rates)), lines)


def _finished(grid: Grid, found: Results) -> list[tuple[Row, Sequence[Result]]]:
    order = [row for row in ROWS.values() if row in grid.rows]
    return [(row, found[row.name]) for row in order if found.get(row.name)]


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(heads)
    return "\n".join("| " + " | ".join(line) + " |" for line in (heads, rule, *lines))


def _mean(marks: Sequence[Charged], value: Callable[[Charged], float], form: str) -> str:
    return form.format(fmean(map(value, marks))) if marks else "-"
