"""What killed fork servers leave behind, folders and programs that nobody ends: the next one clears it away.

Loaded by path into the fork server, and dropped when its work is done.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from typing import Any

YOUNG_S = 60.0


def clear(folders: Any, end_all_of: Callable[[int], None]) -> None:
    """Ends programs and removes folders of this user's servers that have died; `end_all_of` takes a user id.

    Whoever has the lock of a folder is alive, in whatever container: numbers of processes say nothing there.
    """
    dead: dict[str, int] = {}
    living = {os.geteuid()}
    for name in sorted(os.listdir(os.path.dirname(folders.PREFIX))):
        path = os.path.join(os.path.dirname(folders.PREFIX), name)
        if not path.startswith(folders.PREFIX):
            continue
        try:
            owner = owner_of_programs(path)
            locked = os.path.lexists(os.path.join(path, folders.LOCK))
            if not (locked or forsaken(path, name)) or not folders.lock(path):
                living.add(owner)
            else:
                dead[path] = owner
        except OSError:
            continue  # another server removes it, or it is none of this user's
    for path, owner in dead.items():
        if owner not in living:
            end_all_of(owner)
        try:
            folders.remove(path)
        except OSError:
            continue


def owner_of_programs(path: str) -> int:
    """User id of the programs that run in a folder; this process's own where there is no telling.

    Raises:
        OSError: it is no folder of this user's.
    """
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(path)
    try:
        return os.lstat(os.path.join(path, "open", "work")).st_uid
    except FileNotFoundError:
        return os.geteuid()


def forsaken(path: str, name: str) -> bool:
    """Whether a folder without a lock (its server may be about to take it) is old, and its server's number free."""
    number = name.split("-")[1]
    return time.time() - os.lstat(path).st_mtime > YOUNG_S and not os.path.exists(f"/proc/{number}")
