"""What is asked of a server and what its answers say: the OpenAI-compatible APIs, as servers really speak them.

- vLLM takes prompts as token ids and returns ids and log-probs (`return_token_ids`, from 0.10.2 on; before,
  `return_tokens_as_token_ids`), and says which stop string ended a completion (`stop_reason`).
- llama.cpp takes ids, returns ids and log-probs with `logprobs`, and cuts what it returns by guess at a stop string.
- `transformers serve` takes and returns text only, and refuses fields that it does not know.
- What anything else takes is what OpenAI documents: text, or chats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.codec import Codec
from trainer.types import Sampling

COMPLETIONS, CHATS = "/v1/completions", "/v1/chat/completions"
UNKNOWN_HERE = (400, 404, 405, 415, 422, 501)
"""Answers to a request that is none for this server."""
NAMED_ID = "token_id:"


class NotUnderstood(ValueError):
    """An answer that is not one of an OpenAI-compatible server."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One completion of one prompt."""

    text: str
    """What the model continues; with a chat, the message that it answers."""
    ids: tuple[int, ...]
    """The same as the model sees it."""
    sampling: Sampling
    seed: int
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of it."""

    text: str
    finish: str
    """"stop" or "length", or something else where the server did not finish it."""
    ids: tuple[int, ...] | None = None
    logprobs: tuple[float, ...] | None = None
    """As long as `ids`."""
    prompt_ids: tuple[int, ...] | None = None
    prompt_tokens: int | None = None
    tells_stops: bool = False
    """Whether the server says which stop string ended a completion."""
    stopped_at: str | None = None
    """That string."""


@dataclass(frozen=True, slots=True)
class Form:
    """A way to ask."""

    path: str
    body: Callable[[Ask, Codec], dict[str, Any]]
    shows_stops: bool = False
    """Whether the text that comes back holds the stop string that ended it."""


def _plain(ask: Ask) -> dict[str, Any]:
    sampling = ask.sampling
    body: dict[str, Any] = {"max_tokens": sampling.max_new_tokens, "temperature": sampling.temperature}
    body |= {"top_p": sampling.top_p, "seed": ask.seed}
    return body | ({"stop": list(ask.stop)} if ask.stop else {})


def _exact(codec: Codec) -> dict[str, Any]:
    """Sampling from the whole distribution, whatever the server's defaults, with all that is known of each token."""
    whole = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    return whole | {
        "stop_token_ids": sorted(codec.eos), "return_token_ids": True, "return_tokens_as_token_ids": True
    }  # fmt: skip


def _of_transformers(ask: Ask, codec: Codec) -> dict[str, Any]:
    """Its own defaults are greedy, or 50 tokens to choose from."""
    sampling = ask.sampling
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0} if sampling.temperature else {}
    ends = {"eos_token_id": sorted(codec.eos) or None, "pad_token_id": codec.pad}
    config = {"do_sample": sampling.temperature > 0, "max_new_tokens": sampling.max_new_tokens, **ends, **drawn}
    stops = {"stop": list(ask.stop)} if ask.stop else {}
    return {"seed": ask.seed, "max_tokens": sampling.max_new_tokens, "generation_config": json.dumps(config), **stops}


def _messages(ask: Ask) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": ask.text}]}


FORMS: Mapping[str, Sequence[Form]] = {
    "completions": (
        Form(
            COMPLETIONS, lambda ask, codec: {"prompt": list(ask.ids), "logprobs": 1, **_plain(ask), **_exact(codec)}
        ),
        Form(
            COMPLETIONS, lambda ask, codec: {"prompt": ask.text, **_of_transformers(ask, codec)}, shows_stops=True
        ),
        Form(COMPLETIONS, lambda ask, codec: {"prompt": ask.text, **_plain(ask)}),
    ),
    "chat": (
        Form(CHATS, lambda ask, codec: {**_messages(ask), "logprobs": True, **_plain(ask), **_exact(codec)}),
        Form(CHATS, lambda ask, codec: {**_messages(ask), **_of_transformers(ask, codec)}, shows_stops=True),
        Form(CHATS, lambda ask, codec: {**_messages(ask), **_plain(ask)}),
    ),
}  # fmt: skip
"""Ways to ask, by API, the one that tells most first."""


def read(answer: Any) -> Choice:
    """The completion in a server's answer.

    Raises:
        NotUnderstood: there is none.
    """
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        logprobs = choice.get("logprobs") or {}
        ids = _ids(choice, logprobs)
        prompt_ids = choice.get("prompt_token_ids") or answer.get("prompt_token_ids")
        stopped_at = choice.get("stop_reason")
        return Choice(
            text=text or "",
            finish=str(choice["finish_reason"]),
            ids=ids,
            logprobs=_logprobs(logprobs, ids),
            prompt_ids=tuple(prompt_ids) if prompt_ids else None,
            prompt_tokens=(answer.get("usage") or {}).get("prompt_tokens"),
            tells_stops="stop_reason" in choice,
            stopped_at=stopped_at if isinstance(stopped_at, str) else None,
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise NotUnderstood(f"{error!r} in {str(answer)[:300]}") from error


def _ids(choice: Mapping[str, Any], logprobs: Mapping[str, Any]) -> tuple[int, ...] | None:
    if choice.get("token_ids") is not None:
        return tuple(map(int, choice["token_ids"]))
    content = logprobs.get("content") or []
    if content and all("id" in token for token in content):
        return tuple(int(token["id"]) for token in content)
    names = logprobs.get("tokens") or [token["token"] for token in content]
    if names and all(name.startswith(NAMED_ID) for name in names):
        return tuple(int(name.removeprefix(NAMED_ID)) for name in names)
    return None


def _logprobs(logprobs: Mapping[str, Any], ids: tuple[int, ...] | None) -> tuple[float, ...] | None:
    found = logprobs.get("token_logprobs") or [token["logprob"] for token in logprobs.get("content") or []]
    if ids is None or len(found) != len(ids) or any(value is None for value in found):
        return None
    return tuple(map(float, found))
