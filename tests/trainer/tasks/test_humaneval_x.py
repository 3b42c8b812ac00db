from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import grammars
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome
from trainer.tasks import BadTasks, load
from trainer.tasks.humaneval_x import TAGS, _go
from trainer.types import Task


def test_every_package_of_go_is_imported_once_and_used() -> None:
    prompt = 'import (\n    "math"\n)\n\nfunc F() int {\n'
    setup = 'package main\n\nimport (\n    "testing"\n    "math"\n    "time"\n)\n'
    tests = _go(prompt, "func TestF(t *testing.T) {}\n", setup)
    program = tests.prefix + prompt
    for name in ("math", "time", "math/rand", "crypto/md5", "strings"):
        assert program.count(f'"{name}"') == 1, name
        assert re.search(rf"(?m)^var _ = {name.rpartition('/')[2]}\.\w+$", tests.code), name
    assert tests.prefix.startswith("package main\n")
    assert tests.code.endswith("func TestF(t *testing.T) {}\n")


def test_published_counts(data: Path) -> None:
    found = load(f"humaneval_x:{data / 'humaneval-x'}", "test")
    assert Counter(task.language for task in found) == dict.fromkeys(TAGS, 164)
    assert all(task.reference for task in found)
    shown = Counter(task.language for task in found if task.shown is not None and task.shown != task.tests)
    assert set(shown) == set(TAGS)
    assert min(shown.values()) > 150
    assert len(load(f"humaneval_x:{data / 'humaneval-x'}?language=rust", "test")) == 164
    with pytest.raises(BadTasks, match="for evaluation only"):
        load(f"humaneval_x:{data / 'humaneval-x'}", "train")


def test_programs_of_rust_do_without_crates(data: Path) -> None:
    for task in load(f"humaneval_x:{data / 'humaneval-x'}?language=rust", "test"):
        assert isinstance(task.tests, Appended)
        assert not re.search(r"\buse (rand|regex|md5)\b", task.prefix)
        assert task.prefix.rstrip().endswith("{")
        assert task.prompt == task.prefix.rstrip()


@pytest.mark.languages
@pytest.mark.parametrize("language", [*TAGS])
def test_references_pass_and_what_needs_imports_has_them(
    data: Path, outcome: Callable[[Task, str], Outcome], language: str
) -> None:
    toolchain = grammars.get(language).toolchain
    assert toolchain is not None
    found = load(f"humaneval_x:{data / 'humaneval-x'}?language={language}", "test")[:5]
    for task in found:
        assert task.reference
        assert outcome(task, task.reference) is Outcome.PASS, task.id
        assert outcome(task, "") is not Outcome.PASS, task.id
