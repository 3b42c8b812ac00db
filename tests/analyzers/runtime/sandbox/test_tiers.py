"""Which tier is chosen, and what programs can and cannot do at each."""

import json
import os

import pytest

from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Limits, SandboxBroken, Tier
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
    "write elsewhere": "os.rmdir(os.mkdir(f'/var/tmp/spanwise-{os.getpid()}') or f'/var/tmp/spanwise-{os.getpid()}')",
    "open a socket": "socket.socket().close()",
    "signal its parent": "os.kill(os.getppid() or 1 << 21, 0)",
    "make a memory file": "os.close(os.memfd_create('x'))",
    "make a pair of pipes": "[end.close() for end in socket.socketpair()]",
    "start a process": "subprocess.run(['/bin/true'], check=True)",
    "start a thread": "threading.Thread(target=int).start()",
    "write in its folder": "open('x', 'w').write('x')",
}
FILES = {"read a file of the machine", "list processes", "write elsewhere"}
CALLS = {"open a socket", "signal its parent", "make a memory file"}
PLAIN = {"make a pair of pipes", "start a process", "start a thread", "write in its folder"}
POSSIBLE = {
    NONE: PLAIN | CALLS | FILES | {"see a file of the machine"},
    WEAK: PLAIN | FILES | {"see a file of the machine"},
    STANDARD: PLAIN | {"see a file of the machine"},
    STRICT: PLAIN,
}

TRY = """
import json, os, socket, subprocess, threading
done = []
for name, code in ATTEMPTS.items():
    try:
        exec(code)
        done.append(name)
    except (OSError, IndexError):
        pass
print(json.dumps(done))
"""


def run(server, source, **limits):
    """What a script prints."""
    candidate = server.start(source, mode="main", stdin=b"", limits=Limits(**limits))
    candidate.channel.settimeout(20)
    candidate.channel.recv(1)
    return candidate.end().output.decode()


@pytest.mark.parametrize("tier", Tier)
def test_what_is_possible_at_each_tier(tier):
    attempt = tiers.attempt(tier)
    if not attempt.works:
        pytest.skip(attempt.reason)
    server = ForkServer(tier=tier)
    try:
        done = json.loads(run(server, f"ATTEMPTS = {ATTEMPTS!r}\n{TRY}"))
    finally:
        server.close()
    expected = POSSIBLE[tier]
    if tier is NONE and os.geteuid():
        expected = expected - {"list processes"} | {"list processes"} & set(done)  # where /proc hides others
    assert set(done) == expected
