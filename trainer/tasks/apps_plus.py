"""APPS+ (StepCoder, arXiv:2402.01391): 7,413 problems of APPS whose tests were checked by hand, one solution each.

Reads the `data.json` of its repository, a list or a mapping of rows; it is not on the hub. Tests stand in the row
itself or in `input_output`; for what the rows call the function and the solution, all spellings of APPS and its
offspring are taken. The set has no splits of its own: a tenth of the problems, chosen by a hash of the question, is
`test`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial

from analyzers.runtime.tests import Calls
from trainer.tasks.apps import DIFFICULTIES, request, suite, with_imports
from trainer.tasks.files import ALL, BadTasks, Excluded, Row, check_split, embedded, field, one_of, read
from trainer.tasks.hub import source
from trainer.types import Task

NAME = "apps_plus"
FILES = ("data.json", "data/*/data.json", "*.json", "*.jsonl")
SPLITS = ("train", "test", ALL)
_FUNCTION = ("fn_name", "entry_point", "function_name", "func_name")
_SOLUTION = ("canonical_solution", "solution", "solutions")


def tasks(split: str, *, path: str | None = None, difficulty: str = "") -> Iterator[Task | Excluded]:
    """The problems of one split, of one difficulty or of all, in the order of the file.

    Raises:
        BadTasks: no such split or difficulty, or no such file.
    """
    check_split(NAME, split, SPLITS)
    one_of(NAME, "difficulty", difficulty, DIFFICULTIES)
    return read(source(NAME, path, FILES), partial(_task, split, difficulty))


def _task(split: str, difficulty: str, row: Row, where: str) -> Task | None:
    question = field(row, "question", str)
    own = "test" if hashlib.sha256(question.encode("utf-8", "surrogatepass")).digest()[0] < 26 else "train"
    if split not in (own, ALL) or difficulty not in ("", row.get("difficulty")):
        return None
    given = embedded(row, "input_output") or {"inputs": embedded(row, "inputs"), "outputs": embedded(row, "outputs")}
    if not isinstance(given, Mapping):
        raise BadTasks(f"'input_output' must be a mapping, got {type(given).__name__}")
    starter = row.get("starter_code") or ""
    solution = next((row[key] for key in _SOLUTION if row.get(key)), None)
    solution = solution[0] if isinstance(solution, list) else solution
    function = given.get("fn_name") or next((row[key] for key in _FUNCTION if row.get(key)), None)
    method = "class Solution" in (starter if starter.strip() else solution or "")
    # Programs name a function too, which reads and prints all by itself.
    reads = all(isinstance(each, str) for each in given.get("inputs") or ())
    tests = suite({**given, "fn_name": None if reads else function}, method=method)
    return Task(
        id=f"{NAME}/{row.get('id', row.get('problem_id', where.rpartition(' ')[2]))}",
        prompt=request(question, starter, tests),
        tests=tests,
        reference=with_imports(solution) if solution and isinstance(tests, Calls) else solution,
        metadata={
            "where": where,
            "split": own,
            "difficulty": row.get("difficulty") or "",
            "kind": "call" if isinstance(tests, Calls) else "stdio",
        },
    )
