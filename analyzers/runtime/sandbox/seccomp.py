"""The system calls that programs may not make, as a program for the kernel's filter (seccomp, classic BPF).

Everything is allowed that is not listed here: two dozen languages have as many ideas of what they need. What is listed
has no use in a program that reads input, computes and prints, and would reach beyond it: the network, other processes,
mounts and namespaces, objects that outlive the process, and the rarely used corners of the kernel, where its bugs live.
Calls newer than this table do not exist for programs. Pure data and arithmetic: the filter is made once, by the judge.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor and how its kernel numbers the calls that are listed here."""

    audit: int
    """AUDIT_ARCH_*, which the kernel tells with each call."""
    last: int
    """The newest call of the table; those beyond are refused."""
    numbers: Mapping[str, int]


_NEW = {  # the same everywhere, since Linux 5.0
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "fchmodat2": 452,
    "statmount": 457,
    "listmount": 458,
}
LAST = 462
"""mseal, of Linux 6.10."""

X86_64 = Architecture(
    0xC000_003E,
    LAST,
    _NEW
    | {
        "ioctl": 16,
        "shmget": 29,
        "shmat": 30,
        "shmctl": 31,
        "socket": 41,
        "connect": 42,
        "accept": 43,
        "bind": 49,
        "listen": 50,
        "socketpair": 53,
        "clone": 56,
        "kill": 62,
        "semget": 64,
        "semop": 65,
        "semctl": 66,
        "msgget": 68,
        "msgsnd": 69,
        "msgrcv": 70,
        "msgctl": 71,
        "fcntl": 72,
        "chmod": 90,
        "fchmod": 91,
        "chown": 92,
        "fchown": 93,
        "lchown": 94,
        "ptrace": 101,
        "syslog": 103,
        "rt_sigqueueinfo": 129,
        "utime": 132,
        "personality": 135,
        "ustat": 136,
        "sysfs": 139,
        "setpriority": 141,
        "sched_setparam": 142,
        "sched_setscheduler": 144,
        "vhangup": 153,
        "modify_ldt": 154,
        "pivot_root": 155,
        "_sysctl": 156,
        "adjtimex": 159,
        "chroot": 161,
        "acct": 163,
        "settimeofday": 164,
        "mount": 165,
        "umount2": 166,
        "swapon": 167,
        "swapoff": 168,
        "reboot": 169,
        "sethostname": 170,
        "setdomainname": 171,
        "iopl": 172,
        "ioperm": 173,
        "create_module": 174,
        "init_module": 175,
        "delete_module": 176,
        "query_module": 178,
        "quotactl": 179,
        "nfsservctl": 180,
        "setxattr": 188,
        "lsetxattr": 189,
        "fsetxattr": 190,
        "removexattr": 197,
        "lremovexattr": 198,
        "fremovexattr": 199,
        "tkill": 200,
        "sched_setaffinity": 203,
        "lookup_dcookie": 212,
        "semtimedop": 220,
        "clock_settime": 227,
        "tgkill": 234,
        "utimes": 235,
        "mq_open": 240,
        "mq_unlink": 241,
        "mq_timedsend": 242,
        "mq_timedreceive": 243,
        "mq_notify": 244,
        "mq_getsetattr": 245,
        "kexec_load": 246,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "ioprio_set": 251,
        "migrate_pages": 256,
        "fchownat": 260,
        "futimesat": 261,
        "fchmodat": 268,
        "unshare": 272,
        "move_pages": 279,
        "utimensat": 280,
        "accept4": 288,
        "rt_tgsigqueueinfo": 297,
        "perf_event_open": 298,
        "fanotify_init": 300,
        "fanotify_mark": 301,
        "prlimit64": 302,
        "name_to_handle_at": 303,
        "open_by_handle_at": 304,
        "clock_adjtime": 305,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "kcmp": 312,
        "finit_module": 313,
        "sched_setattr": 314,
        "memfd_create": 319,
        "kexec_file_load": 320,
        "bpf": 321,
        "userfaultfd": 323,
    },
)

