"""Answers of six published models to HumanEval in the eight languages of RewardRanker's table, as samples to be judged.

Read from a checkout of github.com/QwenLM/Qwen2.5-Coder at d5ead97, which holds the problems in MultiPL-E's format and
what models wrote, one greedy answer each. MultiPL-E's licence forbids training on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.programs import DATA
from rewards.extract import extract
from trainer.evaluation.samples import Given
from trainer.reranker.gather import Written
from trainer.tasks import BadTasks, load, multipl_e
from trainer.types import Task

LANGUAGES = ("python", "cpp", "java", "php", "typescript", "csharp", "bash", "javascript")
"""In the order of the paper's table."""
CHAT = {
    "Llama-3-8B-Instruct": "llama3",
    "Llama-3-70B-Instruct": "llama3/70B",
    "Qwen2-7B-Instruct": "qwen2",
    "Qwen2-72B-Instruct": "qwen2/72B",
}
BASE = {"Qwen2.5-Coder-1.5B": "1.5b-base", "Qwen2.5-Coder-7B": "7b-base"}
MODELS = (*CHAT, *BASE)
_ANSWERS = Path("qwencoder-eval/instruct/multipl_e/chat/results")
_PROBLEMS = Path("qwencoder-eval/instruct/multipl_e/chat/data/humaneval")
_BASE = Path("qwencoder-eval/base/outptus/qwen2.5-coder")
_FENCED = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in one language, and the answers in the order of `MODELS`."""

    number: int
    """Of HumanEval, the same in all languages."""
    written: Written


def problems(language: str, folder: Path) -> tuple[list[Problem], list[str]]:
    """Those of a language that all models have answered, and why others are left out.

    Raises:
        OSError: a file is not there.
    """
    found, left_out = [], []
    for name, made in (_python if language == "python" else _translated)(language, folder):
        if isinstance(made, str):
            left_out.append(f"{name}/{language}: {made}")
        else:
            found.append(Problem(int(name.split("_")[1]), made))
    return found, left_out


def _python(language: str, folder: Path) -> Iterator[tuple[str, Written | str]]:
    chat = [_by_id(folder / _ANSWERS / place / "generations_python.jsonl", "task_id") for place in CHAT.values()]
    base = [_by_id(folder / _BASE / place / "evalplus/humaneval/generated.jsonl", "task_id") for place in BASE.values()]
    for task in load(f"humaneval:{DATA / 'humaneval'}", "test"):
        number = task.id.partition("/")[2]
        name = f"HumanEval_{number}_{getattr(task.tests, 'entry_point', '')}"
        texts = [extract(each[f"Python/{number}"]["generation"], prefix=task.prefix).text for each in chat]
        texts += [each[task.id]["completion"] for each in base]
        named = replace(task, id=f"{name}/py")
        yield name, Written(named, tuple(Given("", named.id, text, whole=True) for text in texts))


def _translated(language: str, folder: Path) -> Iterator[tuple[str, Written | str]]:
    tag = multipl_e.TAGS[language]
    rows = _by_id(folder / _PROBLEMS / f"humaneval-{tag}.jsonl", "name")
    chat = [_by_id(folder / _ANSWERS / place / f"generations_{tag}.jsonl", "name") for place in CHAT.values()]
    base = [_by_id(folder / _BASE / place / f"multipl-e/pred_{tag}_output.jsonl", "task_id") for place in BASE.values()]
    for name, row in rows.items():
        try:
            task = multipl_e.task("", "published", row, tag)
        except BadTasks as error:
            yield name, str(error)
            continue
        assert task is not None
        texts = [_continuation(each[name]["generation"], task, row) for each in chat]
        texts += [_until_stop(each[name]["generation"].removeprefix(row["prompt"]), task) for each in base]
        yield name, Written(task, tuple(Given("", task.id, text) for text in texts))


def _continuation(answer: str, task: Task, row: Mapping[str, Any]) -> str:
    """What of a chat's answer follows the prompt: what stands behind the signature where it is repeated, as the loader
    takes it from published answers, or all of the code."""
    fenced = _FENCED.search(answer)
    code = fenced[1] if fenced else answer
    whole = multipl_e.task("", "published", {**row, "gpt_solution": f"```\n{code}\n```"}, "")
    if whole is not None and whole.reference is not None:
        return whole.reference
    return _until_stop(code.removeprefix(row["prompt"]), task)


def _until_stop(text: str, task: Task) -> str:
    return multipl_e.until_stop(text, [stop for stop in task.stops if stop.strip()])


def _by_id(path: Path, key: str) -> dict[str, dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return {row[key]: row for row in map(json.loads, lines)}
