"""The fork server: a warm interpreter that holds no secrets and forks once per candidate.

Started by exec, with the number of its control socket. Loads its siblings by path, because it runs isolated (`-P -S`)
and must not see the packages of the machine. One candidate at a time: whatever else descends from this process when
the candidate has ended was left behind by it, and is ended too.

It imports as little as it can: what is loaded here is copied, page table by page table, into every candidate.
"""

from __future__ import annotations

import _socket
import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
from types import ModuleType
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
PROC = -1
"""Descriptor of the machine's /proc, once the process serves."""
PRELOADED = """
bisect collections collections.abc copy functools heapq itertools json math operator random re string sys time typing
""".split()
"""What candidates import most: loaded once, shared by all forks."""

CHANNEL, RULESET = 3, 4
"""Descriptors of the child, beside the standard three."""
OWN_MAP = "/proc/self/maps"
"""What the C library looks its own stack up in, and mono does not start without."""
MAX_ADDED = 64
OWN_TASKS, OWN_BYTES = 2, 576 * 1024 * 1024
"""What counts in a control group beside the program: this process and the init; they and a full working folder."""
RECOUNT_S = 0.1
"""How long a count of the user's processes and threads is believed."""
LONGEST = 1 << 16
"""Bytes of a job that are read at once."""
MAX_THREADS = 4096
"""Threads of a candidate that the judge is told of."""


def load(name: str, folder: str = HERE) -> Any:
    """A module from its file, which is not left for programs to import."""
    sys.path.insert(0, folder)
    try:
        return __import__(name)
    finally:
        del sys.path[0]
        sys.modules.pop(name, None)


def start() -> None:
    """Where the process begins; its arguments are the number of its control socket, and the settings as JSON."""
    global PROC
    occupy()
    PROC = os.open("/proc", os.O_RDONLY)
    sys.modules.pop(__name__)  # programs are not to find it
    main(_socket.socket(fileno=os.dup(int(sys.argv[1]))), json.loads(sys.argv[2]))


def main(control: _socket.socket, settings: dict[str, Any]) -> None:
    """Serves jobs until the judge goes away.

    Of `settings`, `libraries` are folders that candidates may import from, `readable` what compilers and interpreters
    read beside them; `tier` names the isolation, `filter`, `guards` and `own` are what `seccomp` made.
    """
    confine = load("confine")
    folders = load("folders")
    runner = load("runner")
    runner.wire = load("wire", os.path.dirname(HERE))
    runner.lines = load("lines")
    preload()
    os.environ.clear()
    sys.path += settings["libraries"]
    confine.prctl(confine.PR_SET_CHILD_SUBREAPER, 1)
    try:
        slot = Slot(confine, runner, folders, settings)
    except OSError as error:
        raise SystemExit(f"no tier {settings['tier']!r} here: {error.strerror or error}") from error
    try:
        serve(control, slot)
    finally:
        if slot.init is None:
            sweep(slot)
        slot.close()


def preload() -> None:
    """Imports PRELOADED, but for the functions that some modules (random) would have each fork call.

    They touch memory that the fork would otherwise share. There is one thread here, so locks need no renewal; and a
    generator that is not seeded anew gives every candidate the same numbers, the same on every run.
    """
    register, os.register_at_fork = os.register_at_fork, lambda **_: None
    try:
        for name in PRELOADED:
            __import__(name)
    finally:
        os.register_at_fork = register


