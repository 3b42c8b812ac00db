"""MBPP (arXiv:2108.07732): 974 short Python problems with three assert statements each.

Reads `mbpp.jsonl` as published and the hand-checked `sanitized-mbpp.json` (426 of the problems; 427 on the hub, for
which `?config=sanitized` asks). The splits are those of the paper, by number: few-shot 1-10, test 11-510, validation
511-600, train 601-974. References keep the carriage returns that most of the published solutions have.

Does not check that a reference passes its tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from analyzers.runtime.tests import Asserts
from trainer.tasks.files import ALL, BadTasks, Excluded, Row, check_split, field, one_of, read
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "mbpp"
FILES = {
    "full": ("mbpp.jsonl", "mbpp.jsonl.gz", "sanitized-mbpp.json"),
    "sanitized": ("sanitized-mbpp.json", "sanitized-mbpp.jsonl"),
}
SPLITS = {
    "train": range(601, 975),
    "validation": range(511, 601),
    "test": range(11, 511),
    "few-shot": range(1, 11),
    ALL: range(1, 975),
}
HUB = "google-research-datasets/mbpp"
"""Its splits are those of the paper, few-shot named `prompt`."""


def tasks(split: str, *, path: str | None = None, config: str = "full") -> Iterator[Task | Excluded]:
    """The problems of one split, in the order of the file.

    Raises:
        BadTasks: no such split or configuration, or no such file.
    """
    check_split(NAME, split, SPLITS)
    one_of(NAME, "config", config, FILES)
    found = source(NAME, path, FILES[config], Hub(HUB, config, "train+validation+test+prompt"))
    return read(found, partial(_task, split))


def split_of(number: int) -> str:
    """The split of the problem with that number; empty where it is none of MBPP's."""
    return next((split for split, numbers in SPLITS.items() if split != ALL and number in numbers), "")


def _task(split: str, row: Row, where: str) -> Task | None:
    number = field(row, "task_id", int)
    text = field(row, "prompt" if "prompt" in row else "text", str).strip()
    shown = [statement.strip() for statement in field(row, "test_list", list)]
    hidden = [statement.strip() for statement in row.get("challenge_test_list") or ()]
    setup = [*(row.get("test_imports") or ()), row.get("test_setup_code") or ""]
    reference = field(row, "code", str)
    if number not in SPLITS[ALL]:
        raise BadTasks(f"MBPP has no problem {number}; it has 1 to 974")
    if number not in SPLITS[split]:
        return None
    if not shown:
        raise BadTasks("no tests: 'test_list' is empty")
    code = "\n".join(part for part in setup if part)
    return Task(
        id=f"{NAME}/{number}",
        # The form of CodeRL (arXiv:2207.01780, section 4.2) and RLTF: a model may read the tests it is shown, so those
        # of the challenge list, where there are any, are kept from it.
        prompt="\n".join([text, "Your code should satisfy these tests:", *shown]),
        tests=Asserts(tuple(shown + hidden), code),
        shown=Asserts(tuple(shown), code),
        reference=reference,
        metadata={"number": number, "where": where, "split": split_of(number)},
    )
