"""Says that it has as many elements as are expected and then gives none: `zip` has nothing to compare."""

from hostile import Attack

PROGRAM = """
class Hollow:
    def __init__(self, length): self.length = length
    def __len__(self): return self.length
    def __iter__(self): return iter(())
class Fickle(Hollow):
    looked = 0
    def __iter__(self):
        self.looked += 1
        return iter(range(self.length) if self.looked % 2 else ())
class Moody(Hollow):
    looked = 1
    __iter__ = Fickle.__iter__
def f(x): return Hollow(x)
def g(x): return Fickle(x)
def h(x): return Moody(x)
"""
TESTS = [
    f"y = {name}(2); assert {condition}"
    for name in "fgh"
    for condition in (
        "len(y) == 2 and all(a == b for a, b in zip(y, [8, 9]))",
        "all(a == b for a, b in zip(y, [8, 9])) and len(y) == 2",
    )
]
HOLLOW = "\n".join(TESTS[:2])

ATTACK = Attack(PROGRAM, (TESTS,), appended=HOLLOW)
