"""APPS (arXiv:2105.09938): 10,000 Python problems in three grades, with inputs and outputs.

Reads the folder form (`train/0001/question.txt` and its neighbours) and the rows of the hub (`train.jsonl`). Where
`input_output` names a function, tests are calls of it, of a method of `class Solution` where the starter code or a
solution has that class; else they are runs of the program.

Some hundred training problems have no tests that could tell right from wrong. They are left out by what is wrong with
them: none given, not JSON, inputs and outputs of different number or of a wrong form, or nothing expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analyzers.runtime.judge import TEXTS
from analyzers.runtime.tests import Call, Calls, Exchange, Stdio, Tests
from trainer.tasks.files import (
    ALL,
    BadTasks,
    Entry,
    Excluded,
    Row,
    check_split,
    embedded,
    field,
    one_of,
    read,
    rows,
    split_in,
)
from trainer.tasks.hub import CONVERTED, Hub, source
from trainer.types import Task

NAME = "apps"
SPLITS = ("train", "test")
DIFFICULTIES = ("introductory", "interview", "competition")
KINDS = ("stdio", "call")
QUESTION = "question.txt"
_PARTS = {"solutions": "solutions.json", "input_output": "input_output.json", "starter_code": "starter_code.py"}
_IMPORTS = {
    "from typing import {}": "Any Dict Iterable Iterator List Optional Set Tuple Union",
    "from collections import {}": "ChainMap Counter OrderedDict defaultdict deque",
    "from functools import {}": "cmp_to_key lru_cache reduce",
    "from itertools import {}": "accumulate combinations permutations product",
    "from heapq import {}": "heapify heappop heappush nlargest nsmallest",
    "from math import {}": "ceil floor gcd log2 sqrt",
    "import {}": "bisect collections functools heapq itertools math random re string",
}
"""What the original harness imports before every program, as far as solutions use it."""


def tasks(
    split: str, *, path: str | None = None, difficulty: str = "", kind: str = "", compare: str = "whitespace"
) -> Iterator[Task | Excluded]:
    """The problems of one split, of one difficulty and kind of tests or of all, in the order of their numbers.

    `compare` is a rule of `analyzers.runtime.judge` for what programs print.

    Raises:
        BadTasks: no such split, difficulty, kind or rule, or no such file.
    """
    check_split(NAME, split, (*SPLITS, ALL))
    one_of(NAME, "difficulty", difficulty, DIFFICULTIES)
    one_of(NAME, "kind", kind, KINDS)
    one_of(NAME, "rule", compare, TEXTS)
    begins = "t" if split == ALL else split
    files = (f"{begins}*.jsonl*", f"{begins}*.parquet", f"{begins}*/*/{QUESTION}", f"*/{QUESTION}", QUESTION)
    hubs = [Hub("codeparrot/apps", "all", name, CONVERTED) for name in SPLITS if split in (name, ALL)]

    def make(row: Row, where: str) -> Task | None:
        own = split_in(where, SPLITS) or ("" if split == ALL else split)
        if split not in (own, ALL) or difficulty not in ("", row.get("difficulty")):
            return None
        task = _task(row, where, own, compare)
        return task if kind in ("", task.metadata["kind"]) else None

    return read(source(NAME, path, files, *hubs, reader=_problem), make)


def suite(given: Mapping[str, Any], *, method: bool, compare: str = "whitespace") -> Tests:
    """The tests in `{"inputs": [...], "outputs": [...], "fn_name": NAME}`, of which the last is there for calls only;
    `method` says that it is one of `class Solution`.

    Raises:
        BadTasks: they could not tell right from wrong.
    """
    inputs, outputs, name = given.get("inputs"), given.get("outputs"), given.get("fn_name")
    if not isinstance(inputs, list) or not isinstance(outputs, list) or not inputs or not outputs:
        raise BadTasks("no tests: there are no inputs or no outputs")
    if len(inputs) != len(outputs):
        raise BadTasks(f"no usable tests: {len(inputs)} inputs and {len(outputs)} outputs")
    if name:
        return _calls(f"Solution.{name}" if method else str(name), inputs, outputs)
    texts = [_text(value) for value in (*inputs, *outputs)]
    exchanges = tuple(map(Exchange, texts[: len(inputs)], texts[len(inputs) :]))
    if not any(exchange.stdout.strip() for exchange in exchanges):
        raise BadTasks("no usable tests: nothing is to be printed")
    return Stdio(exchanges, compare)


def request(question: str, starter: str, tests: Tests) -> str:
    """The prompt, in the form of the authors; the format is that of the tests."""
    form = "Use Call-Based format" if isinstance(tests, Calls) else "Use Standard Input format"
    starter = with_imports(starter).rstrip()
    return "\n".join(["QUESTION:", question.strip(), *([starter] if starter else []), form, "ANSWER:"])


def with_imports(program: str) -> str:
    """A program with those imports before it that the authors' harness makes and that it uses but does not make."""
    lines = []
    for form, names in _IMPORTS.items():
        wanted = [name for name in names.split() if _unbound(name, program)]
        if wanted:
            lines += [form.format(", ".join(wanted))] if "from" in form else [form.format(name) for name in wanted]
    return "\n".join([*lines, *([""] if lines else []), program])


