"""What a candidate's process gives up before the candidate runs: files, privileges, and unlimited use of anything.

Loaded by path into the fork server; imports the standard library alone. Linux; where Landlock is absent the files of
the user stay readable, and without root the candidate shares the user's id.

Does not: filter system calls, hide other processes, cut off UDP. It is no protection against bugs of the kernel.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Sequence

libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 8, 36, 38
SIGKILL = 9

# Landlock (linux/landlock.h): the numbers of its system calls are the same on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, READ_FILE, READ_DIR = 1 << 0, 1 << 2, 1 << 3
WRITE_FILE, TRUNCATE = 1 << 1, 1 << 14
FS_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)
"""Number of file-system rights that each version of the interface knows."""
SPECIAL_NODES = (1 << 6) | (1 << 9) | (1 << 10) | (1 << 11) | (1 << 15)
"""Device nodes, sockets and pipes in the file system, and ioctl on devices: denied even in the working folder."""

FIRST_UID = 0x5350_0000
"""Where the ids of candidates begin, far from any account: what counts per id then counts per fork server."""

CAP_DAC_READ_SEARCH = 2


class RulesetAttributes(ctypes.Structure):
    """struct landlock_ruleset_attr."""

    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class PathBeneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class CapabilityHeader(ctypes.Structure):
    """struct __user_cap_header_struct."""

    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapabilityData(ctypes.Structure):
    """struct __user_cap_data_struct."""

    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


# What a child calls is bound here with its types: without them ctypes touches a hundred pages that the fork shares.
_prctl = libc["prctl"]
_prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_capset = libc["capset"]
_capset.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
_restrict_self = libc["syscall"]
_restrict_self.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_uint)
_HEADER = CapabilityHeader(0x20080522, 0)
_READ_ALL = (CapabilityData * 2)(CapabilityData(1 << CAP_DAC_READ_SEARCH, 1 << CAP_DAC_READ_SEARCH, 0))
_HEADER_AT, _READ_ALL_AT = ctypes.addressof(_HEADER), ctypes.addressof(_READ_ALL)


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument; raises OSError."""
    if _prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


def landlock_ruleset(readable: str, writable: str, libraries: Sequence[str] = ()) -> int | None:
    """A ruleset that grants reading `readable`, the interpreter, the system's and these libraries; and in `writable`
    all that is plain.

    The descriptor is made once; a child takes the rules upon itself with `restrict`. None where Landlock is absent.
    """
    abi = libc.syscall(CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return None
    rights = (1 << FS_RIGHTS_BY_ABI[min(abi, len(FS_RIGHTS_BY_ABI) - 1)]) - 1
    attributes = RulesetAttributes(rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        return None
    reading = EXECUTE | READ_FILE | READ_DIR
    prefixes = {
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        "/usr",
        "/bin",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
    }
    granted = [(path, reading) for path in sorted({*prefixes, *libraries, readable})]
    granted += [(path, READ_FILE | WRITE_FILE) for path in ("/dev/null", "/dev/zero")] + [("/dev/urandom", READ_FILE)]
    for path, access in [*granted, (writable, rights & ~SPECIAL_NODES)]:
        _allow(ruleset, path, access & rights)
    return int(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # a path that is not there need not be granted
    try:
        if not os.path.isdir(path):
            access &= ~READ_DIR
        rule = PathBeneath(access, parent)
        if libc.syscall(ADD_RULE, ruleset, 1, ctypes.byref(rule), 0):
            raise OSError(ctypes.get_errno(), f"landlock: cannot grant {path}")
    finally:
        os.close(parent)


def drop(uid: int, *, ruleset: int | None, read_all: bool) -> None:
    """Takes the rules of `ruleset` and, where root, the id `uid`, for good.

    `read_all` keeps the one capability to read past permission bits, for an interpreter below a closed home folder.
    Only with a ruleset: it then means the granted folders and nothing else.
    """
    if os.geteuid() == 0:
        if read_all and ruleset is not None:
            prctl(PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        if read_all and ruleset is not None and _capset(_HEADER_AT, _READ_ALL_AT):
            raise OSError(ctypes.get_errno(), "capset")
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if ruleset is not None and _restrict_self(RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")
    prctl(PR_SET_PDEATHSIG, SIGKILL)  # after the change of id, which clears it


def limit(limits: dict[str, float], *, tasks: int) -> None:
    """Sets the resource limits; `tasks` is how many processes the id has already."""
    cpu = int(limits["cpu_s"]) + 1
    pairs = (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_DATA if limits["reserves_memory"] else resource.RLIMIT_AS, int(limits["memory_bytes"])),
        (resource.RLIMIT_FSIZE, int(limits["output_bytes"])),
        (resource.RLIMIT_NOFILE, int(limits["open_files"])),
        (resource.RLIMIT_NPROC, int(limits["processes"]) + tasks),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, value in pairs:
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
