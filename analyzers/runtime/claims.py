"""What a candidate's process says of itself, made well-formed: it may have written anything.

Nothing here is believed for a verdict; it says where and how a program failed. What is malformed is refused, so that a
program cannot make the harness stumble and be left out of account.
"""

from __future__ import annotations

from typing import Any

from analyzers.runtime.wire import Malformed

MAX_NAME, MAX_MESSAGE, MAX_BASES = 200, 500, 30
LARGEST = 2**31
"""No line or column is beyond it."""


def raised(tree: Any) -> dict[str, Any]:
    """An exception: `type`, `bases`, `message` and perhaps `frame` (line, last line, column, last column).

    Raises:
        Malformed: it has no type, or a part is not what it should be.
    """
    facts = _mapping(tree)
    bases = facts.get("bases", [])
    if not isinstance(bases, list):
        raise Malformed(f"the bases of an exception must be a list, got {type(bases).__name__}")
    found: dict[str, Any] = {
        "type": _text(facts, "type", MAX_NAME),
        "bases": [str(base)[:MAX_NAME] for base in bases[:MAX_BASES]],
        "message": _text(facts, "message", MAX_MESSAGE),
    }
    if facts.get("frame") is not None:
        found["frame"] = _place(facts["frame"])
    return found


def syntax(tree: Any) -> dict[str, Any]:
    """Why a program does not compile: `type`, `message` and perhaps `at` (as `frame`, from 1) and its `unit`.

    Raises:
        Malformed: it has no type, or a part is not what it should be.
    """
    facts = _mapping(tree)
    found: dict[str, Any] = {
        "type": _text(facts, "type", MAX_NAME),
        "message": _text(facts, "message", MAX_MESSAGE),
        "unit": "byte" if facts.get("unit") == "byte" else "codepoint",
    }
    if facts.get("at") is not None:
        found["at"] = _place(facts["at"])
    return found


def _mapping(tree: Any) -> dict[str, Any]:
    if not isinstance(tree, dict):
        raise Malformed(f"facts of an error must be a mapping, got {type(tree).__name__}")
    return tree


def _text(facts: dict[str, Any], key: str, longest: int) -> str:
    text = facts.get(key, "")
    if not isinstance(text, str) or (key == "type" and not text):
        raise Malformed(f"the {key} of an error must be text, got {str(text)[:40]!r}")
    return text[:longest]


def _place(numbers: Any) -> list[int | None]:
    """Four numbers, any of them None."""
    if not (isinstance(numbers, list) and len(numbers) == 4):
        raise Malformed(f"a place has four numbers, got {str(numbers)[:40]!r}")
    for number in numbers:
        if number is not None and not (type(number) is int and -1 <= number < LARGEST):
            raise Malformed(f"a place has numbers or nothing, got {str(number)[:40]!r}")
    return numbers
