import pytest

from analyzers.runtime.tests import Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from rewards.reranking.pools import Candidate, Pool
from trainer.reranker.answers import Questions, asked, executor, questions
from trainer.types import Task

ADD = "def add(a, b):\n    return a + b\n"
SHOWN = Asserts(("assert add(1, 2) == 3", "assert add(b=1, a=2) == 3", "assert abs(add(4, 5)) == 9", "assert add(*x)"))


def task(shown, language="python", reference="    return 1729 if a == 1729 else a + b"):
    hidden = Asserts(("assert add(70707, 8) == 70715",))
    return Task("t", "Add.", hidden, language, prefix="def add(a, b):\n", reference=reference, shown=shown)


def answers(programs, inputs, function="add"):
    pool = Pool("t", "p", tuple(map(Candidate, programs)))
    with executor() as running:
        found = asked(pool, programs, task(SHOWN), Questions(tuple(inputs), function), running)
    return [each.answers for each in found.candidates]


def test_inputs_are_those_that_are_shown_and_others_like_them():
    found = questions(task(SHOWN), count=8)
    assert found.function == "add"
    assert found.inputs[:2] == ((1, 2), (4, 5))
    assert len(found.inputs) == len(set(found.inputs)) == 8
    assert all(len(given) == 2 and all(isinstance(each, int) for each in given) for given in found.inputs)
    assert found == questions(task(SHOWN), count=8)
    assert len(questions(task(SHOWN), count=1).inputs) == 1


def test_neither_reference_nor_hidden_tests_have_a_part():
    found = questions(task(SHOWN), count=40)
    assert found == questions(task(SHOWN, reference=None), count=40)
    assert not {1729, 70707} & {each for given in found.inputs for each in given}


def test_calls_and_standard_input_are_asked_too():
    assert questions(task(Calls("f", (Call((3,), 4), Call((), 1)))), count=2).inputs[0] == (3,)
    found = questions(task(Stdio((Exchange("1 2\n", "3\n"),)), "perl"), count=3)
    assert (found.function, found.inputs[0]) == ("", "1 2\n")


@pytest.mark.parametrize(
    ("shown", "language"),
    [
        (None, "python"),
        (SHOWN, "perl"),
        (Asserts(("assert add(x, 1) == 2",)), "python"),
        (CheckFunction("def check(f):\n    pass\n", "f"), "python"),
    ],
)
def test_where_nothing_can_be_asked_there_are_no_questions(shown, language):
    assert questions(task(shown, language)) is None


def test_answers_are_texts_that_can_be_compared():
    programs = [
        ADD,
        "def add(a, b):\n    return b + a\n",
        "def add(a, b):\n    raise ValueError\n",
        "def add(a, b):\n    while a:\n        pass\n",
        "def add(:",
        "def add(a, b):\n    return lambda: a\n",
    ]
    found = answers(programs, [(1, 2), ([1], [2]), (0.1, 0.2)])
    assert found[0] == ("3", "[1, 2]", "0.3")
    assert found[1] == ("3", "[2, 1]", "0.3")
    assert found[2] == found[4] == found[5] == (None, None, None)
    assert found[3][0] is None


def test_of_equal_programs_one_is_run():
    pool = Pool("t", "p", (Candidate("a"), Candidate("b"), Candidate("a")))

    class Counting:
        ran = 0

        def calls(self, program, function, inputs, *, hash_seed, clock):
            self.ran += 1
            return []

    running = Counting()
    asked(pool, [ADD, ADD + "#", ADD], task(SHOWN), Questions((), "add"), running)
    assert running.ran == 2
    with pytest.raises(ValueError, match="zip"):
        asked(pool, [ADD], task(SHOWN), Questions((), "add"), running)


def test_programs_are_asked_texts():
    pool = Pool("t", "p", (Candidate("a"), Candidate("b")))
    programs = ["print(int(input()) + 1)", "import sys; sys.exit(1)"]
    shown = task(Stdio((Exchange("1\n", "2\n"),)))
    with executor() as running:
        found = asked(pool, programs, shown, Questions(("1\n", "41\n")), running)
    assert [each.answers for each in found.candidates] == [("'2\\n'", "'42\\n'"), (None, None)]
