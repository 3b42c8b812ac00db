"""What an attack is, where it takes place, and what must not be left of it.

Each attack is a file of this folder with an `ATTACK`. `test_attacks.py` lets it loose on a careless harness, where it
must work, and then on this project's, in every tier from the one that is said to stop it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from analyzers.runtime.sandbox.base import Tier
from analyzers.types import Outcome

NAIVE = Path(__file__).with_name("naive.py")
PATIENCE_S = 0.8
"""How long a careless harness may take before it counts as hanging."""
LONGEST_S = 20.0
"""How long one may take that does not hang."""
SETTLE_S = 5.0
"""How long what was killed may take to vanish."""
KEPT = {"shm": "shmem", "msg": "queue", "sem": "semaphore"}
"""Kinds of System V's objects, and what `ipcrm` calls them."""

ONE: Any = ["assert f(1) == 2"]
"""For programs that return 2 if, and only if, they got what they wanted."""
ASSERTS: Any = ["assert f(1) == 2", "assert f(5) == 6"]
CHECK: Any = {
    "check": "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(5) == 6\n",
    "entry_point": "f",
}
CALLS: Any = {"function": "f", "cases": [{"args": [1], "expected": 2}, {"args": [5], "expected": 6}]}
PRINTED: Any = {"stdio": [{"stdin": "", "stdout": "3"}]}
"""For programs that are compiled, or run by an interpreter that is not Python's."""
EVERY: Any = (ASSERTS, CHECK, CALLS)
"""For programs that are wrong, and want to be told right."""
STOLEN: Any = (
    {"check": "def check(candidate):\n    answer = 98765\n    assert candidate(3) == answer\n", "entry_point": "f"},
    ["assert f(3) == 98765"],
    {"function": "f", "cases": [{"args": [3], "expected": 98765}]},
)
"""For programs that look for the expected value: it is written nowhere but in the tests."""

WRONG = (Outcome.FAILURE, Outcome.ERROR, Outcome.TIMEOUT, Outcome.SYNTAX_ERROR)


@dataclass(frozen=True, slots=True)
class Attack:
    """One hostile program, the tests that it is run on, and what must come of it."""

    program: str
    """@WORDS@ in it are what the scene has to offer; see `Scene`."""
    suites: tuple[Any, ...] = (ONE,)
    tier: Tier = Tier.STANDARD
    """The lowest tier that stops it where the harness is root."""
    unprivileged: Tier | None = None
    """The lowest one where it is not, if that is another."""
    naive: str = "exit_status"
    """The careless harness, a function of `naive.py`, that it works against."""
    works: str = "pass"
    """How one sees that: the harness says `pass`, `hangs`, `dies`, leaves a process (`left`) or lets the program reach
    what it should not (`touched`)."""
    appended: str | None = None
    """Tests that the careless harness appends; those of the first suite where None."""
    expected: Any = None
    """What the careless harness expects to be printed."""
    outcomes: tuple[Outcome, ...] = WRONG
    """What the verdict may be. PASS among them: the attack is not about the verdict, but about what is left."""
    exceptions: tuple[str, ...] = ()
    """What the verdict's exception may be; anything where it is empty."""
    forgeable: bool = False
    """Whether a pass is allowed because it says of itself that it can be forged."""
    replaces_judge: bool = False
    """Whether the judge may be a new one afterwards, because nothing else ends what the answer had it do."""
    before: str = ""
    """A program that runs before, in the same slot."""
    language: str = "python"
    limits: Mapping[str, Any] = field(default_factory=dict)
    needs_root: bool = False
    """Whether the careless harness must be root for it to work."""
    needs: str = ""
    """What the machine must have for it to work against the careless harness, where not every machine has it."""

    @property
    def tests(self) -> str:
        """What the careless harness appends to the program."""
        if self.appended is not None:
            return self.appended
        suite = self.suites[0]
        if isinstance(suite, list):
            return "\n".join(suite)
        return suite["check"] + f"check({suite['entry_point']})\n" if "check" in suite else suite.get("append", "")


