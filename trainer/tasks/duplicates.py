"""Tasks that ask for the same: in one set, and in the sets that a model is to be measured on.

Prompts are compared by their words and signs: the same ones in the same order, or a large share of common runs of
three. MinHash (Broder 1997; the package `datasketch`) finds who comes into question for that, and the share is counted.
Tests are compared one by one: a task at least half of whose tests are those of another one is that other one, however
it is worded. What a translation into another language, with tests of its own, has in common with its original is not
found. A few kilobytes are kept of each task.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from analyzers.runtime.tests import Asserts, Calls, Stdio, Tests, to_json
from trainer.tasks.files import BadTasks
from trainer.types import Task

WORDS = 3
"""Length of the runs that are compared."""
PERMUTATIONS = 128
SLACK = 0.1
"""MinHash estimates shares; those who come into question may seem to have so much less in common than they have."""
SIMILARITY = 0.8
"""Share of common runs (Jaccard) from which tasks are near duplicates."""
COMMON_TESTS = 0.5
"""Share of a task's tests that it has from another one, from which it is that one."""


class Duplicates:
    """An index of tasks."""

    def __init__(self, similarity: float = SIMILARITY) -> None:
        """`similarity` is the share of common runs of words from which prompts are alike; at 1, only equal ones are.

        Raises:
            BadTasks: the package that near duplicates need is not installed.
        """
        self._similarity = similarity
        self._exact: dict[bytes, str] = {}
        self._tests: dict[bytes, str] = {}
        self._near: Any = None
        if similarity < 1:
            try:
                self._library = import_module("datasketch")
            except ImportError as error:
                raise BadTasks(
                    "near duplicates need the package 'datasketch'; install 'spanwise[tasks]', "
                    "or ask for equal prompts alone: --similarity 1"
                ) from error
            self._near = self._library.MinHashLSH(threshold=max(0.05, similarity - SLACK), num_perm=PERMUTATIONS)
            self._runs: dict[str, frozenset[bytes]] = {}

    def like(self, task: Task, *, scope: str = "") -> str:
        """What was added in the same scope and is like the task, and how much; empty where nothing is."""
        words = _words(task.prompt)
        found = self._exact.get(_digest(scope, words))
        if found is not None:
            return f"the same prompt as {found}"
        shared = Counter(name for test in _tests(task.tests) if (name := self._tests.get(_digest(scope, [test]))))
        [(name, count)] = shared.most_common(1) or [("", 0)]
        total = sum(1 for _ in _tests(task.tests))
        if count and count >= COMMON_TESTS * total:
            return f"{count} of {total} tests are those of {name}"
        if self._near is None:
            return ""
        runs = _runs(scope, words)
        alike = [(_share(runs, self._runs[key]), key) for key in self._near.query(self._sketch(runs))]
        share, key = max(alike, default=(0.0, ""))
        return f"{share:.0%} like the prompt of {key}" if share >= self._similarity else ""

    def add(self, task: Task, *, scope: str = "", name: str = "") -> None:
        """Takes a task in, under `name` or its id."""
        words, name = _words(task.prompt), name or task.id
        self._exact.setdefault(_digest(scope, words), name)
        for test in _tests(task.tests):
            self._tests.setdefault(_digest(scope, [test]), name)
        if self._near is not None and name not in self._runs:
            self._runs[name] = _runs(scope, words)
            self._near.insert(name, self._sketch(self._runs[name]))

    def _sketch(self, runs: frozenset[bytes]) -> Any:
        sketch = self._library.MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch(sorted(runs))
        return sketch


def _tests(tests: Tests) -> Iterator[str]:
    """Each test of a suite as text; code that is run as it stands is one."""
    match tests:
        case Asserts(statements):
            yield from (" ".join(statement.split()) for statement in statements)
        case Calls(function=function, cases=cases):
            yield from (repr((function, case.args, case.kwargs, case.expected)) for case in cases)
        case Stdio(cases=exchanges):
            yield from (repr((exchange.stdin.strip(), exchange.stdout.strip())) for exchange in exchanges)
        case _:
            yield json.dumps(to_json(tests), sort_keys=True)


def _runs(scope: str, words: list[str]) -> frozenset[bytes]:
    return frozenset(_digest(scope, words[at : at + WORDS]) for at in range(max(1, len(words) - WORDS + 1)))


def _share(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    return len(one & other) / len(one | other)


def _words(prompt: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", prompt.casefold())


def _digest(scope: str, words: list[str]) -> bytes:
    return hashlib.sha256(f"{scope}:{' '.join(words)}".encode("utf-8", "surrogatepass")).digest()[:12]
