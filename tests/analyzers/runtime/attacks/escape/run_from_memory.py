"""Runs a program that is in no file system, so that nothing that looks at files sees it."""

from hostile import Attack, Tier

PROGRAM = """
import os, shutil, subprocess
def f(x):
    held = os.memfd_create("program")
    with open("/bin/true", "rb") as file: os.write(held, file.read())
    return 2 if subprocess.run([f"/proc/self/fd/{held}"], pass_fds=[held]).returncode == 0 else 0
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, exceptions=("OSError",))
