"""Published programs with their tests, for the benchmarks: references in many languages, and what a model wrote.

Everything is read from $SPANWISE_DATA (default ../shared/data), which holds the files as they were published.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzers.runtime.tests import Appended, Asserts, CheckFunction, Tests
from analyzers.types import Source
from trainer.tasks import load

DATA = Path(os.environ.get("SPANWISE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
MBXP = {
    "cpp": "mbcpp_release_v1.2", "csharp": "mbcsp_release_v1.2", "java": "mbjp_release_v1.2",
    "javascript": "mbjsp_release_v1.2", "kotlin": "mbkp_release_v1.2", "php": "mbphp_release_v1.2",
    "ruby": "mbrbp_release_v1.2", "typescript": "mbtsp_release_v1.2",
}  # fmt: skip
HUMANEVAL_X = ("cpp", "go", "java", "javascript", "rust")
_GO_PACKAGES = "bytes crypto/md5 errors fmt math math/rand os regexp sort strconv strings time unicode".split()


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
    """Solutions that were published as right."""
    if language == "python":
        return [*_humaneval(), *_mbpp()]
    found = []
    if language in HUMANEVAL_X:
        name = {"javascript": "js"}.get(language, language)
        found += [_humaneval_x(row, language) for row in _rows(f"humaneval-x/humaneval_{name}.jsonl.gz")]
    if language in MBXP:
        found += [_mbxp(row, language) for row in _rows(f"mbxp/{MBXP[language]}.jsonl.gz") if row["canonical_solution"]]
    return found


def samples(each: int) -> list[Program]:
    """The first `each` completions of every problem of HumanEval by CodeGen-16B at temperature 0.8."""
    found = []
    rows = list(_rows("reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"))
    # In the order of the words "HumanEval/0", "HumanEval/1", "HumanEval/10", and with prompts that lack the examples.
    for problem, row in zip(_humaneval(sort=True), rows, strict=True):
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


def _humaneval(*, sort: bool = False) -> Iterable[Program]:
    rows = list(_rows("humaneval/HumanEval.jsonl.gz"))
    for row in sorted(rows, key=lambda row: str(row["task_id"])) if sort else rows:
        source = Source(row["prompt"] + row["canonical_solution"], prefix=len(row["prompt"]))
        yield Program("HumanEval", source, CheckFunction(row["test"], row["entry_point"]))


def _mbpp() -> Iterable[Program]:
    for split in ("train", "validation", "test", "few-shot"):
        for task in load(f"mbpp:{DATA / 'mbpp' / 'mbpp.jsonl'}", split):
            assert isinstance(task.tests, Asserts)
            yield Program("MBPP", Source((task.reference or "").replace("\r\n", "\n")), task.tests)


def _mbxp(row: dict[str, Any], language: str) -> Program:
    text = row["prompt"] + row["canonical_solution"]
    return Program("MBXP", Source(text, language, prefix=len(row["prompt"])), Appended(row["test"]))


def _humaneval_x(row: dict[str, Any], language: str) -> Program:
    prompt, body = row["prompt"], row["canonical_solution"]
    if language == "rust":  # every program imports these crates, and few use them
        prompt = re.sub(r"(?m)^use (?:rand|regex|md5)\b.*\n", "", row["declaration"])
    if language == "go":
        return _go(row, f"package main\n\n{prompt}", body)
    return Program("HumanEval-X", Source(prompt + body, language, prefix=len(prompt)), Appended(row["test"]))


def _go(row: dict[str, Any], prompt: str, body: str) -> Program:
    """A file with its own package and imports; with the tests, those of both, none missing and none unused."""
    run = row["prompt"].replace(row["import"], "") + body
    used = re.sub(r"(?m)//.*$", "", run) + row["test"]
    wanted = [name for name in _GO_PACKAGES if re.search(rf"\b{name.rpartition('/')[2]}\.", used)]
    lines = [f'import "{name}"\n' for name in wanted if f'"{name}"' not in row["test_setup"]]
    tests = Appended(row["test"], "".join([row["test_setup"], "\n", *lines]))
    return Program("HumanEval-X", Source(prompt + body, "go", prefix=len(prompt)), tests, run)
