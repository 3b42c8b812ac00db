"""Curves as inline SVG that reads on light and on dark paper: text and axes take the colour of the page around them.

Needs no fonts, no script and no other file.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from trainer.statistics import over_seeds

WINDOW = 8
"""Points in a trailing mean."""
BESIDE, BELOW = 24, 72
"""Characters of the longest name that stands beside a chart, and of a line below it."""
LINE = 0.17
"""Inches of such a line."""
INK = "#010203"
"""Stands for the colour of text until the SVG is written, which then says `currentColor`."""
PALETTE = ("#3b82c4", "#d1782a", "#2f9e6e", "#b0569c", "#a8912b", "#7b6fd0")
"""Of like brightness on white and on near-black, and apart for the colour-blind (after Okabe and Ito)."""
OUTCOME_COLOURS = {
    "pass": "#2f9e6e",
    "failure": "#d9a425",
    "error": "#d1782a",
    "syntax_error": "#c2415a",
    "timeout": "#7b6fd0",
    "infrastructure": "#8a8f98",
}
_STYLE: dict[str, Any] = {
    "text.parse_math": False,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Curve = tuple[Sequence[float], Sequence[float]]
"""Steps and values."""


def lines(curves: Mapping[str, Curve], *, title: str, along: str = "step") -> str:
    """One chart of one or more curves over steps, or what `along` names; a legend where there are several.

    Long curves are faint, with the mean of the last `WINDOW` points in bold: single steps are few samples.
    """

    def draw(axes: Any) -> None:
        for (name, (steps, values)), colour in zip(curves.items(), _colours(len(curves)), strict=True):
            if len(values) >= 2 * WINDOW:
                axes.plot(steps, values, color=colour, linewidth=0.9, alpha=0.4)
                values = trailing_means(values, WINDOW)
            marker = "o" if len(values) < 3 else None
            axes.plot(steps, values, color=colour, linewidth=1.6, marker=marker, markersize=4, label=name)

    return _svg(draw, title=title, legend=len(curves) > 1, along=along)


def bands(repeated: Mapping[str, Sequence[Curve]], *, title: str) -> str:
    """One chart of curves that were each measured several times: means, with bands of their 95% intervals.

    A mean is taken over the steps that all repetitions have, after each was smoothed as in `lines`.
    """

    def draw(axes: Any) -> None:
        for (name, curves), colour in zip(repeated.items(), _colours(len(repeated)), strict=True):
            points = [dict(zip(steps, trailing_means(values, WINDOW), strict=True)) for steps, values in curves]
            steps = sorted(set.intersection(*map(set, points)))
            found = [over_seeds([known[step] for known in points]) for step in steps]
            means, lows, highs = ([getattr(one, part) for one in found] for part in ("mean", "low", "high"))
            axes.fill_between(steps, lows, highs, color=colour, alpha=0.2, linewidth=0)
            marker = "o" if len(steps) < 3 else None
            axes.plot(steps, means, color=colour, linewidth=1.6, marker=marker, markersize=4, label=name)

    return _svg(draw, title=title, legend=len(repeated) > 1)


def areas(curves: Mapping[str, Curve], *, title: str, colours: Mapping[str, str] | None = None) -> str:
    """Curves stacked on each other; all must have the same steps."""

    def draw(axes: Any) -> None:
        steps = next(iter(curves.values()))[0]
        fills = [(colours or {}).get(name, shade) for name, shade in zip(curves, _colours(len(curves)), strict=True)]
        names = [name.replace("_", " ") for name in curves]
        if len(steps) == 1:  # an area of no width is invisible
            steps = [steps[0] - 0.5, steps[0] + 0.5]
        heights = [list(values) * (2 if len(values) == 1 else 1) for _, values in curves.values()]
        axes.stackplot(steps, heights, colors=fills, labels=names, linewidth=0)
        axes.margins(x=0, y=0)

    return _svg(draw, title=title, legend=True)


def trailing_means(values: Sequence[float], window: int) -> list[float]:
    """The mean of each value and those before it, `window` at most."""
    return [sum(part) / len(part) for end in range(1, len(values) + 1) if (part := values[max(0, end - window) : end])]


def _svg(draw: Any, *, title: str, legend: bool, along: str = "step") -> str:
    style: Any = {**_STYLE, "svg.hashsalt": title}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(4.6, 2.6), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel(along, fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=along != "probability", nbins=6, min_n_ticks=1))
        axes.grid(True, axis="y", color=INK, alpha=0.15, linewidth=0.6)
        axes.set_axisbelow(True)
        if legend:
            _legend(figure, axes)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(written.getvalue(), title)


def _legend(figure: Any, axes: Any) -> None:
    """Names stand beside a chart; long ones below it, where they leave it its width."""
    handles, names = axes.get_legend_handles_labels()
    look: Any = {"frameon": False, "fontsize": 8, "handlelength": 1.2}
    if max(map(len, names), default=0) <= BESIDE:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), **look)
        return
    names = ["\n".join(textwrap.wrap(name, BELOW)) for name in names]
    figure.set_figheight(figure.get_figheight() + LINE * sum(name.count("\n") + 1 for name in names))
    figure.legend(handles, names, loc="outside lower left", **look)


def _inline(document: str, title: str) -> str:
    """The `svg` element alone, in the colour and the font of the page, with ids that no other chart of the page has."""
    svg = document[document.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*; ?", "", svg).replace(INK, "currentColor")
    mark = f"c{zlib.crc32(title.encode('utf-8', 'replace')):x}-"
    svg = re.sub(r'\bid="', f'id="{mark}', svg).replace("url(#", f"url(#{mark}")
    svg = svg.replace('xlink:href="#', f'href="#{mark}')
    box = re.search(r'viewBox="([^"]*)"', svg)
    opening = f'<svg class="chart" role="img" aria-label="{html.escape(title)}" viewBox="{box[1] if box else ""}">'
    return re.sub(r"<svg [^>]*>", lambda _: opening, svg, count=1)


def _colours(count: int) -> list[str]:
    return [PALETTE[index % len(PALETTE)] for index in range(count)]
