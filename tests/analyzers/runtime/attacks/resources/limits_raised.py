"""Sets the limits that it runs under back to where they were: a soft limit is no more than advice."""

from hostile import Attack, Tier

PROGRAM = """
import resource
def f(x):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = [open("/dev/null") for _ in range(100)]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    except ValueError: pass
    files += [open("/dev/null") for _ in range(100)]
    return 2
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, naive="softly_limited", exceptions=("OSError",))
