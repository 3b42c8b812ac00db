"""Answers with an object that runs code where it is unpickled, that is in the harness: there it decides everything."""

from hostile import EVERY, Attack

PROGRAM = """
import os, pickle
class Payload:
    def __reduce__(self): return (eval, ("__import__('sys').exit(10)",))
body = pickle.dumps({"value": Payload()})
def f(x):
    os.write(3, len(body).to_bytes(4, "big") + body)
    return Payload()
"""

ATTACK = Attack(PROGRAM, EVERY, naive="pickled")
