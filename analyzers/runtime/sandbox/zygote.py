"""The fork server: a warm interpreter that holds no secrets and forks once per candidate.

Run as a script, by exec, with the number of its control socket. Loads its siblings by path, because it
runs isolated (`-I -S`) and must not see the packages of the machine. One candidate at a time: whatever else descends
from this process when the candidate has ended was left behind by it, and is ended too.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
PRELOADED = """
abc array bisect cmath collections collections.abc copy dataclasses datetime decimal enum fractions functools hashlib
heapq io itertools json math operator os queue random re statistics string struct sys threading time traceback typing
""".split()
"""What candidates import most: loaded once, shared by all forks."""

CHANNEL, RULESET = 3, 4
"""Descriptors of the child, beside the standard three."""


def load(name: str, path: Path) -> ModuleType:
    """A module from its file, outside of `sys.modules`."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(control: socket.socket, libraries: list[str]) -> None:
    """Serves jobs until the judge goes away; `libraries` are folders that candidates may import from."""
    confine = load("confine", HERE / "confine.py")
    runner: Any = load("runner", HERE / "runner.py")
    runner.wire = load("wire", HERE.parent / "wire.py")
    preload()
    os.environ.clear()
    sys.path += libraries
    confine.prctl(confine.PR_SET_CHILD_SUBREAPER, 1)
    import tempfile  # after `preload`: it imports random

    folder = tempfile.mkdtemp(prefix=f"spanwise-{os.getpid()}-")
    try:
        os.chmod(folder, 0o755)
        serve(control, Slot(confine, runner, folder, libraries))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def preload() -> None:
    """Imports PRELOADED, but for the functions that some modules (random, threading) would have each fork call.

    They touch memory that the fork would otherwise share, a third of its cost. There is one thread here, so locks need
    no renewal; and a generator that is not seeded anew gives every candidate the same numbers, the same on every run.
    """
    register, os.register_at_fork = os.register_at_fork, lambda **_: None
    try:
        for name in PRELOADED:
            importlib.import_module(name)
    finally:
        os.register_at_fork = register


class Slot:
    """What one fork server keeps between candidates: its rules, its folder and its user id."""

    def __init__(self, confine: Any, runner: Any, folder: str, libraries: list[str]) -> None:
        self.confine, self.runner = confine, runner
        # One id for each server on the machine: a sweep by id must not reach the candidates of another.
        self.uid = confine.FIRST_UID + os.getpid()
        self.root = os.geteuid() == 0
        self.work = os.path.join(folder, "work")
        self.parent = folder
        self.ruleset = confine.landlock_ruleset(folder, libraries)
        # An interpreter below a folder that strangers cannot enter (root's home, say) is not readable with another id.
        self.closed = any(not os.stat(path).st_mode & 0o001 for path in Path(os.__file__).resolve().parents)
        self.tasks = 0 if self.root else own_tasks(os.getuid())
        self.fresh_folder()

    def fresh_folder(self) -> None:
        """Makes the working folder anew, empty, where the last candidate left something in it."""
        with contextlib.suppress(OSError):
            os.rmdir(self.work)
        if os.path.lexists(self.work):
            shutil.rmtree(self.work, onerror=open_and_retry)
        os.mkdir(self.work, 0o700)
        if self.root:
            os.chown(self.work, self.uid, self.uid)


def open_and_retry(function: Any, path: str, _: object) -> None:
    """Removes what a candidate closed with chmod."""
    os.chmod(os.path.dirname(path), 0o700)
    if not os.path.islink(path):
        os.chmod(path, 0o700)
    if function in (os.rmdir, os.unlink):
        function(path)
    else:
        shutil.rmtree(path, ignore_errors=True)


def serve(control: socket.socket, slot: Slot) -> None:
    """One candidate after another."""
    gc.collect()
    gc.freeze()  # the pages of what is loaded stay shared with every fork
    control.sendall(b"+")
    while True:
        head, descriptors, _, _ = socket.recv_fds(control, 4, 3)
        if not head:
            return
        job = json.loads(exactly(control, int.from_bytes(head, "big")))
        child = os.fork()
        if not child:
            candidate(slot, job, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(child.to_bytes(4, "big"))
        told, code, cpu_s = watch(control, child)
        sweep(slot)
        slot.fresh_folder()
        answer = json.dumps([code, cpu_s]).encode()
        control.sendall(len(answer).to_bytes(4, "big") + answer)
        if not told:
            exactly(control, 1)


def exactly(control: socket.socket, count: int) -> bytes:
    """That many bytes; ends this process where the judge has gone."""
    body = bytearray()
    while len(body) < count:
        part = control.recv(count - len(body))
        if not part:
            raise SystemExit(0)
        body += part
    return bytes(body)


def candidate(slot: Slot, job: dict[str, Any], descriptors: list[int]) -> None:
    """The child: gives everything up, then runs the program. Never returns."""
    try:
        os.setsid()
        ruleset = slot.ruleset
        wanted = [*descriptors, descriptors[-1], descriptors[-1] if ruleset is None else ruleset]
        parked = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 100) for descriptor in wanted]
        for descriptor, place in zip(parked, (CHANNEL, 0, 1, 2, RULESET), strict=True):
            os.dup2(descriptor, place)
        os.closerange(RULESET + 1, 4096)
        os.chdir(slot.work)
        os.umask(0o077)
        slot.confine.limit(job["limits"], tasks=slot.tasks)
        slot.confine.drop(slot.uid, ruleset=None if ruleset is None else RULESET, read_all=slot.closed)
        os.close(RULESET)
        slot.runner.run(job["source"], job["mode"], CHANNEL)
    except BaseException as error:
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(70)


def watch(control: socket.socket, child: int) -> tuple[bool, int, float]:
    """Waits until the child ends, or the judge says so (one byte) or goes away.

    Returns whether the judge's byte was read, the exit code, and the CPU seconds.
    """
    handle = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([handle, control.fileno()], [], [])
    finally:
        os.close(handle)
    told = handle not in ready
    if told and not control.recv(1):
        kill(child)
        raise SystemExit(0)
    kill(child)  # where it has ended already, its group may still have members
    _, status, usage = os.wait4(child, 0)
    return told, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def kill(leader: int) -> None:
    """Ends a process group and, if it has left the group, its leader."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(leader, signal.SIGKILL)


def sweep(slot: Slot) -> None:
    """Ends whatever the candidate left behind: orphans come to this process, which is their subreaper."""
    while True:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if found:
            continue
        if slot.root:
            kill_all_of(slot.uid)
        for process in children(os.getpid()):
            kill(process)
        os.waitpid(-1, 0)


def kill_all_of(uid: int) -> None:
    """Ends every process with that id at one stroke, so that none can fork away from it."""
    helper = os.fork()
    if not helper:
        try:
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(helper, 0)


def own_tasks(uid: int) -> int:
    """Number of processes and threads of a user, as RLIMIT_NPROC counts them."""
    found = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                found += len(os.listdir(f"{entry.path}/task"))
    return found


def children(parent: int) -> list[int]:
    """Processes whose parent is `parent`."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
