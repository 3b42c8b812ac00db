import shutil
from dataclasses import replace

import pytest

from analyzers import runtime
from analyzers.runtime import Limits
from analyzers.runtime.tests import Appended, Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from analyzers.types import Outcome, Source
from trainer.tasks import evalplus
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.pipeline import Others, Workshop, as_task, augment
from trainer.tasks.augment.records import Options, Status
from trainer.tasks.augment.sources.proposals import NoAnswer
from trainer.types import Task

FAST = Options(mutants=20, inputs=40, most=12, timeout_s=0.5)
SMALLEST = "def smallest(values, least):\n    found = [v for v in values if v > least]\n    return min(found) if found else None\n"
WRONG = "def smallest(values, least):\n    found = [v for v in values if v >= least]\n    return min(found) if found else None\n"
TESTS = Asserts(("assert smallest([3, 1, 2], 1) == 2", "assert smallest([5, 4], 3) == 4"))
TASK = Task("t", "The smallest value above a bound.", TESTS, reference=SMALLEST)


@pytest.fixture(scope="module")
def executor():
    with Executor(Limits(timeout_s=0.5)) as made:
        yield made
    runtime.close()


@pytest.fixture
def run(executor):
    def with_options(task, *, ask=None, options=FAST, **others):
        return augment(task, Others(**others), Workshop(executor, options, ask=ask))

    return with_options


def outcome(program, tests, language="python"):
    return runtime.submit(Source(program, language), tests, Limits(timeout_s=4)).result().verdict.outcome


def test_a_negative_answer_that_nobody_speaks_of_makes_no_test(run):
    left = "def left(whole, taken):\n    return whole - taken\n"
    tests = Asserts(("assert left(9, 2) == 7", "assert left(5, 5) == 0", "assert left(30, 12) == 18"))
    task = Task("t", "What is left.", tests, reference=left)
    why = "a negative number of others, which no test expects"
    assert run(task).dropped[why] > 0
    assert why not in run(replace(task, prompt="What is left, -1 where nothing is.")).dropped
    owed = replace(tests, statements=(*tests.statements, "assert left(1, 2) == -1"))
    assert why not in run(replace(task, tests=owed)).dropped


def test_something_of_nothing_that_nobody_speaks_of_makes_no_test(run):
    product = (
        "def product(values):\n    found = START\n    for value in values:\n        found *= value\n    return found\n"
    )
    tests = Asserts(("assert product([9, 2]) == 18", "assert product([5]) == 5", "assert product([3, 1, 2]) == 6"))
    task = Task("t", "The product.", tests, reference=product.replace("START", "1"))
    why = "something of nothing, which no test expects"
    assert run(task).dropped[why] == 1
    assert why not in run(replace(task, prompt="The product; 1 for an empty list.")).dropped
    summed = task.reference.replace("found = 1", "found = 0").replace("*=", "+=")
    sums = Asserts(("assert product([9, 2]) == 11", "assert product([5]) == 5", "assert product([3, 1, 2]) == 6"))
    assert why not in run(replace(task, reference=summed, tests=sums)).dropped  # 0 is what one expects
    most = replace(task, reference=summed, tests=sums, prompt="The maximum sum.")
    assert run(most).dropped[why] == 1  # of nothing there is no maximum


def test_an_answer_of_none_that_nobody_speaks_of_makes_no_test(run):
    assert run(TASK).dropped["None, which no test expects"] > 0
    assert (
        "None, which no test expects" not in run(replace(TASK, prompt="Above a bound; None if there is none.")).dropped
    )


def test_new_tests_catch_what_the_own_let_pass(run):
    task = Task("t", "", Asserts(TESTS.statements[1:]), reference=SMALLEST)
    assert outcome(WRONG, task.tests) is Outcome.PASS
    result = run(task)
    more = as_task(task, result)
    assert result.status is Status.AUGMENTED
    assert outcome(SMALLEST, more.tests) is Outcome.PASS
    assert outcome(WRONG, more.tests) is Outcome.FAILURE
    assert more.tests.statements[:1] == task.tests.statements
    assert sum(result.added.values()) == len(more.tests.statements) - 1 <= FAST.most
    assert result.mutants.pass_after < result.mutants.pass_before
    assert 0 < result.score_before < result.score_after <= 1
    assert result.mutants.false_pass_after < result.mutants.false_pass_before


