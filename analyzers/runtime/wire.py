"""Values as data, with their exact types: how answers leave a candidate's process and arguments enter it.

No pickle and no eval: a value is a tree of JSON lists with a tag in front. `type(value)` decides, not `isinstance`, so
an object whose class pretends to be a list crosses as an opaque reference, and what its `__eq__` says stays behind.
The standard library alone is imported here: the same file is loaded inside the candidate's process.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 60
MAX_NODES = 1_000_000
MAX_FRAME = 16 * 1024 * 1024
"""Bytes of one message; a longer one is an error of whoever sends it."""

_to_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_from_json = json.JSONDecoder().decode
_JSON_INT = 2**53
_TYPES: dict[str, type] = {
    kind.__name__: kind for kind in (bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple)
}
"""Types that are values themselves: an argument of `isinstance`, or what `type(x)` returned."""
_MAPPINGS = (dict, Counter, defaultdict, OrderedDict)
_SEQUENCES: dict[type, str] = {list: "l", tuple: "t", set: "s", frozenset: "z", deque: "q"}
_FROM_TAG: dict[str, Callable[[Any], Any]] = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": deque}


class NotPlain(Exception):
    """A value is no plain data, or too deep or too large to cross."""


class Malformed(Exception):
    """A message is not what `encode` writes."""


def encode(value: Any, reference: Callable[[Any], Any] | None = None) -> Any:
    """The JSON tree of `value`.

    `reference` turns what is no plain data into a tree (an opaque reference).

    Raises:
        NotPlain: there is such a part and no `reference`, or the value is too deep or has too many parts.
    """
    return _encode(value, reference, 0, [MAX_NODES])


def _encode(value: Any, reference: Callable[[Any], Any] | None, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth > MAX_DEPTH or left[0] < 0:
        raise NotPlain(f"a value deeper than {MAX_DEPTH} or with more than {MAX_NODES} parts")
    kind = type(value)
    if kind in _SCALARS_OUT and not (kind is range and value[MAX_NODES:]):
        return _SCALARS_OUT[kind](value)
    if kind in _SEQUENCES:
        return [_SEQUENCES[kind], [_encode(part, reference, depth + 1, left) for part in value]]
    if kind in _MAPPINGS:
        pairs = dict.items(value)
        return ["d", [[_encode(part, reference, depth + 1, left) for part in pair] for pair in pairs]]
    if kind is type and value in _TYPES.values():
        return ["T", value.__name__]
    if tag := _late(kind):
        return [tag, str(value)]
    if reference is None:
        raise NotPlain(f"{kind.__name__} is no plain data")
    return reference(value)


_SCALARS_OUT: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: None,
    bool: lambda value: value,
    str: lambda value: value,
    int: lambda value: value if -_JSON_INT < value < _JSON_INT else ["i", hex(value)],
    float: lambda value: ["f", value.hex()],
    bytes: lambda value: ["b", value.hex()],
    bytearray: lambda value: ["B", value.hex()],
    complex: lambda value: ["c", [value.real.hex(), value.imag.hex()]],
    range: lambda value: ["g", [hex(value.start), hex(value.stop), hex(value.step)]],
}
_LATE = {"Decimal": ("decimal", "D"), "Fraction": ("fractions", "F")}
"""Types that few programs use: their modules are looked up where a program has imported them, never loaded here."""


def _late(kind: type) -> str | None:
    """Tag of one of the rare types, or None."""
    module, tag = _LATE.get(kind.__name__, ("", ""))
    return tag if tag and getattr(sys.modules.get(module), kind.__name__, None) is kind else None


def _range(start: int, stop: int, step: int) -> range:
    found = range(start, stop, step)
    if found[MAX_NODES:]:  # `sum` of it would keep the judge busy for good
        raise Malformed(f"a range of more than {MAX_NODES} numbers")
    return found


def decode(tree: Any, reference: Callable[[Any], Any] | None = None) -> Any:
    """The value of a tree that a hostile process may have written.

    `reference` makes something of an opaque reference `["r", id]`.

    Raises:
        Malformed: the tree is not what `encode` writes.
    """
    try:
        return _decode(tree, reference, 0)
    except Malformed:
        raise
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, LookupError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def _decode(tree: Any, reference: Callable[[Any], Any] | None, depth: int) -> Any:
    if tree is None or isinstance(tree, (bool, str, int)):
        return tree
    if depth > MAX_DEPTH + 1 or not (isinstance(tree, list) and len(tree) == 2):
        raise Malformed(f"expected [tag, payload], got {str(tree)[:60]!r}")
    tag, payload = tree
    if tag in _FROM_TAG:
        return _FROM_TAG[tag](_decode(part, reference, depth + 1) for part in payload)
    if tag == "d":
        return {_decode(key, reference, depth + 1): _decode(part, reference, depth + 1) for key, part in payload}
    if tag == "r" and reference is not None:
        return reference(payload)
    if tag not in _SCALARS_IN:
        raise Malformed(f"unknown tag {tag!r}")
    return _SCALARS_IN[tag](payload)


_SCALARS_IN: dict[str, Callable[[Any], Any]] = {
    "i": lambda payload: int(payload, 16),
    "f": float.fromhex,
    "b": bytes.fromhex,
    "B": bytearray.fromhex,
    "c": lambda payload: complex(float.fromhex(payload[0]), float.fromhex(payload[1])),
    "g": lambda payload: _range(*(int(part, 16) for part in payload)),
    "D": lambda payload: importlib.import_module("decimal").Decimal(payload),
    "F": lambda payload: importlib.import_module("fractions").Fraction(*map(int, payload.split("/"))),
    "T": _TYPES.__getitem__,
}


def pack(message: Any) -> bytes:
    """A message as a frame: its length in four bytes, then ASCII JSON.

    Raises:
        NotPlain: it is longer than MAX_FRAME.
    """
    body = _to_json(message).encode("ascii")
    if len(body) > MAX_FRAME:
        raise NotPlain(f"a message of {len(body)} bytes, the limit is {MAX_FRAME}")
    return len(body).to_bytes(4, "big") + body


def unpack(body: bytes) -> Any:
    """The message of a frame's body.

    Raises:
        Malformed: it is not JSON.
    """
    try:
        return _from_json(str(body, "ascii"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from error
