import shutil

import pytest

from analyzers import runtime, trees
from analyzers.runtime import Limits, Tier
from analyzers.runtime.tests import Appended
from analyzers.types import Outcome, Source
from trainer.tasks.augment.code import MISSING, nodes_of
from trainer.tasks.augment.execution import Executor
from trainer.tasks.augment.form import Case, NoForm
from trainer.tasks.augment.inputs import output
from trainer.tasks.augment.languages import MARK, writing
from trainer.tasks.augment.pipeline import Others, Workshop, augment
from trainer.tasks.augment.records import Options, Status
from trainer.tasks.augment.typed import code
from trainer.types import Task

CPP = """#include <vector>
using namespace std;
int largest(vector<int> xs, const int& most) {
    int best = -1000000;
    for (int x : xs)
        if (x <= most && x > best) best = x;
    return best;
}
"""
CPP_TESTS = """#undef NDEBUG
#include <cassert>
int main() {
    vector<int> xs = {1, 5};
    assert(largest(xs, 4) == 1);
    xs = {3, 2};
    assert(largest(xs, 9) == 3);
}
"""
JAVA = """import java.util.*;
class Solution {
    public int largest(List<Integer> xs, final int most) {
        int best = -1000000;
        for (int x : xs) if (x <= most && x > best) best = x;
        return best;
    }
}
"""
JAVA_TESTS = """public class Main {
    public static void main(String[] args) {
        Solution s = new Solution();
        List<Integer> xs = Arrays.asList(1, 5);
        if (s.largest(xs, 4) != 1) throw new AssertionError();
        if (s.largest(new ArrayList<>(Arrays.asList(3, 2)), 9) != 3) throw new AssertionError();
    }
}
"""
CHANCE = {
    "java": (
        "class A { static int f(int a, int[] xs) { int b = a; b *= 2; return b + xs[0] / a; } }\n",
        "class Main { public static void main(String[] args) { A.f(1, new int[]{1}); } }\n",
    ),
    "cpp": (
        "#include <vector>\nint f(int a, std::vector<int> xs) { return a * 2 + xs[0] / a; }\n",
        "int main() { f(1, {1}); }\n",
    ),
}
PROGRAMS = {"cpp": (CPP, CPP_TESTS), "java": (JAVA, JAVA_TESTS)}
COMPILERS = {"cpp": "g++", "java": "javac"}
CALLS = {
    "cpp": "largest(vector<int>{1, -2}, 4)",
    "java": "new Solution().largest(new java.util.ArrayList<Integer>(java.util.Arrays.asList(1, -2)), 4)",
}


def task(language="cpp", program=None, tests=None, **more):
    own, code = PROGRAMS[language]
    tests = Appended(code) if tests is None else tests
    return Task("t", "The largest element up to a bound.", tests, language, reference=program or own, **more)


def signatures(language, program):
    root = trees.parser(language).parse(program.encode()).root_node
    return [found for node in nodes_of(root) if (found := writing(language).signature(node))]


@pytest.mark.parametrize("language", [*PROGRAMS])
def test_a_call_is_written_by_the_types_of_the_parameters(language):
    found = code(task(language), PROGRAMS[language][0])
    assert found.function == "largest"
    assert found.call(([1, -2], 4)) == CALLS[language]
    assert found.writes(([], 2**31 - 1))
    for given in (([1],), ([1], 4, 4), ([1], 2**80), ([1.5], 4), ("a", 4), ([[1]], 4)):
        assert not found.writes(given)


@pytest.mark.parametrize("language", [*PROGRAMS])
def test_an_answer_is_compared_as_json(language):
    found = code(task(language), PROGRAMS[language][0])
    assert found.same(Case(([], 4), {"b": [True, None], "a": '"{call}'})).endswith(
        (
            '== "{\\"a\\":\\"\\\\\\"{call}\\",\\"b\\":[true,null]}"',
            '("{\\"a\\":\\"\\\\\\"{call}\\",\\"b\\":[true,null]}")',
        )
    )
    assert found.fault(Case(([], 4), [0.5])) == "floats would be compared exactly"
    assert found.fault(Case(([], 4), "\u200b")) == "the language cannot hold it"
    assert found.fault(Case(([], 4), "a\n\x01")) == ""


@pytest.mark.parametrize("language", [*PROGRAMS])
def test_what_a_function_is_called_with_is_what_it_tells(language):
    program, tests = PROGRAMS[language]
    seen = []

    def run(text):
        seen.append(text)
        return f"noise\n{MARK} 0 [[1, 5], 4]\n{MARK} 1 [[1, 5], 4]\n{MARK} 2 [[], 0]\n{MARK} 3 [NaN\n"

    assert code(task(language), program).known(program, run) == [([1, 5], 4), ([], 0)]
    (text,) = seen
    assert "(xs, most)" in text or "{xs, most}" in text
    assert tests.splitlines()[-4] in text
    with pytest.raises(NoForm, match="plain data"):
        code(task(language), program).known(program, lambda _: None)


