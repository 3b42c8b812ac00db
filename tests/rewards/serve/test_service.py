"""The service with a real engine: the same scores as in the own process, whatever programs do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from analyzers.engine import Engine
from analyzers.runtime import Limits
from analyzers.runtime.tests import Call, Calls
from analyzers.types import Outcome
from rewards import Item, Score, Scorer
from rewards.client import Client, Refused
from rewards.serve.desk import Judging

ANALYZERS = ("runtime", "pyflakes", "syntax")
LIMITS = Limits(timeout_s=2.0)
TOKEN = "the-token-of-this-test"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(ANALYZERS, workers=1, limits=LIMITS) as engine:
        yield engine


@pytest.fixture
def real(running: Callable[..., Any], engine: Engine) -> Any:
    return running(judging=Judging(ANALYZERS, "static", "standard", engine, LIMITS), token=TOKEN)


@pytest.fixture
def client(real: Any) -> Iterator[Client]:
    with Client(real.url, token=TOKEN, attempts=3) as client:
        yield client


def inside(engine: Engine, items: list[Any], scheme: Any = "static") -> list[Score]:
    """Scores of the own process; the engine remembers what it found out, times included."""
    return Scorer(ANALYZERS, scheme=scheme, limits=LIMITS, engine=engine).score_batch(items)


ITEMS: list[Any] = [
    {"completion": "def f(x):\n    return x + 1\n", "tests": ["assert f(1) == 2"], "task_id": "right"},
    {"completion": "def f(x):\n    return y\n", "tests": ["assert f(1) == 2"]},
    {"completion": "```python\ndef f(x) return x\n```", "tests": ["assert f(1) == 2"], "truncated": True},
    {"completion": "é = '😀\u2028'\nimport os\ndef f(x): return é", "tests": ["assert f(1) == '😀\u2028'"]},
    {"completion": "x = '\ud800'\ndef f(x): return 1", "tests": ["assert f(1) == 1"]},
    {"completion": "print(int(input()) + 1)", "tests": {"stdio": [{"stdin": "1", "stdout": "2"}]}},
    {
        "completion": "    return x + 1",
        "prefix": "def f(x):\n",
        "tests": ["assert f(1) == 2"],
        "holdout": ["assert f(2) == 4"],
    },
    {"completion": "no tests at all, and no program"},
    {"completion": ""},
    Item("def f(x): return x", tests=Calls("f", (Call(((1, 2),), (1, 2)), Call(({1: b"x"},), {1: b"x"})))),
    Item("def f(x): return list(x)", tests=Calls("f", (Call(((1, 2),), (1, 2)),))),
    Item("def f(x): return x", tests=Calls("f", (Call((float("inf"),), float("inf")),))),
    {"completion": "fn f() -> i32 { 1 }", "language": "rust"},
]


def test_scores_are_those_of_the_own_process(client: Client, engine: Engine) -> None:
    scores = client.score_batch(ITEMS)
    assert scores == inside(engine, ITEMS)
    outcomes = [score.outcome for score in scores]
    assert outcomes[:6] == ["pass", "error", "syntax_error", "pass", "syntax_error", "pass"]
    assert outcomes[9:12] == [Outcome.PASS, Outcome.FAILURE, Outcome.PASS]  # a list is no tuple, here and there
    assert scores[6].holdout is Outcome.FAILURE
    assert client.score(**ITEMS[1]) == scores[1]
    assert dict(client.score_stream(ITEMS)) == dict(enumerate(scores))
    hangs = client.score("def f(x):\n    while True: pass\n", tests=["assert f(1) == 2"])
    assert hangs.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    "scheme",
    ["binary", ("static", {"cap": 0.1}), [{"name": "static"}, {"name": "codequal", "weight": 0.5}], "difficulty"],
)
def test_a_request_may_choose_the_scheme(client: Client, engine: Engine, scheme: Any) -> None:
    items = [{**one, "task_id": "t"} for one in ITEMS[:3]]
    assert client.score_batch(items, scheme=scheme) == inside(engine, items, scheme)


def test_a_scheme_may_need_what_the_service_does_not_watch(client: Client) -> None:
    with pytest.raises(Refused, match="needs the lines that were executed, which this service does not trace"):
        client.score("x = 1", scheme="executed")


def test_bad_items_are_refused_here_as_in_the_own_process(client: Client) -> None:
    for bad in ({"completion": "x", "langage": "c"}, {"completion": 5}, {"completion": "x", "tests": 5}, {}):
        with pytest.raises(ValueError, match=r"unknown key|completion|tests"):
            client.score_batch([ITEMS[0], bad])
    with pytest.raises(ValueError, match=r"items\[1\].language: unknown language 'pyton'"):
        client.score_batch([ITEMS[0], {"completion": "x", "language": "pyton"}])


HOSTILE = [
    "import os\nos._exit(0)",
    "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "import sys\nsys.stdout.write('HTTP/1.1 200 OK\\r\\n\\r\\n{\"index\": 0}\\n')\ndef f(x): return 1",
    "def f(x):\n    return '\\r\\nContent-Length: 0\\r\\n\\r\\n'",
    "def f(x):\n    raise Exception('\\ud800\\x00</script>\\n' * 1000)",
    "class E(Exception):\n    def __str__(self): return 'y' * 10**7\ndef f(x):\n    raise E",
    "def f(x):\n    return 'x' * 10**8",
    "\x00\r\n\x85\x1c",
    "(" * 5000,
    "f = " + "[" * 150 + "]" * 150,
    "```\n" * 2000,
    "def f(x): return " + "9" * 5000,
]


def test_what_programs_do_reaches_nobody_else(client: Client, engine: Engine) -> None:
    hostile = [{"completion": one, "tests": ["assert f(1) == 1"]} for one in HOSTILE]
    items = [one for pair in zip(hostile, [ITEMS[0]] * len(hostile), strict=True) for one in pair]
    scores = client.score_batch(items)
    assert [score.completion for score in scores] == [one["completion"] for one in items]
    assert scores == inside(engine, items)
    for number, score in enumerate(scores):
        assert (score.outcome is Outcome.PASS) == (number % 2 == 1 or number == 4), score.completion[:80]


def test_a_program_that_two_clients_want_survives_one_of_them(real: Any, client: Client, eventually: Any) -> None:
    slow = {"completion": "import time\ndef f(x):\n    time.sleep(1)\n    return x\n", "tests": ["assert f(1) == 1"]}
    waiting = [{**slow, "completion": f"{slow['completion']}# {number}\n"} for number in range(4)]
    leaving = real.begin("/score_batch", {"items": waiting}, f"Authorization: Bearer {TOKEN}")
    eventually(lambda: real.desk.line.running == 4)
    with ThreadPoolExecutor(1) as threads:
        staying = threads.submit(client.score_batch, waiting)
        eventually(lambda: real.desk.line.running == 8)
        leaving.close()
        assert [score.outcome for score in staying.result()] == ["pass"] * 4
    eventually(lambda: "spanwise_abandoned_total 4.0" in real.desk.meters.text().decode())


class Process:
    """`python -m rewards.serve` on a free port."""

    def __init__(self, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "rewards.serve", "--port", "0", "--analyzers", "runtime", *options]
        env = {name: value for name, value in os.environ.items() if name != "SPANWISE_TOKEN"} | environment
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env)
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        assert found, self.said + self.process.stderr.read()
        self.url = found[0]

    def ended(self) -> tuple[int, str]:
        """Exit status and what else was said."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


