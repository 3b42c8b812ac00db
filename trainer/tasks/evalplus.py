"""EvalPlus' format (arXiv:2305.01210): inputs alone; what a program must return is what the reference returns.

The reference runs as trusted code of the tests, on a copy of each input. Answers are compared as EvalPlus does: equal,
or of one type and numbers within `atol` (1e-6 where the reference returns floats).
"""

from __future__ import annotations

from typing import Any

from analyzers.runtime.tests import CheckFunction
from trainer.tasks.files import BadTasks, Row, field

RELATIVE = 1e-7
_SETUP = """
import math
from copy import deepcopy

inf, nan = math.inf, math.nan
INPUTS = {inputs}
reference = {name}

def floats(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)

def close(actual, expected, atol):
    if isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(close(*pair, atol) for pair in zip(actual, expected))
    return bool(abs(actual - expected) <= atol + {relative} * abs(expected))

def same(actual, expected, arguments):
    if actual == expected:
        return True
    atol = {atol} or (1e-6 if floats(expected) else 0)
    return bool(atol) and type(actual) is type(expected) and close(actual, expected, atol)
"""
_CHECK = """
def check(candidate):
    for arguments in INPUTS:
        actual = candidate(*deepcopy(arguments))
        expected = reference(*deepcopy(arguments))
        assert same(actual, expected, arguments)
"""


def inputs(row: Row) -> list[list[Any]]:
    """The arguments of every call: those of the original tests, then the others.

    Raises:
        BadTasks: there are none, or they are no lists.
    """
    found = [*field(row, "base_input", list), *(row.get("plus_input") or ())]
    if not found:
        raise BadTasks("no tests: there are no inputs")
    if not all(isinstance(arguments, (list, tuple)) for arguments in found):
        raise BadTasks("no usable tests: each input must be a list of arguments")
    return found


def contract(row: Row) -> dict[str, str]:
    """Metadata with the assertions that inputs have to satisfy, where the row has any: the beginning of a body."""
    text = row.get("contract")
    return {"contract": text} if isinstance(text, str) and text.strip() else {}


def suite(row: Row, program: str, arguments: list[Any], *, same: str = "") -> CheckFunction:
    """The tests of a row whose reference is `program`; `same` is code that defines another `same(actual, expected,
    arguments)`, which may use what `program` defines.

    Raises:
        BadTasks: the row is not as published.
    """
    name = field(row, "entry_point", str)
    atol = float(row.get("atol") or 0)
    setup = _SETUP.format(inputs=repr(arguments), name=name, relative=RELATIVE, atol=atol)
    return CheckFunction(_CHECK, name, f"{program}\n{setup}{same.format(atol=atol)}")