def test_the_same_seed_gives_the_same_tests(run):
    assert run(TASK).tests == run(TASK).tests


def test_samples_choose_tests_and_are_counted(run):
    # Only one answer of many is wrong, so no mutant is like it.
    odd = SMALLEST.replace("return min", "return 7 if len(values) == 5 else min")
    options = Options(mutants=0, inputs=60, most=3, timeout_s=0.5)
    result = run(TASK, samples=(odd, SMALLEST, "def smallest(values, least): return 0"), options=options)
    assert outcome(odd, as_task(TASK, result).tests) is Outcome.FAILURE
    counts = result.samples
    assert (counts.tried, counts.pass_before, counts.pass_after, counts.wrong) == (3, 2, 1, 2)
    assert (counts.false_pass_before, counts.false_pass_after) == (0.5, 0.0)


def test_references_have_to_agree(run):
    # Right on all that the tests show; takes the greater of a tie of signs.
    other = SMALLEST.replace("if found else None", "if found else -1")
    result = run(
        replace(TASK, prompt="The smallest value above a bound, or None."),
        references=(other, "def smallest(values, least): return 0"),
    )
    assert result.references == 2  # the second fails the task's own tests
    assert result.dropped["references disagree"] > 0
    assert outcome(other, as_task(TASK, result).tests) is Outcome.PASS


def test_what_depends_on_the_order_of_a_set_is_no_test(run):
    numbers = Task(
        "t", "", Asserts(("assert f([3, 3]) == [3]", "assert f([5]) == [5]")), reference="def f(a): return list(set(a))"
    )
    result = run(numbers)
    assert result.dropped["the answer depends on the order of a set"] > 10
    texts = Task(
        "t", "", Asserts(("assert f('aa') == 'a'", "assert f('bbbcd')")), reference="def f(a): return ''.join(set(a))"
    )
    assert run(texts).dropped["the reference answers differently from run to run"] > 10


def test_what_is_drawn_by_chance_is_no_test(run):
    task = Task(
        "t",
        "",
        Asserts(("assert f(3) <= 3.5", "assert f(0) == 0")),
        reference="import random\ndef f(a): return random.random() * a",
    )
    result = run(task)
    assert result.dropped["the reference answers differently from run to run"] > 5
    assert result.tests is None or outcome(task.reference, as_task(task, result).tests) is Outcome.PASS


def test_inputs_that_the_reference_refuses_are_dropped(run):
    task = Task(
        "t",
        "",
        Asserts(("assert f([2]) == 2", "assert f([4, 2]) == 4")),
        reference="def f(a):\n    assert a[0] % 2 == 0\n    return a[0]",
    )
    assert run(task).dropped["the reference: raised"] > 3


def test_a_contract_is_kept(run):
    reference = "def f(a): return a * 2"
    row = {"entry_point": "f", "base_input": [[4], [6]], "plus_input": []}
    tests = evalplus.suite(row, reference, [[4], [6], [8]])
    contract = '\n    assert a % 2 == 0, "invalid inputs" # $_CONTRACT_$\n'
    task = Task("t", "", tests, reference=reference, metadata={"contract": contract})
    result = run(task)
    assert result.dropped["the reference: raised"] > 3
    more = as_task(task, result).tests
    assert sum(result.added.values()) > 1
    assert outcome(reference, more) is Outcome.PASS
    assert outcome("def f(a): return a * 2 if a in (4, 6, 8) else 0", more) is Outcome.FAILURE


def test_what_a_model_proposes_is_checked(run):
    said = "[[9, 8, 7, 7], 7]\n[1, 2, 3]\n['a', 2]\n[open('x'), 1]\n"
    result = run(TASK, ask=lambda prompt: said)
    assert result.proposed["model"] == 1
    assert result.dropped["not like the inputs of the tests"] == 2


def test_a_model_that_cannot_be_asked_says_nothing_of_the_task(run):
    def ask(prompt):
        raise NoAnswer("nobody is there")

    result = run(TASK, ask=ask)
    assert (result.status, result.why) == (Status.NOT_JUDGED, "nobody is there")


