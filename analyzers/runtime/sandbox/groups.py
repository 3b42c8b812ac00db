"""Control groups of one fork server: bounds on processes and memory for all that a program starts, taken together.

Where the machine lets this process make groups below its own (both versions of the interface; controllers of the first
are tried one by one), it moves into one of its own, and all that it forks is born there. Never out of the subtree that
it was put into. What cannot be had is left out: resource limits bound each process anyway.

Loaded by path into the fork server of the strict tier; imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import os

PREFIX = "spanwise-"
LIMITS = {"pids": ("pids.max",), "memory": ("memory.max", "memory.limit_in_bytes")}
"""Names of the files that hold a limit, in the versions 2 and 1."""
SWAP = (("memory.swap.max", "0"), ("memory.swappiness", "0"))
PROTECTED, PLAIN = b"-1000", b"0"
"""Who is ended last and who is ended first when a group's memory is used up."""


class Groups:
    """The groups that this process is in; by controller."""

    def __init__(self, proc: int) -> None:
        """Makes and enters what groups it can; `proc` is a descriptor of /proc."""
        self._proc = proc
        self._limits: dict[str, int] = {}
        self._set: dict[str, int] = {}
        self._parents: list[tuple[int, str]] = []
        for controller, folder in own_folders().items():
            try:
                self._enter(controller, folder)
            except OSError:
                continue
        self._protected = "memory" in self._limits and self._adjust(PROTECTED)

    def _enter(self, controller: str, folder: str) -> None:
        parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        tidy(parent)
        name = f"{PREFIX}{os.getpid()}"
        with contextlib.suppress(FileExistsError):  # of the other controller in the same tree
            os.mkdir(name, dir_fd=parent)
        try:
            limit = next(file for file in LIMITS[controller] if exists(f"{name}/{file}", parent))
            self._limits[controller] = os.open(f"{name}/{limit}", os.O_WRONLY, dir_fd=parent)
            put(f"{name}/cgroup.procs", "0", parent)
        except (StopIteration, OSError) as error:
            self._limits.pop(controller, None)
            with contextlib.suppress(OSError):
                os.rmdir(name, dir_fd=parent)
            raise OSError(f"no controller {controller} in {folder}") from error
        for file, value in SWAP:
            if controller == "memory" and exists(f"{name}/{file}", parent):
                put(f"{name}/{file}", value, parent)
        self._parents.append((parent, name))

    @property
    def names(self) -> list[str]:
        """Controllers that are at work."""
        return sorted(self._limits)

    def limit(self, **wanted: int) -> None:
        """Sets limits by controller, where they are not so already."""
        for controller, value in wanted.items():
            if controller in self._limits and self._set.get(controller) != value:
                os.pwrite(self._limits[controller], b"%d" % value, 0)
                self._set[controller] = value

    def expose(self) -> None:
        """Called in a child: makes it the one to be ended when memory is used up, not the fork server."""
        if self._protected:
            self._adjust(PLAIN)

    def _adjust(self, value: bytes) -> bool:
        try:
            handle = os.open("self/oom_score_adj", os.O_WRONLY, dir_fd=self._proc)
        except OSError:
            return False
        try:
            os.write(handle, value)
        except OSError:
            return False
        finally:
            os.close(handle)
        return True

    def leave(self) -> None:
        """Goes back to where this process came from, and removes the groups. All others in them must have ended."""
        for parent, name in self._parents:
            try:
                put("cgroup.procs", "0", parent)
                os.rmdir(name, dir_fd=parent)
            except OSError:
                continue  # the next fork server here tidies up


def own_folders() -> dict[str, str]:
    """Where this process stands in the tree of each controller, of version 1 where it has that, else of version 2."""
    places: dict[str, str] = {}
    for line in lines("/proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        places |= dict.fromkeys(controllers.split(","), path)  # version 2 has none in its line
    found: dict[str, str] = {}
    for line in lines("/proc/self/mountinfo"):
        left, _, right = line.partition(" - ")
        root, mounted = left.split(" ")[3:5]
        kind, _, options = right.split(" ")[:3]
        for controller in LIMITS:
            first = controller in places
            if kind == ("cgroup" if first else "cgroup2") and (not first or controller in options.split(",")):
                below = os.path.relpath(places[controller if first else ""], root)
                if not below.startswith(".."):
                    found.setdefault(controller, os.path.normpath(os.path.join(mounted, below)))
    return found


def lines(path: str) -> list[str]:
    """The lines of a file of the kernel's."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().splitlines()


def tidy(parent: int) -> None:
    """Removes groups of fork servers that are no more."""
    for name in os.listdir(parent):
        if name.startswith(PREFIX):
            try:
                os.kill(int(name.removeprefix(PREFIX)), 0)
            except ProcessLookupError:
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=parent)
            except (PermissionError, ValueError):
                continue


def exists(path: str, folder: int) -> bool:
    """Whether a file is in an open folder."""
    return os.access(path, os.F_OK, dir_fd=folder)


def put(path: str, text: str, folder: int) -> None:
    """Writes a file of the kernel's in an open folder."""
    handle = os.open(path, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)
