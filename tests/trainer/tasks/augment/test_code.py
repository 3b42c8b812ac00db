import re

import pytest

from analyzers import runtime
from analyzers.runtime import Limits
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome, Source
from trainer.tasks.augment.code import MISSING, code
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.form import Case, NoForm
from trainer.tasks.augment.languages import MARK
from trainer.tasks.augment.pipeline import Others, Workshop, augment
from trainer.tasks.augment.records import Options, Status
from trainer.types import Task

JAVASCRIPT = "function largest(xs, most) {\n  return Math.max(...xs.filter((x) => x <= most));\n}\n"
MULTIPL_E = """
const assert = require('node:assert');
function test() {
  let candidate = largest;
  assert.deepEqual(candidate([1, 5], 4),1);
  assert.deepEqual(candidate([3, 2], 9),3); // largest(0)
}
test();
"""
MBXP = """
function compare(a, b) { return a == b; }
var arg00 = [1, 5];
var arg01 = 4;
var x0 = largest(arg00, arg01);
var v0 = 1;
if(!compare(x0, v0)){
    throw 'Error at 1th assert statement.'
}
"""
PROGRAMS = {
    "javascript": (JAVASCRIPT, MULTIPL_E),
    "typescript": (
        "function largest(xs: number[], most: number): number {\n"
        "  return Math.max(...xs.filter((x) => x <= most));\n}\n",
        "declare var require: any;\n" + MULTIPL_E,
    ),
    "ruby": (
        "def largest(xs, most)\n  xs.select { |x| x <= most }.max\nend\n",
        "require 'test/unit'\nclass TestLargest < Test::Unit::TestCase\n  def test_largest\n"
        "    candidate = method(:largest)\n    assert_equal(1, candidate.call([1, 5], 4))\n"
        "    assert_equal(3, candidate.call([3, 2], 9))\n  end\nend\n",
    ),
    "php": (
        "<?php\nfunction largest($xs, $most) {\n  return max(array_filter($xs, fn($x) => $x <= $most));\n}\n",
        "$arg00 = [1, 5];\n$arg01 = 4;\n$x0 = largest($arg00, $arg01);\n$v0 = 1;\n"
        "if ($x0 != $v0) { throw new Exception('no'); }\n"
        "if (largest([3, 2], 9) != 3) { throw new Exception('no'); }\n",
    ),
    "lua": (
        "local function largest(xs, most)\n  local best = nil\n  for _, x in ipairs(xs) do\n"
        "    if x <= most and (best == nil or x > best) then best = x end\n  end\n  return best\nend\n",
        "lu = require('luaunit')\nfunction test_largest()\nlocal candidate = largest\n"
        "    lu.assertEquals(candidate({1, 5}, 4), 1)\n    lu.assertEquals(candidate({3, 2}, 9), 3)\nend\n"
        "os.exit(lu.LuaUnit.run())\n",
    ),
}


def task(language="javascript", tests=MULTIPL_E, program=None, **more):
    reference = PROGRAMS[language][0] if program is None else program
    return Task("t", "The largest element up to a bound.", Appended(tests), language, reference=reference, **more)


@pytest.mark.parametrize("language", [*PROGRAMS])
def test_calls_and_their_arguments_are_found(language):
    program, tests = PROGRAMS[language]
    found = code(task(language, tests), program)
    assert found.function == "largest"
    seeds = [tuple(re.sub(r"[{}]", "", argument).strip("[]") for argument in given) for given in found.seeds]
    assert seeds == [("1, 5", "4"), ("3, 2", "9")]


def test_arguments_that_are_bound_to_names_are_looked_up():
    found = code(task(tests=MBXP), JAVASCRIPT)
    assert (found.function, found.seeds) == ("largest", (("[1, 5]", "4"),))
    arrow = "const largest = (xs, most) => {\n  return 1;\n};\n"
    assert code(task(tests=MBXP), arrow).function == "largest"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (task(suffix="}"), "code in javascript"),
        (Task("t", "", Appended("x"), "haskell", reference="x"), "code in haskell"),
        (task(tests="assert.ok(true);"), "no function of the reference"),
    ],
)
def test_where_no_test_can_be_written(given, why):
    with pytest.raises(NoForm, match=why):
        code(given, JAVASCRIPT)


def test_what_ends_a_program_is_left_out_and_the_rest_is_asked_again():
    """A call that never answers is the one behind the last answer."""
    asked = []

    def run(program):
        numbers = [int(number) for number in re.findall(rf"{MARK} (\d+) ", program)]
        asked.append(numbers)
        lines = []
        for number in numbers:
            if number == 2:
                break
            lines.append(f"{MARK} {number} {'[1' if number == 1 else number}")
        return "\n".join(["noise", *lines])

    found = code(task(), JAVASCRIPT)
    told = found.told(JAVASCRIPT, ["a", "b", "c", "d", "e"], run)
    assert told == {0: 0, 1: MISSING, 2: MISSING, 3: 3, 4: 4}
    assert asked == [[0, 1, 2, 3, 4], [2, 3, 4], [3, 4]]
    assert found.told(JAVASCRIPT, ["a"] * 9, lambda _: "") == dict.fromkeys(range(5), MISSING)  # and then nobody asks
    assert found.told(JAVASCRIPT, ["a", "b"], lambda _: None) == {}
    with pytest.raises(NoForm, match="plain data"):
        found.known(JAVASCRIPT, lambda _: "")


def test_new_tests_come_first():
    found = code(task(), JAVASCRIPT)
    extended = found.extended([Case(([7], 8), 7)])
    assert extended.code.endswith(MULTIPL_E)
    assert "isDeepStrictEqual(largest([7], 8), 7)" in extended.code
    assert found.fault(Case(([7], 8), 0.5)) == "floats would be compared exactly"
    assert found.fault(Case(([7], 8), {1: 2})) == "the language cannot hold it"
    assert found.fault(Case(([7], 8), "x")) == ""


@pytest.mark.languages
@pytest.mark.parametrize("language", [*PROGRAMS])
def test_new_tests_catch_what_the_own_let_pass_and_take_the_reference(language):
    program, tests = PROGRAMS[language]
    with Executor(Limits(timeout_s=1.0)) as executor:
        result = augment(task(language, tests), Others(), Workshop(executor, Options(mutants=10, inputs=30, most=10)))
    assert result.status is Status.AUGMENTED, result.why
    assert sum(result.added.values()) == 10
    more = Appended(result.tests["append"], result.tests["prefix"])
    wrong = program.replace("<= ", "< ")
    assert wrong != program
    limits = Limits(timeout_s=10)
    judged = [
        runtime.submit(Source(text, language), suite, limits).result().verdict.outcome
        for text, suite in ((program, more), (wrong, Appended(tests)), (wrong, more))
    ]
    runtime.close()
    assert judged[:2] == [Outcome.PASS, Outcome.PASS]
    assert judged[2] in (Outcome.FAILURE, Outcome.ERROR)
