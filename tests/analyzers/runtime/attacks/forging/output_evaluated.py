"""Prints an expression that is equal to everything for those who evaluate what a program prints."""

from hostile import Attack

PROGRAM = """
print("type('Equal', (), {'__eq__': lambda *_: True, '__repr__': lambda _: '2'})()")
"""
SUITES = tuple(
    {"stdio": [{"stdin": "", "stdout": "2\n"}], "compare": rule}
    for rule in ("exact", "whitespace", "unordered", "float")
)

ATTACK = Attack(PROGRAM, SUITES, naive="evaluated", expected=2)
