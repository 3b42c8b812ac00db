"""Suites on honest programs: what a test is, what goes on after one has failed, and what is left alone."""

import time

import pytest

from analyzers.runtime import suite
from analyzers.runtime.sandbox.base import Limits, SandboxBroken, Starved
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import BadTests, parse


def check(*lines):
    return {"check": "def check(candidate):\n" + "".join(f"    {line}\n" for line in lines), "entry_point": "f"}


def test_each_assert_of_a_check_is_a_test_and_one_that_fails_does_not_end_it(run):
    tests = check("assert candidate(1) == 2", "assert candidate(2) == 9, 'no'", "assert candidate(3) == 4")
    statuses, outcome = run("def f(x): return x + 1", tests)
    assert statuses == ["passed", "failed", "passed"]
    assert "3 against 9" in outcome.tests[1][2]


def test_what_is_true_whatever_the_program_does_is_no_test(run):
    statuses, _ = run("def f(x): return 0", check("assert True, 'fine'", "assert candidate(1) == 2"))
    assert statuses == ["failed"]


def test_a_test_in_a_loop_has_to_pass_every_time(run):
    tests = check("for i in range(4):", "    assert candidate(i) == min(i + 1, 3)", "assert candidate(0) == 1")
    assert run("def f(x): return x + 1", tests)[0] == ["failed", "passed"]
    assert run("def f(x): return min(x + 1, 3)", tests)[0] == ["passed", "passed"]


def test_a_test_that_was_stepped_over_does_not_count(run):
    tests = check("if candidate(1) == 5:", "    assert candidate(2) == 9", "assert candidate(1) == 2")
    assert run("def f(x): return x + 1", tests)[0] == ["passed"]


def test_test_code_that_breaks_outside_of_a_test_is_seen(run):
    statuses, _ = run("def f(x): return None", check("y = candidate(1)[0]", "assert candidate(1) == 2"))
    assert statuses == ["not_run", "failed"]


def test_exceptions_that_tests_expect(run):
    tests = check(
        "try:", "    candidate(0)", "    assert candidate(0) == 9", "except ZeroDivisionError:", "    pass",
        "assert candidate(1) == 1",
    )  # fmt: skip
    assert run("def f(x): return 1 // x", tests)[0] == ["passed"]


def test_arguments_that_a_call_changes_are_changed_for_the_test(run):
    tests = [
        "x = [3, 1]\nf(x)\nassert x == [1, 3]",
        "d = {}\ng(d)\nassert d == {'k': {1}}",
        "t = ([2, 1], 5)\nh(t)\nassert t == ([], 5)",
    ]
    source = "def f(a): a.sort()\ndef g(a): a['k'] = {1}\ndef h(a): a[0].clear()"
    assert run(source, tests)[0] == ["passed"] * 3


def test_objects_of_the_program_can_be_handed_back_to_it(run):
    source = "class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\ndef f(pairs): return sum(p.a * p.b for p in pairs)"
    tests = {
        "asserts": ["assert f([Pair(1, 2), Pair(3, 4)]) == 14", "p.a = 10\nassert f([p]) == 20"],
        "setup": "p = Pair(1, 2)",
    }
    assert run(source, tests)[0] == ["passed", "passed"]


def test_lambdas_among_the_arguments(run):
    assert (
        run(
            "def f(g, x): return g(x)",
            ["assert f(lambda v: v + 1, 2) == 3", "assert sorted(f(lambda v: [2, 1], 0), key=lambda v: -v) == [2, 1]"],
        )[0]
        == ["passed"] * 2
    )


def test_iterators_and_generators_of_the_program(run):
    source = "def f(n):\n    for i in range(n): yield i"
    assert (
        run(source, ["assert list(f(3)) == [0, 1, 2]", "assert sum(f(4)) == 6", "assert next(iter(f(2))) == 0"])[0]
        == ["passed"] * 3
    )


def test_modules_that_tests_use_without_importing_them(run):
    assert run("def f(x): return x / 3", ["assert math.isclose(f(1), 0.3333333333)"])[0] == ["passed"]


def test_setup_belongs_to_the_judge(run):
    tests = {"asserts": ["assert helper(f(1)) == 3"], "setup": "def helper(x): return x + 1"}
    assert run("def f(x): return x + 1\ndef helper(x): return 3", tests)[0] == ["passed"]
    assert run("def f(x): return 7\ndef helper(x): return 3", tests)[0] == ["failed"]


