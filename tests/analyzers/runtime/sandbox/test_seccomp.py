"""The filter of system calls, run here by a small machine of our own, and compared with the kernel's headers."""

import re
import struct
from pathlib import Path

import pytest

from analyzers.runtime.sandbox import seccomp
from analyzers.runtime.sandbox.seccomp import (
    AARCH64,
    ALLOW,
    DONE,
    KILL,
    NO_SUCH_CALL,
    NOT_PERMITTED,
    X86_64,
    Instruction,
)

MACHINES = {"x86_64": X86_64, "aarch64": AARCH64}


def execute(program, number, *arguments, architecture=X86_64.audit):
    """What a program decides of a call."""
    code = list(struct.iter_unpack("=HBBI", program))
    data = struct.pack("=IIQ6Q", number, architecture, 0, *[*arguments, *[0] * (6 - len(arguments))])
    at = held = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x06:  # return
            return value
        if operation == 0x20:  # load a word
            held = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x54:  # and
            held &= value
        else:
            holds = {0x15: held == value, 0x25: held > value, 0x45: held & value}[operation]
            at += yes if holds else no


@pytest.fixture(params=MACHINES)
def decide(request):
    program, machine = seccomp.filter_program(request.param), MACHINES[request.param]

    def go(call, *arguments):
        number = machine.numbers[call] if isinstance(call, str) else call
        return execute(program, number, *arguments, architecture=machine.audit)

    return go


def test_what_reaches_beyond_the_program_is_refused(decide):
    for call in "socket connect bind ptrace process_vm_readv mount unshare setns bpf keyctl shmget mq_open".split():
        assert decide(call) == NOT_PERMITTED, call


def test_times_and_attributes_of_files_stay_as_they_are(decide):
    for call in ("utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr"):
        assert decide(call) == DONE, call


def test_what_libraries_can_do_without_does_not_exist(decide):
    for call in ("clone3", "memfd_create", "io_uring_setup", "userfaultfd"):
        assert decide(call) == NO_SUCH_CALL, call


def test_calls_of_kernels_to_come_do_not_exist(decide):
    assert decide(seccomp.LAST) == ALLOW
    assert decide(seccomp.LAST + 1) == NO_SUCH_CALL
    assert decide(1 << 30) == NO_SUCH_CALL  # those of the x32 interface


def test_another_architecture_is_the_end():
    program = seccomp.filter_program("x86_64")
    assert execute(program, 0, architecture=0x4000_0003) == KILL  # i386, where 0 is no call that reads
    assert execute(program, 0) == ALLOW


@pytest.mark.parametrize(
    ("call", "arguments", "decision"),
    [
        ("clone", (0x11,), ALLOW),  # fork: SIGCHLD alone
        ("clone", (0x3D0F00,), ALLOW),  # a thread
        ("clone", (0x1000_0011,), NOT_PERMITTED),  # CLONE_NEWUSER
        ("clone", (0x2000_0011,), NOT_PERMITTED),  # CLONE_NEWPID
        ("clone", (0x0002_0011,), NOT_PERMITTED),  # CLONE_NEWNS
        ("prlimit64", (0, 7), ALLOW),
        ("prlimit64", (1, 7), NOT_PERMITTED),
        ("sched_setaffinity", (0,), ALLOW),
        ("sched_setaffinity", (1234,), DONE),
        ("setpriority", (0, 0, 5), ALLOW),
        ("setpriority", (0, 1234, 5), DONE),
        ("personality", (0xFFFF_FFFF,), ALLOW),
        ("personality", (0x0040_0000,), NOT_PERMITTED),  # ADDR_NO_RANDOMIZE
        ("ioctl", (0, 0x5401), ALLOW),  # TCGETS
        ("ioctl", (0, 0x5412), NOT_PERMITTED),  # TIOCSTI
        ("ioctl", (0, 0xF_0000_5412), NOT_PERMITTED),  # the kernel looks at the lower half alone
        ("fcntl", (3, 1), ALLOW),
        ("fcntl", (3, 8, 1), NOT_PERMITTED),  # F_SETOWN
        ("socketpair", (1, 1), ALLOW),  # AF_UNIX, SOCK_STREAM
        ("socketpair", (1, 1 | 0o2004000), ALLOW),  # with SOCK_CLOEXEC and SOCK_NONBLOCK
        ("socketpair", (1, 5), ALLOW),  # SOCK_SEQPACKET
        ("socketpair", (1, 2), NOT_PERMITTED),  # SOCK_DGRAM can be sent elsewhere
    ],
)
def test_arguments_decide(decide, call, arguments, decision):
    assert decide(call, *arguments) == decision


