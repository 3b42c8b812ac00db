"""Is found in every set: it has the hash of what is looked for, and is equal to it."""

from hostile import Attack

PROGRAM = """
class Member:
    def __init__(self, number): self.number = number
    def __hash__(self): return self.number
    def __eq__(self, other): return True
def f(x): return Member(x + 1)
"""

ATTACK = Attack(PROGRAM, (["assert f(1) in {2}", "assert f(1) in {2: 'two'}", "assert {f(1)} == {2}"],))