class Slot:
    """What one fork server keeps between candidates: its tier's measures, its folder and its user id."""

    def __init__(self, confine: Any, runner: Any, folders: Any, settings: dict[str, Any]) -> None:
        """Takes the measures of the tier.

        Raises:
            OSError: one of them cannot be had here.
        """
        self.confine, self.runner = confine, runner
        load("leftovers").clear(folders, kill_all_of)
        tier = settings["tier"]
        granted = [*settings["libraries"], *settings["readable"]]
        # One id for each server on the machine: a sweep by id must not reach the candidates of another.
        self.uid = confine.FIRST_UID + os.getpid() if os.geteuid() == 0 and tier != "none" else None
        self.tasks, self.counted = 0, -RECOUNT_S
        self.init: int | None = None
        self.buried_us = 0
        self.lacking: list[str] = []
        self.groups: Any = None
        if tier == "strict":
            self.groups = load("groups").Groups(PROC)
            self.init, users, self.lacking = load("strict").enter(confine.readable(granted))
            absent = sorted({"memory", "pids"} - set(self.groups.names))
            self.lacking += [f"a control group for {controller}" for controller in absent]
            if users:
                self.uid, self.tasks = None, OWN_TASKS  # an own namespace of ids, with this process and the init
            self.folder = folders.Folder(self.uid, path=".", seen="/spanwise")
        else:
            self.folder = folders.Folder(self.uid)
        self.ruleset: int | None = None
        self.added = 0
        self.paths = [*confine.readable(granted), self.folder.seen]
        if self.init is not None:
            self.paths.append("/proc")  # shows programs of this slot, and nothing of the machine
        if tier in ("strict", "standard"):
            self.renew_rules()
        self.work = self.folder.names[1]
        # An interpreter below a folder that strangers cannot enter (root's home, say) is not readable with another id.
        self.closed = not reachable(os.path.dirname(os.__file__))
        self.guard = None
        if tier != "none":
            confine.prctl(confine.PR_SET_DUMPABLE, 0)  # where programs have the same id, this process is closed to them
            confine.forbid(bytes.fromhex(settings["filter"]))
            if self.uid is None and self.init is None:
                signals = tier == "weak" or confine.landlock_version() < 6
                self.guard = confine.Guard(bytes.fromhex(settings["guards"][signals]), settings["own"])

    def renew_rules(self) -> None:
        """Makes the rules about files anew: each command has added one about itself, and each costs the next ones."""
        if self.ruleset is not None:
            os.close(self.ruleset)
        self.ruleset, self.added = self.confine.landlock_ruleset(self.paths, f"{self.folder.seen}/open"), 0

    def count_tasks(self) -> None:
        """Counts the user's processes and threads where programs count among them, and may not pay for new ones."""
        if self.uid is None and self.init is None and time.monotonic() > self.counted + RECOUNT_S:
            self.tasks, self.counted = own_tasks(os.getuid()), time.monotonic()

    def command_ended(self) -> None:
        """Renews the rules once enough commands have added theirs."""
        self.added += 1
        if self.added >= MAX_ADDED and self.ruleset is not None:
            self.renew_rules()

    def spent_us(self) -> int:
        """Microseconds of processor time of all that has ended here, what programs left behind included."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return self.buried_us + microseconds(ended)

    def close(self) -> None:
        """Removes what would be left behind."""
        if self.init is None:
            self.folder.remove()
            return
        os.close(self.init)  # which ends the init, and with it whatever is left in its namespace
        os.wait()
        self.groups.leave()


def reachable(path: str) -> bool:
    """Whether every folder on the way to `path` lets strangers enter."""
    path = os.path.realpath(path)
    return bool(os.stat(path).st_mode & 0o001) and (path == "/" or reachable(os.path.dirname(path)))


REHEARSAL = "def f(x):\n    return [x]\n"
REHEARSALS = 20
"""More often than the interpreter runs code before it rewrites it for the types that it meets."""


def rehearse(runner: Any) -> None:
    """Does here what every child does first, so that what it makes the interpreter write down is written before forks.

    A page that a child writes to is a page to copy: caches of lookups and of argument parsing, specialised bytecode.
    """
    wire, nowhere = runner.wire, os.open(os.devnull, os.O_RDWR)
    for _ in range(REHEARSALS):
        settle([nowhere] * 4, None, first=100)
        module = ModuleType("candidate")
        exec(compile(REHEARSAL, runner.FILENAME, "exec", dont_inherit=True), module.__dict__)
        request = wire.unpack(wire.pack(["call", "f", [1], []])[4:])
        os.write(nowhere, wire.pack(runner.answer(request, module.__dict__, {}, None)))
    os.closerange(100, 4096)
    os.close(nowhere)


def serve(control: _socket.socket, slot: Slot) -> None:
    """One job after another: a candidate, or files to place."""
    rehearse(slot.runner)
    gc.collect()
    gc.freeze()  # the pages of what is loaded stay shared with every fork
    hello = json.dumps([*slot.folder.names, slot.lacking]).encode()
    control.sendall(len(hello).to_bytes(4, "big") + hello)
    while True:
        job, descriptors = receive(control)
        if "files" in job:
            answer = slot.folder.place(job["files"]).encode()
            control.sendall(len(answer).to_bytes(4, "big") + answer)
            continue
        if slot.groups is not None:
            bounds = job["limits"]
            slot.groups.limit(pids=bounds["processes"] + OWN_TASKS, memory=bounds["memory_bytes"] + OWN_BYTES)
        slot.count_tasks()
        spent_us = slot.spent_us()
        child = os.fork()
        if not child:
            candidate(slot, job, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        told, status, usage = watch(control, child)
        sweep(slot)
        if "command" in job:
            slot.command_ended()
        code = os.waitstatus_to_exitcode(status)
        slot.folder.renew(keep=code == 0 and "command" in job and job["command"]["keep"])
        own_us = microseconds(usage)
        tell(control, b"e", code, own_us, slot.spent_us() - spent_us - own_us, usage.ru_maxrss)
        while not told:
            told = receive_exactly(control, 1) == b"k"


def microseconds(usage: Any) -> int:
    """Processor time of a usage of resources."""
    return int(1e6 * (usage.ru_utime + usage.ru_stime))


def occupy() -> None:
    """Keeps the descriptors busy that a candidate's own will take."""
    while os.open(os.devnull, os.O_RDONLY) <= RULESET:
        pass


