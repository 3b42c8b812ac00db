"""The folder of one fork server: what programs may write, and what was placed or built for them to read.

    spanwise-XXXX/        readable
      built/              placed by the judge, or left by a command that was told to keep its files
      open/work/          writable, and empty when a program starts
      lock                held as long as the fork server lives: what a dead one has left is known by it

Loaded by path into the fork server; imports little of the standard library.
"""

from __future__ import annotations

import binascii
import os
import stat
from typing import Any

PREFIX = "/tmp/spanwise-"  # never from the environment: it is the caller's
LOCK = "lock"


class Folder:
    """Makes, empties and removes it. `owner` is the user id of programs, None where it is this process's own."""

    def __init__(self, owner: int | None, *, path: str = "", seen: str = "") -> None:
        """`path` is a folder that is there already, with `built` and `open` in it; programs see it as `seen`."""
        self._owner = owner
        self.path = path or f"{PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
        self.built, self.open = os.path.join(self.path, "built"), os.path.join(self.path, "open")
        self.work = os.path.join(self.open, "work")
        self.seen = seen or self.path
        if not path:
            for folder in (self.path, self.built, self.open):
                os.mkdir(folder, 0o755)
                os.chmod(folder, 0o755)  # whatever the umask
            lock(self.path)
        self._fresh()

    @property
    def names(self) -> tuple[str, str]:
        """Names of `built` and `work` for programs."""
        return os.path.join(self.seen, "built"), os.path.join(self.seen, "open", "work")

    def renew(self, *, keep: bool = False) -> None:
        """Makes the working folder empty again; `keep` moves what is in it to `built` first.

        A program with this process's own id may have put a link in its place, or left something beside it.
        """
        for name in os.listdir(self.open):
            if name != "work" or os.path.islink(self.work):
                remove(os.path.join(self.open, name))
        if keep and os.path.lexists(self.work):
            for name in os.listdir(self.work):
                target = os.path.join(self.built, name)
                if os.path.lexists(target):
                    remove(target)
                os.rename(os.path.join(self.work, name), target)
                facts = os.lstat(target)
                # What a compiler made can be run, though it may not have been able to say so. A file with a second name
                # may be anybody's.
                if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1:
                    os.chmod(target, 0o755)
        try:
            # Stays where nothing was left in it and nobody changed who may do what there.
            if not os.listdir(self.work) and os.stat(self.work).st_mode & 0o777 == 0o700:
                return
        except OSError:
            pass
        if os.path.lexists(self.work):
            remove(self.work)
        self._fresh()

    def place(self, files: dict[str, str]) -> str:
        """Empties `built` and writes files (base64) there; returns what went wrong."""
        try:
            for name in os.listdir(self.built):
                remove(os.path.join(self.built, name))
            for name, body in files.items():
                path = os.path.join(self.built, name)
                os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
                with open(path, "wb") as file:
                    file.write(binascii.a2b_base64(body))
                os.chmod(path, 0o755)
        except OSError as error:
            return str(error)
        return ""

    def filled(self, command: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
        """Words and environment of a command with the folders' names filled in."""

        built, work = self.names

        def fill(text: str) -> str:
            return text.replace("{built}", built).replace("{work}", work)

        environment = {name: fill(value) for name, value in command["environment"].items()}
        return [fill(word) for word in command["argv"]], environment

    def remove(self) -> None:
        """Removes all of it."""
        remove(self.path)

    def _fresh(self) -> None:
        os.mkdir(self.work, 0o700)
        if self._owner is not None:
            os.chown(self.work, self._owner, self._owner)


def lock(path: str) -> bool:
    """Takes the lock of a folder, until this process ends; False where another process has it."""
    handle = os.open(os.path.join(path, LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.lockf(handle, os.F_TLOCK, 0)
    except OSError:
        os.close(handle)
        return False
    return True


def remove(path: str) -> None:
    """Removes a file or a whole folder, what a program closed with chmod included. Never follows a link.

    Folders within are moved beside it first: a program can nest them deeper than any path is long.
    """
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        os.chmod(folder, 0o700)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                waiting.append(f"{path}.{os.urandom(8).hex()}")
                os.rename(entry.path, waiting[-1])
            else:
                os.unlink(entry.path)
        os.rmdir(folder)
