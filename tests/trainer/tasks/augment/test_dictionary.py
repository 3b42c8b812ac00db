import random
from itertools import islice

import pytest

from trainer.tasks.augment.contract import inferred
from trainer.tasks.augment.dictionary import Words, words
from trainer.tasks.augment.sources import mutation, properties

PROGRAM = '''
def f(text):
    """Not a word."""
    if text[0] in "+-" and len(text) > 17:
        raise ValueError("this is a message to somebody")
    return True, 0.5, 10**9, 2_000_000
'''


def test_what_a_reference_names():
    assert words(PROGRAM) == Words((0, 0.5, 9, 10, 17), ("+-",))
    assert words("def f(:") == Words()


def test_characters_that_it_tells_apart():
    program = "def f(s):\n    return s.strip().isalpha() or '0' <= s[0] <= '9' or 'a' < 'bc'\n"
    assert words(program).characters == " -/018:`b"  # beside 0, 9 and a, and what is no letter
    assert words("def f(s):\n    return s == 'a'\n").characters == ""


def test_numbers_that_parameters_are_compared_with_as_they_come():
    program = (
        "def g(n):\n    return n < 9\ndef f(a, b, c):\n    c += 1\n    return a == 1 or b < 2 or c > 5 or b is None\n"
    )
    assert words(program).bounds == ((0, 1), (1, 0))
    before = "def f(n):\n    if n == 0:\n        return 0\n    while n > 1:\n        n //= 2\n    return n != 7\n"
    assert words(before).bounds == ((0, 0),)  # not 7, which it is when it was changed
    contract, _ = inferred([(8, 3, 4), (9, 5, 5)], named=words(program))
    assert contract.allows((1, 0, 4))
    assert not contract.allows((0, 0, 4))
    assert not contract.allows((8, -1, 4))
    assert not contract.allows((8, 3, 1))


@pytest.mark.parametrize(
    ("expression", "one_case"),
    [
        ("'abcdefghijklmnopqrstuvwxyz'.index(s[0])", True),
        ("chr((ord(s[0]) - ord('a') + 5) % 26 + ord('a'))", True),
        ("string.ascii_uppercase.index(s[0])", True),
        ("'abcdefghijklmnopqrstuvwxyz'.index(s[0].lower())", False),
        ("ord(s[0]) - ord('a') or ord(s[0]) - ord('A')", False),
        ("s[0] in 'aeiou'", False),
        ("s[::-1]", False),
    ],
)
def test_letters_of_one_case(expression, one_case):
    named = words(f"def f(s):\n    'The quick Brown fox jumps over the lazy Dog'\n    return {expression}\n")
    assert named.one_case is one_case
    contract, _ = inferred([("HELLO",) if "upper" in expression else ("hello",)], named=named)
    assert contract.allows(("Hello",)) is not one_case


def test_white_space_at_the_ends_is_for_programs_that_do_not_mind_it():
    minds, tidies = (words(f"def f(s):\n    return s.split({by})\n") for by in ("' '", ""))
    assert (minds.loose, tidies.loose) == (False, True)
    seeds = [("one two",), ("three four five",)]
    for text in (" one", "one ", "one  two"):
        assert not inferred(seeds, named=minds)[0].allows((text,))
        assert inferred(seeds, named=tidies)[0].allows((text,))
    assert inferred([(" a b",), ("c d e",)], named=minds)[0].allows(("f ",))


def test_bounds_in_the_words_of_a_task():
    for words_of_it in ("0 ≤ n ≤ 150", "n is less then 150", "1 <= n <= 150"):
        contract, _ = inferred([(5,), (100,)], words_of_it)
        assert contract.allows((150,))
        assert not contract.allows((151,))


def test_a_word_is_no_text_of_several():
    program = "def f(s):\n    return s.split(' ')[0].isalpha()\n"
    assert not inferred([("Hadoop",), ("great",)], named=words(program))[0].allows(("do re",))
    assert inferred([("Hadoop",), ("great fun",)], named=words(program))[0].allows(("do re",))


def test_words_of_a_fixed_list_stay_in_it():
    program = "def f(s):\n    return [{'one': 1, 'two': 2, 'six': 6}[each] for each in s.split(' ')]\n"
    contract, calls = inferred([("one",), ("two one",)], named=words(program))
    assert contract.allows(("six one",))
    assert not contract.allows(("noe",))
    found = set(islice(mutation.proposals(calls, contract, random.Random(0), words(program)), 300))
    assert any("six" in text and contract.allows((text,)) for (text,) in found)
    assert sum(contract.allows(given) for given in properties.proposals(contract, count=30, seed=0)) > 10
    assert inferred([("one ten",), ("two one",)], named=words(program))[0].allows(("noe",))


def test_it_is_brought_in():
    contract, calls = inferred([("abcd", 3), ("12xy", 40)], named=words(PROGRAM))
    found = list(islice(mutation.proposals(calls, contract, random.Random(0), words(PROGRAM)), 1500))
    assert contract.allows(("-1", 3))
    assert any("+-" in text for text, _ in found)
    assert {16, 17, 18} <= {number for _, number in found}
    assert not inferred([("abcd", 3)])[0].allows(("-1", 3))
