"""Which tier is chosen, and what programs can and cannot do at each."""

import json
import os
import subprocess
import sys

import pytest

from analyzers.runtime.sandbox import seccomp, tiers
from analyzers.runtime.sandbox.base import SandboxBroken, Tier
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.sandbox.tiers import Attempt, TierRefused

WEAK, STANDARD, STRICT, NONE = Tier.WEAK, Tier.STANDARD, Tier.STRICT, Tier.NONE


def machine(monkeypatch, *works):
    """A machine that gives these tiers; the list of what was tried."""
    tried = []

    def attempt(tier):
        tried.append(tier)
        return Attempt(tier, "" if tier in works else f"no {tier.name} today")

    monkeypatch.setattr(tiers, "attempt", attempt)
    tiers.choose.cache_clear()
    return tried


@pytest.fixture(autouse=True)
def _forget():
    yield
    tiers.choose.cache_clear()


@pytest.mark.parametrize(
    ("works", "minimum", "chosen"),
    [
        ((NONE, WEAK, STANDARD, STRICT), STANDARD, STANDARD),
        ((NONE, WEAK, STANDARD, STRICT), STRICT, STRICT),
        ((NONE, WEAK, STANDARD, STRICT), WEAK, STANDARD),  # no less than can be had cheaply
        ((NONE, WEAK, STANDARD, STRICT), NONE, STANDARD),
        ((NONE, WEAK, STRICT), STANDARD, STRICT),
        ((NONE, WEAK), WEAK, WEAK),
        ((NONE,), NONE, NONE),
    ],
)
def test_a_tier_is_a_floor(monkeypatch, works, minimum, chosen):
    machine(monkeypatch, *works)
    assert tiers.choose(minimum) is chosen


@pytest.mark.parametrize(
    ("works", "minimum", "tried"),
    [((NONE, WEAK, STANDARD), STRICT, [STRICT]), ((NONE, WEAK), STANDARD, [STANDARD, STRICT])],
)
def test_less_than_the_floor_is_refused_with_the_reason(monkeypatch, works, minimum, tried):
    seen = machine(monkeypatch, *works)
    with pytest.raises(
        TierRefused, match=rf"at tier '{minimum.name.lower()}'.*no \w+: no {tried[0].name} today"
    ) as refused:
        tiers.choose(minimum)
    assert "\n" not in str(refused.value)
    assert seen == tried  # nothing weaker is even started


def test_none_is_loud_and_once(monkeypatch, capsys):
    machine(monkeypatch, NONE)
    for _ in range(2):
        assert tiers.choose(NONE) is NONE
    assert capsys.readouterr().err.count("without isolation") == 1


def test_names():
    assert [tiers.parse(name) for name in ("strict", "Standard", "weak", "none")] == [STRICT, STANDARD, WEAK, NONE]
    with pytest.raises(ValueError, match="no isolation tier 'standart'; did you mean 'standard'"):
        tiers.parse("standart")


def test_what_comes_through_refuses_the_tier(monkeypatch):
    monkeypatch.setattr(
        tiers, "PROBE", f'print(\'[[{STANDARD:d}, "read everything"], [{STRICT:d}, "see its parent"]]\')'
    )
    tiers.attempt.cache_clear()
    try:
        assert tiers.attempt(WEAK) == Attempt(WEAK)
        assert tiers.attempt(STANDARD).reason == "a program could read everything"
        monkeypatch.setattr(tiers, "PROBE", "import os; os._exit(3)")
        tiers.attempt.cache_clear()
        assert "ended with 3" in tiers.attempt(WEAK).reason
    finally:
        tiers.attempt.cache_clear()


def test_a_server_that_cannot_have_its_tier_does_not_start(monkeypatch):
    monkeypatch.setattr("analyzers.runtime.sandbox.seccomp.filter_program", lambda: b"\xff" * 8)
    with pytest.raises(SandboxBroken, match="no tier 'weak' here"):
        ForkServer(tier=WEAK)


