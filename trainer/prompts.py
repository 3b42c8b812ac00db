"""From a task to the text that a model is given, where its answer ends, and what of it is scored.

    prompts = [render(task, tokenizer) for task in tasks]
    policy.generate(prompts, stop=stops(tasks[0], tokenizer), ...)

The text holds every special token that the chat template asks for and that the tokenizer does not add by itself, so
it is tokenised with the tokenizer's own defaults. A base model (no chat template) is given `task.prompt` as it stands.
An instruct model is given a chat whose answer is already begun: a code block, with the beginning of the program where
there is one, so that its completion is code in both cases. No prompt of a chat ends in a newline: newline and
indentation are one token in most vocabularies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grammars
from trainer.tasks import FENCE_STOP
from trainer.tasks import stops as task_stops
from trainer.types import Task


def is_chat(tokenizer: Any) -> bool:
    """Whether prompts are rendered as a chat."""
    return bool(getattr(tokenizer, "chat_template", None))


def render(task: Task, tokenizer: Any, *, note: str = "") -> str:
    """The text that the model continues; `tokenizer` is a transformers tokenizer.

    `note` is said beside the task: before its prompt, or at the end of the request of a chat.
    """
    if not is_chat(tokenizer):
        return f"{note}\n{task.prompt}" if note else task.prompt
    tag = grammars.get(task.language).name
    answer = f"```{tag}\n{task.prompt.rstrip()}" if task.prefix else f"```{tag}"
    return opened(request(task, note=note), tokenizer) + answer


def request(task: Task, *, note: str = "") -> str:
    """What a chat is asked."""
    tag = grammars.get(task.language).name
    begun = task.prompt.rstrip()
    if task.prefix:
        asked = (
            f"Complete this {tag} program. Answer with the whole program in one code block.\n\n```{tag}\n{begun}\n```"
        )
    else:
        asked = f"{begun}\n\nAnswer with one {tag} code block and nothing else."
    return f"{asked}\n\n{note}" if note else asked


def opened(message: str, tokenizer: Any) -> str:
    """A chat in which `message` is all that was said, up to where the answer begins."""
    messages = [{"role": "user", "content": message}]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return _without_second_start(text, tokenizer)


def stops(task: Task, tokenizer: Any) -> tuple[str, ...]:
    """Strings at which a completion of `task` is over: `trainer.tasks.stops`, and a closing fence in a chat."""
    return task_stops(task, fenced=is_chat(tokenizer))


def by_stops(tasks: Sequence[Task], tokenizer: Any) -> list[tuple[list[int], tuple[str, ...]]]:
    """The places of tasks that share their stop strings, which are an argument of a whole call, and those strings."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, task in enumerate(tasks):
        groups.setdefault(stops(task, tokenizer), []).append(index)
    return [(members, stop) for stop, members in groups.items()]


def taught(task: Task, tokenizer: Any) -> str | None:
    """The reference of a task as a model would write it after `render`; None where there is none."""
    if task.reference is None or not is_chat(tokenizer):
        return task.reference
    return "\n" + task.reference.strip("\n") + FENCE_STOP


def _without_second_start(text: str, tokenizer: Any) -> str:
    """`text` without its start token where the tokenizer adds one too: two of them are unlike anything in training."""
    start = getattr(tokenizer, "bos_token", None)
    if not start or not text.startswith(start):
        return text
    adds_start = tokenizer("x")["input_ids"][:1] == [tokenizer.bos_token_id]
    return text.removeprefix(start) if adds_start else text
