"""Runs a program that takes the id of root upon itself, which many machines have."""

from hostile import Attack, Tier

PROGRAM = """
import os, subprocess, time
def f(x):
    process = subprocess.Popen(["/usr/bin/su", "-c", "true", "nobody"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            lines = open(f"/proc/{process.pid}/status").read().split("Uid:")[1].split()
            if lines[0] != "0" and lines[1] == "0": return 2
            time.sleep(0.005)
        return 0
    finally:
        process.kill()
        process.wait()
"""

ATTACK = Attack(PROGRAM, tier=Tier.WEAK, naive="dropped", needs="/usr/bin/su", limits={"timeout_s": 3.0})