def test_a_check_function(run):
    tests = CheckFunction("def check(candidate):\n    for n in (3, 5):\n        assert candidate(n) == n + 1\n", "f")
    task = Task("t", "", tests, prefix="def f(n):\n", reference="    return n + 1\n")
    result = run(task)
    assert result.status is Status.AUGMENTED
    assert outcome(task.prefix + task.reference, as_task(task, result).tests) is Outcome.PASS
    assert outcome("def f(n): return n + 1 if n in (3, 5) else n", as_task(task, result).tests) is Outcome.FAILURE


def test_methods_of_a_class(run):
    task = Task(
        "t",
        "",
        Calls("Solution.f", (Call(([1, 2],), 3), Call(([4],), 4)), "json"),
        reference="class Solution:\n    def f(self, a): return sum(a)",
    )
    result = run(task)
    assert result.status is Status.AUGMENTED
    assert all(case.expected == sum(case.args[0]) for case in as_task(task, result).tests.cases)


def test_floats_that_would_be_compared_exactly_are_no_tests(run):
    task = Task("t", "", Calls("f", (Call((1.5,), 3.0), Call((2.5,), 5.0)), "json"), reference="def f(a): return a * 2")
    result = run(task)
    assert (result.status, result.why) == (Status.KEPT, "no input makes a test")
    assert result.dropped["floats would be compared exactly"] > 5


STDIO = Stdio((Exchange("2\n4 9\n", "9\n"), Exchange("1\n7\n", "7\n")))


def test_whole_programs(run):
    task = Task("t", "", STDIO, reference="input()\nprint(max(map(int, input().split())))")
    result = run(task)
    more = as_task(task, result).tests
    assert result.status is Status.AUGMENTED
    assert outcome(task.reference, more) is Outcome.PASS
    assert outcome("input()\nprint(input().split()[-1])", more) is Outcome.FAILURE


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_whole_programs_of_another_language(run):
    code = '#include <stdio.h>\nint main() { int n, m = -1, x; scanf("%d", &n); while (n-- > 0) { scanf("%d", &x); if (x > m) m = x; } printf("%d\\n", m); }\n'
    task = Task("t", "", STDIO, language="c", reference=code)
    result = run(task, options=Options(mutants=3, inputs=3, most=3))
    assert result.status is Status.AUGMENTED
    assert result.mutants.tried
    assert outcome(code, as_task(task, result).tests, "c") is Outcome.PASS


@pytest.mark.parametrize(
    ("task", "status", "why"),
    [
        (Task("t", "", TESTS), Status.KEPT, "there is no reference"),
        (Task("t", "", TESTS, reference="def smallest(values, least): return 1"), Status.EXCLUDED, "the reference fails: failure"),
        (Task("t", "", TESTS, reference="def smallest(:"), Status.EXCLUDED, "the reference fails: syntax_error"),
        (Task("t", "", Asserts(("assert f(A()) == 1",)), reference="class A: pass\ndef f(a): return 1"), Status.KEPT, "the tests make no call with plain data"),
        (Task("t", "", Asserts(("assert max(f(1), f(2)) == 1",)), reference="def f(a): return 1"), Status.KEPT, "the tests compare no answer"),
        (Task("t", "", Appended('int main() { if (f() != 1) return 1; }'), "c", reference="int f() { return 1; }"), Status.KEPT, "the tests are code in c"),
        (Task("t", "", Asserts(("assert f() == 1",)), reference="def f(): return 1"), Status.KEPT, "the tests make no call with plain data"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(run, task, status, why):
    if task.language == "c" and shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    result = run(task)
    assert result.status is status
    assert result.why.startswith(why)
    assert result.tests is None


def test_time_per_task_is_bounded(run):
    result = run(TASK, options=Options(budget_s=0.0))
    assert result.cut_short
    assert result.status is Status.NOT_JUDGED


def test_a_program_that_hangs_costs_no_more_than_its_time(run):
    hang = SMALLEST.replace("    found =", "    while least > 3: pass\n    found =")
    tests = Asserts(TESTS.statements[:1])
    result = run(Task("t", "", tests, reference=SMALLEST), samples=(hang,))
    assert result.samples.tried == 1
