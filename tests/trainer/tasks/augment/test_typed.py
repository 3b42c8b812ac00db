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
GO = """func Largest(xs []int, most int) int {
	best := -1000000
	for _, x := range xs {
		if x <= most && x > best {
			best = x
		}
	}
	return best
}
"""
GO_PREFIX = 'package main\n\nimport "testing"\n'
GO_TESTS = """func TestLargest(t *testing.T) {
	xs := []int{1, 5}
	if Largest(xs, 4) != 1 || Largest([]int{3, 2}, 9) != 3 {
		t.Fatal("wrong")
	}
}
"""
GO_BARE = 'package main\n\nimport (\n\t"encoding/json"\n\t"reflect"\n)\n'
GO_BARE_TESTS = """func same(one, two interface{}) bool {
	told, _ := json.Marshal(one)
	return string(told) != "" && reflect.DeepEqual(one, two)
}
func main() {
	if !same(Largest([]int{1, 5}, 4), 1) || !same(Largest([]int{3, 2}, 9), 3) {
		panic("wrong")
	}
}
"""
CHANCE = {
    "go": (
        GO_BARE + "func f(a int, xs []int) int {\n\tb := a\n\tb *= 2\n\treturn b + xs[0] / a\n}\n",
        "var _ = json.Marshal\nvar _ = reflect.TypeOf\nfunc main() { f(1, []int{1}) }\n",
    ),
    "java": (
        "class A { static int f(int a, int[] xs) { int b = a; b *= 2; return b + xs[0] / a; } }\n",
        "class Main { public static void main(String[] args) { A.f(1, new int[]{1}); } }\n",
    ),
    "cpp": (
        "#include <vector>\nint f(int a, std::vector<int> xs) { return a * 2 + xs[0] / a; }\n",
        "int main() { f(1, {1}); }\n",
    ),
}
LARGE = {"cpp": 2**30, "java": 2**30, "go": 2**62}
PROGRAMS = {"cpp": (CPP, CPP_TESTS), "java": (JAVA, JAVA_TESTS), "go": (GO, GO_TESTS)}
PREFIXES = {"go": GO_PREFIX}
FUNCTIONS = {"go": "Largest"}
COMPILERS = {"cpp": "g++", "java": "javac", "go": "go"}
CALLS = {
    "cpp": "largest(vector<int>{1, -2}, 4)",
    "java": "new Solution().largest(new java.util.ArrayList<Integer>(java.util.Arrays.asList(1, -2)), 4)",
    "go": "Largest([]int{1, -2}, 4)",
}


def task(language="cpp", program=None, tests=None, **more):
    own, code = PROGRAMS[language]
    tests = Appended(code, PREFIXES.get(language, "")) if tests is None else tests
    return Task("t", "The largest element up to a bound.", tests, language, reference=program or own, **more)


def signatures(language, program):
    root = trees.parser(language).parse(program.encode()).root_node
    return [found for node in nodes_of(root) if (found := writing(language).signature(node))]


@pytest.mark.parametrize("language", [*PROGRAMS])
def test_a_call_is_written_by_the_types_of_the_parameters(language):
    found = code(task(language), PROGRAMS[language][0])
    assert found.function == FUNCTIONS.get(language, "largest")
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
    assert found.fault(Case(([], 4), {"a": [-(2**63)]})) == "a number at the end of its type"
    assert found.fault(Case(([], 4), [2**31 - 1])) == "a number at the end of its type"
    assert found.fault(Case(([], 4), [2**31 - 2, True, None])) == ""


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


def test_the_functions_of_a_program_in_go():
    program = (
        "package main\n\nfunc f(a, b []int, m map[string]int) (int, error) { return 1, nil }\n"
        "func (s S) g(a int) {}\nfunc h(_ int, xs ...int) {}\nfunc i(int) {}\n"
    )
    found = {each.name: each.parameters for each in signatures("go", program)}
    assert found == {
        "f": (("a", "[]int"), ("b", "[]int"), ("m", "map[string]int")),
        "h": (("", "(_ int)"), ("", "(xs ...int)")),
        "i": (("", "(int)"),),
    }


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("int", 2**62, "4611686018427387904"),
        ("float64", 2, "2.0"),
        ("[][2]float64", [[1, 2.5]], "[][2]float64{[2]float64{1.0, 2.5}}"),
        ("map[string][]bool", {"a": [True]}, 'map[string][]bool{"a": []bool{true}}'),
        ("byte", 256, None),
        ("[2]int", [1], None),
        ("map[int]int", {"1": 1}, None),
        ("interface{}", 1, None),
        ("(xs ...int)", 1, None),
    ],
)
def test_types_of_go(declared, value, expected):
    try:
        found = writing("go").typed(declared).written(value)
    except ValueError:
        found = None
    assert found == expected


