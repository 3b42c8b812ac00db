import pytest

from trainer.tasks.augment.contract import guarded, inferred
from trainer.tasks.augment.relations import Relation, relations
from trainer.tasks.augment.shapes import hints


def allows(seeds, given, prompt=""):
    contract, _ = inferred(seeds, prompt)
    return contract.allows(given)


@pytest.mark.parametrize(
    ("seeds", "given", "expected"),
    [
        ([(5,), (9,)], (2,), True),
        ([(5,), (9,)], (1,), False),  # the tests say nothing of one
        ([(1,), (9,)], (1,), True),
        ([(1,), (9,)], (0,), False),
        ([(5,), (100,)], (1500,), True),  # the tests use large numbers, too
        ([(["+", "*", "//"],)], (["*", "+"],), True),
        ([(["+", "*", "//"],)], (["+*"],), False),  # signs are not put together
        ([(["()(", ")", "("],)], (["(("],), True),
        ([(["+"], [1, 2]), (["-", "*"], [1, 2, 3])], (["-"], [1, 2]), True),
        ([(["+"], [1, 2]), (["-", "*"], [1, 2, 3])], (["-"], [1, 2, 3]), False),
        ([(0,), (9,)], (0,), True),
        ([(5,), (9,)], (-1,), False),
        ([(-5,), (9,)], (-7,), True),
        ([(5,), (9,)], (1000,), False),
        ([(5,), (9,)], (5.0,), False),
        ([(5,), (9,)], (True,), False),
        ([(5,), (9,)], (5, 5), False),
        ([([5, 9],)], ([-3, 0],), True),
        ([([5, 9],)], ([],), True),
        ([([5, 9],)], (["a"],), False),
        ([([5, 9],)], ((5, 9),), False),
        ([([5, 9],)], ([5] * 50,), False),
        ([("abcd",)], ("zQ",), True),
        ([("abcd",)], ("a1",), False),
        ([("abab",)], ("abc",), False),
        ([("AB",), ("1077E",), ("CD",)], ("F3",), True),  # hexadecimal digits
        ([("AB",), ("1077E",), ("CD",)], ("G3",), False),
        ([("AB",), ("1077E",), ("CD",)], ("f3",), False),
        ([("AB",), ("E",), ("CD",)], ("G",), True),  # no digits
        ([("abcd",)], ("",), True),
        ([("abcd", "b")], ("", "b"), False),
        ([("x",), ("y",)], ("xy",), False),  # one character each
        ([((1, "a"),), ((2, "b"),)], ((3, "b"),), True),
        ([((1, "a"),), ((2, "b"),)], (("b", 3),), False),
        ([({"a": 1},)], ({"a": 2, "b": 3},), False),
        ([({"abcd": 1},)], ({"bd": 2},), True),
        ([("12-01",), ("04-30",)], ("3-17",), True),
        ([("12-01",), ("04-30",)], ("1-2-3",), False),
        ([("1/2",), ("14/3",)], ("07/3",), False),
        ([("a b a",), ("a b",), ("b c",), ("d",), ("a c b",)], ("c a",), True),
        ([("a b a",), ("a b",), ("b c",), ("d",), ("a c b",)], ("c ab",), False),  # letters are words there
        ([("a b a",), ("d",), ("a c b",)], ("c ab",), True),
        ([("5 apples",), ("12 apples",), ("0 apples",)], ("37 apples",), True),
        ([("5 apples",), ("12 apples",), ("0 apples",)], ("37 apple",), False),
        ([("5 apples",), ("12 apples",), ("5 apples",)], ("5 apple",), True),  # two different texts
        ([("5 apples",), ("12 apples",), ("0 pears",)], ("5 apple",), True),
    ],
)
def test_what_a_task_speaks_of(seeds, given, expected):
    assert allows(seeds, given) is expected