def test_a_program_that_crashes_once_runs_the_other_tests(run):
    source = "import os\ndef f(x):\n    if x == 2: os.abort()\n    return x"
    statuses, outcome = run(source, ["assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3"])
    assert statuses == ["passed", "error", "passed"]
    assert outcome.raised[0]["type"] == "SIGABRT"


def test_after_two_timeouts_in_a_row_the_rest_is_not_run(run):
    source = "def f(x):\n    while x: pass"
    statuses, _ = run(source, [f"assert f({x}) is None" for x in (0, 1, 1, 0)], timeout_s=0.3)
    assert statuses == ["passed", "timed_out", "timed_out", "not_run"]


def test_the_first_timeout_may_be_the_last(run):
    calls = [f"assert f({x}) is None" for x in (0, 1, 1, 0)]
    statuses, _ = run("def f(x):\n    while x: pass", calls, timeout_s=0.3, timeouts=1)
    assert statuses == ["passed", "timed_out", "not_run", "not_run"]
    lines = {"stdio": [{"stdin": "", "stdout": ""}] * 2}
    assert run("while True: pass", lines, timeout_s=0.3, timeouts=1)[0] == ["timed_out", "not_run"]


def test_a_program_that_hangs_while_it_is_loaded(run):
    statuses, _ = run("while True: pass", ["assert f(1) == 2"] * 2, timeout_s=0.3)
    assert statuses == ["timed_out"] * 2


def test_calls(run):
    tests = {
        "function": "f",
        "cases": [
            {"args": [(1, 2)], "expected": (2, 1)},
            {"args": [[1, 2]], "expected": [2, 1]},
            {"args": [[True]], "expected": [1]},
            {"args": [], "kwargs": {"x": "ab"}, "expected": "ba"},
        ],
    }
    statuses, outcome = run("def f(x): return x[::-1]", tests)
    assert statuses == ["passed", "passed", "failed", "passed"]
    assert outcome.tests[2][2] == "AssertionError: got [True], expected [1]"
    assert run("class Solution:\n    def f(self, x): return x[::-1]", tests)[0] == statuses
    assert run("class Box:\n    def f(self, x): return x[::-1]", tests | {"function": "Box.f"})[0] == statuses


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("print(int(input()) + 1)", "passed"),
        ("import sys\nsys.stdout.write('3')\nsys.exit(0)", "passed"),
        ("import os\nprint(3, flush=True)\nos._exit(0)", "passed"),  # the output is what is asked for
        ("print(3)\nraise SystemExit(1)", "error"),
        ("print(3)\nraise SystemExit('no')", "error"),
        ("print(3)\n1 / 0", "error"),
        ("import os\nprint(3, flush=True)\nos.abort()", "error"),
        ("print(4)", "failed"),
        ("", "failed"),
        ("if __name__ == '__main__':\n    print(3)", "passed"),
        ("import threading\nthreading.Thread(target=lambda: print(3)).start()", "passed"),
        ("import sys\nprint(int(sys.stdin.buffer.readline()) + 1)", "passed"),
        ("print(int(open(0).read()) + 1)", "passed"),
        ("print(3", "error"),
        ("while True: pass", "timed_out"),
    ],
)
def test_standard_input_and_output(run, source, status):
    statuses, _ = run(source, {"stdio": [{"stdin": "2\n", "stdout": "3\n"}]}, timeout_s=0.5)
    assert statuses == [status]


def test_large_input_and_output_do_not_block(run):
    text = "x" * 900_000 + "\n"
    statuses, _ = run("print(input())", {"stdio": [{"stdin": text, "stdout": text}]}, timeout_s=5.0)
    assert statuses == ["passed"]


@pytest.mark.parametrize("tests", [["assert f("], {"check": "def check(:", "entry_point": "f"}, ["\0"]])
def test_broken_tests_are_told_from_broken_programs(run, tests):
    with pytest.raises(BadTests):
        run("def f(x): return x", tests)


def test_numbers_too_large_for_json_cross(run):
    assert (
        run("def f(x): return x ** 50", ["assert f(12345) == 12345 ** 50", "assert f(2.5) == 2.5 ** 50"])[0]
        == ["passed"] * 2
    )


def test_an_unreadable_answer_does_not_harm_the_next_program(run):
    assert run("def f(x):\n    a = []\n    a.append(a)\n    return a", ["assert f(1) == 1"])[0] == ["error"]
    assert run("def f(x): return 1", ["assert f(1) == 1"])[0] == ["passed"]


