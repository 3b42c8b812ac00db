"""The programs on which harnesses are compared: samples of a model, and mutants of references and of a model's answers.

Each comes as the job of an original harness (`originals.py`) and as an item of spanwise.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from broken_programs import OPERATIONS, leaves
from execution import calls

from analyzers.runtime.tests import Asserts, to_json
from trainer.tasks import evalplus, humaneval, humaneval_plus, load, multipl_e
from trainer.types import Task

CODEGEN = "reranker/HumanEval_codegen16B_t0.8_n100.jsonl.gz"
"""100 samples of CodeGen-16B for each problem of HumanEval, published with CodeT (arXiv:2207.10397)."""
SWAPS = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "+", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=",
    "!=": "==", "===": "!==", "&&": "||", "||": "&&", "and": "or", "or": "and", "true": "false", "false": "true",
    "True": "False", "False": "True", "0": "1", "1": "2", "2": "3", "-eq": "-ne", "-lt": "-le", "-gt": "-ge",
}  # fmt: skip
"""What replaces a token so that the program is likely to be wrong, and still a program."""
EXITS = {
    "bash": "exit 0", "cpp": "exit(0);", "csharp": "System.Environment.Exit(0);",
    "d": "import core.stdc.stdlib; exit(0);", "java": "System.exit(0);", "javascript": "process.exit(0);",
    "lua": "os.exit(0)", "perl": "exit(0);", "php": "exit(0);", "r": "quit(status = 0)", "racket": "(exit 0)",
    "ruby": "exit!(true)", "rust": "std::process::exit(0);", "scala": "sys.exit(0)",
    "typescript": "(globalThis as any).process.exit(0);",
}  # fmt: skip
"""How a function ends the whole process as if all was well, so that no test behind it runs."""
KINDS = ("answer", "swapped", "answer", "broken")
EXIT_EVERY = 8
SHARE = {"scala": 8, "typescript": 4, "cpp": 3, "java": 2, "rust": 2, "racket": 2, "go": 2, "r": 2}
"""Languages whose compilers take long get this part of the programs of the others."""


@dataclass(frozen=True)
class Case:
    """One program that two harnesses judge."""

    key: str
    group: str
    """The row of the table to which it counts."""
    kind: str
    job: dict[str, Any]
    item: dict[str, Any]

    @property
    def text(self) -> tuple[str, str]:
        """What makes two cases the same: the task, and the program."""
        return self.item["task_id"], self.item["completion"]


def humaneval_samples(data: Path, timeout_s: float) -> Iterator[Case]:
    """The samples of CodeGen, judged by HumanEval's check functions."""
    for row, task, samples in _codegen(data):
        fields = {name: row[name] for name in ("prompt", "test", "entry_point")}
        for number, text in enumerate(samples):
            job = {**fields, "completion": text, "timeout_s": timeout_s}
            yield _case(f"{task.id}/{number}", "HumanEval", "sample", job, item(task, text))


def evalplus_samples(data: Path, timeout_s: float) -> Iterator[Case]:
    """The samples of CodeGen, judged as EvalPlus judges: inputs, and what the reference returns for them."""
    for row, task, samples in _codegen(data):
        made = calls({**row, "program": row["prompt"] + row["canonical_solution"], "check": row["test"]})
        atol = 1e-4 if row["entry_point"] == "find_zero" else 0  # as in the check function
        inputs = [call["args"] for call in made]
        fields = {
            "entry_point": row["entry_point"],
            "inputs": repr(inputs),
            "expected": repr([call["expected"] for call in made]),
            "seconds": [call["seconds"] for call in made],
            "atol": atol,
        }
        program = row["prompt"] + row["canonical_solution"]
        same = humaneval_plus.ZERO if row["entry_point"] == "find_zero" else ""
        suite = evalplus.suite({**row, "atol": atol}, program, inputs, same=same)
        for number, text in enumerate(samples):
            job = {**fields, "program": row["prompt"] + text}
            as_item = {**item(task, text), "tests": to_json(suite)}
            yield _case(f"{task.id}/{number}", "HumanEval", "sample", job, as_item)


