"""What the strict tier adds: a fork server that lives in namespaces and on a root of its own, made once at its start.

    /usr /lib ... the interpreter, granted libraries    bound read-only, at the places where they are
    /dev/null zero random urandom, /proc of the new namespace where the kernel lets it be mounted
    /spanwise/built   read-only        /spanwise/open/work   writable, of bounded size and number of files

Programs share these namespaces one after another: each of them ends with everything that it started, and its folder
is emptied. So the dear part (a network namespace costs as much as a whole candidate) is paid once. A tiny init is
process 1 above the programs: it adopts and ends what they leave behind, and with it ends all that is in the namespace.

Loaded by path into the fork server, and dropped when its work is done; imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
from collections.abc import Collection
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x0002_0000, 0x1000_0000, 0x2000_0000
NAMESPACES = CLONE_NEWNS | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | CLONE_NEWPID | 0x4000_0000
"""Mounts, control groups, host name, System V objects, processes, network."""
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    *(1, 2, 4, 8, 32),
    *(4096, 16384, 1 << 18),
)
MNT_DETACH, AT_RECURSIVE = 2, 0x8000
MOUNT_SETATTR = 442
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
NOBODY = 65534

STAGE = "/proc"
"""Where the new root is put together: a folder that is everywhere, and that nothing is taken from."""
SEEN, HIDDEN, OLD = "/spanwise", "/hidden", "/old"
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
    "/tmp": f"{SEEN}/open/work",
}
WORK_BYTES = 512 * 1024 * 1024
WORK_FILES = 20_000

libc = ctypes.CDLL(None, use_errno=True)


class MountAttributes(ctypes.Structure):
    """struct mount_attr."""

    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def enter(paths: Collection[str]) -> tuple[int, bool, list[str]]:
    """Moves this process, and all that it forks from now on, into namespaces with a root that holds `paths` read-only.

    The working directory is then a folder that programs cannot reach, with `built` and `open` in it. Returns the
    socket of the init, whether a namespace of users was needed, and what else could not be had.

    Raises:
        OSError: the kernel, or what is around this process, does not allow it; the message says which step.
    """
    users = unshare()
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    build(paths)
    prepare_folder()
    init, lacking = start_init()
    pivot()
    return init, users, lacking


def unshare() -> bool:
    """All namespaces; with one of users where this process may not have them otherwise. Returns whether."""
    if not libc.unshare(NAMESPACES):
        return False
    if ctypes.get_errno() != errno.EPERM:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(NAMESPACES | CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), f"unshare with a user namespace: {os.strerror(ctypes.get_errno())}")
    try:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"{user or NOBODY} {user} 1")
        write("/proc/self/gid_map", f"{group or NOBODY} {group} 1")
    except OSError as error:
        raise OSError(error.errno, f"{error.filename}: {error.strerror}") from error
    return True


def write(path: str, text: str) -> None:
    """Writes one of the kernel's files."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2); raises OSError."""
    if libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()):
        number = ctypes.get_errno()
        raise OSError(
            number, f"mount of {kind or source} on {target.removeprefix(STAGE) or '/'}: {os.strerror(number)}"
        )


def protect(path: str, attributes: int = MS_RDONLY | MS_NOSUID | MS_NODEV, *, below: bool = True) -> None:
    """Takes rights from a mount, and from those below it, whatever other marks they carry."""
    wanted = MountAttributes(attributes, 0, 0, 0)
    at = AT_RECURSIVE if below else 0
    if libc.syscall(MOUNT_SETATTR, -100, path.encode(), at, ctypes.byref(wanted), ctypes.sizeof(wanted)):
        number = ctypes.get_errno()
        raise OSError(number, f"mount_setattr (Linux 5.12): {os.strerror(number)}")


