"""Empties the list that it is given, from which the test computes only afterwards what it expects.

In Python such tests do pass, so they do here; their passes are marked as forgeable when an argument was changed.
"""

from hostile import Attack

PROGRAM = """
def f(numbers):
    numbers.clear()
    return []
def g(numbers):
    numbers.clear()
    return 0
"""
TESTS = {
    "asserts": ["assert f(data) == sorted(data)", "assert g(other) == sum(other)"],
    "setup": "data = [3, 1, 2]\nother = [1, 2]",
}
CHECK = {
    "check": "def check(candidate):\n    data = [3, 1, 2]\n    assert candidate(data) == sorted(data)\n",
    "entry_point": "f",
}
APPENDED = TESTS["setup"] + "\n" + "\n".join(TESTS["asserts"])

ATTACK = Attack(PROGRAM, (TESTS, CHECK), appended=APPENDED, forgeable=True)
