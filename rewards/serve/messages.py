"""What client and server say to each other: items, test suites and the hash that each answer carries, as JSON trees."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from analyzers.runtime import tests as suites
from analyzers.runtime import wire
from analyzers.runtime.tests import Calls, Tests
from rewards.types import Item

EXACT = "wire"
"""Key of a suite whose values keep their exact types: tuples, sets, bytes, NaN and integers of any size."""
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
    """A test suite as a JSON tree; calls keep the types of their values, which JSON does not have.

    Raises:
        analyzers.runtime.wire.NotPlain: one of them is no plain data.
    """
    tree = suites.to_json(suite)
    return {EXACT: wire.encode(tree)} if isinstance(suite, Calls) else tree


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
