"""Puts classes of its own in the place of `Decimal` and `Fraction`, which cross by their names and texts."""

from hostile import Attack

PROGRAM = """
import decimal, fractions
class Decimal:
    def __str__(self): return "2"
    def __eq__(self, other): return True
    __hash__ = None
class Fraction(Decimal):
    def __str__(self): return "1e999999999"
decimal.Decimal, fractions.Fraction = Decimal, Fraction
def f(x): return Decimal() if x == 1 else Fraction()
"""
OTHERS = [{"args": [1], "expected": "2"}, {"args": [5], "expected": 6}]

ATTACK = Attack(PROGRAM, (["assert f(1) == 3", "assert f(5) == 6"], {"function": "f", "cases": OTHERS}))
