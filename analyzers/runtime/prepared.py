"""Headers that are compiled once for all programs that begin by including the same ones, and versions of commands.

What is prepared lies in a cache folder that programs can read, under a name that depends on the compiler's version, its
options and the headers. Only headers that the language's own file lists are prepared, so that no program has a say in
what is in there; and only those that a program includes before anything else, so that preparing them changes nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from grammars import Toolchain

TIMEOUT_S = 120.0
WORTH = 3
"""Programs with the same headers after which these are prepared."""
KEPT = 32
"""Sets of headers that are kept; one that was used within `FRESH_S` is never removed."""
FRESH_S = 3600.0

_PRELUDE = re.compile(
    r"""
    \s | //[^\n]* | /\*.*?\*/ | using\s+namespace\s+std\s*; | \#\s*include\s*<(?P<header>[\w./+]+)>[ \t]*(?=\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_seen: Counter[tuple[str, ...]] = Counter()
_hopeless: set[Path] = set()


def cache_folder() -> str:
    """Where prepared files are kept: the system's cache for root, whose own home is closed to programs."""
    if os.geteuid() == 0:
        return "/var/cache/spanwise"
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "spanwise")


def make_cache(folder: Path) -> None:
    """Makes the cache folder, for all to read."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # whatever the umask


def headers(toolchain: Toolchain, text: str) -> tuple[str, ...]:
    """The listed headers that a program includes before anything else, sorted.

    `<bits/stdc++.h>` stands for all of them.
    """
    found: set[str] = set()
    at = 0
    while match := _PRELUDE.match(text, at):
        if match["header"] is not None:
            if match["header"] not in toolchain.headers:
                break
            found.add(match["header"])
        at = match.end()
    return toolchain.headers[:1] if found & {*toolchain.headers[:1]} else tuple(sorted(found))


def prepare(
    toolchain: Toolchain,
    text: str,
    *,
    cache: str,
    find: Callable[[str], str],
    worth: int = WORTH,
    timeout_s: float = TIMEOUT_S,
) -> str | None:
    """The folder of what is prepared for a program, made where that is worth it; None where there is none.

    `find` gives the path of a command; `timeout_s` is what the making may take.
    """
    if not (cache and toolchain.prepare):
        return None
    names = headers(toolchain, text)
    if toolchain.headers and not names:
        return None
    _seen[names] += 1
    asked = toolchain.version or toolchain.prepare[:1]
    key = "\0".join([*toolchain.prepare, version(find(asked[0]), *asked[1:]), *names])
    folder = Path(cache, f"headers-{hashlib.sha256(key.encode()).hexdigest()[:24]}")
    try:
        if folder in _hopeless:
            return None
        if not (folder / "ready").exists():
            # The first header of the list, which holds all the others, is wanted by most programs; and what has no
            # headers is wanted by all.
            if _seen[names] < worth and names != toolchain.headers[:1]:
                return None
            if not _make(folder, toolchain, names, find, timeout_s):
                return None
        if not _reachable(folder):
            _hopeless.add(folder)
            return None
        os.utime(folder / "ready")
    except (OSError, subprocess.TimeoutExpired):
        _hopeless.add(folder)  # a cache that cannot be written or read costs time, nothing else
        return None
    return str(folder)


@lru_cache
def version(command: str, *arguments: str) -> str:
    """What a command says of its version; empty where it says nothing."""
    try:
        said = subprocess.run(
            [command, *(arguments or ("--version",))],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (said.stdout or said.stderr).decode(errors="replace").strip()


def _reachable(folder: Path) -> bool:
    """Whether programs, which have another user id than root's, get there."""
    return os.geteuid() != 0 or all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _make(
    folder: Path, toolchain: Toolchain, names: tuple[str, ...], find: Callable[[str], str], timeout_s: float
) -> bool:
    """Makes a folder at one stroke; False where another process is at it, or the compiler fails."""
    make_cache(folder.parent)
    with open(folder.parent / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if (folder / "ready").exists():
            return True
        _forget(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        folder.chmod(0o755)  # whatever the umask
        (folder / "prelude.h").write_text("".join(f"#include <{name}>\n" for name in names), encoding="utf-8")
        words = [word.replace("{cache}", str(folder)) for word in toolchain.prepare]
        made = subprocess.run(
            [find(words[0]), *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout_s,
            check=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"},
        )
        if made.returncode:
            _hopeless.add(folder)
            shutil.rmtree(folder)
            return False
        for path in folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        (folder / "ready").touch(0o644)
    return True


def _forget(cache: Path) -> None:
    used = sorted(cache.glob("headers-*/ready"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in used[KEPT - 1 :]:
        if time.time() - path.stat().st_mtime > FRESH_S:
            shutil.rmtree(path.parent, ignore_errors=True)
