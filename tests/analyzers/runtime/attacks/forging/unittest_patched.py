"""Patches `unittest.TestCase.assertEqual`, so that nothing is ever unequal."""

from hostile import Attack

PROGRAM = """
import unittest
unittest.TestCase.assertEqual = lambda *_, **__: None
def f(x): return 7
"""
TESTS = {
    "check": "import unittest\ndef check(candidate):\n"
    "    case = unittest.TestCase()\n    case.assertEqual(candidate(1), 2)\n    assert candidate(1) == 2\n",
    "entry_point": "f",
}
APPENDED = "import unittest\nunittest.TestCase().assertEqual(f(1), 2)"

ATTACK = Attack(PROGRAM, (TESTS,), appended=APPENDED)