@pytest.mark.parametrize(
    ("prompt", "seeds", "given"),
    [
        ("a non-empty list", [([5, 9],)], ([],)),
        ("a list of positive integers", [([5, 9],)], ([0],)),
        ("a list of non-negative integers", [([5, 9],)], ([-1],)),
        ("a number with 1 <= n <= 1000", [(1000,)], (1001,)),
        ("a lowercase text", [("abcd",)], ("A",)),
        ("not a prime", [(15,), (27,), (63,), (330,), (39,)], (29,)),
        ("the largest prime", [([4, 3],), ([2],), ([9, 5],), ([7, 1],), ([0, 11],)], ([4, 6],)),
        ("a list without duplicates", [([1, 2, 3],), ([7, 5, 6],)], ([1, 1],)),
    ],
)
def test_what_the_words_of_a_task_say(prompt, seeds, given):
    assert allows(seeds, given)
    assert not allows(seeds, given, prompt)


@pytest.mark.parametrize(
    ("prompt", "different"),
    [
        ("a list without duplicates", True),
        ("an array of unique integers", True),
        ("The given array will not contain duplicate values.", True),
        ("All elements are distinct.", True),
        ("Return the unique elements, sorted.", False),
        ("def unique_digits(x):", False),
    ],
)
def test_words_that_say_that_elements_differ(prompt, different):
    assert hints(prompt).different is different


def test_a_positive_fraction_may_be_less_than_one():
    contract, _ = inferred([(3.5,), (1.33,)], "a positive floating point number")
    assert contract.allows((0.5,))
    assert not contract.allows((0.0,))


def test_hints():
    assert hints("Given a NON-EMPTY list\nof positive   integers").not_empty
    assert hints("up to 50").most == 50


@pytest.mark.parametrize(
    ("name", "places", "calls", "broken"),
    [
        ("the length of", (1, 0), [([1, 2, 3], 3), ([5, 4], 2)], ([1], 2)),
        ("as long as", (0, 1), [([1, 2], [3, 4]), ([1, 2, 3], [1, 1, 1])], ([1], [1, 2])),
        ("sorted", (0,), [([1, 2, 3],), ([4, 5, 9],)], ([2, 1],)),
        ("a rectangle", (0,), [([[1, 2], [3, 4]],), ([[1], [2]],)], ([[1], [1, 2]],)),
        ("balanced", (0,), [("(())",), ("()()",)], (")(",)),
        ("an element of", (0, 1), [(3, [1, 3]), (2, [2, 5])], (1, [2])),
    ],
)
def test_what_always_holds_is_a_rule(name, places, calls, broken):
    found = relations(calls)
    assert Relation(name, places) in found
    assert not Relation(name, places).holds(broken)


def test_numbers_that_are_greater_by_chance():
    calls = [(25, 65), (10, 30), (15, 75)]
    assert Relation("less than", (0, 1)) not in relations(calls)
    assert Relation("less than", (0, 1)) in relations([*calls, (1, 2), (3, 4)])


def test_of_primes_nothing_is_a_rule_where_a_task_does_not_speak_of_them():
    calls = [(number,) for number in (7, 3, 2, 97, 10_000_019)]
    assert relations(calls, prime=True) == (Relation("a prime", (0,)),)
    assert relations(calls) == ()
    assert relations(calls[1:], prime=True) == ()  # too few


def test_what_held_once_is_none():
    assert relations([([1, 2, 3],)]) == ()
    assert relations([([1, 2, 3],), ([3, 1, 2],)]) == ()
    assert relations([]) == ()


def test_arguments_are_mended():
    contract, _ = inferred([([1, 2, 3], 3), ([2, 4, 5, 6], 4)])
    assert contract.mended(([5, 1, 4], 9)) == ([1, 4, 5], 3)


def test_a_contract_comes_before_the_body():
    program = guarded("def f(a):\n    return a\n", "f", '\n    assert a > 0, "invalid inputs" # $_CONTRACT_$\n')
    names = {}
    exec(program, names)
    assert names["f"](1) == 1
    with pytest.raises(AssertionError):
        names["f"](0)
    with pytest.raises(ValueError, match="no function 'g'"):
        guarded("def f(a): return a", "g", "assert a")
