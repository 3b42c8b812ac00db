"""Inputs that a language model proposes: a policy, or a server that speaks OpenAI's protocol.

What it says is text in which lines that are lists of plain values are looked for; nothing in it is executed, and an
input counts as little as one from any other source.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trainer.tasks.augment.contract import Arguments
from trainer.tasks.augment.values import literal, written
from trainer.types import Sampling, Task

Ask = Callable[[str], str]
"""What a model says to a prompt."""

SHOWN = 5
"""Inputs of the tests that a model is shown."""
ASKED = 20
"""Inputs that it is asked for."""
MAX_TOKENS = 800
TIMEOUT_S = 120.0
KEY_VARIABLE = "OPENAI_API_KEY"


class NoAnswer(ValueError):
    """A model cannot be asked; the message is one line."""


def prompt(task: Task, seeds: Sequence[Arguments]) -> str:
    """What a model is asked."""
    shown = "\n".join(str(written(list(given))) for given in seeds[:SHOWN])
    return (
        f"{task.prompt}\n\n"
        f"Below are lists of arguments for this function, one call a line. Write {ASKED} more that a wrong program "
        "could fail on: corner cases, ties, repeated and extreme values. Only plain Python values, a list a line.\n\n"
        f"{shown}\n"
    )


def prompt_text(task: Task, seeds: Sequence[str]) -> str:
    """What a model is asked for, where programs read standard input."""
    shown = "\n".join(map(repr, seeds[:SHOWN]))
    return (
        f"{task.prompt}\n\nBelow are inputs for this program, each a Python string on a line of its own. Write {ASKED} "
        f"more that a wrong program could fail on.\n\n{shown}\n"
    )


def calls(said: str) -> Iterator[Arguments]:
    """The lists of arguments in what a model says."""
    for value in _values(said):
        if isinstance(value, list | tuple):
            yield tuple(value)


def texts(said: str) -> Iterator[str]:
    """The texts in what a model says."""
    yield from (value for value in _values(said) if isinstance(value, str))


def _values(said: str) -> Iterator[Any]:
    for line in said.splitlines():
        text = re.sub(r"^(?:\d+[.)]|[-*+])\s+", "", line.strip().strip("`").strip())
        try:
            yield literal(text)
        except ValueError:
            continue


def of_policy(name: str, *, seed: int = 0) -> Ask:
    """A model by its name or folder, as `trainer.policy.Policy.load` takes it; says nothing to a prompt that is too
    long for it.

    Raises:
        ValueError, OSError: there is no such model.
    """
    from trainer.policy import Policy  # loads torch

    policy = Policy.load(name)
    longest = MAX_TOKENS if policy.context is None else min(MAX_TOKENS, policy.context // 2)
    sampling = Sampling(temperature=0.8, max_new_tokens=longest)

    def ask(text: str) -> str:
        tokenizer = policy.tokenizer
        if getattr(tokenizer, "chat_template", None):
            message = [{"role": "user", "content": text}]
            text = str(tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True))
        if policy.context is not None and len(policy.encode(text)) + longest > policy.context:
            return ""
        ((rollout,),) = policy.generate([text], samples=1, sampling=sampling, seed=seed)
        return rollout.completion

    return ask


def of_server(url: str, model: str) -> Ask:
    """A model behind a server with OpenAI's `/chat/completions`; its key is in the variable KEY_VARIABLE, if any.

    Raises:
        NoAnswer: the package for it is not installed.
    """
    try:
        import httpx2
    except ImportError as error:
        raise NoAnswer("a server needs the package 'httpx2'; install 'spanwise[augment]'") from error
    key = os.environ.get(KEY_VARIABLE)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    client = httpx2.Client(base_url=url.rstrip("/"), headers=headers, timeout=TIMEOUT_S)

    def ask(text: str) -> str:
        asked = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": MAX_TOKENS}
        try:
            answer = client.post("/chat/completions", json=asked)
            answer.raise_for_status()
            return str(answer.json()["choices"][0]["message"]["content"])
        except (httpx2.HTTPError, ValueError, LookupError, TypeError) as error:
            raise NoAnswer(f"{url} gave no answer: {type(error).__name__}: {error}") from error

    return ask
