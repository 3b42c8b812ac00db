"""A completion as lines of pieces: what lies under the same findings and, where they are known, in the same token."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analyzers.positions import Convention, LineTable
from analyzers.types import Span
from rewards.align import token_rewards
from rewards.explain import Explanation
from rewards.tokens import REPLACEMENT, byte_offsets
from rewards.types import Score

# What RLTF charges for a failing frame: the darkest shade.
FULL = 0.3
MANY = 8
"""Findings that a label names; it only counts those beyond."""
_FROM_ZERO = Convention(line_base=0, column_base=0)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the completion on one line."""

    start: int
    end: int
    weight: float
    """How dark, in [-1, 1]; below 0 for a penalty."""
    label: str
    token: bool
    """Whether it begins a token of its own."""
    exempt: bool = False
    """Whether the outcome says nothing of it."""


def lines(text: str) -> list[Span]:
    """The lines of a text with their line breaks, as `analyzers.positions` counts them; a last empty one is none."""
    table = LineTable(text)
    last, _ = table.position(_FROM_ZERO, len(text))
    starts = [table.offset(_FROM_ZERO, line, 0) for line in range(last + 1)]
    return [Span(start, end) for start, end in pairwise([*starts, len(text)]) if start < end]


def line_texts(text: str) -> list[str]:
    """The lines of a text without their line breaks."""
    return [text[line.start : line.end].rstrip("\r\n") for line in lines(text)]


def marked_lines(
    score: Score,
    rows: Sequence[Explanation],
    byte_spans: NDArray[np.int64] | None = None,
    *,
    sampled: bytes | None = None,
) -> list[list[Piece]]:
    """The pieces of each line.

    With the byte spans of its tokens [T, 2] every token is set apart and coloured by its own reward. Where the
    completion holds U+FFFD, that needs the `sampled` bytes as well (see `token_rewards`); else findings are shown
    without tokens.

    Raises:
        ValueError: the tokens are those of another completion.
    """
    bounds = lines(score.completion)
    found: list[list[Piece]] = [[] for _ in bounds]
    line = 0
    for piece in _pieces(score, rows, _tokens(score, byte_spans, sampled)):
        at = piece.start
        while at < piece.end:
            while bounds[line].end <= at:
                line += 1
            end = min(piece.end, bounds[line].end)
            found[line].append(replace(piece, start=at, end=end, token=piece.token and at == piece.start))
            at = end
    return found


def held(span: Span, length: int) -> tuple[int, int]:
    """The span itself, or the character that answers for an empty one: the one there, or the last."""
    if len(span):
        return span.start, span.end
    start = min(span.start, max(length - 1, 0))
    return start, min(start + 1, length)


@dataclass(frozen=True, slots=True)
class _Tokens:
    owners: NDArray[np.int64]
    """[code points] the token that holds the first byte of each."""
    values: NDArray[np.float64]
    """[T]"""
    largest: float


def _tokens(score: Score, byte_spans: NDArray[np.int64] | None, sampled: bytes | None) -> _Tokens | None:
    if byte_spans is None or (sampled is None and REPLACEMENT in score.completion):
        return None
    values = token_rewards(score, byte_spans, sampled=sampled).values
    starts = byte_offsets(score.completion, sampled)[:-1]
    owners = np.searchsorted(byte_spans[:, 1], starts, side="right")
    return _Tokens(owners, values, float(np.abs(values).max(initial=0.0)))


def _pieces(score: Score, rows: Sequence[Explanation], tokens: _Tokens | None) -> Iterator[Piece]:
    length = len(score.completion)
    opened: dict[int, list[Explanation]] = defaultdict(list)
    closed: dict[int, list[Explanation]] = defaultdict(list)
    for row in rows:
        start, end = held(row.span, length)
        opened[start].append(row)
        closed[end].append(row)
    exempt = _inside(score.exempt, length)
    cuts = {0, length, *opened, *closed, *(edge for span in score.exempt for edge in (span.start, span.end))}
    begun: set[int] = set()
    if tokens is not None:
        begun = {0, *(np.flatnonzero(np.diff(tokens.owners)) + 1).tolist()}
        cuts |= begun
    open_: dict[int, Explanation] = {}
    for start, end in pairwise(sorted(cuts)):
        for row in closed[start]:
            open_.pop(id(row), None)
        open_.update((id(row), row) for row in opened[start])
        piece = _piece(Span(start, end), open_.values(), tokens, begins=start in begun)
        yield replace(piece, exempt=True) if exempt[start] else piece


def _inside(spans: Iterable[Span], length: int) -> NDArray[np.bool_]:
    """[length] whether a code point lies in one of the spans."""
    inside = np.zeros(length, dtype=np.bool_)
    for span in spans:
        inside[span.start : span.end] = True
    return inside


def _piece(span: Span, rows: Iterable[Explanation], tokens: _Tokens | None, *, begins: bool) -> Piece:
    ordered = sorted(rows, key=lambda row: row.amount or 0.0)
    labels = [row.label for row in ordered[:MANY]]
    if len(ordered) > MANY:
        labels.append(f"and {len(ordered) - MANY} more")
    if tokens is None:
        weight = sum(row.amount or 0.0 for row in ordered) / FULL
        return Piece(span.start, span.end, max(-1.0, min(weight, 1.0)), "\n".join(labels), token=False)
    index = int(tokens.owners[span.start])
    value = float(tokens.values[index]) if index < len(tokens.values) else 0.0
    said = [f"token {index}: {value:+.3f}"] if value else []
    weight = value / tokens.largest if value else 0.0
    return Piece(span.start, span.end, weight, "\n".join([*said, *labels]), token=begins)
