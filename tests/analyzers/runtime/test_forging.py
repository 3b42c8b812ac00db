"""Attempts to be told right while being wrong. Each works against a harness that runs program and tests in one process."""

import pytest

ASSERTS = "assert f(1) == 2\nassert f(5) == 6"
CHECK = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(5) == 6\n"

ALWAYS_EQUAL = """
class Equal{base}:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
"""

FORGERIES = {
    "os._exit": "import os\ndef f(x): os._exit(0)",
    "os._exit while loading": "import os\nos._exit(0)",
    "sys.exit": "import sys\ndef f(x): sys.exit(0)",
    "sys.exit while loading": "import sys\nsys.exit(0)",
    "SystemExit": "def f(x): raise SystemExit(0)",
    "SystemExit while loading": "raise SystemExit(0)",
    "atexit": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): raise ValueError",
    "signal": "import os, signal\nsignal.signal(signal.SIGALRM, lambda *_: os._exit(0))\ndef f(x):\n    signal.alarm(1)\n    while True: pass",
    "equal object": ALWAYS_EQUAL.format(base="") + "def f(x): return Equal()",
    "equal int": ALWAYS_EQUAL.format(base="(int)") + "def f(x): return Equal(7)",
    "equal list": ALWAYS_EQUAL.format(base="(list)") + "def f(x): return Equal([7])",
    "class with equal instances": "class M(type):\n    def __eq__(c, o): return True\nclass f(metaclass=M):\n    def __new__(c, x): return c",
    "excepthook": "import sys, os\nsys.excepthook = lambda *_: os._exit(0)\ndef f(x): return 7",
    "settrace": "import sys\ndef f(x):\n    def skip(frame, event, arg):\n        import os; os._exit(0)\n    sys.settrace(skip)\n    sys._getframe(1).f_trace = skip\n    return 7",
    "frame of the caller": "import sys, os\ndef f(x):\n    caller = sys._getframe(1)\n    caller.f_globals['f'] = lambda x: x + 1\n    os._exit(0) if x == 1 else None",
    "thread": "import threading, os\nthreading.Timer(0.2, os._exit, (0,)).start()\ndef f(x):\n    import time; time.sleep(5)",
    "patched AssertionError": "import builtins, os\nclass Never(BaseException):\n    def __init__(self, *_): os._exit(0)\nbuiltins.AssertionError = Never\nAssertionError = Never\n__builtins__.AssertionError = Never\ndef f(x):\n    import sys\n    sys.excepthook = lambda *_: os._exit(0)\n    return 7",
}


@pytest.mark.parametrize("attack", FORGERIES)
def test_a_wrong_program_does_not_pass(attack, run, naive):
    source = FORGERIES[attack]
    assert naive(source, ASSERTS), "the attack itself does not work, so stopping it would prove nothing"
    for tests in (ASSERTS.splitlines(), {"check": CHECK, "entry_point": "f"}, calls()):
        statuses, _ = run(source, tests)
        assert statuses
        assert "passed" not in statuses


def calls():
    return {"function": "f", "cases": [{"args": [1], "expected": 2}, {"args": [5], "expected": 6}]}


STOLEN = {
    "marker": "def f(x):\n    print('passed', 'PASS', 'OK', '1 passed, 0 failed', flush=True)\n    return 7",
    "frames": """
import sys
def f(x):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
            if isinstance(value, (list, tuple)) and 987 in value: return 987
            if value == 987: return 987
        frame = frame.f_back
""",
    "garbage collector": """
import gc
def f(x):
    for thing in gc.get_objects():
        if isinstance(thing, (list, tuple)) and any(part is not x and part == 987 for part in thing if type(part) is int): return 987
        if isinstance(thing, dict) and any(value == 987 for value in thing.values() if type(value) is int): return 987
""",
    "environment": "import os\ndef f(x): return next((987 for value in os.environ.values() if '987' in value), 0)",
    "command line": "import sys\ndef f(x): return 987 if '987' in open('/proc/self/cmdline').read() + str(sys.argv) else 0",
    "memory of the parent": """
import os, re
def f(x):
    for line in open(f'/proc/{os.getppid()}/maps'):
        low, high = (int(part, 16) for part in line.split()[0].split('-'))
        with open(f'/proc/{os.getppid()}/mem', 'rb') as memory:
            memory.seek(low)
            if b'987' in memory.read(high - low): return 987
""",
    "files": """
import os
def f(x):
    for folder, _, names in os.walk('/'):
        if folder.startswith(('/proc', '/sys', '/usr', '/lib')): continue
        for name in names:
            try:
                if '987' in open(os.path.join(folder, name), errors='replace').read(100000): return 987
            except OSError: pass
        if folder.count('/') > 3: break
""",
    "test modules": "import sys\ndef f(x): return next((987 for module in list(sys.modules.values()) if 987 in vars(module).values()), 0)",
    "judge's sockets": """
import os, socket
def f(x):
    found = 0
    for number in range(4, 256):
        try:
            os.fstat(number); found += 1
            os.write(number, b'{"tests": [["passed", 0, ""]]}')
        except OSError: pass
    return 987 if found else 0
""",
}


