"""Raises exceptions whose metaclass lies about name, module and ancestors, or fails when it is asked."""

from hostile import CHECK, EVERY, Attack

PROGRAM = """
class Liar(type):
    @property
    def __mro__(cls): raise MemoryError
    @property
    def __name__(cls): return 7
class Lie(Exception, metaclass=Liar):
    def __str__(self): raise KeyboardInterrupt
class Meta(type):
    def mro(cls): return [cls, ValueError, Exception, BaseException, object]
class Other(ValueError, metaclass=Meta):
    def __str__(self): return 5
def f(x): raise Lie if x == 1 else Other
"""
EXPECTED = {
    "check": "def check(candidate):\n    try:\n        candidate(1)\n    except TypeError:\n        assert candidate(5) == 6\n"
    "    assert candidate(1) == 2\n",
    "entry_point": "f",
}

ATTACK = Attack(PROGRAM, (*EVERY, EXPECTED, CHECK), naive="reporting", works="dies")
