"""Runs a command where nothing can be written but a /tmp of its own, without network and without any privilege.

For harnesses that do not isolate the programs they run. Needs root or user namespaces (Linux), and util-linux.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

SCRIPT = r"""
mount --make-rprivate /
# Not while a file is open for writing, as one of a pipe may be.
places=$(findmnt --raw --noheadings --output TARGET)
for place in $places; do
  case "$place" in /proc*|/dev*|/sys*) ;; *) mount -o remount,bind,ro "$place" || exit 1 ;; esac
done
mount --no-mtab -t tmpfs -o size=2g,mode=1777 tmpfs /mnt || exit 1
{shown}
mount --no-mtab --move /mnt /tmp || exit 1
mkdir /tmp/shims
{shims}
cd /tmp
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- {command}
"""


def confined(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    shown: Mapping[str, Path],
    shims: Mapping[str, str],
) -> list[str]:
    """The command line that runs `command` so, with /tmp as its folder.

    `shown` are folders by the name under which they are seen in /tmp, `shims` shell scripts by the name of the command
    that each stands for.
    """
    bound = "\n".join(
        f"mkdir /mnt/{name} && mount --rbind {shlex.quote(str(folder.resolve()))} /mnt/{name} "
        f"&& mount -o remount,bind,ro /mnt/{name} || exit 1"
        for name, folder in shown.items()
    )
    written = "\n".join(
        f"printf '%s\\n' {shlex.quote('#!/bin/bash')} {shlex.quote(script)} > /tmp/shims/{name}\n"
        f"chmod +x /tmp/shims/{name}"
        for name, script in shims.items()
    )
    script = SCRIPT.replace("{shown}", bound).replace("{shims}", written).replace("{command}", shlex.join(command))
    own = ["--user", "--map-root-user"] if os.geteuid() else []
    variables = [f"{name}={value}" for name, value in environment.items()]
    return [
        *("setpriv", "--pdeathsig", "KILL"),  # with its caller
        *("unshare", *own, "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"),
        *("env", "-i", *variables, "PATH=/tmp/shims:/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp"),
        *("bash", "-c", script),
    ]
