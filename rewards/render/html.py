"""A completion as an HTML fragment; what charges cost is a colour, and what they say stands where one points."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rewards.explain import Explanation
from rewards.render.marks import Piece, marked_lines
from rewards.render.signs import HIDDEN, name, visible
from rewards.types import Score

CSS = files("rewards").joinpath("templates/code.css").read_text(encoding="utf-8")
"""Style of what `code_html` returns; everything in it begins with `sw-`."""


def code_html(score: Score, byte_spans: NDArray[np.int64] | None = None, *, sampled: bytes | None = None) -> str:
    """A fragment: the completion with its lines numbered and what is charged coloured by its amount. Style: `CSS`.

    `byte_spans` and `sampled` are those of its tokens, as `marked_lines` takes them.

    Raises:
        ValueError: the tokens are those of another completion.
    """
    found = code_lines(score, score.explain(), byte_spans, sampled=sampled)
    given = score.source.text[: score.source.prefix]
    above, shared = given[: given.rfind("\n") + 1], given[given.rfind("\n") + 1 :]
    if shared:
        found = [_given(shared) + (found[0] if found else ""), *found[1:]]
    numbered = "".join(f'<span class="sw-line" data-line="{line}">{html}</span>' for line, html in enumerate(found, 1))
    return f'<pre class="sw-code"><code>{_given(above)}{numbered}</code></pre>'


def code_lines(
    score: Score,
    rows: Sequence[Explanation],
    byte_spans: NDArray[np.int64] | None = None,
    *,
    sampled: bytes | None = None,
) -> list[str]:
    """The lines of the completion as HTML, each whole in itself.

    Raises:
        ValueError: the tokens are those of another completion.
    """
    found = marked_lines(score, rows, byte_spans, sampled=sampled)
    return ["".join(_tagged(piece, score.completion) for piece in line) for line in found]


def text_html(text: str, *, after: str = "") -> str:
    """Text that is only shown: whatever acts or hides is a sign that tells its name; `after` is what stands behind."""
    if not HIDDEN.search(text):
        return escape(text)
    parts, at, whole = [], 0, text + after
    for match in HIDDEN.finditer(text):
        # Half of a line break is no cause for alarm.
        kind = "sw-end" if whole.startswith("\r\n", match.start()) else "sw-sign"
        sign = f'<span class="{kind}" title="{escape(name(match[0]))}">{visible(match[0])}</span>'
        parts += [escape(text[at : match.start()]), sign]
        at = match.end()
    return "".join([*parts, escape(text[at:])])


def _given(text: str) -> str:
    return f'<span class="sw-given">{text_html(text)}</span>' if text else ""


def _tagged(piece: Piece, text: str) -> str:
    shown = text_html(text[piece.start : piece.end], after=text[piece.end : piece.end + 1])
    names = _classes(piece)
    if not names:
        return shown
    style = f' style="--w:{abs(piece.weight):.3f}"' if piece.weight else ""
    # One attribute for those who point, those who tab and those who listen.
    tip = f' aria-description="{escape(visible(piece.label))}" tabindex="0"' if piece.label else ""
    tag = "mark" if piece.weight else "span"
    return f'<{tag} class="{" ".join(names)}"{style}{tip}>{shown}</{tag}>'


def _classes(piece: Piece) -> list[str]:
    token = ["sw-token"] * piece.token + ["sw-exempt"] * piece.exempt
    if piece.weight:
        return [*token, "sw-hit" if piece.weight < 0 else "sw-credit"]
    return [*token, "sw-note"] if piece.label else token
