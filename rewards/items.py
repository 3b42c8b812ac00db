"""What is to be scored, from what people have at hand."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import grammars
from analyzers.runtime import tests as suites
from rewards.registry import did_you_mean
from rewards.types import Item

if TYPE_CHECKING:
    from analyzers.runtime.tests import Tests

_FIELDS = tuple(field.name for field in fields(Item))


class BadItem(ValueError):
    """What was given is nothing to score."""


def as_item(item: Item | Mapping[str, Any]) -> Item:
    """An item from a mapping with its fields as keys; tests may be anything that `analyzers.runtime.tests.parse` takes.

    The key `token_ids` is accepted and left alone: tokens matter only to `token_rewards`.

    Raises:
        BadItem: an unknown key, no completion, or a completion that is not text.
        analyzers.runtime.tests.BadTests: the tests are no test suite.
    """
    if not isinstance(item, Item):
        item = _from_mapping(item)
    if not isinstance(item.completion, str):
        raise BadItem(f"a completion is text, got {type(item.completion).__name__}: {str(item.completion)[:80]!r}")
    tests, holdout = _suite(item.tests), _suite(item.holdout)
    if tests is item.tests and holdout is item.holdout:
        return item
    return replace(item, tests=tests, holdout=holdout)


def _from_mapping(item: Mapping[str, Any]) -> Item:
    if not isinstance(item, Mapping):
        raise BadItem(f"an item is an Item or a mapping, got {type(item).__name__}: {str(item)[:80]!r}")
    values = {key: value for key, value in item.items() if key != "token_ids"}
    for key in values:
        if key not in _FIELDS:
            raise BadItem(f"unknown key {key!r} in an item; {did_you_mean(str(key), [*_FIELDS, 'token_ids'])}")
    if "completion" not in values:
        raise BadItem(f"an item needs the key 'completion', got {sorted(values)}")
    return Item(**values)


def _suite(tests: object) -> Tests | None:
    return None if tests is None else suites.parse(tests)


class Rooms:
    """Tells which items are for the same task: those with one task id, language and test suite."""

    def __init__(self) -> None:
        self._suites: dict[tuple[str, str], list[Tests | None]] = {}

    def of(self, item: Item) -> Hashable:
        """A name of the item's task, the same for all items for it.

        Raises:
            grammars.UnknownLanguage: no language of that name is known.
        """
        name = item.task_id, grammars.get(item.language).name
        known = self._suites.setdefault(name, [])
        for place, tests in enumerate(known):
            if tests is item.tests or tests == item.tests:
                return *name, place
        known.append(item.tests)
        return *name, len(known) - 1
