import gc
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from analyzers import runtime
from analyzers.runtime import pool as pools
from analyzers.runtime.pool import Judge, JudgeLost, Pool, patience
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.tests import Asserts, Call, Calls, CheckFunction, Exchange, Stdio
from analyzers.types import Outcome, Source, Status

RIGHT = Source("def f(x): return x + 1")
TESTS = Asserts(("assert f(1) == 2",))
LIMITS = runtime.Limits(timeout_s=1.0)


@pytest.fixture
def pool():
    pool = Pool(workers=2)
    yield pool
    pool.close()


def children():
    return set(psutil.Process().children(recursive=True))


def wait_until_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not alive


def test_many_programs_keep_their_own_verdicts(pool):
    futures = [pool.submit(Source(f"def f(x): return x + {i % 3}"), TESTS, LIMITS) for i in range(60)]
    outcomes = [future.result().verdict.outcome for future in futures]
    assert outcomes == [Outcome.PASS if i % 3 == 1 else Outcome.FAILURE for i in range(60)]


@pytest.mark.parametrize("tier", [runtime.Tier.STRICT, runtime.Tier.STANDARD])
def test_the_tier_is_stamped_on_every_verdict(tier):
    if not tiers.attempt(tier).works:
        pytest.skip(tiers.attempt(tier).reason)
    source = Source("import os\ndef f(x): return os.path.exists('/etc/passwd')")
    report = runtime.submit(
        source, Asserts((f"assert f(1) == {tier is not runtime.Tier.STRICT}",)), isolation=tier
    ).result()
    assert (report.verdict.outcome, report.verdict.isolation) == (Outcome.PASS, tier.name.lower())


def test_exact_types_reach_the_judge(pool):
    tests = Calls("f", (Call(((1, {2}),), (1, {2}, b"x", None)),))
    report = pool.submit(Source("def f(t): return (*t, b'x', None)"), tests, LIMITS).result()
    assert report.verdict.outcome is Outcome.PASS


def test_installed_packages_can_be_imported_by_programs_and_tests(pool):
    tests = Asserts(("assert f() == numpy.arange(3).tolist()",), "import numpy")
    report = pool.submit(
        Source("import numpy\ndef f(): return numpy.arange(3).tolist()"), tests, runtime.Limits()
    ).result()
    assert report.verdict.outcome is Outcome.PASS, report


def test_a_judge_that_dies_is_replaced_and_its_job_tried_again(pool):
    others = children()
    pool.submit(RIGHT, TESTS, LIMITS).result()
    before = children() - others
    future = pool.submit(Source("import time\ndef f(x): time.sleep(0.5); return x + 1"), TESTS, LIMITS)
    time.sleep(0.2)
    for judge in pool._judges:
        if judge._process:
            judge._process.send_signal(signal.SIGKILL)
    assert future.result().verdict.outcome is Outcome.PASS
    pool.close()
    assert wait_until_gone(before)


def test_a_judge_lost_twice_is_infrastructure_and_not_the_program(pool, monkeypatch):
    def lost(*_):
        raise JudgeLost("gone")

    monkeypatch.setattr(Judge, "ask", lost)
    report = pool.submit(RIGHT, TESTS, LIMITS).result()
    assert report.verdict.outcome is Outcome.INFRASTRUCTURE
    assert report.detail == "the judge was lost 2 times: gone"


def test_a_judge_that_is_killed_twice_is_infrastructure_and_the_next_job_has_a_new_one(pool):
    slow = Source("import time\ndef f(x): time.sleep(20); return x + 1")
    future = pool.submit(slow, TESTS, runtime.Limits(timeout_s=30.0))
    killed = []
    while len(killed) < 2 and not future.done():
        for judge in pool._judges:
            process = judge._process
            if process is not None and process not in killed:
                killed.append(process)
                process.kill()
        time.sleep(0.05)
    report = future.result(60)
    assert (report.status, report.verdict.outcome) == (Status.FAILED, Outcome.INFRASTRUCTURE)
    assert report.detail.startswith("the judge was lost 2 times")
    assert pool.submit(RIGHT, TESTS, LIMITS).result().verdict.outcome is Outcome.PASS


def test_a_fork_server_that_dies_is_replaced_and_its_job_tried_again(pool):
    others = children()
    pool.submit(RIGHT, TESTS, LIMITS).result()
    before = children() - others
    servers = [process for process in before if any("import zygote" in word for word in process.cmdline())]
    assert len(servers) == 1
    future = pool.submit(Source("import time\ndef f(x): time.sleep(0.5); return x + 1"), TESTS, LIMITS)
    time.sleep(0.2)
    servers[0].kill()
    assert future.result().verdict.outcome is Outcome.PASS
    pool.close()
    assert wait_until_gone(before)


def test_a_judge_that_an_answer_keeps_busy_beyond_interruption_is_a_timeout_of_the_program(pool, monkeypatch):
    attempts = []
    start = Judge._start
    monkeypatch.setattr(Judge, "_start", lambda judge: (attempts.append(1), start(judge))[1])
    tests = Asserts(("assert sum(itertools.repeat(0, f(1))) == 0",))  # one call in C, without a look at signals
    report = pool.submit(Source("def f(x): return 10 ** 12"), tests, runtime.Limits(timeout_s=0.1)).result()
    assert report.verdict.outcome is Outcome.TIMEOUT
    assert report.verdict.detail == "judging the answer took too long"
    assert len(attempts) == 1, "what the program does is not tried again"
    assert pool.submit(RIGHT, TESTS, LIMITS).result().verdict.outcome is Outcome.PASS


