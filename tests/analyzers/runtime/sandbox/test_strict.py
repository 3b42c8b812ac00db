"""The strictest tier: what a program finds in its own root, and how little of one is left for the next."""

import json
import os
import select
import signal
import time

import pytest

from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Command, Limits, Tier
from analyzers.runtime.sandbox.local import ForkServer


@pytest.fixture(scope="module")
def server():
    attempt = tiers.attempt(Tier.STRICT)
    if not attempt.works:
        pytest.skip(attempt.reason)
    server = ForkServer(tier=Tier.STRICT)
    yield server
    server.close()


@pytest.fixture
def run(server):
    """Runs a script, or a command, to its end."""

    def go(program, seconds=20, **limits):
        bounds = Limits(**limits)
        if isinstance(program, Command):
            candidate = server.execute(program, stdin=b"", limits=bounds)
        else:
            candidate = server.start(program, mode="main", stdin=b"", limits=bounds)
        select.select([candidate.ended], [], [], seconds)
        return candidate.end()

    return go


def test_the_root_holds_what_programs_need_and_no_more(run):
    # Landlock forbids to list the root; what is there shows in what can be looked up.
    source = "import os, json\nnames = ['etc', 'home', 'root', 'var', 'sys', 'run', 'boot', 'usr', 'dev', 'proc', 'tmp', 'old', 'hidden', 'etc/passwd', 'etc/shadow', 'dev/mem', 'dev/null', 'dev/shm']\nprint(json.dumps([n for n in names if os.path.lexists('/' + n)]))"
    found = set(json.loads(run(source).output))
    assert {"usr", "dev", "tmp", "etc", "dev/null"} <= found
    assert not {"home", "var", "sys", "run", "boot", "old", "hidden", "etc/passwd", "etc/shadow", "dev/mem"} & found


def test_all_is_read_only_but_the_working_folder(run):
    source = """
import os
for place in ("/usr", "/dev", "/spanwise", "/spanwise/built", "/spanwise/open", "/etc", "/", "."):
    try:
        os.mkdir(f"{place}/x"); print(place)
    except OSError: pass
"""
    assert run(source).output.split() == [b"."]
    assert run("open('/tmp/a', 'w').write('1')\nimport os\nprint(os.listdir('.'))").output == b"['a']\n"


def test_what_was_built_can_be_read_and_not_changed(server, run):
    server.place({"tool": b"#!/bin/sh\necho made > {w}/out\n".replace(b"{w}", server.work.encode())})
    made = run(Command(("/bin/sh", "{built}/tool"), {}, keep=True))
    assert made.code == 0, made
    kept = run(Command(("/bin/sh", "-c", "cat {built}/out; echo spoilt > {built}/out; rm -f {built}/out; ls"), {}))
    assert (kept.output, kept.code) == (b"made\n", 0)
    assert b"Read-only" in kept.errors
    assert run(Command(("/bin/cat", "{built}/out"), {})).output == b"made\n"


def test_no_process_but_its_own_is_there(run):
    source = "import os\nprint(os.getppid())\nfor target in (1, -1):\n    try: os.kill(target, 0); print(target)\n    except OSError: pass"
    assert run(source).output.split() == [b"0"]


def test_it_is_no_process_1(run):
    # Process 1 survives its own signals, which would turn honest crashes into something else.
    for number in (signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU):
        assert run(f"import os\nos.kill(os.getpid(), {number:d})").code == -number
    assert run("import os\nos.abort()").code == -signal.SIGABRT
    start = time.monotonic()
    assert run("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", seconds=0.3).code == -signal.SIGKILL
    assert time.monotonic() - start < 20


LEAVING = """
import os, signal, time
if not os.fork():
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(5):
        if not os.fork():
            os.setsid(); time.sleep(60); os._exit(0)
    time.sleep(60)
open('left', 'w').write('x')
print('done')
"""


def test_nothing_is_left_for_the_next_one(run):
    assert run(LEAVING, seconds=5).output == b"done\n"
    assert run(LEAVING, seconds=5, processes=8).output == b"done\n"  # the first six do not count any more
    assert run("import os\nprint(os.listdir())").output == b"[]\n"


def test_orphans_that_end_count_no_longer(run):
    source = """
import os
for _ in range(60):
    first = os.fork()
    if not first:
        if not os.fork(): os._exit(0)
        os._exit(0)
    os.waitpid(first, 0)
print('done')
"""
    assert run(source, processes=20).output == b"done\n"


FILL = """
import errno, os
try:
    for n in range(100_000): {act}
except OSError as error: print(errno.errorcode[error.errno])
print(n)
"""


def test_the_disk_is_bounded(run):
    reason, count = run(FILL.format(act="open(str(n), 'w').close()")).output.split()
    assert (reason, int(count) < 20_001) == (b"ENOSPC", True)
    assert run("open('x', 'w').write('x')").code == 0  # all of it was given back


def test_there_is_no_network(run):
    # Sockets are refused by the filter; the namespace shows in what the kernel says of devices.
    source = "print([line.split(':')[0].strip() for line in open('/proc/self/net/dev') if ':' in line])"
    said = run(source)
    if b"FileNotFoundError" in said.output or not said.output:
        pytest.skip("/proc cannot be mounted here")
    assert set(json.loads(said.output.replace(b"'", b'"'))) <= {"lo", "sit0", "ip6tnl0", "tunl0", "gre0", "erspan0"}


def test_waiting_for_a_processor_is_seen_from_outside(server):
    source = "import threading\nfor _ in range(4 * COUNT): threading.Thread(target=lambda: exec('while 1: pass'), daemon=True).start()\nwhile 1: pass"
    count = len(os.sched_getaffinity(0))
    candidate = server.start(source.replace("COUNT", str(min(count, 6))), mode="main", stdin=b"", limits=Limits())
    select.select([candidate.ended], [], [], 1.0)
    starved = candidate.starved()
    candidate.end()
    assert starved.seconds > 0


def test_with_the_server_everything_ends():
    attempt = tiers.attempt(Tier.STRICT)
    if not attempt.works:
        pytest.skip(attempt.reason)
    server = ForkServer(tier=Tier.STRICT)
    candidate = server.start(LEAVING + "import time; time.sleep(60)", mode="main", stdin=b"", limits=Limits())
    deadline = time.monotonic() + 20
    while len(members := namespace_members(server._process.pid)) < 8 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(members) == 8  # the init, the program and the six that it started
    os.kill(server._process.pid, signal.SIGKILL)
    while namespace_members_alive(members) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert namespace_members_alive(members) == []
    candidate.channel.close()
    server.close()


def namespace_members(server):
    """Processes in the namespace that a fork server's children are in."""
    found = []
    try:
        space = os.readlink(f"/proc/{server}/ns/pid_for_children")
    except OSError:
        return found
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/ns/pid") == space:
                found.append(int(name))
        except OSError:
            continue
    return found


def namespace_members_alive(members):
    return [member for member in members if os.path.exists(f"/proc/{member}")]
