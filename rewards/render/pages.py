"""Self-contained pages: scored programs one below the other, and two of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from rewards.compare import aligned, paired
from rewards.render.html import CSS, code_html, code_lines
from rewards.render.marks import line_texts
from rewards.render.signs import visible
from rewards.render.summary import called, facts_of_both, met, signed, summary
from rewards.types import Score

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a page may load and run: nothing but its own style, should anything ever slip through the escaping."""


def to_html(
    scores: Sequence[Score],
    *,
    title: str,
    byte_spans: Sequence[NDArray[np.int64] | None] | None = None,
    sampled: Sequence[bytes | None] | None = None,
) -> str:
    """A self-contained page of scores; `byte_spans` and `sampled` are per score, as for `code_html`.

    Raises:
        ValueError: tokens are those of another completion.
    """
    spans = byte_spans or [None] * len(scores)
    data = sampled or [None] * len(scores)
    entries = [
        {
            "name": called(score, number),
            "facts": summary(score),
            "code": Markup(code_html(score, span, sampled=bytes_)),
            "rows": score.explain(),
        }
        for number, (score, span, bytes_) in enumerate(zip(scores, spans, data, strict=True), 1)
    ]
    reasons = met(row for score in scores for row in score.explain())
    return template("page.html.j2", title=title, entries=entries, reasons=reasons)


def compare_html(left: Score, right: Score, *, title: str) -> str:
    """A self-contained page of two programs: their lines side by side, and their findings matched."""
    sides = left, right
    rows = [score.explain() for score in sides]
    coded = [code_lines(score, found) for score, found in zip(sides, rows, strict=True)]
    pairs = aligned(*(line_texts(score.completion) for score in sides))
    cells = [
        {
            "changed": pair.changed,
            "sides": [_cell(html, at) for html, at in zip(coded, (pair.left, pair.right), strict=True)],
        }
        for pair in pairs
    ]
    return template(
        "compare.html.j2",
        title=title,
        names=[called(score, number) for number, score in enumerate(sides, 1)],
        facts=facts_of_both(left, right),
        lines=cells,
        pairs=paired(*rows),
        reasons=met(row for found in rows for row in found),
    )


def template(name: str, *, package: str = "rewards", **values: Any) -> str:
    """A page from its template, which may lie in another package; every text is escaped and made visible."""
    given: Mapping[str, Any] = {"policy": POLICY, **values}
    return _environment(package).get_template(name).render(css=Markup(_style() + CSS), **given)


@cache
def _environment(package: str) -> Environment:
    from jinja2 import ChoiceLoader, Environment, PackageLoader

    def shown(value: Any) -> Any:
        return visible(value) if type(value) is str else value

    loader = ChoiceLoader([PackageLoader(each) for each in dict.fromkeys(("rewards", package))])
    found = Environment(loader=loader, autoescape=True, finalize=shown, trim_blocks=True, lstrip_blocks=True)
    found.globals["signed"] = signed
    return found


@cache
def _style() -> str:
    return files("rewards").joinpath("templates/page.css").read_text(encoding="utf-8")


def _cell(html: Sequence[str], at: int | None) -> dict[str, Any] | None:
    return None if at is None else {"line": at + 1, "code": Markup(html[at])}
