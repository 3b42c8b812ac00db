import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import psutil
import pytest

from analyzers import workers
from analyzers.engine import Engine
from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, ToolMissing
from analyzers.types import Source, Status
from analyzers.workers import Workers, analyse, one_line, status

COUNTING = """
import os
from analyzers.findings import Finding
from analyzers.inprocess.base import InProcess
from analyzers.positions import Convention
def check(text):
    yield Finding(str(os.getpid()), "", 1)
ANALYZER = InProcess(name="pid", languages=("python",), check=check, convention=Convention(), warm="warm")
"""
SLEEPING = """
import sys
from analyzers.positions import Convention
from analyzers.tool import Tool
CODE = "import os, sys, time; open(sys.stdin.read().strip(), 'w').write(str(os.getpid())); time.sleep(600)"
ANALYZER = Tool(
    name="sleeping", languages=("python",), argv=(sys.executable, "-c", CODE), parse=lambda text: [],
    convention=Convention(), package="pypi:sleeping", timeout_s={timeout},
)
"""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ToolMissing("x"), Status.UNAVAILABLE),
        (AnalyzerTimeout("x"), Status.TIMED_OUT),
        (TimeoutError("x"), Status.TIMED_OUT),
        (AnalyzerFailed("x"), Status.FAILED),
        (OSError("x"), Status.FAILED),
    ],
)
def test_what_an_exception_means(error, expected):
    assert status(error) is expected


def test_a_detail_is_one_line():
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(KeyError()) == "KeyError"
    assert len(one_line(ValueError("x" * 10_000))) == 500


def test_reports_carry_the_time_that_each_source_took(monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *arguments: None)  # this process is no worker
    sources = [Source("x = missing\n"), Source("x = 1\n")]
    first, second = analyse("pyflakes", sources)
    assert (first.status, len(first.diagnostics), second.diagnostics) == (Status.OK, 1, ())
    assert first.seconds == second.seconds > 0


def test_workers_are_replaced_after_their_share_of_calls(distribution, monkeypatch):
    distribution("pid-dist", analyzers={"pid": "pid_plugin:ANALYZER"}, pid_plugin=COUNTING)
    monkeypatch.setattr(workers, "RECYCLE_AFTER", 2)
    with Engine(["pid"], workers=1) as engine:
        pids = [engine.submit(Source(f"x = {index}")).result(60)[0].diagnostics[0].code for index in range(5)]
    assert len(set(pids)) == 3
    sys.modules.pop("pid_plugin", None)


class BreakingPool:
    """A pool of another kind: it breaks at the first call, answers some calls with that and others never."""

    def __init__(self, answers, active):
        self.answers, self.active, self.futures = list(answers), active, []

    def schedule(self, function, args, timeout):
        answer = self.answers.pop(0)
        if isinstance(answer, RuntimeError):
            raise answer
        self.futures.append(Future())
        if isinstance(answer, BaseException):
            self.futures[-1].set_exception(answer)
        elif answer is not None:
            self.futures[-1].set_result(answer)
        return self.futures[-1]

    def stop(self):
        pass

    join = stop


BROKEN = BrokenProcessPool("All workers expired")


@pytest.mark.parametrize(
    "pools",
    [
        [([["1"], ["2"]], True)],  # nothing breaks
        [([None, BROKEN], True), ([["1"], ["2"]], True)],  # the first call would never be answered
        [([RuntimeError("the pool is not active"), None], True), ([["1"], ["2"]], True)],
        [([None, None], False), ([["1"], ["2"]], True)],  # broke without a word
        [([["1"], BROKEN], True), ([BROKEN], True), ([["2"]], True)],
    ],
)
def test_every_call_is_answered_when_a_pool_breaks(pools, monkeypatch):
    waiting = [BreakingPool(*pool) for pool in pools]
    monkeypatch.setattr(Workers, "_new_pool", lambda self: waiting.pop(0))
    pool = Workers(["syntax"], count=1)
    first, second = (pool.schedule("syntax", [Source(text)], timeout_s=1.0) for text in "ab")
    assert (first.result(5), second.result(5)) == (["1"], ["2"])


def test_a_call_that_breaks_every_pool_is_given_up(monkeypatch):
    started = []
    monkeypatch.setattr(Workers, "_new_pool", lambda self: started.append(1) or BreakingPool([BROKEN], True))
    with pytest.raises(BrokenProcessPool, match="All workers expired"):
        Workers(["syntax"], count=1).schedule("syntax", [Source("x")], timeout_s=1.0).result(5)
    assert len(started) == workers.MAX_STARTS


@pytest.fixture
def sleeping(distribution):
    def install(timeout):
        code = SLEEPING.format(timeout=timeout)
        distribution("sleeping-dist", analyzers={"sleeping": "sleeping_plugin:ANALYZER"}, sleeping_plugin=code)

    yield install
    sys.modules.pop("sleeping_plugin", None)


def started(file):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.02)
    raise AssertionError("the command never started")


def gone(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_command_that_hangs_ends_by_its_own_limit(sleeping, tmp_path):
    sleeping(1.0)
    with Engine(["sleeping"], workers=1) as engine:
        (report,) = engine.submit(Source(str(tmp_path / "pid"))).result(60)
    assert (report.status, report.detail) == (Status.TIMED_OUT, "sleeping did not finish in 1 s")
    assert gone(started(tmp_path / "pid"))


def test_a_command_ends_with_the_worker_that_runs_it(sleeping, tmp_path):
    sleeping(500.0)
    engine = Engine(["sleeping"], workers=1)
    future = engine.submit(Source(str(tmp_path / "pid")))
    pid = started(tmp_path / "pid")
    engine.close()
    assert gone(pid)
    assert future.result(5)[0].status is Status.FAILED


def test_a_worker_that_hangs_does_not_outlive_a_caller_that_was_killed(distribution, monkeypatch, tmp_path):
    hanging = COUNTING.replace("yield", "import time; open(text, 'w').write(str(os.getpid())); time.sleep(600); yield")
    hanging = hanging.replace(', warm="warm"', ", timeout_s=0.2")
    distribution("hang-dist", analyzers={"pid": "hang_plugin:ANALYZER"}, hang_plugin=hanging)
    file = tmp_path / "pid"
    script = f"""
import os, signal, time, threading
from analyzers.engine import Engine
from analyzers.types import Source
engine = Engine(["pid"], workers=1)
engine._workers._get_pool()
engine.submit(Source({str(file)!r}))
while not os.path.exists({str(file)!r}):
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""
    # the workers learn of the shorter limit from the environment's start-up file
    (tmp_path / "hang-dist" / "sitecustomize.py").write_text(
        "import sys\nif 'loky' in ' '.join(sys.orig_argv):\n    from analyzers import workers\n    workers.BACKSTOP_S = 0\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "hang-dist")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == -signal.SIGKILL
    assert gone(started(file))


def test_closed_workers_take_no_calls():
    closed = Workers(["pyflakes"], count=1)
    closed.close()
    with pytest.raises(RuntimeError, match="closed"):
        closed.schedule("pyflakes", [Source("x")], timeout_s=1.0)