ATTEMPTS = {
    "read a file of the machine": "open('/etc/passwd').read(1)",
    "see a file of the machine": "os.stat('/etc/passwd')",
    "list processes": "[name for name in os.listdir('/proc') if name.isdigit()][1]",  # more than itself
    "read a command line": "open(f'/proc/{os.getppid() or 1}/cmdline').read()",
    "write elsewhere": "os.rmdir(os.mkdir(f'/var/tmp/spanwise-{os.getpid()}') or f'/var/tmp/spanwise-{os.getpid()}')",
    "open a socket": "socket.socket().close()",
    "open a socket of packets": "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()",
    "open a socket of the machine": "socket.socket(socket.AF_UNIX).close()",
    "signal its parent": "os.kill(os.getppid() or 1 << 21, 0)",
    "trace its parent": "call('ptrace', 0x4206, os.getppid() or 1 << 21, 0, 0)",  # PTRACE_SEIZE, which does not stop it
    "read memory of its user's": "any(map(memory, filter(str.isdigit, os.listdir('/proc')))) or fail()",
    "limit its parent": "resource.prlimit(os.getppid() or 1 << 21, resource.RLIMIT_CORE)",
    "make a namespace": "os.waitpid(os.fork() or os._exit(libc.unshare(0x20000) != 0), 0)[1] and fail()",
    "mount": "call('mount', b'none', b'.', b'tmpfs', 0, 0); call('umount', b'.')",
    "make shared memory": "call('shmctl', call('shmget', 0, 4096, 0o600), 0, 0)",
    "make a queue": "call('mq_open', b'/spanwise', 0o102, 0o600, 0); call('mq_unlink', b'/spanwise')",
    "make a key": "call('syscall', NUMBERS['add_key'], b'user', b'spanwise', b'x', 1, -1)",
    "load a program into the kernel": "os.close(call('syscall', NUMBERS['bpf'], 0, (ctypes.c_uint * 18)(2, 4, 4, 1), 72))",
    "make a ring of requests": "os.close(call('syscall', NUMBERS['io_uring_setup'], 1, ctypes.create_string_buffer(120)))",
    "watch the processor": "os.close(call('syscall', NUMBERS['perf_event_open'], (ctypes.c_ulong * 16)(1 | 128 << 32), 0, -1, -1, 0))",
    "make a memory file": "os.close(os.memfd_create('x'))",
    "make a pair of pipes": "[end.close() for end in socket.socketpair()]",
    "start a process": "subprocess.run(['/bin/true'], check=True)",
    "start a thread": "threading.Thread(target=int).start()",
    "write in its folder": "open('x', 'w').write('x')",
}
"""Each ends in an OSError where it is not possible; code that leaves nothing behind where it is."""
PLAIN = {"make a pair of pipes", "start a process", "start a thread", "write in its folder"}
SEEN = {"see a file of the machine"}
FILES = {"read a file of the machine", "list processes", "read a command line", "write elsewhere"}
OF_THE_USER = {"read memory of its user's"}
"""Possible where a program has the user's id: everywhere but as root, which gives it one of its own."""
POSSIBLE = {WEAK: PLAIN | SEEN | FILES | OF_THE_USER, STANDARD: PLAIN | SEEN, STRICT: PLAIN}

TRY = """
import ctypes, errno, json, os, resource, socket, subprocess, threading
done = []
libc = ctypes.CDLL(None, use_errno=True)

def fail(number=errno.EPERM):
    raise OSError(number, os.strerror(number))

def memory(process):
    try:
        return process != str(os.getpid()) and open(f'/proc/{process}/mem', 'rb').close() is None
    except OSError:
        return False

def call(name, *arguments):
    value = getattr(libc, name)(*arguments)
    return fail(ctypes.get_errno()) if value == -1 else value

for name, code in ATTEMPTS.items():
    try:
        exec(code)
        done.append(name)
    except (OSError, IndexError):
        pass
print(json.dumps(done))
"""


def script():
    numbers = dict(seccomp.ARCHITECTURES[os.uname().machine].numbers)
    return f"ATTEMPTS = {ATTEMPTS!r}\nNUMBERS = {numbers!r}\n{TRY}"


def test_every_attempt_works_where_nothing_stops_it(tmp_path):
    if os.geteuid():
        pytest.skip("needs root: an ordinary user may not do some of it anyway")
    done = subprocess.run([sys.executable, "-c", script()], capture_output=True, check=True, cwd=tmp_path, timeout=60)
    # Some containers forbid these; that they are stopped proves nothing then.
    assert set(ATTEMPTS) - set(json.loads(done.stdout)) <= {"mount", "make a namespace", "watch the processor"}


MATRIX = """
import json, os
from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.sandbox.local import ForkServer
server = ForkServer(tier=Tier[TIER])
candidate = server.start(SCRIPT, mode="main", stdin=b"", limits=Limits())
candidate.channel.settimeout(20)
candidate.channel.recv(1)
print(json.dumps([json.loads(candidate.end().output), os.geteuid() == 0]))
server.close()
"""


@pytest.mark.parametrize("tier", [STRICT, STANDARD, WEAK])
def test_what_is_possible_at_each_tier(tier, as_user):
    attempt = tiers.attempt(tier)
    if not attempt.works:
        pytest.skip(attempt.reason)
    done, root = as_user(f"SCRIPT = {script()!r}\nTIER = {tier.name!r}\n{MATRIX}")
    expected = POSSIBLE[tier] - OF_THE_USER if root else POSSIBLE[tier]
    assert (set(done) - expected, expected - set(done)) == (set(), set())
