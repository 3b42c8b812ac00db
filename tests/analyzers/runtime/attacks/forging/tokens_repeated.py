"""Prints the right words too often and in any order: harnesses that compare sets of words take it for the same."""

from hostile import Attack

SUITES = tuple(
    {"stdio": [{"stdin": "", "stdout": "3 1\n2\n"}], "compare": rule}
    for rule in ("exact", "whitespace", "unordered", "float")
)

ATTACK = Attack("print(1, 1, 2)\nprint(3, 3)", SUITES, naive="token_sets", expected="3 1\n2\n")