def mbpp_programs(data: Path, timeout_s: float) -> Iterator[Case]:
    """The references of MBPP and mutants of them."""
    chance = random.Random(0)
    for task in load(f"mbpp:{data / 'mbpp' / 'mbpp.jsonl'}", "all"):
        assert isinstance(task.tests, Asserts)
        test = "\n".join([task.tests.setup, *task.tests.statements, "def check(_): pass"])
        for kind in dict.fromkeys(KINDS):
            text = changed(kind, "", task.reference or "", "python", chance)
            job = {"prompt": "", "completion": text, "test": test, "entry_point": "None", "timeout_s": timeout_s}
            yield _case(f"{task.id}/{kind}", "MBPP", kind, job, item(task, text))


def multipl_e_programs(language: str, data: Path, count: int) -> Iterator[Case]:
    """Answers of a model to MultiPL-E's problems, mutants of them, and some that exit before the tests."""
    chance = random.Random(language)
    found = [task for task in load(f"multipl_e:{data / 'multipl-e'}?language={language}", "test") if task.reference]
    chance.shuffle(found)
    for number, task in enumerate(found[: max(1, count // SHARE.get(language, 1))]):
        kind = "exits" if number % EXIT_EVERY == EXIT_EVERY - 1 else KINDS[number % len(KINDS)]
        text = changed(kind, task.prefix, task.reference or "", language, chance)
        job = {
            "tag": multipl_e.TAGS[language] if language != "go" else "go_test.go",
            "program": f"{task.prefix}{text}\n{getattr(task.tests, 'code', '')}",
        }
        yield _case(f"{task.id}/{kind}", language, kind, job, item(task, text))


def item(task: Task, text: str) -> dict[str, Any]:
    """A program as spanwise takes it, exactly as it is."""
    known = {"language": task.language, "tests": to_json(task.tests), "prefix": task.prefix, "task_id": task.id}
    return {"completion": text, "raw": True, **known}


def changed(kind: str, prefix: str, text: str, language: str, chance: random.Random) -> str:
    """The completion `text`, changed as `kind` says."""
    if kind == "exits":
        return f"\n{EXITS[language]}\n{text}" if language in EXITS else text
    if kind == "answer":
        return text
    whole = prefix + text
    tokens = [token for token in leaves(whole, language) if token.start >= len(prefix)]
    swappable = [token for token in tokens if whole[token.start : token.end] in SWAPS]
    if kind == "swapped" and swappable:
        token = chance.choice(swappable)
        return (whole[: token.start] + SWAPS[whole[token.start : token.end]] + whole[token.end :])[len(prefix) :]
    if len(tokens) < 2:
        return text[: len(text) // 2]
    return OPERATIONS[chance.choice(list(OPERATIONS))](whole, tokens, chance).text[len(prefix) :]


def _codegen(data: Path) -> Iterator[tuple[dict[str, Any], Task, list[str]]]:
    with gzip.open(data / "humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        # As CodeT has sorted them.
        rows = sorted(map(json.loads, lines), key=lambda row: row["task_id"])
    with gzip.open(data / CODEGEN, "rt", encoding="utf-8") as lines:
        for row, line in zip(rows, map(json.loads, lines), strict=True):
            assert f"def {row['entry_point']}(" in line["prompt"]  # which is HumanEval's without its examples
            yield row, humaneval.task(row, ""), line["samples"]


def _case(key: str, group: str, kind: str, job: dict[str, Any], as_item: dict[str, Any]) -> Case:
    return Case(key, group, kind, {"key": key, **job}, as_item)


def unique(cases: list[Case]) -> list[Case]:
    """The cases without those whose program has come before."""
    return list({case.text: case for case in reversed(cases)}.values())[::-1]


def interleaved(cases: list[Case]) -> list[Case]:
    """The unique ones first, so that what they cost is known by itself."""
    first = unique(cases)
    keys = {case.key for case in first}
    return list(chain(first, (case for case in cases if case.key not in keys)))
