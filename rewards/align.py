"""Charges -> tokens, given the byte span of every token.

Token i is hit by a span when `start < e` and `end > s`; an empty span takes the token that holds its byte, or the last
one with any width where the text ends. What a charge costs is never lost and never leaves the completion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rewards.tokens import REPLACEMENT, byte_offsets
from rewards.types import Score, TokenRewards


def token_rewards(score: Score, byte_spans: NDArray[np.int64], *, sampled: bytes | None = None) -> TokenRewards:
    """The charges of a score on the tokens of its completion, whose byte spans are [T, 2], and which share in `base`.

    `sampled` are the bytes of the ids (`TokenBytes.decode_bytes`). They are needed where the ids are no UTF-8, because
    a U+FFFD of the completion then stands for 1 to 3 bytes; with other ids they change nothing.

    Raises:
        ValueError: the spans do not cover the completion, or `sampled` is missing or of another completion.
    """
    offsets = byte_offsets(score.completion, sampled)
    covered = int(byte_spans[-1, 1]) if len(byte_spans) else 0
    if sampled is None and REPLACEMENT in score.completion and covered != offsets[-1]:
        raise ValueError(
            "the completion holds U+FFFD, which stands for 1 to 3 sampled bytes:"
            " pass sampled=TokenBytes.decode_bytes(ids)"
        )
    if covered < offsets[-1]:
        raise ValueError(f"the tokens cover {covered} bytes, the completion has {offsets[-1]}: are these its ids?")
    charged = [charge for charge in score.charges if charge.amount]
    points = np.array([(charge.span.start, charge.span.end) for charge in charged], dtype=np.int64).reshape(-1, 2)
    amounts = np.array([charge.amount for charge in charged], dtype=np.float64)
    caps = np.array([charge.alpha_cap for charge in charged], dtype=np.float64)
    ranges = hits(offsets[points], byte_spans, end=int(offsets[-1]))
    dense = spread(ranges, amounts, caps, length=len(byte_spans))
    if not score.exempt:
        return dense
    exempt = np.array([(span.start, span.end) for span in score.exempt], dtype=np.int64)
    return replace(dense, credited=~within(offsets[exempt], byte_spans))


def within(spans: NDArray[np.int64], byte_spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """[T] whether a token has bytes, all in one of the spans [C, 2]; token spans [T, 2] must be in order."""
    inside = np.zeros(len(byte_spans), dtype=np.bool_)
    for start, end in spans:
        first = np.searchsorted(byte_spans[:, 0], start, side="left")
        inside[first : max(first, np.searchsorted(byte_spans[:, 1], end, side="right"))] = True
    return inside & (byte_spans[:, 0] < byte_spans[:, 1])


def hits(spans: NDArray[np.int64], byte_spans: NDArray[np.int64], *, end: int) -> NDArray[np.int64]:
    """[C, 2] half-open ranges of the tokens that spans [C, 2] hit; `end` is where the text ends, in bytes.

    Each range holds at least one token unless there are no tokens. Token spans [T, 2] must be in order and adjacent.
    """
    starts, ends = spans[:, 0], spans[:, 1]
    empty = starts >= ends
    starts = np.where(empty, np.minimum(starts, max(end - 1, 0)), starts)
    ends = np.where(empty, starts + 1, ends)
    first = np.searchsorted(byte_spans[:, 1], starts, side="right")
    last = np.searchsorted(byte_spans[:, 0], ends, side="left")
    # Only a text without bytes leaves a span without a token: its last token (the end of the sequence) answers.
    first = np.minimum(first, max(len(byte_spans) - 1, 0))
    last = np.minimum(np.maximum(last, first + 1), len(byte_spans))
    return np.stack([first, last], axis=1)


def spread(
    ranges: NDArray[np.int64], amounts: NDArray[np.float64], alpha_caps: NDArray[np.float64], *, length: int
) -> TokenRewards:
    """Amounts [C] over the token ranges [C, 2] of a completion of `length` tokens (T)."""
    counts = ranges[:, 1] - ranges[:, 0]
    total = int(counts.sum())
    if total == 0:
        return TokenRewards(np.zeros(length), np.zeros(length))
    before = np.cumsum(counts) - counts
    tokens = np.arange(total) + np.repeat(ranges[:, 0] - before, counts)
    shared = np.repeat(amounts / np.maximum(counts, 1), counts)
    # alpha = T / n, at most the cap (RLTF, eq. 9).
    weighted = np.repeat(amounts * np.minimum(length / np.maximum(counts, 1), alpha_caps), counts)
    return TokenRewards(_summed(tokens, weighted, length), _summed(tokens, shared, length))


def _summed(tokens: NDArray[np.int64], amounts: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(tokens, weights=amounts, minlength=length), dtype=np.float64)
