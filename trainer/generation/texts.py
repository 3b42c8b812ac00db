"""Tasks as texts: for generators that continue text and stop at strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trainer.generation import OnDone
from trainer.prompts import by_stops, render
from trainer.types import Rollout, Task


def answer(
    generate: Callable[..., object],
    tokenizer: Any,
    tasks: Sequence[Task],
    *,
    samples: int,
    on_done: OnDone,
    **asked: Any,
) -> None:
    """Completes the prompts of tasks with `generate`, which is called as `Policy.generate` is: once for all tasks that
    share their stop strings. `asked` is passed on."""
    for members, stop in by_stops(tasks, tokenizer):

        def tell(row: int, rollout: Rollout, members: list[int] = members) -> None:
            on_done(members[row // samples] * samples + row % samples, rollout)

        generate(
            [render(tasks[index], tokenizer) for index in members],
            samples=samples,
            stop=stop,
            task_ids=[tasks[index].id for index in members],
            on_done=tell,
            **asked,
        )