def test_what_hangs_or_dies_outside_of_any_test_is_one_more_that_went_wrong(run):
    tests = check("y = candidate(1)", "assert y == 2")
    assert run("def f(x):\n    while x: pass", tests, timeout_s=0.2)[0] == ["not_run", "timed_out"]
    statuses, outcome = run("import os\ndef f(x): os.abort()", tests)
    assert statuses == ["not_run", "error"]
    assert outcome.raised[0]["type"] == "SIGABRT"


def test_judging_outside_of_any_test_has_its_time_too(run):
    tests = check("assert candidate(1) == 10 ** 9", "for i in range(candidate(1)): pass")
    assert run("def f(x): return 10 ** 9", tests, timeout_s=0.05)[0] == ["passed", "timed_out"]


def test_cpu_seconds_are_counted(run):
    spin = "import time\ndef f(x):\n    end = time.process_time() + 0.2\n    while time.process_time() < end: pass\n    return x"
    _, outcome = run(spin, ["assert f(1) == 1", "assert f(2) == 2"], timeout_s=2.0)
    assert 0.4 <= outcome.cpu_s < 2
    _, outcome = run(spin + "\nf(1)", {"stdio": [{"stdin": "", "stdout": ""}] * 2}, timeout_s=2.0)
    assert 0.4 <= outcome.cpu_s < 2


def test_a_timeout_tells_a_busy_program_from_one_that_waits(run):
    def seconds(source):
        _, outcome = run(source, ["assert f(1) == 1"], timeout_s=0.5)
        words = outcome.tests[0][2].split()
        return float(words[words.index("used") + 1]), float(words[words.index("waited") + 1])

    used, _ = seconds("import time\ndef f(x): time.sleep(60)")
    assert used < 0.3
    used, waited = seconds("def f(x):\n    while 1: pass")
    assert used + waited >= 0.4


@pytest.mark.parametrize("tests", [["assert f(1) == 1"], {"stdio": [{"stdin": "", "stdout": ""}]}])
def test_who_was_kept_from_the_processor_is_not_to_blame(run, monkeypatch, tests):
    began = time.monotonic()
    monkeypatch.setattr(ForkServer, "starved", lambda _: Starved(0.95 * (time.monotonic() - began), None))
    source = "import time\ndef f(x): time.sleep(60)\n"
    with pytest.raises(SandboxBroken, match=r"too busy: .* used 0.0\d s"):
        run(source if isinstance(tests, list) else source + "f(1)", tests, timeout_s=0.3)


def test_what_it_waited_in_an_earlier_test_does_not_prolong_a_later_one(run, monkeypatch):
    monkeypatch.setattr(ForkServer, "starved", lambda _: Starved(100.0, None))
    _, outcome = run("import time\ndef f(x): time.sleep(60)", ["assert f(1) == 1"], timeout_s=0.3)
    assert "waited 0.00 s" in outcome.tests[0][2]


LIES = {
    "syntax": ['{"syntax": 5}', '{"syntax": {"type": 5}}', '{"syntax": {"type": "x", "message": "m", "at": ["a", 1, 1, 1]}}',
               '{"syntax": {"type": "x", "at": [1]}}'],
    "raised": ['{"raised": 5}', '{"raised": {"type": 5}}', '{"raised": {"type": "x", "bases": 5}}', '{"raised": {"type": ""}}',
               '{"raised": {"type": "x", "frame": [1, "x", {}, []]}}', '{"raised": {"type": "x", "frame": [1, 1, 1, 9e99]}}'],
    "other": ["{}", "[]", "7", '{"timed_out": true}', '{"exit": "x"}', '{"exit": true}'],
}  # fmt: skip


@pytest.mark.parametrize("lie", [lie for lies in LIES.values() for lie in lies])
def test_a_program_cannot_make_the_harness_stumble_and_be_left_out(run, lie):
    say = f"import os\ndef say(x=0):\n    os.write(3, len({lie!r}).to_bytes(4, 'big') + {lie!r}.encode())\n"
    for source in (say + "say()", say + "f = say"):
        for tests in (["assert f(1) == 2"], {"function": "f", "cases": [{"args": [1], "expected": 2}]}):
            statuses, outcome = run(source, tests)
            assert statuses == ["error"], outcome
    statuses, _ = run(say + "say()", {"stdio": [{"stdin": "", "stdout": "3"}]})
    assert statuses in (["error"], ["failed"])


