"""Published programs with their tests, for the benchmarks: references in many languages, and what a model wrote.

Everything is read from $SPANWISE_DATA (default ../shared/data), which holds the files as they were published.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzers.runtime.tests import Appended, CheckFunction, Tests
from analyzers.types import Source
from trainer.tasks import load
from trainer.types import Task

DATA = Path(os.environ.get("SPANWISE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
MBXP = ("cpp", "csharp", "java", "javascript", "kotlin", "php", "ruby", "typescript")
HUMANEVAL_X = ("cpp", "go", "java", "javascript", "rust")
ANSWERED = ("bash", "d", "lua", "perl", "r", "racket", "scala")
"""Languages without published solutions: what a model answered to MultiPL-E, which its tests may or may not take."""
LANGUAGES = ("python", *sorted({*MBXP, *HUMANEVAL_X, *ANSWERED}))


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and the tests that it should pass."""

    origin: str
    """The data set it comes from."""
    source: Source
    """What analyzers are given."""
    tests: Tests
    run: str | None = None
    """What stands before the tests where that is not the text of `source`."""


def references(language: str) -> list[Program]:
    """Solutions that were published as right, or answers where there are none."""
    found: list[Program] = []
    if language == "python":
        found += [_program("HumanEval", task) for task in _tasks("humaneval:humaneval", "test")]
        found += [_program("MBPP", task) for task in _tasks("mbpp:mbpp", "all")]
    if language in HUMANEVAL_X:
        found += [
            _program("HumanEval-X", task) for task in _tasks(f"humaneval_x:humaneval-x?language={language}", "test")
        ]
    if language in MBXP:
        found += [_program("MBXP", task) for task in _tasks(f"mbxp:mbxp?language={language}", "all") if task.reference]
    if language in ANSWERED:
        tasks = _tasks(f"multipl_e:multipl-e?language={language}", "test")
        found += [_answer(task) for task in tasks if task.reference]
    return found


def samples(each: int) -> list[Program]:
    """The first `each` completions of every problem of HumanEval by CodeGen-16B at temperature 0.8."""
    found = []
    rows = list(_rows("reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"))
    # In the order of the words "HumanEval/0", "HumanEval/1", "HumanEval/10", and with prompts that lack the examples.
    problems = sorted(_tasks("humaneval:humaneval", "test"), key=lambda task: task.id)
    for problem, row in zip(problems, rows, strict=True):
        assert isinstance(problem.tests, CheckFunction)
        name = problem.tests.entry_point
        if f"def {name}(" not in row["prompt"]:
            raise SystemExit(f"the samples are not of HumanEval's problems in their order: {row['prompt'][:80]!r}")
        sources = [Source(row["prompt"] + sample, prefix=len(row["prompt"])) for sample in row["samples"][:each]]
        found += [Program("CodeGen", source, problem.tests) for source in sources]
    return found


def spread(programs: list[Program], count: int) -> list[Program]:
    """At most `count` of them, evenly from the first to the last."""
    return programs[:: max(1, -(-len(programs) // count))]


def _rows(path: str) -> Iterator[dict[str, Any]]:
    if not (DATA / path).exists():
        raise SystemExit(f"no {DATA / path}; set SPANWISE_DATA to a folder that holds {path}")
    with gzip.open(DATA / path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _tasks(spec: str, split: str) -> list[Task]:
    """The tasks of a set whose path is a folder below the data."""
    name, _, folder = spec.partition(":")
    return load(f"{name}:{DATA / folder}", split)


def _answer(task: Task) -> Program:
    """A program without the braces that its tests begin or end with; analyzers are given those too."""
    assert isinstance(task.tests, Appended)
    code = re.sub(r'"(?:\\.|[^"\\])*"', "", task.tests.code)
    run = task.prefix + (task.reference or "")
    whole = run.rstrip() + "\n" + "}\n" * (code.count("}") - code.count("{"))
    return Program("MultiPL-E", Source(whole, task.language, prefix=len(task.prefix)), task.tests, run)


def _program(origin: str, task: Task) -> Program:
    program = task.prefix + (task.reference or "").replace("\r\n", "\n")
    if task.language == "csharp":
        # The tests close the class and the namespace of the prompt, and they alone use the package that it names.
        prefix = re.sub(r"(?m)^using KellermanSoftware\b.*\n", "", task.prefix)
        source = Source(f"{prefix}{task.reference}\n    }}\n}}\n", "csharp", prefix=len(prefix))
        return Program(origin, source, task.tests, program)
    if task.language != "go":
        return Program(origin, Source(program, task.language, prefix=len(task.prefix)), task.tests)
    # A file needs its package clause; with the tests, theirs holds.
    package = "package main\n\n"
    source = Source(package + program, "go", prefix=len(package) + len(task.prefix))
    return Program(origin, source, task.tests, program)