def on_compiler(program: str, *, language: str, compiler: str) -> Attack:
    """A program that its compiler does not come to an end with, and a careless harness neither."""
    return Attack(
        program, (PRINTED,), language=language, naive="compiled", works="hangs", needs=compiler,
        outcomes=("timeout", "syntax_error"),
    )  # fmt: skip


class Scene:
    """What an attack may find around it, made on demand: a word in the program is replaced by where to find it.

    @OUTSIDE@ a folder that anybody may write to; @CANARY@ a file in it that anybody may read and write; @TCP@ @TCP6@
    @UDP@ ports of this machine that somebody listens on; @UNIX@ @DATAGRAM@ sockets in the folder; @ABSTRACT@ one
    without a file; @VICTIM@ a process of the user's; @SECRET@ what the canary says; @NAME@ a word and @KEY@ a number of
    this scene's own, for what has no place in a folder.
    """

    def __init__(self) -> None:
        self.name = secrets.token_hex(6)
        self.secret = f"canary-{secrets.token_hex(6)}"
        self.key = secrets.randbits(30) | 1
        self._memory = Path("/dev/shm", self.name)
        self._outside: Path | None = None
        self._sockets: dict[str, socket.socket] = {}
        self._victim: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets.values():
            connection.close()
        if self._victim is not None:
            self._victim.kill()
            self._victim.wait()
        if self._outside is not None:
            shutil.rmtree(self._outside)
        for kind in self._kept():
            subprocess.run(["ipcrm", f"--{KEPT[kind]}-key", str(self.key)], check=True)
        self._memory.unlink(missing_ok=True)

    def furnished(self, program: str) -> str:
        """The program with its words replaced."""
        for word in ("OUTSIDE", "CANARY", "TCP", "TCP6", "UDP", "UNIX", "DATAGRAM", "ABSTRACT", "VICTIM"):
            if f"@{word}@" in program:
                program = program.replace(f"@{word}@", str(getattr(self, f"_{word.lower()}_here")()))
        for word, value in (("SECRET", self.secret), ("NAME", self.name), ("KEY", self.key)):
            program = program.replace(f"@{word}@", str(value))
        return program

    def touched(self) -> list[str]:
        """What the attack did here that it should not have been able to."""
        found = []
        if self._outside is not None:
            names = {path.name for path in self._outside.iterdir()} - {"unix", "datagram"}
            canary = self._outside / "canary"
            if names != {"canary"} or canary.is_symlink() or canary.read_text() != self.secret:
                found.append(f"the folder outside now has {sorted(names)}")
            elif (facts := canary.stat()).st_nlink != 1 or stat.S_IMODE(facts.st_mode) != 0o666 or facts.st_mtime < 2:
                found.append(f"the canary is changed: {facts}")
            elif any(name.startswith("user.") for name in os.listxattr(canary)):
                found.append("the canary has got an attribute")
        found += [f"somebody spoke to the {kind} socket" for kind, each in self._sockets.items() if heard(each)]
        found += [f"a {kind} of System V is left" for kind in self._kept()]
        if self._memory.exists():
            found.append("memory is left under a name")
        if self._victim is not None and (ended := self._victim.poll()) is not None:
            found.append(f"the victim has ended ({ended})")
        elif self._victim is not None:
            victim = psutil.Process(self._victim.pid)
            if victim.status() not in (psutil.STATUS_SLEEPING, psutil.STATUS_RUNNING) or victim.nice():
                found.append(f"the victim is {victim.status()}, at priority {victim.nice()}")
        return found

    def _kept(self) -> list[str]:
        """Kinds of System V's objects of which one has this scene's key."""
        return [
            kind
            for kind in KEPT
            if any(line.split()[0] == str(self.key) for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines())
        ]

    def _outside_here(self) -> Path:
        if self._outside is None:
            self._outside = Path(tempfile.mkdtemp(prefix="hostile-"))
            self._outside.chmod(0o777)
            (self._outside / "canary").write_text(self.secret)
            (self._outside / "canary").chmod(0o666)
        return self._outside

    def _canary_here(self) -> Path:
        return self._outside_here() / "canary"

    def _tcp_here(self) -> int:
        return self._listening("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)).getsockname()[1]

    def _tcp6_here(self) -> int:
        if not Path("/proc/net/if_inet6").exists():
            return 9  # nobody listens there
        return self._listening("tcp6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)).getsockname()[1]

    def _udp_here(self) -> int:
        return self._listening("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)).getsockname()[1]

    def _unix_here(self) -> str:
        path = str(self._outside_here() / "unix")
        self._listening("unix", socket.AF_UNIX, socket.SOCK_STREAM, path)
        os.chmod(path, 0o777)
        return path

    def _datagram_here(self) -> str:
        path = str(self._outside_here() / "datagram")
        self._listening("datagram", socket.AF_UNIX, socket.SOCK_DGRAM, path)
        os.chmod(path, 0o777)
        return path

    def _abstract_here(self) -> str:
        self._listening("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.name}")
        return self.name

    def _listening(self, kind: str, family: int, sort: int, address: Any) -> socket.socket:
        listener = self._sockets[kind] = socket.socket(family, sort)
        listener.bind(address)
        if sort == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        return listener

    def _victim_here(self) -> int:
        self._victim = subprocess.Popen(["sleep", "60"])
        return self._victim.pid


def heard(listener: socket.socket) -> bool:
    """Whether somebody connected, or sent something."""
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(1)
    except BlockingIOError:
        return False
    return True


def works(attack: Attack) -> tuple[bool, str]:
    """Whether an attack works against a careless harness, and what was seen of it."""
    with Scene() as scene, emptied() as folder:
        job = {
            "kind": attack.naive,
            "program": scene.furnished(attack.program),
            "before": scene.furnished(attack.before),
            "tests": scene.furnished(attack.tests),
            "language": attack.language,
            "expected": attack.expected,
        }
        hanging, leaving = attack.works == "hangs", attack.works == "left"
        seen, text = let_loose(job, folder, scene, PATIENCE_S if hanging else LONGEST_S, SETTLE_S if leaving else 0)
        return attack.works in seen, f"{sorted(seen)}: {text[-2000:]}"


@contextlib.contextmanager
def emptied() -> Iterator[str]:
    """A folder that is removed with all that is in it, however deep and closed, where `shutil.rmtree` gives up."""
    folder = tempfile.mkdtemp(prefix="naive-")
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", folder], stderr=subprocess.DEVNULL, check=False)  # odd links and all
        subprocess.run(["rm", "-rf", folder], check=True)


def let_loose(
    job: dict[str, Any], folder: str, scene: Scene, patience_s: float, search_s: float
) -> tuple[set[str], str]:
    """Runs a careless harness on a job: what came of it, and what it printed.

    What it left is looked for once, and again until `search_s` are over: who forks on all the time is easily missed.
    """
    mark = f"HOSTILE={scene.name}"
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as given:
        given.write(json.dumps(job).encode())
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", NAIVE],
            stdin=given,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOSTILE": scene.name},
            start_new_session=True,
        )
        seen = set()
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            seen.add("hangs")
        try:
            deadline = time.monotonic() + search_s
            while not seen:
                if marked(mark):
                    seen.add("left")
                elif time.monotonic() >= deadline:
                    break
        finally:
            end_all(mark, process)
        said.seek(0)
        text = said.read(1 << 20).decode(errors="replace")
    if "hangs" not in seen:
        seen.add({10: "pass", 11: "fail"}.get(process.returncode, "dies"))
    if scene.touched():
        seen.add("touched")
    return seen, text


def marked(mark: str) -> list[int]:
    """Processes that have the mark in their environment. The newest are looked at first: they may be gone at once."""
    found = []
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
        with contextlib.suppress(OSError):
            if mark.encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def end_all(mark: str, process: subprocess.Popen[bytes]) -> None:
    """Ends a careless harness and everything that has its mark."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    deadline = time.monotonic() + SETTLE_S
    none_seen = 0
    while none_seen < 3 and time.monotonic() < deadline:
        found = marked(mark)
        none_seen = 0 if found else none_seen + 1
        for each in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
