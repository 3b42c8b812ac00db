"""Analyzers that misbehave, as modules of a distribution; the workers import them."""

import ctypes
import os
import time
from dataclasses import replace
from pathlib import Path

from analyzers.errors import ToolMissing
from analyzers.types import Diagnostic, Kind, Severity, Span


class Faulty:
    languages = ("python",)
    batch_size = 1

    def __init__(self, name, act, timeout_s=30.0, batch_size=1):
        self.name, self.act, self.timeout_s, self.batch_size = name, act, timeout_s, batch_size

    def fingerprint(self):
        return "1"

    def run(self, sources):
        return [self.act(source.text) for source in sources]


def finding(start=0, end=0, code="F"):
    return Diagnostic("faulty", code, Severity.LOW, "", Span(start, end), Kind.STYLE)


def raising(text):
    raise ValueError(f"boom {text}")


def hanging(text):
    if "hang" in text:
        time.sleep(600)
    return ()


def stuck_in_c(text):
    if "hang" in text:
        libc = ctypes.CDLL(None)
        while True:
            libc.usleep(500_000)
    return ()


def dying(text):
    if "die" in text:
        os._exit(3)
    return ()


def exiting(text):
    raise SystemExit(0)


def greedy(text):
    return (finding(code=str(len(bytearray(3 << 30)))),)


def counted(text):
    """Each call leaves a line in the file that the text names."""
    folder, _, rest = text.partition("\n")
    if rest.startswith("slow"):
        time.sleep(0.3)
    with open(folder, "a") as file:
        file.write(f"{os.getpid()}\n")
    if rest.startswith("fail"):
        raise ValueError("boom")
    return ()


def noisy(text):
    print("noise")
    os.write(1, b"noise\n")
    return (finding(code=f"{os.getcwd() != '/'} {sorted(os.listdir())}"),)


class Missing(Faulty):
    def fingerprint(self):
        raise ToolMissing("missing needs the command 'nope': pip install nope")


class Broken(Faulty):
    def fingerprint(self):
        raise KeyError("no version")


class Batched(Faulty):
    def run(self, sources):
        with Path(sources[0].text.partition("\n")[0]).open("a") as file:
            file.write(f"{len(sources)}\n")
        if any("spoilt" in source.text for source in sources):
            raise ValueError("one of them is spoilt")
        return [() for _ in sources]


class Short(Faulty):
    def run(self, sources):
        return []


RAISING = Faulty("raising", raising)
HANGING = Faulty("hanging", hanging, timeout_s=0.5)
STUCK = Faulty("stuck", stuck_in_c, timeout_s=0.5)
DYING = Faulty("dying", dying)
EXITING = Faulty("exiting", exiting)
GREEDY = Faulty("greedy", greedy)
COUNTED = Faulty("counted", counted)
NOISY = Faulty("noisy", noisy)
RUBBISH = Faulty("rubbish", lambda text: ("not a diagnostic",))
OUTSIDE = Faulty("outside", lambda text: (finding(0, 10_000),))
UNPICKLABLE = Faulty("unpicklable", lambda text: (finding(code=lambda: 0),))
CLAMPED = Faulty("clamped", lambda text: (replace(finding(), clamped=True), finding()))
FINE = Faulty("fine", lambda text: (finding(),))
MISSING = Missing("missing", raising)
BROKEN = Broken("broken", raising)
BATCHED = Batched("batched", raising, batch_size=10)
SHORT = Short("short", raising)