def test_the_functions_of_a_program_in_cpp():
    program = (
        "struct S { int inside(int a) { return a; } };\nint declared(int a);\n"
        "const std::vector<int>& f(const std::vector<int>& v, vector<vector<int>>l /* two */, unsigned long long k) { }\n"
        "int g(int a[], int *b, int c = 1) { return 1; }\nint h() { return 1; }\n"
    )
    found = {each.name: each.parameters for each in signatures("cpp", program)}
    assert found == {
        "f": (("v", "const std::vector<int>&"), ("l", "vector<vector<int>>"), ("k", "unsigned long long")),
        "g": (("", "int a[]"), ("", "int *b"), ("c", "int c = 1")),
        "h": (),
    }


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("const std::string&", "a", 'std::string("a")'),
        ("string", "", 'string("")'),
        ("vector<vector<string>>", [["a", "b"], []], 'vector<vector<string>>{{"a", "b"}, {}}'),
        ("map<char, vector<long long>>", {"a": [2**40]}, "map<char, vector<long long>>{{'a', {1099511627776}}}"),
        ("long  long", 5, "5"),
        ("unsigned char", 5, None),
        ("unsigned long", 2**63, None),
        ("size_t", -1, None),
        ("vector<int>&", [1], None),
        ("vector<int>&&", [1], None),
        ("map<int, int>", {"1": 1}, None),
        ("int*", 1, None),
        ("pair<int, int>", [1, 2], None),
    ],
)
def test_types_of_cpp(declared, value, expected):
    try:
        kind = writing("cpp").typed(declared)
        found = kind.outer.format(kind.written(value))
    except ValueError:
        found = None
    assert found == expected


def test_the_methods_of_a_program_in_java():
    program = (
        "class A {\n    public static <T> T f(final List<T> a, int[] b[], int... c) throws E { return null; }\n"
        "    private int g() { return 1; }\n    abstract int h();\n    int i(/* all */ Map<String, Integer> m) { return 1; }\n"
        "    class Inside { int j() { return 1; } }\n}\n"
    )
    found = {each.callee: each.parameters for each in signatures("java", program)}
    assert found == {
        "A.f": (("a", "List<T>"), ("b", "int[][]"), ("", "int... c")),
        "new A().i": (("m", "Map<String, Integer>"),),
    }


LIST = "new java.util.ArrayList<{}>(java.util.Arrays.asList({}))"


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("Long", 5, "5L"),
        ("float", 0.5, "0.5f"),
        ("char", "'", "'\\''"),
        ("int[][]", [[1], []], "new int[][]{new int[]{1}, new int[]{}}"),
        ("java.util.List<Double>", [1, 0.5], LIST.format("Double", "1.0, 0.5")),
        (
            "List<List<String>>",
            [["a"]],
            LIST.format("java.util.List<String>", LIST.format("String", '"a"')),
        ),
        ("Set<Long>", [1], "new java.util.HashSet<Long>(java.util.Arrays.asList(1L))"),
        ("Map<String, Integer>", {"a": 1, "b": 2},
         'new java.util.HashMap<String, Integer>() {{ put("a", 1); put("b", 2); }}'),
        ("int", 2**31, None),
        ("Object", 1, None),
        ("List<? extends Number>", [1], None),
        ("List<int[]>", [[1]], None),
        ("Map<Integer, Integer>", {"1": 1}, None),
        ("int...", [1], None),
    ],
)  # fmt: skip
def test_types_of_java(declared, value, expected):
    try:
        kind = writing("java").typed(declared)
        found = kind.outer.format(kind.written(value))
    except ValueError:
        found = None
    assert found == expected


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (task(suffix="}"), "code in cpp"),
        (task(tests=Appended("int main() {}")), "no function of the reference"),
        (task(program=CPP.replace("vector<int> xs", "vector<int>& xs")), "cannot be written"),
        (task("java", tests=Appended("class Main { int largest; }")), "no main method"),
    ],
)
def test_where_no_test_can_be_written(given, why):
    with pytest.raises(NoForm, match=why):
        code(given, given.reference)


@pytest.mark.languages
@pytest.mark.parametrize("language", [*PROGRAMS])
def test_new_tests_catch_what_the_own_let_pass_and_take_the_reference(language):
    program, _ = PROGRAMS[language]
    with Executor(Limits(timeout_s=1.0)) as executor:
        result = augment(task(language), Others(), Workshop(executor, Options(mutants=10, inputs=30, most=10)))
    assert result.status is Status.AUGMENTED, result.why
    assert sum(result.added.values()) == 10
    more = Appended(result.tests["append"], result.tests["prefix"])
    wrong = program.replace("<= most", "< most")
    assert wrong != program
    judged = [
        runtime.submit(Source(text, language), suite, Limits(timeout_s=10)).result().verdict.outcome
        for text, suite in ((program, more), (wrong, task(language).tests), (wrong, more))
    ]
    runtime.close()
    assert judged == [Outcome.PASS, Outcome.PASS, Outcome.FAILURE]


@pytest.mark.parametrize("language", [*CHANCE])
def test_answers_that_are_chance_are_none(language):
    """Numbers that overflow, divisions by zero and places behind the end of a list; what comes behind is answered."""
    if shutil.which(COMPILERS[language]) is None:
        pytest.skip(f"{COMPILERS[language]} is not installed")
    program, tests = CHANCE[language]
    found = code(task(language, program, Appended(tests)), program)
    calls = [found.call(given) for given in ((1, [7]), (2**30, [7]), (1, []), (0, [7]), (3, [-7]))]
    told = found.told(program, calls, lambda text: output(text, language, Limits(timeout_s=10), Tier.STANDARD))
    runtime.close()
    assert told == {0: 9, 1: MISSING, 2: MISSING, 3: MISSING, 4: 4}