def test_a_real_time_signal_has_no_name_and_is_an_error(run):
    kill = "import os\ndef f(x): os.kill(os.getpid(), 40)\n"
    statuses, outcome = run(kill, ["assert f(1) == 1"])
    assert (statuses, outcome.raised[0]["type"]) == (["error"], "signal 40")
    assert run(kill + "f(1)", {"stdio": [{"stdin": "", "stdout": ""}]})[0] == ["error"]
    assert run(kill + "f(1)", ["assert f(1) == 1"])[0] == ["error"]


def test_a_program_that_closes_its_channel_is_not_taken_for_one_that_was_killed(run):
    statuses, outcome = run("import os\ndef f(x):\n    os.close(3)\n    while x: pass", ["assert f(1) == 1"])
    assert statuses == ["error"]
    assert outcome.tests[0][2] == "SystemExit: the program closed the channel that its answers go through"


def test_a_set_of_strings_has_the_same_order_in_every_fork_server():
    program = "def f():\n    return list({'a', 'b', 'c', 'd', 'e', 'f', 'g'})"
    tests = parse({"function": "f", "cases": [{"args": [], "expected": []}]})
    messages = set()
    for _ in range(3):
        server = ForkServer()
        try:
            messages.add(suite.run(tests, program, Limits(), server).tests[0][2])
        finally:
            server.close()
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("source", "tests", "statuses", "forgeable"),
    [
        ("def f(x): return 2", ["assert f(1) == 2"], ["passed"], False),
        ("def f(x): return 2", ["assert f(1) == f(2)"], ["passed"], True),
        ("def f(x): return x", ["assert f(1) == f(2)", "assert f(1) == 1"], ["failed", "passed"], False),
        ("def f(x): return 2\ndef g(y): return True", ["assert g(f(1))"], ["passed"], True),
        ("def f(x): return 'abc'", ["assert f(1).startswith('ab')"], ["passed"], False),
        ("class Yes:\n    def startswith(self, x): return True\ndef f(x): return Yes()", ["assert f(1).startswith('ab')"],
         ["passed"], True),
        ("def f(x): return sorted(x)", ["x = [2, 1]\nassert f(x) == sorted(x)"], ["passed"], False),
        ("def f(x):\n    x.clear()\n    return []", ["x = [2, 1]\nassert f(x) == sorted(x)"], ["passed"], True),
        ("import sys\ndef f(x): return sys.maxsize", ["assert f(1) == sys.maxsize"], ["passed"], False),
        ("def f(x): return 2", ["f(1)"], ["passed"], True),
        ("def f(x): return 1", check("assert candidate(1) == 1", "if candidate(2) == 5:", "    assert candidate(3) == 9"),
         ["passed"], True),
        ("def f(x): return 1", {"function": "f", "cases": [{"args": [1], "expected": 1}]}, ["passed"], False),
        ("print(1)", {"stdio": [{"stdin": "", "stdout": "1"}]}, ["passed"], False),
    ],
)  # fmt: skip
def test_a_pass_on_the_programs_own_word_is_tagged(run, source, tests, statuses, forgeable):
    found, outcome = run(source, tests)
    assert (found, outcome.forgeable) == (statuses, forgeable)


def test_an_answer_that_trickles_in_has_its_time(run):
    trickle = (
        "import os, time\nos.write(3, (10 ** 6).to_bytes(4, 'big'))\n"
        "while True:\n    os.write(3, b' ')\n    time.sleep(0.0002)"
    )
    assert run(trickle, ["assert f(1) == 1"], timeout_s=0.2)[0] == ["timed_out"]
    assert run(trickle, {"stdio": [{"stdin": "", "stdout": ""}]}, timeout_s=0.2)[0] == ["timed_out"]


LINES = """\
import os
def f(x):
    if x == 1:
        return 2
    elif x == 2:
        os.abort()
    while x == 3:
        pass
    return [
        x
        for x in range(3)
    ]
def never(): return 1
class C:
    def m(self):
        return 3
"""


def executed(run, tests, source=LINES):
    return run(source, tests, executed=True, timeout_s=0.5)[1].executed


def test_executed_lines(run):
    assert executed(run, []) == [1, 2, 13, 14, 15]
    assert executed(run, ["assert f(1) == 2"]) == [1, 2, 3, 4, 13, 14, 15]
    assert executed(run, ["assert f(0) == [0, 1, 2]"]) == [1, 2, 3, 5, 7, 9, 10, 11, 13, 14, 15]
    assert executed(run, ["assert C().m() == 3"]) == [1, 2, 13, 14, 15, 16]
    assert run(LINES, ["assert f(1) == 2"])[1].executed is None


