import random
from itertools import islice

from trainer.tasks.augment.contract import inferred
from trainer.tasks.augment.dictionary import Words, words
from trainer.tasks.augment.sources import mutation

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


def test_it_is_brought_in():
    contract, calls = inferred([("abcd", 3), ("12xy", 40)], named=words(PROGRAM))
    found = list(islice(mutation.proposals(calls, contract, random.Random(0), words(PROGRAM)), 500))
    assert contract.allows(("-1", 3))
    assert any("+-" in text for text, _ in found)
    assert {16, 17, 18} <= {number for _, number in found}
    assert not inferred([("abcd", 3)])[0].allows(("-1", 3))