def receive(control: _socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next job and the descriptors that came with it; ends this process where the judge has gone."""
    body, ancillary, _, _ = control.recvmsg(LONGEST, _socket.CMSG_SPACE(4 * 4))
    if not body:
        raise SystemExit(0)
    descriptors = [
        int.from_bytes(data[at : at + 4], sys.byteorder) for _, _, data in ancillary for at in range(0, len(data), 4)
    ]
    length = int.from_bytes(body[:4], "big")
    if len(body) < 4 + length:
        body += receive_exactly(control, 4 + length - len(body))
    return json.loads(body[4:]), descriptors


def receive_exactly(control: _socket.socket, count: int) -> bytes:
    """That many bytes; ends this process where the judge has gone."""
    body = bytearray()
    while len(body) < count:
        part = control.recv(count - len(body))
        if not part:
            raise SystemExit(0)
        body += part
    return bytes(body)


def tell(control: _socket.socket, what: bytes, *numbers: int) -> None:
    """Says something about the candidate: a letter, the length, and the numbers in words."""
    body = " ".join(map(str, numbers)).encode()
    control.sendall(what + len(body).to_bytes(2, "big") + body)


def candidate(slot: Slot, job: dict[str, Any], descriptors: list[int]) -> None:
    """The child: gives everything up, then runs the program. Never returns."""
    try:
        if slot.groups is not None:
            slot.groups.expose()
        os.setsid()
        settle(descriptors, slot.ruleset)
        os.chdir(slot.work)
        os.umask(0o077)
        slot.confine.limit(job["limits"], tasks=slot.tasks)
        has_rules = slot.ruleset is not None
        if has_rules and slot.init is None and "command" in job:
            slot.confine.allow(RULESET, OWN_MAP)
        slot.confine.drop(slot.uid, ruleset=RULESET if has_rules else None, read_all=slot.closed)
        if slot.guard is not None:
            slot.guard.install()
        os.close(RULESET)
        if "command" in job:
            # The channel is for a command that cannot be started, and for one that was told of it.
            os.set_inheritable(CHANNEL, job["command"]["converses"])
            for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores, and a command would go on to
                signal.signal(number, signal.SIG_DFL)
            argv, environment = slot.folder.filled(job["command"])
            os.execve(argv[0], argv, environment)
        slot.runner.run(job["source"], job["mode"], CHANNEL, executed=job["limits"]["executed"])
    except BaseException as error:
        os.write(CHANNEL if "command" in job else 2, f"sandbox: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(70)


def settle(descriptors: list[int], ruleset: int | None, *, first: int = 0) -> None:
    """Puts input, output, errors (or output again) and channel where the program expects them; closes all else."""
    output = descriptors[2]
    # `occupy` keeps the lowest ones busy, so that none of those to be moved lies where another goes.
    os.dup2(descriptors[1], first)
    os.dup2(output, first + 1)
    os.dup2(descriptors[-1], first + 2)
    os.dup2(descriptors[0], first + CHANNEL)
    os.dup2(output if ruleset is None else ruleset, first + RULESET, inheritable=False)
    if not first:
        os.closerange(RULESET + 1, 4096)


def watch(control: _socket.socket, child: int) -> tuple[bool, int, Any]:
    """Waits until the child ends, or the judge says so (`k`) or goes away; tells it how long the child starved and
    ran (`s`), and what threads there are (`t`).

    Returns whether the judge's `k` was read, the wait status and the resource usage.
    """
    handle = os.pidfd_open(child)
    told = False
    while not told:
        ready, _, _ = select.select([handle, control.fileno()], [], [])
        if handle in ready:
            break
        match control.recv(1):
            case b"s":
                tell(control, b"s", *starved(child))
            case b"t":
                tell(control, b"t", *threads_of(child)[:MAX_THREADS])
            case b"k":
                told = True
            case _:
                kill(child)
                raise SystemExit(0)
    os.close(handle)
    kill(child)  # where it has ended already, its group may still have members
    _, status, usage = os.wait4(child, 0)
    return told, status, usage


def starved(process: int) -> tuple[int, int]:
    """Nanoseconds that a process was ready and waited for a processor (0 where the kernel does not tell; a wait counts
    once it is over), and those that it ran, or -1 where it is not ready to run.

    Of its threads and of what it started (a compiler's parts) the one counts that waited longest, and all that ran.
    """
    longest, total, ready = 0, 0, False
    for thread in threads_of(process):
        try:
            ran, waited, _ = contents(f"{thread}/task/{thread}/schedstat").split()
            ready |= contents(f"{thread}/task/{thread}/stat").rpartition(b")")[2].split()[0] == b"R"
        except (OSError, ValueError, IndexError):
            continue
        longest, total = max(longest, int(waited)), total + int(ran)
    return longest, total if ready else -1


def threads_of(process: int) -> list[int]:
    """Numbers of the threads of a process and of all that it has started."""
    found, parents, of_interest = [], parentage(), [process]
    while of_interest:
        process = of_interest.pop()
        with contextlib.suppress(OSError):
            found += [int(thread) for thread in listed(f"{process}/task")]
        of_interest += [child for child, parent in parents.items() if parent == process]
    return found


def kill(leader: int) -> None:
    """Ends a process group and, if it has left the group, its leader."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(leader, signal.SIGKILL)


def sweep(slot: Slot) -> None:
    """Ends whatever the candidate left behind: orphans come to the init, or to this process, their subreaper."""
    if slot.init is not None:
        os.write(slot.init, b"k")
        buried_us = os.read(slot.init, 8)
        if not buried_us:
            raise SystemExit("the init of the namespace has ended")
        slot.buried_us = int.from_bytes(buried_us, "big")
        return
    while True:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if found:
            continue
        if slot.uid is not None:
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
    for name in filter(str.isdigit, listed(".")):
        try:
            if os.stat(name, dir_fd=PROC).st_uid == uid:
                found += len(listed(f"{name}/task"))
        except OSError:
            continue
    return found


def children(parent: int) -> list[int]:
    """Processes whose parent is `parent`."""
    return [child for child, its_parent in parentage().items() if its_parent == parent]


def parentage() -> dict[int, int]:
    """The parent of every process."""
    found = {}
    for name in filter(str.isdigit, listed(".")):
        try:
            found[int(name)] = int(contents(f"{name}/stat").rpartition(b")")[2].split()[1])
        except OSError:
            continue
    return found


def listed(path: str) -> list[str]:
    """Names in a folder of the machine's /proc, which a root of its own hides from this process too."""
    handle = os.open(path, os.O_RDONLY, dir_fd=PROC)
    try:
        return os.listdir(handle)
    finally:
        os.close(handle)


def contents(path: str) -> bytes:
    """A file there."""
    handle = os.open(path, os.O_RDONLY, dir_fd=PROC)
    try:
        return os.read(handle, 4096)
    finally:
        os.close(handle)