@pytest.mark.parametrize("attack", STOLEN)
def test_expected_values_are_out_of_reach(attack, run):
    # 987 is written nowhere but in the expected values.
    checks = "def check(candidate):\n    answer = 987\n    assert candidate(3) == answer\n"
    expected = {"function": "f", "cases": [{"args": [3], "expected": 987}]}
    for tests in (["assert f(3) == 987"], {"check": checks, "entry_point": "f"}, expected):
        source = (
            STOLEN[attack].replace("b'987'", "b'%d' % SOUGHT").replace("'987'", "str(SOUGHT)").replace("987", "SOUGHT")
        )
        source = source.replace("SOUGHT", "(986 + len('x'))")  # nothing of its own must hold the value
        statuses, _ = run(source, tests, timeout_s=2.0)
        assert statuses
        assert "passed" not in statuses


ANSWERS = {
    "early": '{"value": 2}',
    "a flood": '{"value": [' + "1," * 100 + "1]}",
    "not JSON": "}{",
    "deep": "[" * 50_000,
    "a reference": '{"value": ["r", {"a": 1}]}',
    "changes": '{"value": 2, "changed": [[0, 3], [9, 9], "x"]}',
    "an exception of everything": '{"raised": {"type": 5, "bases": 7}}',
    "ready again": '{"ready": true}',
    "a list": "[1, 2]",
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_that_the_program_writes_itself_bring_no_pass(answer, run):
    body = ANSWERS[answer].encode()
    source = f"import os\nbody = {body!r}\nos.write(3, len(body).to_bytes(4, 'big') + body)\ndef f(x): return 7"
    statuses, _ = run(source, ["assert f(1) == 3", "assert f(5) == 6"])
    assert "passed" not in statuses


@pytest.mark.parametrize("head", [b"\xff\xff\xff\xff", b"\x00", b""])
def test_a_broken_channel_is_an_error(head, run):
    source = f"import os\ndef f(x):\n    os.write(3, {head!r}) if {head!r} else None\n    os.close(3)\n    os._exit(0)"
    statuses, _ = run(source, ["assert f(1) == 2"])
    assert statuses == ["error"]


def test_redefined_builtins_do_not_reach_the_comparison(run):
    source = "def set(*_): return 0\ndef sorted(*_): return 0\ndef len(*_): return 0\nabs = len\ndef f(x): return [7]"
    tests = [
        "assert set(f(1)) == set([2])",
        "assert sorted(f(1)) == [2]",
        "assert len(f(1)) == 2",
        "assert abs(f(1)[0] - 2) < 1",
    ]
    statuses, _ = run(source, tests)
    assert statuses == ["failed"] * 4


def test_a_program_may_define_the_builtin_that_is_under_test(run):
    statuses, _ = run("def sum(a, b): return a - b", ["assert sum(10, 15) == -5", "assert sum(1, 2) == 3"])
    assert statuses == ["passed", "failed"]


def test_an_object_that_holds_everything_holds_nothing(run):
    source = "class All:\n    def __contains__(self, x): return True\n    def __iter__(self): return iter([7])\ndef f(x): return All()"
    statuses, _ = run(source, ["assert 2 in f(1)", "assert 7 in f(1)"])
    assert statuses == ["failed", "passed"]


def test_nan_games(run):
    source = "def f(x): return float('nan')"
    statuses, _ = run(source, ["assert f(1) == f(1)", "assert f(1) == 2", "assert not f(1) < 3 and f(1) == f(1)"])
    assert statuses == ["failed"] * 3
