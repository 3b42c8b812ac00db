"""What was sampled: the program text of a completion, its token ids, and what a score puts on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.align import token_rewards
from rewards.tokens import TokenBytes, byte_offsets
from rewards.types import Score, TokenRewards


@dataclass(frozen=True, slots=True)
class Charged:
    """A completion and what its score says of each of its tokens."""

    ids: NDArray[np.int64]
    """[T]"""
    dense: NDArray[np.float64]
    """[T], `TokenRewards.values`; 0 where the harness gave no verdict."""
    credited: NDArray[np.bool_] | None = None
    """[T], `TokenRewards.credited`: multiplies the advantage of the outcome; None where that is of all tokens."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """The program text of a completion, and where it stands in what was sampled."""

    text: str
    truncated: bool = False
    ids: NDArray[np.int64] | None = None
    """[T]"""
    byte_spans: NDArray[np.int64] | None = None
    """[T, 2] from the beginning of the text; what comes before it has no width there."""
    data: bytes = b""
    """The bytes of the text."""

    def charged(self, score: Score) -> Charged:
        """The score on the ids, which must be known."""
        assert self.ids is not None
        found = self.rewards(score)
        return Charged(self.ids, found.values, found.credited)

    def rewards(self, score: Score) -> TokenRewards:
        """The dense term of a score on the ids, which must be known; 0 where the harness gave no verdict.

        Raises:
            ValueError: it is a score of something else.
        """
        assert self.byte_spans is not None
        if score.value is None:
            return TokenRewards(np.zeros(len(self.byte_spans)), np.zeros(len(self.byte_spans)))
        return token_rewards(score, self.byte_spans, sampled=self.data)


def of_ids(
    table: TokenBytes, ids: Sequence[int] | NDArray[np.int64], answer: str | None = None, *, after: str = ""
) -> Sampled:
    """What the ids spell; with `answer`, only its end that the answer is, where reasoning was split off.

    Where the answer is no end of what was sampled (clean-up changed it), all of that is taken. With `after`, only what
    comes after the last such text is taken, where there is one.
    """
    row = np.asarray(ids, dtype=np.int64)
    spans, data = table.spans(row), table.decode_bytes(row)
    whole = data.decode("utf-8", errors="replace")
    kept, end = whole.rstrip(), (answer or "").rstrip()
    start = len(kept) - len(end) if end and kept.endswith(end) else 0
    if after and after in whole:
        start = whole.rindex(after) + len(after)
    skipped = int(byte_offsets(whole, data)[start])
    # Whatever ends a sequence is a special token, which has no bytes.
    truncated = bool(len(row)) and bool(spans[-1, 0] < spans[-1, 1])
    return Sampled(whole[start:], truncated, row, np.maximum(spans - skipped, 0), data[skipped:])


def last_turn(mask: Sequence[int]) -> slice:
    """The last run of tokens that a loss mask has as sampled; all of them where it has none.

    A response begins with sampled tokens: those before the first run are left out of the loss for another reason.
    """
    sampled = np.flatnonzero(mask)
    if not len(sampled):
        return slice(0, len(mask))
    breaks = np.flatnonzero(np.diff(sampled) > 1)
    return slice(int(sampled[breaks[-1] + 1]) if len(breaks) else 0, int(sampled[-1]) + 1)
