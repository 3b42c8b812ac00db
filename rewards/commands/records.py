"""Files of scores, or of completions that are still to be scored."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.commands.programs import BadUsage
from rewards.items import as_item
from rewards.serial import from_jsonable
from rewards.tokens import REPLACEMENT, TokenBytes, byte_offsets
from rewards.types import Item, Score

SUFFIXES = (".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Record:
    """One completion: its score, or the item that is still to be scored; and its tokens, where they are known."""

    score: Score | None = None
    item: Item | None = None
    byte_spans: NDArray[np.int64] | None = None
    sampled: bytes | None = None

    @property
    def name(self) -> str:
        """What the program is called; empty where it has no name."""
        return self.score.task_id if self.score else self.item.task_id if self.item else ""


def read_records(path: str, tokenizer: TokenBytes | None = None) -> list[Record]:
    """What a file holds, or stdin for `-`: a JSON object a line, or one JSON value, an object or a list of them.

    An object is a score (`score --json`), a score under the key `score` (samples of a training run), or an item. Beside
    it may stand `byte_spans`, or `token_ids`, which count only with a tokenizer.

    Raises:
        BadUsage: it cannot be read, or a part of it is none of these; the message names the place.
    """
    found = []
    for place, tree in _objects(path):
        try:
            found.append(_record(tree, tokenizer))
        except (ValueError, TypeError, KeyError) as error:
            raise BadUsage(f"{place}: {error}") from error
    if not found:
        raise BadUsage(f"{path!r} holds neither scores nor completions")
    return found


def _objects(path: str) -> Iterator[tuple[str, Any]]:
    """The JSON objects of a file, each with its place."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise BadUsage(f"cannot read {path!r}: {reason}") from error
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise BadUsage(f"{path!r} is nested too deeply") from error
    except ValueError:
        yield from _lines(path, text)
        return
    objects = tree if isinstance(tree, list) else [tree]
    yield from ((f"{path}[{index}]", one) for index, one in enumerate(objects))


def _lines(path: str, text: str) -> Iterator[tuple[str, Any]]:
    # Only a line feed ends a line here: strings of JSON may hold what other programs call line breaks.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadUsage(f"{path}:{number} is no JSON: {error}") from error


def _record(tree: Any, tokenizer: TokenBytes | None) -> Record:
    if not isinstance(tree, Mapping):
        raise BadUsage(f"expected an object, a score or a completion, got {str(tree)[:80]!r}")
    tokens = {key: tree[key] for key in ("byte_spans", "token_ids") if tree.get(key) is not None}
    rest = {key: value for key, value in tree.items() if key not in ("byte_spans", "token_ids")}
    if isinstance(tree.get("score"), Mapping):
        rest = tree["score"]
    score = from_jsonable(rest) if "reports" in rest else None
    item = None if score else as_item(rest)
    completion = score.completion if score else item.completion if item else ""
    if "token_ids" in tokens and tokenizer is not None:
        ids = tokens["token_ids"]
        sampled = tokenizer.decode_bytes(ids)
        return Record(score, item, _checked(tokenizer.spans(ids), completion, sampled), sampled)
    spans = np.asarray(tokens["byte_spans"], dtype=np.int64) if "byte_spans" in tokens else None
    return Record(score, item, None if spans is None else _checked(spans, completion, None))


def _checked(spans: NDArray[np.int64], completion: str, sampled: bytes | None) -> NDArray[np.int64]:
    """The spans of tokens, if they are those of the completion.

    Raises:
        BadUsage: they are not.
    """
    spans = spans.reshape(-1, 2) if spans.size == 0 else spans
    if spans.ndim != 2 or spans.shape[1] != 2:
        raise BadUsage(f"byte_spans are pairs of a start and an end, got an array of shape {spans.shape}")
    edges = spans.ravel()
    if (np.diff(edges) < 0).any() or (spans[1:, 0] != spans[:-1, 1]).any() or edges[:1].any():
        raise BadUsage("byte_spans are half-open, begin at 0 and follow each other without a gap")
    if sampled is None and REPLACEMENT in completion:  # stands for 1 to 3 bytes
        return spans
    needed = int(byte_offsets(completion, sampled)[-1])
    covered = int(edges[-1]) if edges.size else 0
    if covered < needed:
        raise BadUsage(f"the tokens cover {covered} bytes, the completion has {needed}: are these its ids?")
    return spans
