import math

import pytest

from analyzers.runtime import Limits
from trainer.tasks.augment.execution import End, Executor
from trainer.tasks.augment.judging import Clock

FOREVER = Clock(math.inf)


@pytest.fixture(scope="module")
def executor():
    with Executor(Limits(timeout_s=0.3)) as made:
        yield made


def ends(executor, program, inputs, *, hash_seed=0, clock=FOREVER):
    return [answer.end for answer in executor.calls(program, "f", inputs, hash_seed=hash_seed, clock=clock)]


def test_answers_come_with_their_types(executor):
    found = executor.calls(
        "def f(a, b): return (a, [b], {1.5})", "f", [(1, "x"), ([2], None)], hash_seed=0, clock=FOREVER
    )
    assert [answer.value for answer in found] == [(1, ["x"], {1.5}), ([2], [None], {1.5})]


def test_how_a_program_can_fail_to_answer(executor):
    program = "def f(a):\n    while a == 1: pass\n    if a == 2: return object()\n    if a == 3: return float('nan')\n    return 1 // a"
    found = ends(executor, program, [(5,), (0,), (1,), (2,), (3,), (4,)])
    assert found == [End.ANSWERED, End.RAISED, End.TIMED_OUT, End.NOT_PLAIN, End.NOT_PLAIN, End.ANSWERED]


@pytest.mark.parametrize("program", ["def f(:", "raise ValueError", "def g(a): return a", "import os; os._exit(0)"])
def test_a_program_that_is_not_there(executor, program):
    assert set(ends(executor, program, [(1,), (2,)])) <= {End.NOT_RUN, End.RAISED}


def test_arguments_stay_as_they_are(executor):
    given = [([3, 1],)]
    executor.calls("def f(a): a.sort(); return a", "f", given, hash_seed=0, clock=FOREVER)
    assert given == [([3, 1],)]


def test_hash_seeds_order_sets_differently(executor):
    program = "def f(a): return list(set(a))"
    answers = [
        executor.calls(program, "f", [("abcdefgh",)], hash_seed=seed, clock=FOREVER)[0].value for seed in (0, 1, 0)
    ]
    assert answers[0] == answers[2] != answers[1]


def test_nothing_runs_when_time_is_up(executor):
    assert ends(executor, "def f(a): return a", [(1,)], clock=Clock.of(0)) == [End.NOT_RUN]


def test_scripts(executor):
    found = executor.prints("print(int(input()) + 1)", "41\n", hash_seed=0)
    assert (found.end, found.value) == (End.ANSWERED, "42\n")
    assert executor.prints("print(1); raise SystemExit(3)", "", hash_seed=0).end is End.RAISED
    assert executor.prints("while True: pass", "", hash_seed=0).end is End.TIMED_OUT
    assert executor.prints("import os; os.write(1, b'\\xff')", "", hash_seed=0).end is End.NOT_PLAIN


def test_a_hostile_program_reaches_nothing(executor, tmp_path):
    program = f"def f(a):\n    try:\n        open({str(tmp_path / 'owned')!r}, 'w')\n    except OSError as error:\n        return type(error).__name__"
    (answer,) = executor.calls(program, "f", [(1,)], hash_seed=0, clock=FOREVER)
    assert answer.value == "PermissionError"
    assert not list(tmp_path.iterdir())
