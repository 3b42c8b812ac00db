"""What client and server say to each other: items, test suites and the hash that each answer carries, as JSON trees."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from analyzers.runtime import tests as suites
from analyzers.runtime import wire
from analyzers.runtime.tests import Calls, Tests
from rewards.types import Item

EXACT = "wire"
"""Key of a suite whose values keep their exact types: tuples, sets, bytes, NaN and integers of any size."""
LARGEST = 2**53
"""Integers beyond it are rounded by readers of JSON that know only floating-point numbers."""
LINES = "application/x-ndjson"


def content_hash(completion: str) -> str:
    """SHA-256 of a completion in UTF-8, in hexadecimal digits; lone surrogates count as three bytes each."""
    return hashlib.sha256(completion.encode("utf-8", "surrogatepass")).hexdigest()


def item_tree(item: Item) -> dict[str, Any]:
    """An item as a JSON tree; what is as it is by default is left out.

    Raises:
        analyzers.runtime.wire.NotPlain: an argument or expected value of its tests is no plain data.
    """
    given = {field.name: getattr(item, field.name) for field in fields(Item)}
    tree = {field.name: given[field.name] for field in fields(Item) if given[field.name] != field.default}
    return tree | {name: suite_tree(tree[name]) for name in ("tests", "holdout") if name in tree}


def suite_tree(suite: Tests) -> dict[str, Any]:
    """A test suite as a JSON tree; calls whose values are not what JSON gives back keep their types under EXACT.

    Raises:
        analyzers.runtime.wire.NotPlain: one of them is no plain data.
    """
    if not isinstance(suite, Calls):
        return suites.to_json(suite)
    if all(_survives([*case.args, case.expected, dict(case.kwargs or {})]) for case in suite.cases):
        # Without the copies of all values that `to_json` makes.
        cases = [{"args": case.args, "expected": case.expected, "kwargs": case.kwargs} for case in suite.cases]
        return suites.to_json(replace(suite, cases=())) | {"cases": cases}
    return {EXACT: wire.encode(suites.to_json(suite))}


def _survives(value: Any) -> bool:
    """Whether JSON gives back the same value of the same type."""
    kind = type(value)
    if kind is list:
        return all(map(_survives, value))
    if kind is dict:
        return all(type(key) is str and _survives(part) for key, part in value.items())
    if kind is float:
        return math.isfinite(value)
    return kind in (str, bool, type(None)) or (kind is int and -LARGEST <= value <= LARGEST)


def suite_of(tree: object) -> Tests:
    """The suite of a tree, or of what people write themselves.

    Raises:
        analyzers.runtime.tests.BadTests: it is none.
    """
    if isinstance(tree, Mapping) and EXACT in tree:
        try:
            tree = wire.decode(tree[EXACT])
        except wire.Malformed as error:
            raise suites.BadTests(f"{EXACT!r} holds no suite as the client writes it: {error}") from error
    return suites.parse(tree)