def test_no_executed_line_is_lost_to_a_crash_or_a_kill(run):
    assert executed(run, ["assert f(2) == 2"]) == [1, 2, 3, 5, 6, 13, 14, 15]
    assert executed(run, ["assert f(3) == 2"]) == [1, 2, 3, 5, 7, 8, 13, 14, 15]
    # over several starts of the program
    assert executed(run, ["assert f(2) == 2", "assert f(3) == 2", "assert f(1) == 2"]) == [*range(1, 9), 13, 14, 15]


def test_executed_lines_of_scripts_that_print(run):
    script = "if input() == 'a':\n    print(1)\nelse:\n    print(2)\nimport os\nos._exit(0)\nprint(3)"
    cases = [{"stdin": "a\n", "stdout": ""}, {"stdin": "b\n", "stdout": ""}]
    assert executed(run, {"stdio": cases[:1]}, script) == [1, 2, 5, 6]
    assert executed(run, {"stdio": cases}, script) == [1, 2, 4, 5, 6]
    assert executed(run, {"stdio": cases}, "1 +") == []


def test_executed_lines_of_threads(run):
    source = (
        "import threading\ndef work():\n    found.append(1)\nfound = []\ndef f():\n"
        "    one = threading.Thread(target=work)\n    one.start()\n    one.join()\n    return found"
    )
    assert executed(run, ["assert f() == [1]"], source) == list(range(1, 10))


@pytest.mark.parametrize("lines", ["[0]", "[-1]", "[99]", "[1, 1.5]", "[true]", "5", "[]", "null", '{"1": 1}'])
def test_lines_that_are_none_are_refused(run, lines):
    frame = f'{{"lines": {lines}}}'
    source = f"import os\nos.write(3, {len(frame)}.to_bytes(4, 'big') + {frame!r}.encode())\ndef f(x): return 1\n"
    statuses, outcome = run(source, ["assert f(1) == 1"], executed=True)
    assert statuses == ["error"]
    assert set(outcome.executed) <= {1, 2, 3}


def test_there_is_an_end_to_lines(run):
    source = "import os\nwhile True: os.write(3, b'\\0\\0\\0\\x0e{\"lines\": [1]}')\n"
    assert run(source, ["assert f(1) == 1"], executed=True)[0] == ["error"]


class Tardy:
    """A sandbox that takes longer to say how a program ended than an answer may take to judge."""

    def __init__(self, sandbox):
        self._sandbox = sandbox

    def start(self, source, **job):
        candidate = self._sandbox.start(source, **job)
        end = candidate.end

        def tardily():
            time.sleep(0.9)
            return end()

        candidate.end = tardily
        return candidate


def test_the_end_of_one_program_is_not_taken_for_that_of_the_next(sandbox, run):
    tests, limits = parse(["assert f(1) == 2"]), Limits(timeout_s=0.1)
    hanging = suite.run(tests, "def f(x):\n    while True: pass", limits, Tardy(sandbox))
    assert [status for status, _, _ in hanging.tests] == ["timed_out"]
    assert run("def f(x): return 2", ["assert f(1) == 2"])[0] == ["passed"]


def test_a_program_that_was_not_ended_is_no_verdict(sandbox):
    server = ForkServer()
    try:
        server.start("while True: pass", mode="main", stdin=b"", limits=Limits())
        with pytest.raises(SandboxBroken, match="not ended"):
            server.start("print(1)", mode="main", stdin=b"", limits=Limits())
    finally:
        server.close()


def test_a_program_may_define_the_builtin_that_is_under_test(run):
    statuses, _ = run("def sum(a, b): return a - b", ["assert sum(10, 15) == -5", "assert sum(1, 2) == 3"])
    assert statuses == ["passed", "failed"]


def test_what_is_no_function_is_compared_by_its_value(run):
    program = "x = [1, 2]\nclass P:\n    value = 3\np = P()\ndef f(g, y): return g(y)\ndef g(y): return y + len(x)"
    tests = [
        "assert x == [1, 2]",
        "assert p.value == 3",
        "assert f(g, 1) == 3",
        "assert [g(i) for i in x] == [3, 4]",
        "assert f(lambda y: y * len(x), 4) == 8",
        "assert list(map(g, x)) == [3, 4]",
        "assert 2 in x and not 5 in x",
    ]
    assert run(program, tests)[0] == ["passed"] * 7
    statuses, outcome = run(program, ["assert x == [1]", "assert nowhere == 1"])
    assert statuses == ["failed", "error"]
    assert "[1, 2] against [1]" in outcome.tests[0][2]
    assert "nowhere" in outcome.tests[1][2]
