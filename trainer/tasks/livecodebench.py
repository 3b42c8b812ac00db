"""LiveCodeBench (arXiv:2403.07974): problems of recent contests in the order of their dates, for evaluation only.

A model is measured on what was published after its training data: `?since=2024-08-01`. Tests are runs of the program,
or calls of a method of `class Solution`, with an argument in each line. The private ones come as compressed text, in a
pickle of which nothing but a string is taken.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from analyzers.runtime.tests import Call, Calls, Exchange, Stdio, Tests
from trainer.shown import first
from trainer.tasks.apps import with_imports
from trainer.tasks.files import BadTasks, Excluded, Row, embedded, field, for_evaluation, one_of, read
from trainer.tasks.hub import CONVERTED, Hub, source
from trainer.types import Task

NAME = "livecodebench"
FILES = ("test*.jsonl*", "*.jsonl*", "*.parquet", "data/*.parquet")
DIFFICULTIES = ("easy", "medium", "hard")
PLATFORMS = ("leetcode", "codeforces", "atcoder")
MAX_BYTES = 1 << 30
"""Of the private tests of a problem, decompressed."""


def tasks(
    split: str,
    *,
    path: str | None = None,
    force: bool = False,
    difficulty: str = "",
    platform: str = "",
    since: str = "",
    until: str = "",
) -> Iterator[Task | Excluded]:
    """The problems, of one difficulty and platform or of all, in the order of the files; `test` is the only split.

    `since` and `until` are the first and the last day of the contests, as 2024-08-01.

    Raises:
        BadTasks: asked for training without `force`, no such difficulty or platform, no date, or no such file.
    """
    for_evaluation(NAME, split, force)
    one_of(NAME, "difficulty", difficulty, DIFFICULTIES)
    one_of(NAME, "platform", platform, PLATFORMS)
    days = (_day("since", since, date.min), _day("until", until, date.max))
    hub = Hub("livecodebench/code_generation", revision=CONVERTED)
    return read(source(NAME, path, FILES, hub), partial(_task, difficulty, platform, days))


def _day(option: str, value: str, default: date) -> date:
    try:
        return date.fromisoformat(value) if value else default
    except ValueError as error:
        raise BadTasks(f"{option} must be a day as 2024-08-01, got {value!r}") from error


def _task(difficulty: str, platform: str, days: tuple[date, date], row: Row, where: str) -> Task | None:
    day = date.fromisoformat(str(row["contest_date"])[:10])
    wanted = difficulty in ("", row.get("difficulty")) and platform in ("", row.get("platform"))
    if not wanted or not days[0] <= day <= days[1]:
        return None
    public = _cases(embedded(row, "public_test_cases"))
    private = row.get("private_test_cases") or ""
    tests = _suite([*public, *_cases(_private(private) if isinstance(private, str) else private)], row)
    starter = with_imports(row.get("starter_code") or "").rstrip()
    form = (
        f"Complete this starter code:\n{starter}"
        if isinstance(tests, Calls)
        else "Write a Python program that reads standard input and prints the answer."
    )
    return Task(
        id=f"{NAME}/{field(row, 'question_id', str)}",
        prompt=f"{field(row, 'question_content', str).strip()}\n\n{form}",
        tests=tests,
        shown=first(tests, len(public)),
        metadata={
            "where": where,
            "split": "test",
            "difficulty": row.get("difficulty") or "",
            "platform": row.get("platform") or "",
            "date": day.isoformat(),
        },
    )


def _cases(value: Any) -> Sequence[Mapping[str, str]]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(case, dict) for case in value):
        raise BadTasks(f"test cases must be a list of mappings, got {type(value).__name__}: {str(value)[:60]!r}")
    return value


def _suite(cases: Sequence[Mapping[str, str]], row: Row) -> Tests:
    kinds = {case["testtype"] for case in cases}
    if kinds - {"stdin", "functional"} or len(kinds) > 1:
        raise BadTasks(f"no usable tests: expected those of one type, stdin or functional, got {sorted(kinds)}")
    if kinds != {"functional"}:
        return Stdio(tuple(Exchange(case["input"], case["output"]) for case in cases))
    name = (embedded(row, "metadata") or {}).get("func_name")
    if not name:
        raise BadTasks("no usable tests: they call a function, and 'metadata' does not name it in 'func_name'")
    method = "class Solution" in (row.get("starter_code") or "")
    calls = [
        Call(tuple(json.loads(line) for line in case["input"].split("\n") if line.strip()), json.loads(case["output"]))
        for case in cases
    ]
    return Calls(f"Solution.{name}" if method else name, tuple(calls), "json")


class _Text(pickle.Unpickler):
    """Takes texts out of a pickle, and refuses whatever would run code."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"refused {module_name}.{global_name}")


def _private(text: str) -> Any:
    """Private tests as they were published: JSON, plain or compressed."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        pass
    try:
        inflate = zlib.decompressobj()
        packed = inflate.decompress(base64.b64decode(text, validate=True), MAX_BYTES)
        if inflate.unconsumed_tail:
            raise BadTasks(f"the private tests are longer than {MAX_BYTES} bytes")
        return json.loads(_Text(io.BytesIO(packed)).load())
    except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError) as error:
        if isinstance(error, BadTasks):
            raise
        raise BadTasks(f"the private tests cannot be read ({type(error).__name__}: {str(error)[:80]})") from error
