from __future__ import annotations

import pytest

from analyzers.runtime.tests import Appended, Asserts, Call, Calls, Exchange, Stdio, Tests
from trainer.tasks import BadTasks
from trainer.tasks.duplicates import Duplicates
from trainer.types import Task

TEXT = " ".join(f"word{number}" for number in range(60))


def task(id: str, prompt: str, tests: Tests | None = None) -> Task:
    return Task(id, prompt, tests or Asserts((f"assert {id}",)))


@pytest.fixture
def index() -> Duplicates:
    made = Duplicates(0.8)
    made.add(task("a", TEXT))
    return made


def test_white_space_and_case_do_not_count(index: Duplicates) -> None:
    assert index.like(task("b", TEXT.upper().replace(" ", "\n  "))) == "the same prompt as a"


def test_signs_count() -> None:
    index = Duplicates(0.95)
    index.add(task("round", 'brackets of "(" and ")"'))
    assert index.like(task("angle", 'brackets of "<" and ">"')) == ""


def test_a_large_share_of_common_runs_is_a_near_duplicate(index: Duplicates) -> None:
    # 58 runs of three; a changed word changes three of them: 55 of 61 runs are common, 90 %.
    assert index.like(task("b", TEXT.replace("word30", "other"))) == "90% like the prompt of a"
    # Three changed words, far from each other: 49 of 67 runs are common, 73 %.
    far = TEXT.replace("word10", "x").replace("word30", "y").replace("word50", "z")
    assert index.like(task("e", far)) == ""
    # Ten changed words: 28 of 88 runs are common.
    assert index.like(task("c", TEXT.replace("5 ", "9x "))) == ""
    assert index.like(task("d", "something else")) == ""


def test_only_equal_prompts_count_at_1() -> None:
    index = Duplicates(1)
    index.add(task("a", TEXT))
    assert index.like(task("b", TEXT.replace("word30", "other"))) == ""
    assert index.like(task("c", TEXT)) == "the same prompt as a"


@pytest.mark.parametrize(
    ("known", "given", "why"),
    [
        (Asserts(("assert f(1)", "assert f(2)")), Asserts(("assert  f(2)", "assert f(3)")), "1 of 2 tests are"),
        (Asserts(("assert f(1)",)), Asserts(("assert f(1)", "assert f(2)", "assert f(3)")), ""),
        (Calls("f", (Call((1,), 2),)), Calls("f", (Call((1,), 2),)), "1 of 1 tests are"),
        (Calls("f", (Call((1,), 2),)), Calls("g", (Call((1,), 2),)), ""),
        (Stdio((Exchange("1\n", "2"),)), Stdio((Exchange("1", "2\n"),)), "1 of 1 tests are"),
        (Appended("test"), Appended("test"), "1 of 1 tests are"),
        (Appended("test"), Appended("other"), ""),
    ],
)
def test_half_of_the_tests_make_a_task_another_one(known: Tests, given: Tests, why: str) -> None:
    index = Duplicates()
    index.add(task("a", "one two three four", known))
    assert index.like(task("b", "five six seven eight", given)) == (why and f"{why} those of a")


def test_scopes_are_apart_and_names_are_told(index: Duplicates) -> None:
    assert index.like(task("b", TEXT), scope="cpp") == ""
    index.add(task("b", TEXT), scope="cpp", name="b of humaneval")
    assert index.like(task("c", TEXT), scope="cpp") == "the same prompt as b of humaneval"


@pytest.mark.parametrize("prompt", ["\ud800 x", "", "x"])
def test_odd_prompts_are_compared(index: Duplicates, prompt: str) -> None:
    assert index.like(task("s", prompt)) == ""
    index.add(task("s", prompt))
    assert index.like(task("t", prompt)) == "the same prompt as s"


def test_without_the_library_it_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("trainer.tasks.duplicates.import_module", fail)
    with pytest.raises(BadTasks, match=r"spanwise\[tasks\].*--similarity 1"):
        Duplicates(0.8)
    Duplicates(1)