def build(paths: Collection[str]) -> None:
    """Puts the new root together at STAGE."""
    mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=1000,mode=755")
    real = {os.path.realpath(path) for path in paths if os.path.exists(path)}
    for path in sorted(real):
        if not any(path != other and path.startswith(f"{other}/") for other in real):
            bind(path, path)
    for device in DEVICES:
        if os.path.exists(device):
            bind(device, device, attributes=MS_NOSUID | MS_NOEXEC)
    links = LINKS | {path: os.path.realpath(path) for path in paths if os.path.realpath(path) != path}
    for path, target in links.items():
        staged = STAGE + path
        if not os.path.lexists(staged):
            os.makedirs(os.path.dirname(staged), 0o755, exist_ok=True)
            os.symlink(target, staged)
    os.mkdir(STAGE + "/proc", 0o755)


def bind(path: str, target: str, *, attributes: int = MS_RDONLY | MS_NOSUID | MS_NODEV) -> None:
    """Shows a file or folder in the new root, without the rights in `attributes`."""
    staged = STAGE + target
    os.makedirs(os.path.dirname(staged), 0o755, exist_ok=True)
    if os.path.isdir(path):
        os.makedirs(staged, 0o755, exist_ok=True)
    else:
        os.close(os.open(staged, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(path, staged, "", MS_BIND | MS_REC)
    protect(staged, attributes)


def start_init() -> tuple[int, list[str]]:
    """Forks process 1 of the new namespace; our end of its socket, and whether it could mount its /proc."""
    import _socket

    ours, theirs = _socket.socketpair()
    if not os.fork():
        init(theirs)
    theirs.close()
    mounted = ours.recv(1)
    if not mounted:
        raise OSError(errno.ESRCH, "the init of the namespace did not start")
    return ours.detach(), [] if mounted == b"p" else ["/proc"]


def init(channel: Any) -> None:
    """Process 1: ends all others in its namespace whenever it is told to, and says how many microseconds of processor
    time all that it has adopted has used. Never returns."""
    try:
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG: with the fork server everything ends
        libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: where programs have the same id
        descriptor = channel.fileno()
        os.closerange(0, descriptor)
        os.closerange(descriptor + 1, 4096)
        try:
            mount("proc", f"{STAGE}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2,subset=pid")
            os.write(descriptor, b"p")
        except OSError:
            os.write(descriptor, b"-")
        signal.signal(signal.SIGCHLD, lambda *_: bury(os.WNOHANG))  # what the kernel buried would not be counted
        while os.read(descriptor, 1):
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)  # at one stroke, so that none can fork away from it
            bury()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            os.write(descriptor, int(1e6 * (used.ru_utime + used.ru_stime)).to_bytes(8, "big"))
    finally:
        os._exit(0)


def bury(options: int = 0) -> None:
    """Waits for all that was adopted; with WNOHANG only for what has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def prepare_folder() -> None:
    """Makes `built` and `open`, shows them to programs, and hides the file system that holds both.

    This process alone stands in it: here files can go from one to the other, programs see `built` read-only.
    """
    hidden = STAGE + HIDDEN
    os.mkdir(hidden, 0o755)
    mount("tmpfs", hidden, "tmpfs", MS_NOSUID | MS_NODEV, f"size={WORK_BYTES},nr_inodes={WORK_FILES},mode=755")
    for name, attributes in (("built", MS_RDONLY | MS_NOSUID | MS_NODEV), ("open", MS_NOSUID | MS_NODEV)):
        seen = f"{STAGE}{SEEN}/{name}"
        os.mkdir(f"{hidden}/{name}", 0o755)
        os.makedirs(seen, 0o755)
        mount(f"{hidden}/{name}", seen, "", MS_BIND)
        protect(seen, attributes)


def pivot() -> None:
    """Makes STAGE the root of everything in this namespace, lets go of the old one, and stands in the hidden folder."""
    os.mkdir(STAGE + OLD)
    number = PIVOT_ROOT.get(os.uname().machine)
    if number is None or libc.syscall(number, STAGE.encode(), (STAGE + OLD).encode()):
        raise OSError(ctypes.get_errno(), f"pivot_root: {os.strerror(ctypes.get_errno())}")
    os.chdir(HIDDEN)
    for mounted in (OLD, HIDDEN):
        if libc.umount2(mounted.encode(), MNT_DETACH):
            raise OSError(ctypes.get_errno(), f"umount of {mounted}: {os.strerror(ctypes.get_errno())}")
        os.rmdir(mounted)
    protect("/", below=False)
