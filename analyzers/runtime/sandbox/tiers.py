"""Which tier of isolation this machine gives, found out by doing: a program that misbehaves is run at each of them.

A tier is a floor. Programs run at `standard` where that is enough and can be had, and otherwise at the next better one;
at less than what was asked for they do not run at all.
"""

from __future__ import annotations

import difflib
import json
import sys
from dataclasses import dataclass
from functools import cache

from analyzers.runtime.sandbox.base import Limits, SandboxBroken, Tier
from analyzers.runtime.sandbox.local import ForkServer

DEFAULT = Tier.STANDARD
PROBE_S = 30.0

PROBE = f"""
import ctypes, json, os, socket
through = []

def attempt(number, what, act):
    try:
        if act() is not False:
            through.append([number, what])
    except OSError:
        pass

libc = ctypes.CDLL(None)
attempt({Tier.WEAK:d}, "open a socket", lambda: socket.socket().close())
attempt({Tier.WEAK:d}, "make a namespace", lambda: libc.unshare(0x10000000) == 0)
attempt({Tier.WEAK:d}, "trace its parent", lambda: libc.ptrace(0x4206, os.getppid(), 0, 0) == 0)
attempt({Tier.WEAK:d}, "signal its parent", lambda: os.getppid() != 0 and os.kill(os.getppid(), 0) is None)
attempt({Tier.STANDARD:d}, "list the root folder", lambda: os.listdir("/"))
attempt({Tier.STANDARD:d}, "read /etc/passwd", lambda: open("/etc/passwd").close())
attempt({Tier.STANDARD:d}, "write to /var/tmp", lambda: os.rmdir(os.mkdir("/var/tmp/spanwise") or "/var/tmp/spanwise"))
attempt({Tier.STANDARD:d}, "be root", lambda: os.geteuid() == 0)
attempt({Tier.STRICT:d}, "see its parent", lambda: os.getppid() != 0)
attempt({Tier.STRICT:d}, "see /etc/passwd", lambda: os.stat("/etc/passwd"))
attempt({Tier.STRICT:d}, "see network devices", lambda: bool(os.listdir("/sys/class/net")))
print(json.dumps(through))
"""
"""A program that tries what tiers are there to stop, and prints what it could do, with the tier that should stop it."""


class TierRefused(OSError):
    """Programs cannot be isolated here as well as is demanded; the message is one line."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of trying a tier."""

    tier: Tier
    reason: str = ""
    """Why it cannot be had; empty where it can."""
    lacking: tuple[str, ...] = ()
    """What it can do without, and has to."""

    @property
    def works(self) -> bool:
        """Whether programs can run at it."""
        return not self.reason


def parse(name: str) -> Tier:
    """A tier by its name.

    Raises:
        ValueError: there is none, with the closest names.
    """
    names = [tier.name.lower() for tier in Tier]
    if name.lower() in names:
        return Tier[name.upper()]
    close = difflib.get_close_matches(name.lower(), names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
    raise ValueError(f"no isolation tier {name!r}; {hint}")


@cache
def attempt(tier: Tier) -> Attempt:
    """Starts a fork server at a tier and runs a program in it that tries what should not work. Takes 0.1 s."""
    try:
        server = ForkServer(tier=tier)
    except (SandboxBroken, OSError, ValueError) as error:
        return Attempt(tier, " ".join(str(error).removeprefix("the fork server did not start: ").split()))
    try:
        through = _probe(server)
    except SandboxBroken as error:
        return Attempt(tier, str(error))
    finally:
        server.close()
    reason = f"a program could {', '.join(what for least, what in through if least <= tier)}" if through else ""
    lacking = tuple(server.lacking)
    return Attempt(tier, reason if any(least <= tier for least, _ in through) else "", lacking)


def _probe(server: ForkServer) -> list[tuple[int, str]]:
    candidate = server.start(PROBE, mode="main", stdin=b"", limits=Limits(timeout_s=PROBE_S))
    candidate.ended.settimeout(PROBE_S)
    candidate.channel.settimeout(PROBE_S)
    try:
        candidate.channel.recv(1)  # it has printed what it has to say, or has ended without a word
    finally:
        done = candidate.end()
    try:
        return [(int(least), str(what)) for least, what in json.loads(done.output)]
    except ValueError as error:
        raise SandboxBroken(f"the probe said {done.output[-200:]!r} and ended with {done.code}") from error


@cache
def choose(minimum: Tier = DEFAULT) -> Tier:
    """The tier that programs run at where at least `minimum` is demanded: `standard` if it will do, for it is quick.

    Raises:
        TierRefused: the machine does not give it; with the reason, and where to read on.
    """
    order = [DEFAULT, Tier.STRICT, Tier.WEAK, Tier.NONE] if minimum < Tier.STRICT else [Tier.STRICT]
    tried = []
    for tier in order:
        if tier >= minimum:
            tried.append(attempt(tier))
            if tried[-1].works:
                break
    else:
        why = "; ".join(f"no {one.tier.name.lower()}: {one.reason}" for one in tried)
        raise TierRefused(
            f"programs cannot be isolated at tier {minimum.name.lower()!r} here ({why}); "
            "`python -m analyzers.runtime.doctor` says what can be done, --isolation demands less"
        )
    if tier == Tier.NONE:
        print(
            "warning: programs run without isolation: they can read, change and send whatever this user can",
            file=sys.stderr,
        )
    return tier
