"""Candidates as token ids, and which of their tokens are charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rewards.align import hits
from rewards.reranking.features import features
from rewards.reranking.pools import Candidate, Pool
from rewards.tokens import byte_offsets
from rewards.types import Charge
from trainer import weights
from trainer.codec import Codec
from trainer.packing import Size

Ids: TypeAlias = NDArray[np.int64]
Blamed = Literal["blame", "findings", "both"]
"""Whose charges tell which tokens are wrong: those of the tests, of analyzers that need none, or of both."""

NOTHING = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate as a model reads it."""

    prompt: Ids
    """Never empty."""
    ids: Ids
    """[T], with the token that ends it, unless it was cut at the limit of tokens."""
    features: NDArray[np.float32]
    """[F], what analyzers find in it; [0] for a model that does not read that."""
    cut: int = 0
    """Tokens at its beginning that the context has no room for."""

    @property
    def size(self) -> Size:
        """What it brings into a pass."""
        return Size(len(self.ids), len(self.prompt), self.prompt.tobytes())

    @property
    def read(self) -> tuple[bytes, bytes]:
        """The same for rows of which a model reads the same."""
        return self.prompt.tobytes(), self.ids.tobytes()

    @property
    def key(self) -> tuple[bytes, ...]:
        """The same for rows that have the same score."""
        return *self.read, self.features.tobytes()


def rows(codec: Codec, pool: Pool, *, context: int | None, static: bool = False) -> list[Row]:
    """The candidates of a pool.

    `static` adds what analyzers find in them. What is longer than the context keeps its end; a prompt gives way first,
    down to half of the context, and keeps its end, too.
    """
    if not pool.candidates:
        return []
    texts = [readable(each.completion) for each in pool.candidates]
    with weights.quietly():  # what is too long is cut here
        prompt = codec.encode(readable(pool.prompt))
        found = codec.tokenizer(texts, add_special_tokens=False).input_ids
    return [
        _row(prompt, _ended(codec, ids, each), features(each) if static else NOTHING, context)
        for ids, each in zip(found, pool.candidates, strict=True)
    ]


def readable(text: str) -> str:
    """The text with a question mark for every half of a surrogate pair, which tokenizers refuse."""
    return text.encode("utf-8", "replace").decode("utf-8")


def charged(codec: Codec, row: Row, candidate: Candidate, blamed: Blamed) -> NDArray[np.bool_] | None:
    """[T], the tokens of a row that are charged; None where nobody knows.

    Where a candidate that fails is charged nothing, something is wrong in a place that nobody named. A token is charged
    when it shares a byte with a charge (`rewards.align.hits`).

    Raises:
        rewards.tokens.UnsupportedTokenizer: the tokenizer does not say which bytes its tokens stand for.
    """
    charges = _charges(candidate, blamed)
    if charges is None or (candidate.passed is not True and not charges):
        return None
    text = readable(candidate.completion)
    begins = not row.cut  # of the text: a space that the tokenizer puts in front is no part of it
    kept = codec.token_bytes.decode_bytes(row.ids, start=begins)
    if not text.encode().endswith(kept):  # a tokenizer that changes what it reads
        return None
    offsets = byte_offsets(text)
    lost = int(offsets[-1]) - len(kept)
    points = np.array([(charge.span.start, charge.span.end) for charge in charges], dtype=np.int64).reshape(-1, 2)
    places = offsets[np.minimum(points, len(text))] - lost
    places = places[(places[:, 0] >= 0) | (places[:, 1] > 0)].clip(min=0)
    marks = np.zeros(len(row.ids), dtype=np.bool_)
    for first, last in hits(places, codec.token_bytes.spans(row.ids, start=begins), end=len(kept)):
        marks[first:last] = True
    return marks


def _charges(candidate: Candidate, blamed: Blamed) -> list[Charge] | None:
    found: list[Charge] = []
    if blamed != "findings":
        found.extend(candidate.blame)
    if blamed != "blame":
        if candidate.findings is None and blamed == "findings":
            return None
        found.extend(candidate.findings or ())
    return [charge for charge in found if charge.amount]


def _ended(codec: Codec, ids: Sequence[int], candidate: Candidate) -> Ids:
    tokenizer = codec.tokenizer
    ends = [token for token in (tokenizer.eos_token_id, tokenizer.sep_token_id) if token is not None]
    return np.asarray([*ids, *([] if candidate.truncated else ends[:1])], dtype=np.int64)


def _row(prompt: Ids, ids: Ids, found: NDArray[np.float32], context: int | None) -> Row:
    cut = 0
    if context is not None and len(prompt) + len(ids) > context:
        prompt = prompt[-max(context // 2, context - len(ids)) :]
        cut = max(0, len(prompt) + len(ids) - context)
        ids = ids[cut:]
    return Row(prompt, ids, found, cut)