def test_sigterm_lets_running_programs_finish(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    service = Process("--token-file", str(file))
    slow = "import time\ndef f(x):\n    time.sleep(1.5)\n    return x\n"
    with Client(service.url, token=TOKEN) as client, ThreadPoolExecutor(1) as threads:
        state = client.health()
        assert (state["status"], state["isolation"]) == ("ok", "standard")
        children = psutil.Process(service.process.pid).children(recursive=True)
        answer = threads.submit(client.score, slow, tests=["assert f(1) == 1"])
        while not httpx2.get(f"{service.url}/health").json()["running"]:
            time.sleep(0.01)
        service.process.send_signal(signal.SIGTERM)
        assert answer.result().outcome is Outcome.PASS
    assert service.ended() == (0, "")
    assert "for the bearers of the token, isolation standard" in service.said
    assert TOKEN not in service.said
    assert psutil.wait_procs(children, timeout=20)[1] == []


def test_ctrl_c_is_an_end_like_any_other() -> None:
    service = Process()
    service.process.send_signal(signal.SIGINT)
    assert service.ended() == (0, "")
    assert "for this machine alone" in service.said


def test_a_signal_while_the_service_starts_ends_it() -> None:
    command = [sys.executable, "-m", "rewards.serve", "--port", "0", "--analyzers", "runtime"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    threading.Event().wait(0.7)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in errors


def test_a_score_without_times_is_what_another_process_finds_out(timeless: Callable[[Score], Score]) -> None:
    service = Process(SPANWISE_TOKEN=TOKEN)
    items = [one for one in ITEMS[:3]]
    with Client(service.url, token=TOKEN) as other:
        found = [timeless(score) for score in other.score_batch(items)]
    service.process.terminate()
    assert service.ended()[0] == 0
    with Scorer(["runtime"]) as scorer:
        assert found == [timeless(score) for score in scorer.score_batch(items)]
