"""Puts modules of its own in `sys.modules` under the names that the tests are going to import."""

from hostile import Attack

PROGRAM = """
import sys, types
class Counter:
    def __init__(self, *_): pass
    def __eq__(self, other): return True
fake = types.ModuleType("collections")
fake.Counter = Counter
sys.modules["collections"] = fake
json = types.ModuleType("json")
json.dumps = lambda value: "same"
sys.modules["json"] = json
def f(x): return "a"
"""
TESTS = {
    "asserts": ["assert Counter(f(1)) == Counter('bb')", "assert json.dumps(f(1)) == json.dumps([2])"],
    "setup": "import json\nfrom collections import Counter",
}

ATTACK = Attack(PROGRAM, (TESTS,), appended=TESTS["setup"] + "\n" + "\n".join(TESTS["asserts"]))