def _unbound(name: str, program: str) -> bool:
    used = rf"(?<![.\w]){name}\." if name in _IMPORTS["import {}"].split() else rf"(?<![.\w]){name}(?=[\[(\])])"
    bound = rf"\bimport\b[^\n]*\b{name}\b|\b(?:def|class)\s+{name}\b|(?<![.\w]){name}\s*=[^=]|\bimport\s*\*"
    return bool(re.search(used, program)) and not re.search(bound, program)


def _problem(path: Path) -> Iterator[Entry]:
    """The rows of a file, or the one that is a folder."""
    if path.name != QUESTION:
        yield from rows(path)
        return
    folder = path.parent
    try:
        metadata = json.loads(_content(folder / "metadata.json") or "{}")
        row: Row = {"problem_id": folder.name, "question": _content(path), **metadata}
        yield str(folder), row | {key: _content(folder / file) for key, file in _PARTS.items()}
    except (OSError, ValueError, TypeError) as error:
        yield Excluded(str(folder), f"cannot be read ({type(error).__name__}: {error})", folder.name)


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _task(row: Row, where: str, split: str, compare: str) -> Task:
    given = embedded(row, "input_output")
    if not given:
        raise BadTasks("no tests: 'input_output' is empty")
    if not isinstance(given, Mapping):
        raise BadTasks(f"'input_output' must be a mapping, got {type(given).__name__}")
    starter = row.get("starter_code") or ""
    solutions = [solution for solution in embedded(row, "solutions") or () if isinstance(solution, str)]
    method = any("class Solution" in code for code in (starter, *([] if starter.strip() else solutions)))
    tests = suite(given, method=method, compare=compare)
    finish: Callable[[str], str] = with_imports if isinstance(tests, Calls) else str
    number = str(row["problem_id"]).zfill(4)
    return Task(
        id="/".join(part for part in (NAME, split, number) if part),
        prompt=request(field(row, "question", str), starter, tests),
        tests=tests,
        reference=finish(solutions[0]) if solutions else None,
        metadata={
            "where": where,
            **({"split": split} if split else {}),
            "difficulty": row.get("difficulty") or "",
            "url": row.get("url") or "",
            "kind": "call" if isinstance(tests, Calls) else "stdio",
            "solutions": tuple(map(finish, solutions[1:])),
        },
    )


def _calls(function: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> Calls:
    if not all(isinstance(arguments, list) for arguments in inputs):
        raise BadTasks("no usable tests: the inputs of a function must be lists of arguments")
    # Problems of Codewars keep each value in a list of its own; those of LeetCode, all of them methods, do not.
    wrapped = "." not in function and all(isinstance(value, list) and len(value) == 1 for value in outputs)
    values = [value[0] if wrapped else value for value in outputs]
    cases = (
        Call(tuple(map(_keyed, arguments)), _keyed(value)) for arguments, value in zip(inputs, values, strict=True)
    )
    return Calls(function, tuple(cases), "json")


def _keyed(value: Any) -> Any:
    """A mapping with numbers for keys, which JSON has made texts, with numbers again."""
    if not isinstance(value, dict) or not value or not all(re.fullmatch(r"-?\d+", str(key)) for key in value):
        return value
    return {int(key): item for key, item in value.items()}


def _text(value: object) -> str:
    """What is read or printed, which may be given as its lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    raise BadTasks(f"no usable tests: expected text or lines, got {type(value).__name__}: {str(value)[:60]!r}")
