"""Has the kernel signal another process whenever a pipe can be read: no call of kill is needed."""

from hostile import Attack, Tier

PROGRAM = """
import fcntl, os, signal
def f(x):
    reads, writes = os.pipe()
    fcntl.fcntl(reads, fcntl.F_SETOWN, @VICTIM@)
    fcntl.fcntl(reads, 10, signal.SIGKILL)
    fcntl.fcntl(reads, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writes, b"!")
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, works="touched")
