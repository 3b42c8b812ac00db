"""What a candidate may not use up, touch or leave behind. Every bomb carries a bound of its own as well."""

import os
import socket
import time
from pathlib import Path

import psutil
import pytest

from analyzers.runtime.sandbox import confine


def run_away(run, body, *, status, timeout_s=1.0, **limits):
    source = "def f(x):\n" + "\n".join("    " + line for line in body.splitlines())
    statuses, outcome = run(source, ["assert f(1) == 2"], timeout_s=timeout_s, **limits)
    assert statuses == [status], outcome
    return outcome


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
        "import sys; sys.stdin.read(); import time; time.sleep(60)",
        "import threading\nthreading.Event().wait(60)",
    ],
)
def test_what_hangs_is_timed_out(run, body):
    start = time.monotonic()
    run_away(run, body, status="timed_out")
    assert time.monotonic() - start < 30  # the bound of the attack itself is 60 s


def test_judging_an_answer_is_bounded_too(run):
    statuses, _ = run("def f(x): return 10 ** 12", ["assert sum(i * i for i in range(f(1))) == 2"], timeout_s=0.2)
    assert statuses == ["timed_out"]


def test_memory_is_bounded(run):
    outcome = run_away(run, "return len(bytearray(2 * 1024 ** 3))", status="error")
    assert outcome.raised[0]["type"] == "MemoryError"


def test_output_is_bounded(run):
    outcome = run_away(
        run,
        "for _ in range(300): print('x' * 100000)\nimport sys; sys.stdout.flush()",
        status="error",
        output_bytes=1_000_000,
    )
    assert len(outcome.stdout) <= 1_000_000


def test_a_file_is_bounded(run):
    run_away(run, "open('big', 'wb').write(b'x' * 50_000_000)", status="error")


def test_open_files_are_bounded(run):
    run_away(run, "files = [open('/dev/null') for _ in range(200)]", status="error")


def test_threads_and_processes_are_bounded(run):
    run_away(
        run,
        "import threading, time\nfor _ in range(100): threading.Thread(target=time.sleep, args=(5,)).start()",
        status="error",
    )
    run_away(
        run, "import os, time\nfor _ in range(100):\n    if not os.fork(): time.sleep(5); os._exit(0)", status="error"
    )


def test_limits_cannot_be_raised_again(run):
    run_away(run, "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))", status="error")


def descendants():
    return {process.pid for process in psutil.Process().children(recursive=True)}


@pytest.mark.parametrize(
    "leave",
    [
        "os.fork() or time.sleep(30)",
        "os.fork() or (os.setsid(), time.sleep(30))",
        "os.fork() or (os.setsid(), os.fork() or time.sleep(30), os._exit(0))",
        "os.fork() or (os.setsid(), signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(30))",
        "[os.fork() or time.sleep(30) for _ in range(5)]",
    ],
)
def test_no_process_outlives_the_verdict(run, leave):
    before = descendants()
    start = time.monotonic()
    statuses, _ = run(f"import os, time, signal\ndef f(x):\n    {leave}\n    return x + 1", ["assert f(1) == 2"])
    assert statuses == ["passed"]
    assert time.monotonic() - start < 20  # what was left behind would sleep for 30 s
    assert descendants() <= before


def test_a_grandchild_that_holds_the_output_does_not_hold_the_verdict(run):
    source = "import os, time\nif not os.fork():\n    os.setsid(); time.sleep(30)\nprint(3)"
    start = time.monotonic()
    statuses, _ = run(source, {"stdio": [{"stdin": "", "stdout": "3"}]})
    assert statuses == ["passed"]
    assert time.monotonic() - start < 20


def test_the_environment_is_empty(run, monkeypatch):
    monkeypatch.setenv("SPANWISE_SECRET", "hunter2")
    statuses, outcome = run("import os\ndef f(x): return dict(os.environ)", ["assert f(1) == {}"])
    assert statuses == ["passed"], outcome


def test_standard_input_is_empty(run):
    outcome = run_away(run, "return input()", status="error")
    assert outcome.raised[0]["type"] == "EOFError"


def test_the_working_folder_is_empty_and_its_own(run):
    source = "import os\nopen('left', 'w').write('x'); os.mkdir('d'); os.chmod('d', 0); os.symlink('/etc', 'link')\ndef f(x): return os.listdir()"
    for _ in range(2):
        statuses, outcome = run(source, ["assert sorted(f(1)) == ['d', 'left', 'link']"])
        assert statuses == ["passed"], outcome


def test_modules_of_the_library_can_be_imported_late(run):
    statuses, outcome = run(
        "def f(x):\n    import csv, sqlite3, xml.dom.minidom, unicodedata\n    return 2", ["assert f(1) == 2"]
    )
    assert statuses == ["passed"], outcome


landlock = pytest.mark.skipif(not confine.landlock_version(), reason="the kernel has no Landlock")


@landlock
@pytest.mark.parametrize(
    "body",
    [
        "return open('/etc/passwd').read()",
        "return open('/tmp/spanwise-attack', 'w')",
        "import os; return os.listdir('/root' if os.path.exists('/root') else '/home')",
        "import os; os.kill(os.getppid(), 0); return 2",
        "import os; return open(f'/proc/{os.getppid()}/environ', 'rb').read()",
        "import os; os.setuid(0); return 2",
    ],
)
def test_the_machine_is_out_of_reach(run, body):
    outcome = run_away(run, body, status="error")
    assert outcome.raised[0]["type"] in ("PermissionError", "FileNotFoundError", "ProcessLookupError")
    assert not Path("/tmp/spanwise-attack").exists()


@landlock
def test_connections_are_refused(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = run_away(
            run, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)\nreturn 2", status="error"
        )
    assert outcome.raised[0]["type"] == "PermissionError"


def test_another_id_where_root(run):
    if os.geteuid():
        pytest.skip("needs root: without it a candidate keeps the user's id")
    statuses, _ = run(
        "import os\ndef f(x): return os.getuid() >= 0x53500000 and os.getuid() == os.geteuid()", ["assert f(1)"]
    )
    assert statuses == ["passed"]
