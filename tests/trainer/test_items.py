from __future__ import annotations

from dataclasses import replace

from analyzers.runtime.tests import Asserts
from trainer.items import item
from trainer.types import Task

TESTS = Asserts(("assert f() == 1",))
TASK = Task("b", "def f():\n", TESTS, prefix="def f():\n", suffix="}", reference="    return 1", holdout=TESTS)


def test_all_that_scoring_needs_of_a_task() -> None:
    made = item(TASK, "    return 2", truncated=True)
    assert (made.completion, made.tests, made.language, made.task_id) == ("    return 2", TESTS, "python", "b")
    assert (made.prefix, made.suffix, made.reference, made.holdout) == (TASK.prefix, "}", "    return 1", TESTS)
    assert made.truncated
    assert not made.raw
    assert item(replace(TASK, holdout=None), "x").holdout is None


def test_a_whole_program_has_nothing_around_it() -> None:
    made = item(TASK, "def f(): return 1", raw=True, whole=True, holdout=False)
    assert (made.prefix, made.suffix, made.raw, made.holdout) == ("", "", True, None)
