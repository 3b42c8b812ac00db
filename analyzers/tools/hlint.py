"""hlint: lint of Haskell, which it parses only. It counts lines and columns from 1, in code points, ends exclusive.
https://github.com/ndmitchell/hlint

`--show` lists what pragmas of the program ignore; its own severities are then lost, so that hints are rated by name.
"""

from __future__ import annotations

from typing import Any

from analyzers.findings import Finding
from analyzers.parsers import from_json
from analyzers.positions import Convention
from analyzers.ratings import rate
from analyzers.tool import Tool
from analyzers.types import Kind, Severity

REDUNDANT = (
    "/=", "==", "evaluate", "fromInteger", "guard", "id", "if", "maybe", "multi-way if", "negate", "not", "return",
    "seq", "take", "where",
)  # fmt: skip
RATINGS = {
    "": (Severity.INFO, Kind.STYLE),
    "Parse error": (Severity.FATAL, Kind.SYNTAX),
    "unsafe function": (Severity.HIGH, Kind.SECURITY),
    "undefined value": (Severity.MEDIUM, Kind.LOGIC),
    **dict.fromkeys(
        ("Evaluate", "Using ", "Take on a non-positive", "Drop on a non-positive", "Length always non-negative"),
        (Severity.MEDIUM, Kind.LOGIC),
    ),
    **dict.fromkeys((f"Redundant {what}" for what in REDUNDANT), (Severity.LOW, Kind.STYLE)),
}
"""By the start of the hint's name; those that are not listed are taste, and off."""
HINTS = """\
- functions:
  - name: [unsafePerformIO, unsafeDupablePerformIO, unsafeInterleaveIO, unsafeCoerce]
    within: []
    message: unsafe function
  - {name: [undefined], within: [], message: undefined value}
"""


def _finding(record: dict[str, Any]) -> Finding | None:
    hint, colon, about = record["hint"].partition(": ")
    code = record["note"][0] if hint == "Avoid restricted function" else hint
    severity, kind = rate(RATINGS, code)
    if severity is Severity.INFO:
        return None
    message = about if colon else " ".join(filter(None, (hint, record["to"] and f"-> {record['to']}")))
    place = (record["startLine"], record["startColumn"], record["endLine"], record["endColumn"])
    return Finding(code, message, *place, severity=severity, kind=kind, file=record["file"])


ANALYZER = Tool(
    name="hlint",
    languages=("haskell",),
    # The simple preprocessor drops the lines that begin with # and includes no file.
    argv=("hlint", "--json", "--show", "--no-exit-code", "--cpp-simple", "--hint={settings}/hints.yaml", "{files}"),
    parse=from_json(_finding),
    convention=Convention(),
    package="debian:hlint",
    ok_exit_codes=(0,),
    settings={"hints.yaml": HINTS},
    batch_size=256,
    timeout_s=60.0,
)

GOOD = [
    "module Sum where\n\n-- | Adds é😀.\nadd :: Int -> Int -> Int\nadd x y = x + y\n",
    '{-# LANGUAGE TemplateHaskell, CPP #-}\n#include "/etc/passwd"\nf = $(pure undefinedName)\n',
]
BAD = [
    ('f x = "é😀" ++ ) x\n', "Parse error", ")"),
    ('f x = ("é😀", all even (x, 2))\n', "Using all on tuple", "all even (x, 2)"),
    ('f x = ("é😀", True && x)\n', "Evaluate", "True && x"),
    ('f x = ("é😀", undefined)\n', "undefined value", "undefined"),
    (
        '{-# ANN module "HLint: ignore" #-}\nf = ("é😀", unsafePerformIO getLine)\n',
        "unsafe function",
        "unsafePerformIO",
    ),
    ('{-# HLINT ignore #-}\nf x = ("é😀", if x then True else False)\n', "Redundant if", "if x then True else False"),
]