def test_broken_tests_are_infrastructure(pool):
    for tests in (Asserts(("assert f(",)), Calls("f", (Call((object(),), 1),)), Calls("f", (Call((1,), 1),), "exat")):
        report = pool.submit(RIGHT, tests, LIMITS).result()
        assert report.verdict.outcome is Outcome.INFRASTRUCTURE
        assert report.detail


def test_a_judge_that_gives_no_answer_is_given_up(pool, monkeypatch):
    monkeypatch.setattr(pools, "SLACK_S", 0.0)
    monkeypatch.setattr(pools, "MAX_STARTS", 0)
    tests = Asserts(("import time; time.sleep(60)",))
    report = pool.submit(RIGHT, tests, runtime.Limits(timeout_s=0.01)).result()
    assert report.verdict.outcome in (Outcome.INFRASTRUCTURE, Outcome.TIMEOUT)


def test_patience_grows_with_the_suite():
    limits = runtime.Limits(timeout_s=1.0)
    # 8 s for each test and each of 4 starts, and 30 s: 5 * 8 + 30
    assert patience(Asserts(("a",)), limits) == 70
    assert patience(CheckFunction("assert a\nassert b", "f"), limits) == 78
    assert patience(Stdio((Exchange("", ""),) * 3), limits) == 86


def test_a_caller_with_very_many_descriptors_is_served(pool):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip(f"no process may open 1200 files here, only {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert pool.submit(RIGHT, TESTS, LIMITS).result().verdict.outcome is Outcome.PASS
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_patience_without_end_is_no_error(pool):
    assert pool.submit(RIGHT, TESTS, runtime.Limits(timeout_s=1e9)).result().verdict.outcome is Outcome.PASS


def test_closing_leaves_nothing_and_cancels_what_waits():
    others = children()
    pool = Pool(workers=1)
    slow = Source("import time\ndef f(x): time.sleep(5)")
    futures = [pool.submit(slow, TESTS, runtime.Limits(timeout_s=20)) for _ in range(5)]
    time.sleep(0.5)
    processes = children() - others
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 5
    assert wait_until_gone(processes)
    assert all(future.done() for future in futures)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(RIGHT, TESTS, LIMITS)


def test_no_descriptor_is_left_behind(pool):
    for _ in range(2):
        [future.result() for future in [pool.submit(RIGHT, TESTS, LIMITS) for _ in range(10)]]
        gc.collect()
        count = len(os.listdir("/proc/self/fd"))
    [future.result() for future in [pool.submit(RIGHT, TESTS, LIMITS) for _ in range(30)]]
    assert len(os.listdir("/proc/self/fd")) == count


SCRIPT = """
import os, sys
from analyzers import runtime
from analyzers.types import Source
from analyzers.runtime.tests import Asserts
slow = runtime.submit(Source("import time\\ndef f(x): time.sleep(30)"), Asserts(("assert f(1)",)), runtime.Limits(timeout_s=60))
quick = runtime.submit(Source("def f(x): return 1"), Asserts(("assert f(1)",))).result()
print(quick.verdict.outcome.value, flush=True)
"""


def folders_of(processes):
    return [path for process in processes for path in Path("/tmp").glob(f"spanwise-{process.pid}-*")]


@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_a_caller_that_ends_takes_everything_along(end, whole_group):
    # A script without a main guard, as people write them. A terminal sends Ctrl-C to the whole group.
    wait = "" if end is None else "input()"
    caller = subprocess.Popen(
        [sys.executable, "-c", SCRIPT + wait],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    assert caller.stdout.readline() == b"pass\n"
    processes = psutil.Process(caller.pid).children(recursive=True)
    assert end is None or len(processes) >= 3
    if end is not None and whole_group:
        os.killpg(caller.pid, end)
    elif end is not None:
        caller.send_signal(end)
    caller.wait(20)
    assert wait_until_gone(processes)
    assert folders_of(processes) == []
    caller.communicate()


def test_pools_of_a_process_are_as_large_as_it_is_told(monkeypatch):
    monkeypatch.setattr(runtime, "_pools", {})
    runtime.resize(1)
    try:
        futures = [runtime.submit(Source(f"def f(x): return x + 1 # {n}"), TESTS, LIMITS) for n in range(4)]
        assert all(future.result().verdict.outcome is Outcome.PASS for future in futures)
        assert [len(pool._judges) for pool in runtime._pools.values()] == [1]
    finally:
        runtime.resize(None)
        runtime.close()


def test_a_judge_whose_caller_has_gone_says_nothing(monkeypatch):
    begun = []

    def leave(*args, **settings):
        begun.append(subprocess.Popen(*args, **{**settings, "stderr": subprocess.PIPE}))
        begun[0].stdout.close()
        raise OSError("the caller has gone")

    monkeypatch.setattr(pools, "subprocess", SimpleNamespace(Popen=leave, PIPE=subprocess.PIPE))
    with pytest.raises(OSError, match="has gone"):
        Judge()._start()
    _, said = begun[0].communicate(timeout=30)
    assert said == b""
