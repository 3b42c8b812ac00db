"""MBPP (arXiv:2108.07732): 974 short Python problems with three assert statements each.

Reads `mbpp.jsonl` as published and the hand-checked `sanitized-mbpp.json` (426 of the problems). The splits are those
of the paper, by number: few-shot 1-10, test 11-510, validation 511-600, train 601-974. References keep the carriage
returns that most of the published solutions have.

Does not check that a reference passes its tests.
"""

from __future__ import annotations

from collections.abc import Iterable

from analyzers.runtime.tests import Asserts
from trainer.tasks.files import BadTasks, Row, field, hub_rows, locate, missing, rows
from trainer.types import Task

NAME = "mbpp"
FILES = ("mbpp.jsonl", "mbpp.jsonl.gz", "sanitized-mbpp.json")
SPLITS = {"train": range(601, 975), "validation": range(511, 601), "test": range(11, 511), "few-shot": range(1, 11)}


def tasks(split: str, *, path: str | None = None) -> list[Task]:
    """The problems of one split, in the order of the file.

    Raises:
        BadTasks: no such split, no such file, or a row that is not as published.
    """
    if split not in SPLITS:
        raise BadTasks(f"{NAME} has no split {split!r}; it has {', '.join(SPLITS)}")
    return [task for where, row in _source(path) if (task := _task(row, where)).metadata["number"] in SPLITS[split]]


def _source(path: str | None) -> Iterable[tuple[str, Row]]:
    found = locate(NAME, path, FILES)
    if found is not None:
        return rows(found)
    try:
        return [(NAME, row) for row in hub_rows("google-research-datasets/mbpp", "full")]
    except BadTasks as error:
        raise missing(NAME, FILES[:1], str(error)) from error


def _task(row: Row, where: str) -> Task:
    number = field(row, "task_id", int, where)
    text = field(row, "prompt" if "prompt" in row else "text", str, where).strip()
    shown = [statement.strip() for statement in field(row, "test_list", list, where)]
    hidden = [statement.strip() for statement in row.get("challenge_test_list") or ()]
    setup = [*(row.get("test_imports") or ()), row.get("test_setup_code") or ""]
    return Task(
        id=f"{NAME}/{number}",
        # The form of CodeRL (arXiv:2207.01780, section 4.2) and RLTF: a model may read the tests it is shown, so those
        # of the challenge list, where there are any, are kept from it.
        prompt="\n".join([text, "Your code should satisfy these tests:", *shown]),
        tests=Asserts(tuple(shown + hidden), setup="\n".join(part for part in setup if part)),
        reference=field(row, "code", str, where),
        metadata={"number": number, "shown_tests": len(shown)},
    )
