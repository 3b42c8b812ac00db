"""HumanEval+ (EvalPlus, arXiv:2305.01210): HumanEval with eighty times as many tests, for evaluation only.

Reads `HumanEvalPlus.jsonl` as EvalPlus publishes it, with inputs, and the rows of the hub, with a check function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from trainer.tasks import evalplus, humaneval
from trainer.tasks.files import Excluded, Row, field, for_evaluation, read
from trainer.tasks.hub import Hub, source
from trainer.types import Task

NAME = "humaneval_plus"
FILES = ("HumanEvalPlus*.jsonl*", "*.parquet", "data/*.parquet")
HUB = Hub("evalplus/humanevalplus")
# What is asked for is any zero of a polynomial.
ZERO = """
def same(actual, expected, arguments):
    return bool(abs(poly(*arguments, actual)) <= {atol})
"""


def tasks(split: str, *, path: str | None = None, force: bool = False) -> Iterator[Task | Excluded]:
    """The problems, in the order of the file; `test` is the only split.

    Raises:
        BadTasks: asked for training without `force`, or no such file.
    """
    for_evaluation(NAME, split, force)
    return read(source(NAME, path, FILES, HUB), _task)


def _task(row: Row, where: str) -> Task:
    if "base_input" not in row:
        return humaneval.task(row, where)
    program = field(row, "prompt", str) + field(row, "canonical_solution", str)
    same = ZERO if row.get("entry_point") == "find_zero" else ""
    tests = evalplus.suite(row, program, evalplus.inputs(row), same=same)
    task = humaneval.task({"test": "", **row}, where)
    return replace(task, tests=tests, metadata={**task.metadata, **evalplus.contract(row)})
