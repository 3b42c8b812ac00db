"""A server's answer as a rollout, exactly as it was sampled where the server says how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trainer.codec import Codec
from trainer.generation.dialects import Ask, Choice
from trainer.types import Rollout


def assemble(
    choice: Choice,
    ask: Ask,
    codec: Codec,
    *,
    stop: Sequence[str] = (),
    task_id: str = "",
    step: int = 0,
    limit: int | None = None,
) -> tuple[Rollout, bool]:
    """The rollout of a choice, and whether its log-probs are the server's; else they are 0.

    A completion ends where the policy itself would end it: before the first of the strings in `stop`, or with the end
    token. Ids are the server's own; only where it gives none the text is tokenised, which need not be how it was
    sampled, and is cut where that makes more than `limit` tokens. The end token is put back where a server leaves it
    out.
    """
    ids, logprobs, truncated = _from_text(choice, codec, stop) if choice.ids is None else _from_ids(choice, codec, stop)
    if limit is not None and len(ids) > limit:
        ids, truncated = ids[:limit], True
    row = np.asarray(ids, dtype=np.int64)
    known = logprobs is not None
    values = np.asarray(logprobs if known else np.zeros(len(ids)), dtype=np.float32)
    prompt = np.asarray(choice.prompt_ids or ask.ids, dtype=np.int64)
    return Rollout(task_id, prompt, row, values, codec.token_bytes.text(row), truncated, step), known


def _from_ids(choice: Choice, codec: Codec, stop: Sequence[str]) -> tuple[list[int], Sequence[float] | None, bool]:
    ids = list(choice.ids or ())
    search = codec.search(stop)
    for place, token in enumerate(ids):
        kept = place + 1 if token in codec.eos else search.push(token)
        if kept is not None:
            return ids[:kept], None if choice.logprobs is None else choice.logprobs[:kept], False
    end = _end(choice, codec)
    return ids + end, None if end else choice.logprobs, choice.finish == "length"


def _from_text(choice: Choice, codec: Codec, stop: Sequence[str]) -> tuple[list[int], None, bool]:
    found = [at for string in stop if (at := choice.text.find(string)) >= 0]
    if found:
        return codec.written(choice.text[: min(found)]), None, False
    return codec.written(choice.text) + _end(choice, codec), None, choice.finish == "length"


def _end(choice: Choice, codec: Codec) -> list[int]:
    """The end token, where it was sampled and is not among the ids."""
    end = codec.tokenizer.eos_token_id
    sampled = choice.finish == "stop" and choice.stopped_at is None
    return [end] if sampled and end is not None else []