def test_a_guard_lets_a_process_signal_itself_alone():
    program = seccomp.guard_program("x86_64")
    for own, place in ((4321, seccomp.OWN_PID), (-4321 & 0xFFFF_FFFF, -seccomp.OWN_PID & 0xFFFF_FFFF)):
        program = program.replace(struct.pack("=I", place), struct.pack("=I", own))
    kill, tgkill, getpid = X86_64.numbers["kill"], X86_64.numbers["tgkill"], 39
    assert [execute(program, kill, target) for target in (4321, 0, -4321 & 0xFFFF_FFFF)] == [ALLOW] * 3
    assert [execute(program, kill, target) for target in (1, 4322, -1 & 0xFFFF_FFFF)] == [NOT_PERMITTED] * 3
    assert (execute(program, tgkill, 4321, 4330), execute(program, tgkill, 4322, 4322)) == (ALLOW, NOT_PERMITTED)
    assert execute(program, getpid) == ALLOW


@pytest.mark.parametrize("signals", [False, True])
@pytest.mark.parametrize("machine", MACHINES)
def test_a_guard_leaves_permissions_of_files_as_they_are(machine, signals):
    program, numbers = seccomp.guard_program(machine, signals=signals), MACHINES[machine].numbers
    for name in ("fchmod", "fchmodat", "fchmodat2", "fchownat"):
        assert execute(program, numbers[name], architecture=MACHINES[machine].audit) == DONE, name
    for request, decision in ((0x40086602, NOT_PERMITTED), (0x5401, ALLOW)):  # FS_IOC_SETFLAGS, TCGETS
        assert execute(program, numbers["ioctl"], 3, request) == decision
    assert execute(program, numbers["kill"], 1) == (NOT_PERMITTED if signals else ALLOW)


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+) (\d+)"),
    "aarch64": ("/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_headers(machine):
    path, pattern = HEADERS[machine]
    if not Path(path).exists():
        pytest.skip(f"there is no {path}")
    known = {name: int(number) for name, number in re.findall(pattern, Path(path).read_text())}
    ours = MACHINES[machine].numbers
    assert len(ours.keys() & known.keys()) > 80
    assert {name: number for name, number in ours.items() if known.get(name, number) != number} == {}


def test_every_name_has_a_number_on_some_machine():
    named = {
        *seccomp.REFUSED,
        *seccomp.ABSENT,
        *seccomp.OWN,
        *seccomp.IDLE,
        *seccomp.SIGNALS,
        *seccomp.LABELS,
        *seccomp.PERMISSIONS,
    }
    assert named <= X86_64.numbers.keys()
    assert {*seccomp.ABSENT, *seccomp.OWN, *seccomp.IDLE, *seccomp.SIGNALS} <= AARCH64.numbers.keys()


def test_an_assembler_refuses_jumps_that_cannot_be_made():
    assert seccomp.assemble([Instruction(0x15, 1, "end"), "end", Instruction(0x06, 2)]) == struct.pack(
        "=HBBIHBBI", 0x15, 0, 0, 1, 6, 0, 0, 2
    )
    for program in (
        [Instruction(0x15, 1, "nowhere"), Instruction(0x06, 0)],
        ["back", Instruction(0x20, 0), Instruction(0x15, 1, "back")],
        [Instruction(0x15, 1, "far"), *[Instruction(0x20, 0)] * 256, "far", Instruction(0x06, 0)],
    ):
        with pytest.raises(ValueError, match="no jump"):
            seccomp.assemble(program)


def test_a_machine_without_a_table_is_refused():
    with pytest.raises(ValueError, match=r"no table of system calls for 'riscv64'.*x86_64, aarch64"):
        seccomp.filter_program("riscv64")
