"""What is scored of a completion of a task."""

from __future__ import annotations

from rewards.types import Item
from trainer.types import Task


def item(
    task: Task,
    completion: str,
    *,
    truncated: bool = False,
    raw: bool = False,
    whole: bool = False,
    holdout: bool = True,
) -> Item:
    """The completion with all that scoring it needs of its task.

    `whole` says that it is the whole program, so that nothing given stands around it; `holdout` whether it is run on
    the tests that no reward depends on, too. See `rewards.types.Item` for `truncated` and `raw`.
    """
    return Item(
        completion,
        language=task.language,
        tests=task.tests,
        prefix="" if whole else task.prefix,
        suffix="" if whole else task.suffix,
        reference=task.reference,
        task_id=task.id,
        truncated=truncated,
        raw=raw,
        holdout=task.holdout if holdout else None,
    )
