"""What a candidate's process gives up before the candidate runs: files, privileges, and unlimited use of anything.

Loaded by path into the fork server; imports the standard library alone. Linux. What a tier consists of is said in
`tiers`; nothing here slides to a weaker measure by itself.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 8, 36, 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
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


SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime")
"""What programs may read, beside the interpreter and what is granted, where it exists."""


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
_NOTHING = (CapabilityData * 2)()
_LIMITED = (
    resource.RLIMIT_CPU,
    resource.RLIMIT_DATA,
    resource.RLIMIT_AS,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_NOFILE,
    resource.RLIMIT_NPROC,
    resource.RLIMIT_CORE,
)
_HARD = {kind: hard for kind in _LIMITED if (hard := resource.getrlimit(kind)[1]) != resource.RLIM_INFINITY}
"""Limits of this process, which no child can exceed."""
_HEADER_AT, _READ_ALL_AT, _NOTHING_AT = map(ctypes.addressof, (_HEADER, _READ_ALL, _NOTHING))


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument; raises OSError."""
    if _prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


def readable(granted: Sequence[str] = ()) -> list[str]:
    """Files and folders that programs may read: the system's, the interpreter's and what is granted."""
    return sorted({*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, *granted})


def landlock_version() -> int:
    """The version of the interface; 0 where Landlock is absent."""
    return max(0, int(libc.syscall(CREATE_RULESET, None, 0, 1)))


def landlock_ruleset(paths: Sequence[str], writable: str) -> int:
    """A ruleset that grants reading `paths`, and in `writable` all that is plain; nothing beyond, no TCP, no signals
    to processes outside.

    The descriptor is made once; a child takes the rules upon itself with `drop`.

    Raises:
        OSError: Landlock is absent, or refuses.
    """
    abi = landlock_version()
    if abi < 1:
        raise OSError(errno.ENOSYS, "Landlock is absent: it needs Linux 5.13 and `landlock` in the parameter lsm=")
    rights = (1 << FS_RIGHTS_BY_ABI[min(abi, len(FS_RIGHTS_BY_ABI) - 1)]) - 1
    attributes = RulesetAttributes(rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock_create_ruleset")
    granted = [(path, EXECUTE | READ_FILE | READ_DIR) for path in paths]
    granted += [(path, READ_FILE | WRITE_FILE) for path in ("/dev/null", "/dev/zero", "/dev/full")]
    granted += [(path, READ_FILE) for path in ("/dev/random", "/dev/urandom")]
    for path, access in [*granted, (writable, rights & ~SPECIAL_NODES)]:
        allow(ruleset, path, access & rights)
    return int(ruleset)


def allow(ruleset: int, path: str, access: int = READ_FILE) -> None:
    """Adds a path and what may be done there."""
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


class Program(ctypes.Structure):
    """struct sock_fprog: a filter of system calls."""

    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def forbid(code: bytes) -> None:
    """Takes a filter of system calls upon this process and all that it forks: once, not once per child."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _install(*_filter(code))


def _filter(code: bytes) -> tuple[Any, Program]:
    held = ctypes.create_string_buffer(code, len(code))
    return held, Program(len(code) // 8, ctypes.addressof(held))


def _install(_: Any, program: Program) -> None:
    if _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp filters are not allowed here")


class Guard:
    """A filter that stands between a program and what else has its id; it may hold the number of the program's
    process."""

    def __init__(self, code: bytes, own: int) -> None:
        """`own` stands in the code for the number of the process, and its negative for that of its group."""
        self._made = _filter(code)
        found = [(code.find((sign * own & 0xFFFF_FFFF).to_bytes(4, sys.byteorder)), sign) for sign in (1, -1)]
        self._places = [(self._made[1].code + at, sign) for at, sign in found if at >= 0]

    def install(self) -> None:
        """Takes it upon this process."""
        for at, sign in self._places:
            ctypes.c_int32.from_address(at).value = sign * os.getpid()
        _install(*self._made)


def drop(uid: int | None, *, ruleset: int | None, read_all: bool) -> None:
    """Takes the id `uid` (None: stays what it is, without capabilities) and the rules of `ruleset`, for good.

    `read_all` keeps the one capability to read past permission bits, for an interpreter below a closed home folder:
    with a ruleset it then means the granted folders and nothing else.
    """
    if uid is None:
        if _capset(_HEADER_AT, _NOTHING_AT):
            raise OSError(ctypes.get_errno(), "capset")
    else:
        if read_all:
            prctl(PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        if read_all and _capset(_HEADER_AT, _READ_ALL_AT):
            raise OSError(ctypes.get_errno(), "capset")
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
        value = min(value, _HARD.get(kind, value))
        resource.setrlimit(kind, (value, value))