AARCH64 = Architecture(
    0xC000_00B7,
    LAST,
    _NEW
    | {
        "setxattr": 5,
        "lsetxattr": 6,
        "fsetxattr": 7,
        "removexattr": 14,
        "lremovexattr": 15,
        "fremovexattr": 16,
        "lookup_dcookie": 18,
        "fcntl": 25,
        "ioctl": 29,
        "ioprio_set": 30,
        "umount2": 39,
        "mount": 40,
        "pivot_root": 41,
        "nfsservctl": 42,
        "chroot": 51,
        "fchmod": 52,
        "fchmodat": 53,
        "fchownat": 54,
        "fchown": 55,
        "vhangup": 58,
        "quotactl": 60,
        "utimensat": 88,
        "acct": 89,
        "personality": 92,
        "unshare": 97,
        "kexec_load": 104,
        "init_module": 105,
        "delete_module": 106,
        "clock_settime": 112,
        "syslog": 116,
        "ptrace": 117,
        "sched_setparam": 118,
        "sched_setscheduler": 119,
        "sched_setaffinity": 122,
        "kill": 129,
        "tkill": 130,
        "tgkill": 131,
        "rt_sigqueueinfo": 138,
        "setpriority": 140,
        "reboot": 142,
        "sethostname": 161,
        "setdomainname": 162,
        "settimeofday": 170,
        "adjtimex": 171,
        "mq_open": 180,
        "mq_unlink": 181,
        "mq_timedsend": 182,
        "mq_timedreceive": 183,
        "mq_notify": 184,
        "mq_getsetattr": 185,
        "msgget": 186,
        "msgctl": 187,
        "msgrcv": 188,
        "msgsnd": 189,
        "semget": 190,
        "semctl": 191,
        "semtimedop": 192,
        "semop": 193,
        "shmget": 194,
        "shmctl": 195,
        "shmat": 196,
        "socket": 198,
        "socketpair": 199,
        "bind": 200,
        "listen": 201,
        "accept": 202,
        "connect": 203,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "clone": 220,
        "swapon": 224,
        "swapoff": 225,
        "migrate_pages": 238,
        "move_pages": 239,
        "rt_tgsigqueueinfo": 240,
        "perf_event_open": 241,
        "accept4": 242,
        "prlimit64": 261,
        "fanotify_init": 262,
        "fanotify_mark": 263,
        "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "clock_adjtime": 266,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "kcmp": 272,
        "finit_module": 273,
        "sched_setattr": 274,
        "memfd_create": 279,
        "bpf": 280,
        "userfaultfd": 282,
        "kexec_file_load": 294,
    },
)

ARCHITECTURES = {"x86_64": X86_64, "aarch64": AARCH64}

ABSENT = """
clone3 io_uring_setup io_uring_enter io_uring_register memfd_create memfd_secret userfaultfd pidfd_send_signal
""".split()
"""Refused as if the kernel did not have them: libraries then take the older way."""

REFUSED = """
socket connect accept accept4 bind listen
ptrace process_vm_readv process_vm_writev process_madvise process_mrelease pidfd_getfd kcmp move_pages migrate_pages
mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr statmount listmount
unshare setns
shmget shmat shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl
mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
add_key request_key keyctl
bpf perf_event_open fanotify_init fanotify_mark name_to_handle_at open_by_handle_at lookup_dcookie
kexec_load kexec_file_load init_module finit_module delete_module create_module query_module
reboot swapon swapoff quotactl quotactl_fd acct syslog vhangup nfsservctl
settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname
iopl ioperm modify_ldt ustat sysfs _sysctl
""".split()
"""Refused with "not permitted", on the architectures that have them."""

OWN = {"prlimit64": 0}
"""Calls that name a process, and the place of that argument: allowed about the caller itself, which is 0."""
IDLE = {
    "sched_setaffinity": 0,
    "sched_setscheduler": 0,
    "sched_setparam": 0,
    "sched_setattr": 0,
    "setpriority": 1,
    "ioprio_set": 1,
}
"""The same of calls that do nothing when they name another: mono, for one, gives up where it may not set a thread's
priority, and a filter cannot tell a thread from a process."""

NAMESPACES = 0x7E02_0000
"""The flags of clone that make namespaces."""
FORBIDDEN_BITS = {"clone": (0, NAMESPACES)}
FORBIDDEN_VALUES = {
    "ioctl": (1, (0x5412, 0x541C, 0x8901, 0x8902)),  # typing into a terminal; who gets the signals of a descriptor
    "fcntl": (1, (8, 10, 15)),  # the same: F_SETOWN, F_SETSIG, F_SETOWN_EX
}
ALLOWED_VALUES = {"personality": (0, (0, 0xFFFF_FFFF))}
"""Calls of which only these values of one argument are allowed."""
PAIRS = ("socketpair", 1, 0xF, (1, 5))
"""A connected pair of streams (or packets) is a pipe; a pair of datagram sockets could be turned to other addresses."""

SIGNALS = "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo".split()
LABELS = """
utime utimes futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
""".split()
"""Calls that change times and attributes of a file, which whoever may write to it can without opening it: they do
nothing."""
PERMISSIONS = "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat".split()
"""The same for the file's owner."""
FLAGS = (0x4008_6602, 0x4008_7602, 0x401C_5820, 0x800C_6613)
"""FS_IOC_SETFLAGS, _SETVERSION, _FSSETXATTR, _SET_ENCRYPTION_POLICY: the same through a file that is open to be
read."""

LOAD, AND, EQUAL, GREATER, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
KILL, ALLOW, DONE = 0x8000_0000, 0x7FFF_0000, 0x0005_0000
NOT_PERMITTED, NO_SUCH_CALL = 0x0005_0000 | errno.EPERM, 0x0005_0000 | errno.ENOSYS
NUMBER, ARCHITECTURE = 0, 4
"""Where a call's number and architecture stand in struct seccomp_data."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; a jump names the label to go to where its condition holds, and otherwise falls through."""

    code: int
    value: int
    label: str = ""
    otherwise: str = ""


def argument(place: int) -> Instruction:
    """Loads the lower half of an argument."""
    return Instruction(LOAD, 16 + 8 * place)