def test_new_tests_in_go_import_what_they_use():
    extended = code(task("go"), GO).extended([Case(([1], 2), 1)])
    assert extended.prefix.startswith('package main\nimport spanwise_encoding "encoding/json"\n')
    assert extended.code.endswith(GO_TESTS)
    bare = code(task("go", GO_BARE + GO, Appended(GO_BARE_TESTS)), GO_BARE + GO).extended([Case(([1], 2), 1)])
    assert bare.prefix == ""
    assert "json.Marshal(value)" in bare.code
    assert "spanwise_encoding" not in bare.code
    with pytest.raises(NoForm, match="do not import encoding/json"):
        code(task("go", tests=Appended("func main() { Largest() }")), GO)


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


def asked(program, tests, language, calls):
    if shutil.which(COMPILERS[language]) is None:
        pytest.skip(f"{COMPILERS[language]} is not installed")
    found = code(task(language, program, Appended(tests)), program)
    calls = [found.call(given) for given in calls]
    told = found.told(program, calls, lambda text: output(text, language, Limits(timeout_s=10), Tier.STANDARD))
    runtime.close()
    return told


@pytest.mark.languages
@pytest.mark.parametrize(
    ("language", "program", "tests"),
    [
        *((language, program, task(language).tests) for language, (program, _) in PROGRAMS.items()),
        ("go", GO_BARE + GO, Appended(GO_BARE_TESTS)),
    ],
)
def test_new_tests_catch_what_the_own_let_pass_and_take_the_reference(language, program, tests):
    with Executor(Limits(timeout_s=1.0)) as executor:
        result = augment(
            task(language, program, tests), Others(), Workshop(executor, Options(mutants=10, inputs=30, most=10))
        )
    assert result.status is Status.AUGMENTED, result.why
    assert sum(result.added.values()) == 10
    more = Appended(result.tests["append"], result.tests["prefix"])
    wrong = program.replace("<= most", "< most")
    assert wrong != program
    judged = [
        runtime.submit(Source(text, language), suite, Limits(timeout_s=10)).result().verdict.outcome
        for text, suite in ((program, more), (wrong, tests), (wrong, more))
    ]
    runtime.close()
    assert judged == [Outcome.PASS, Outcome.PASS, Outcome.FAILURE]


@pytest.mark.parametrize("language", [*CHANCE])
def test_answers_that_are_chance_are_none(language):
    """Numbers that overflow, divisions by zero and places behind the end of a list; what comes behind is answered."""
    program, tests = CHANCE[language]
    told = asked(program, tests, language, ((1, [7]), (LARGE[language], [7]), (1, []), (0, [7]), (3, [-7])))
    assert told == {0: 9, 1: MISSING, 2: MISSING, 3: MISSING, 4: 4}


def test_objects_that_are_compared_by_identity_give_no_answer():
    program = (
        "class A { static boolean f(Integer a, Integer b, int c, Character d) {\n"
        '    if (a == null || d == 99 || c != c || "a" != "a") return false;\n    return a == b || a == c; } }\n'
    )
    tests = "class Main { public static void main(String[] args) { A.f(1, 1, 1, 'a'); } }\n"
    given = ((1, 1, 0, "a"), (1000, 1000, 0, "a"), (1000, 0, 1000, "a"), (1, 2, 3, "a"), (1, 1, 1, "c"))
    assert asked(program, tests, "java", given) == {0: True, 1: MISSING, 2: True, 3: False, 4: False}


def test_a_program_that_cannot_be_strict_is_asked_as_it_is_and_one_that_answers_nothing_once():
    texts = []

    def run(text):
        texts.append(text)
        return f"\n{MARK} 0 true\n{MARK} 1 5\n" if "Spanwise.plus(" not in text.partition("class Spanwise")[0] else ""

    program = JAVA.replace("return best;", "best += 0; return best + 0;")
    found = code(task("java", program), program)
    assert found.told(program, ["f()"], run) == {0: 5}
    assert ["best = Spanwise.plus(best, 0)" in text for text in texts] == [True, False, False]
    texts.clear()
    assert found.told(program, ["f()"] * 9, lambda text: texts.append(text) or "") == {}
    assert len(texts) == 3
