"""Patches `json` and `os.write`, with which a runner beside it reports, so that every report says that all is well."""

from hostile import EVERY, Attack

PROGRAM = """
import json, os
REPORT = b'{"passed": true, "tests": [["passed", 0, ""]]}'
write = os.write
json.dumps = lambda *_, **__: REPORT.decode()
json.JSONEncoder.encode = json.dumps
os.write = lambda descriptor, data: write(descriptor, len(REPORT).to_bytes(4, "big") + REPORT) and len(data)
def f(x): return 7
"""

ATTACK = Attack(PROGRAM, EVERY, naive="channel")