def assemble(program: Sequence[Instruction | str]) -> bytes:
    """Machine code of a program in which strings are labels of what follows them.

    Raises:
        ValueError: a label is missing, stands before the jump to it, or is farther than a jump reaches.
    """
    labels: dict[str, int] = {}
    instructions: list[Instruction] = []
    for item in program:
        if isinstance(item, str):
            labels[item] = len(instructions)
        else:
            instructions.append(item)

    def distance(at: int, label: str) -> int:
        steps = labels.get(label, -1) - at - 1 if label else 0
        if not 0 <= steps <= 255:
            raise ValueError(f"no jump from instruction {at} to {label!r}: {steps} steps, 0 to 255 are possible")
        return steps

    return b"".join(
        struct.pack("=HBBI", one.code, distance(at, one.label), distance(at, one.otherwise), one.value)
        for at, one in enumerate(instructions)
    )


def filter_program(machine: str = "") -> bytes:
    """The filter for a machine (by default this one), as the kernel takes it.

    Raises:
        ValueError: its calls are not listed here.
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise ValueError(f"no table of system calls for {machine!r}; there is one for {', '.join(ARCHITECTURES)}")
    architecture = ARCHITECTURES[machine]
    numbers = architecture.numbers
    program: list[Instruction | str] = [
        Instruction(LOAD, ARCHITECTURE),
        Instruction(EQUAL, architecture.audit, otherwise="kill"),
        Instruction(LOAD, NUMBER),
        Instruction(GREATER, architecture.last, "absent"),
    ]
    program += [Instruction(EQUAL, numbers[name], "absent") for name in ABSENT]
    program += [Instruction(EQUAL, numbers[name], "refused") for name in REFUSED if name in numbers]
    program += [Instruction(EQUAL, numbers[name], "nothing") for name in LABELS if name in numbers]
    looked_at = [*OWN, *IDLE, *FORBIDDEN_BITS, *FORBIDDEN_VALUES, *ALLOWED_VALUES, PAIRS[0]]
    program += [Instruction(EQUAL, numbers[name], name) for name in looked_at]
    program += ["allowed", Instruction(RETURN, ALLOW)]
    for name, place in OWN.items():
        program += [name, argument(place), Instruction(EQUAL, 0, "fine", "refused")]
    for name, place in IDLE.items():
        program += [name, argument(place), Instruction(EQUAL, 0, "fine", "nothing")]
    for name, (place, bits) in FORBIDDEN_BITS.items():
        program += [name, argument(place), Instruction(ANY_BIT, bits, "refused", "fine")]
    for name, (place, values) in FORBIDDEN_VALUES.items():
        program += [name, argument(place), *(Instruction(EQUAL, value, "refused") for value in values)]
        program += [Instruction(RETURN, ALLOW)]
    for name, (place, values) in ALLOWED_VALUES.items():
        program += [name, argument(place), *(Instruction(EQUAL, value, "fine") for value in values)]
        program += [Instruction(RETURN, NOT_PERMITTED)]
    name, place, mask, values = PAIRS
    program += [name, argument(place), Instruction(AND, mask)]
    program += [Instruction(EQUAL, value, "fine") for value in values]
    program += ["refused", Instruction(RETURN, NOT_PERMITTED), "absent", Instruction(RETURN, NO_SUCH_CALL)]
    program += [
        "nothing",
        Instruction(RETURN, DONE),
        "fine",
        Instruction(RETURN, ALLOW),
        "kill",
        Instruction(RETURN, KILL),
    ]
    return assemble(program)


OWN_PID = 0x5053_5057
"""Stands in the program of `guard_program` for the process's number; its negative for its group's."""


def guard_program(machine: str = "", *, signals: bool = True) -> bytes:
    """A second filter, for programs that share the user's id: permissions of files stay as they are,
    as if they had been changed; and where `signals` says so, signals go to the process itself and to its own group.

    `OWN_PID` and its negative then stand for the number of the process, which is known in the child alone.
    """
    numbers = ARCHITECTURES[machine or platform.machine()].numbers
    program: list[Instruction | str] = [Instruction(LOAD, NUMBER)]
    program += [Instruction(EQUAL, numbers[name], "permission") for name in PERMISSIONS if name in numbers]
    program += [Instruction(EQUAL, numbers["ioctl"], "ioctl")]
    program += [Instruction(EQUAL, numbers[name], "signal") for name in SIGNALS if signals]
    program += [Instruction(RETURN, ALLOW), "permission", Instruction(RETURN, DONE), "ioctl", argument(1)]
    program += [*(Instruction(EQUAL, value, "refused") for value in FLAGS), Instruction(RETURN, ALLOW)]
    if signals:
        program += ["signal", argument(0), Instruction(EQUAL, 0, "fine"), Instruction(EQUAL, OWN_PID, "fine")]
        program += [Instruction(EQUAL, -OWN_PID & 0xFFFF_FFFF, "fine")]
    program += ["refused", Instruction(RETURN, NOT_PERMITTED), "fine", Instruction(RETURN, ALLOW)]
    return assemble(program)
