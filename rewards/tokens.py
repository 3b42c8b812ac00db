"""Token ids -> exact byte spans, never by re-tokenising.

Decoding and encoding again is not the identity on sampled ids, and decoding ids one by one breaks characters that are
made of several tokens. So a table holds the bytes of every id, and spans are cumulative sums of their lengths. Read are
byte-level BPE (the GPT-2 alphabet) and SentencePiece models with or without byte fallback, as the tokenizer's JSON
describes them.

Does not support tokenizers that lose text: WordPiece, word-level, and BPE with word-end suffixes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

REPLACEMENT = "\ufffd"
_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class UnsupportedTokenizer(ValueError):
    """The tokenizer's pieces do not determine the bytes of the text."""


class Tokenizer(Protocol):
    """What is needed of a transformers tokenizer; its backend's JSON is read from `backend_tokenizer.to_str()`."""

    @property
    def all_special_ids(self) -> list[int]:
        """Ids that stand for no text."""
        ...

    @property
    def backend_tokenizer(self) -> Any:
        """The `tokenizers.Tokenizer` underneath."""
        ...

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str | None]:
        """The pieces of the vocabulary."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class TokenBytes:
    """The bytes of every token id."""

    table: tuple[bytes, ...]
    """[vocabulary]; empty for special ids."""
    lengths: NDArray[np.int64]
    """[vocabulary + 1]; the last one, 0, serves ids beyond the table (padding of the embedding matrix)."""
    dummy_prefix: bool = False
    """Whether the tokenizer puts a space before every text that is not part of it (Llama)."""

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> TokenBytes:
        """The table of a tokenizer.

        Raises:
            UnsupportedTokenizer: its pieces do not determine the bytes of the text.
        """
        described = json.loads(tokenizer.backend_tokenizer.to_str())
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        return cls._described(described, pieces, tokenizer.all_special_ids)

    @classmethod
    def read(cls, path: Path) -> TokenBytes:
        """The table of a `tokenizer.json`.

        Raises:
            UnsupportedTokenizer: it is no such file, or its pieces do not determine the bytes of the text.
            OSError: it cannot be read.
        """
        try:
            described = json.loads(path.read_text(encoding="utf-8"))
            vocabulary = described["model"]["vocab"]
            # SentencePiece's unigram models have a list of pieces with their scores.
            ids = (
                vocabulary
                if isinstance(vocabulary, dict)
                else {piece: id_ for id_, (piece, _) in enumerate(vocabulary)}
            )
            known = {id_: piece for piece, id_ in ids.items()}
            known |= {token["id"]: token["content"] for token in described.get("added_tokens") or ()}
            pieces = [known.get(id_) for id_ in range(max(known, default=-1) + 1)]
        except (ValueError, KeyError, TypeError) as error:
            raise UnsupportedTokenizer(f"{str(path)!r} is no tokenizer.json: {error!r:.120}") from error
        return cls._described(described, pieces, ())

    @classmethod
    def _described(
        cls, described: Mapping[str, Any], pieces: Sequence[str | None], special_ids: Iterable[int]
    ) -> TokenBytes:
        added = {token["id"]: token for token in described.get("added_tokens") or ()}
        special = {*special_ids, *(id_ for id_, token in added.items() if token["special"])}
        to_bytes, dummy_prefix = _reader(described)
        table = tuple(
            b"" if id_ in special or piece is None else _utf8(piece) if id_ in added else to_bytes(piece)
            for id_, piece in enumerate(pieces)
        )
        return cls(table, np.array([*map(len, table), 0], dtype=np.int64), dummy_prefix)

    def spans(self, ids: ArrayLike, *, start: bool = False) -> NDArray[np.int64]:
        """[T, 2] half-open byte spans of ids [T], from 0. Special ids have no width.

        With `start` the ids begin a text, so that the tokenizer's dummy space has no width; a completion does not begin
        a text, and its leading space is part of it.
        """
        lengths = self.lengths[self._indices(ids)]
        if start and self.dummy_prefix:
            first = int(np.flatnonzero(lengths)[0]) if lengths.any() else None
            if first is not None and self.decode_bytes(ids).startswith(b" "):
                lengths[first] -= 1
        ends = np.cumsum(lengths)
        return np.stack([ends - lengths, ends], axis=1)

    def decode_bytes(self, ids: ArrayLike, *, start: bool = False) -> bytes:
        """The bytes that were sampled."""
        last = len(self.table)
        data = b"".join(self.table[index] for index in self._indices(ids).tolist() if index < last)
        return data[1:] if start and self.dummy_prefix and data.startswith(b" ") else data

    def text(self, ids: ArrayLike, *, start: bool = False) -> str:
        """The sampled bytes as text; what is no UTF-8 becomes U+FFFD, one for 1 to 3 bytes (see `byte_offsets`)."""
        return self.decode_bytes(ids, start=start).decode("utf-8", errors="replace")

    def _indices(self, ids: ArrayLike) -> NDArray[np.int64]:
        array = np.asarray(ids, dtype=np.int64)
        if array.ndim != 1 or (array.size and array.min() < 0):
            raise ValueError(f"ids must be one row of numbers from 0 up, got shape {array.shape}: {array[:8]!r}")
        return np.minimum(array, len(self.table))


def byte_offsets(text: str, sampled: bytes | None = None) -> NDArray[np.int64]:
    """[len(text) + 1] byte offset of every code point of `text` and of its end, in the bytes that were sampled.

    `sampled` is needed only where the bytes were no UTF-8: a U+FFFD of the text then stands for 1 to 3 of them.

    Raises:
        ValueError: `sampled` does not decode to something that begins with `text`.
    """
    if text.isascii():
        widths = np.ones(len(text), dtype=np.int64)
    else:
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        widths = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    if sampled is not None:
        if not sampled.decode("utf-8", errors="replace").startswith(text):
            raise ValueError(f"the sampled bytes do not decode to the text: {sampled[:40]!r} against {text[:40]!r}")
        for index, width in _replaced(text, widths, sampled):
            widths[index] = width
    return np.concatenate([[0], np.cumsum(widths)])


def _replaced(text: str, widths: NDArray[np.int64], sampled: bytes) -> Iterator[tuple[int, int]]:
    """Each U+FFFD of the text with the number of bytes that it stands for."""
    ends = np.cumsum(widths)
    shift = 0
    index = text.find(REPLACEMENT)
    while index >= 0:
        start = int(ends[index]) - 3 + shift
        width = _width(sampled[start : start + 4])
        yield index, width
        shift += width - 3
        index = text.find(REPLACEMENT, index + 1)


def _width(window: bytes) -> int:
    """How many bytes at the start of the window decode to one U+FFFD; a character has at most four bytes."""
    try:
        window.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start == 0:
            return error.end
    return 3


def _reader(described: Mapping[str, Any]) -> tuple[Any, bool]:
    """How a piece becomes bytes, and whether a dummy space stands before every text."""
    decoders = list(_flat(described.get("decoder")))
    kinds = {decoder["type"] for decoder in decoders}
    if "ByteLevel" in kinds:
        return _byte_level, False
    spaces = [decoder for decoder in decoders if decoder["type"] == "Metaspace" or _restores_spaces(decoder)]
    if not spaces:
        model = (described.get("model") or {}).get("type")
        raise UnsupportedTokenizer(
            f"a tokenizer with model {model} and decoder {', '.join(sorted(kinds)) or 'none'} does not say which bytes"
            " its pieces stand for; expected a byte-level BPE or a SentencePiece tokenizer"
        )
    mark = spaces[0].get("replacement") or spaces[0]["pattern"]["String"]
    byte_fallback = "ByteFallback" in kinds or bool((described.get("model") or {}).get("byte_fallback"))

    def sentence_piece(piece: str) -> bytes:
        byte = _BYTE_PIECE.fullmatch(piece) if byte_fallback else None
        return bytes([int(byte[1], 16)]) if byte else _utf8(piece.replace(mark, " "))

    return sentence_piece, any(map(_strips_a_space, decoders))


def _flat(decoder: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if decoder is None:
        return
    if decoder["type"] == "Sequence":
        nested: Sequence[Mapping[str, Any]] = decoder["decoders"]
        for part in nested:
            yield from _flat(part)
    else:
        yield decoder


def _restores_spaces(decoder: Mapping[str, Any]) -> bool:
    return decoder["type"] == "Replace" and decoder["content"] == " " and "String" in decoder["pattern"]


def _strips_a_space(decoder: Mapping[str, Any]) -> bool:
    if decoder["type"] == "Metaspace":
        return bool(decoder.get("prepend_scheme", "always") != "never")
    return bool(decoder["type"] == "Strip" and decoder["content"] == " " and decoder["start"] > 0)


def _byte_level(piece: str) -> bytes:
    try:
        return bytes(_ALPHABET[character] for character in piece)
    except KeyError:  # a piece with a character outside of the alphabet stands for itself
        return _utf8(piece)


def _utf8(piece: str) -> bytes:
    return piece.encode("utf-8", "surrogatepass")


def _alphabet() -> dict[str, int]:
    """GPT-2's alphabet: printable bytes stand for themselves, the others for U+0100 and up, in order."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = [byte for byte in range(256) if byte not in printable]
    return {**{chr(byte): byte for byte in printable}, **{chr(256 + rank): byte for rank, byte in enumerate(others)}}


_ALPHABET = _alphabet()
