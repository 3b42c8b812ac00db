from __future__ import annotations

from typing import Any

import pytest

from analyzers.runtime.tests import Asserts, BadTests
from grammars import UnknownLanguage
from rewards.items import BadItem, Rooms, as_item
from rewards.types import Item

HOLDOUT = Asserts(("assert f(2)",))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"completions": "x"}, "unknown key 'completions' in an item; did you mean 'completion'?"),
        ({"completion": "x", "test": []}, "unknown key 'test' in an item; did you mean 'tests'?"),
        ({"language": "python"}, "an item needs the key 'completion', got ['language']"),
        ({"completion": None}, "a completion is text, got NoneType"),
        (["x"], "an item is an Item or a mapping, got list"),
        (Item(b"x"), "a completion is text, got bytes"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_item_is_refused(item: Any, message: str) -> None:
    with pytest.raises(BadItem) as caught:
        as_item(item)
    assert message in str(caught.value)


def test_tests_are_parsed() -> None:
    assert as_item({"completion": "x", "tests": ["assert 1"]}).tests == Asserts(("assert 1",))
    with pytest.raises(BadTests):
        as_item({"completion": "x", "tests": 3})


def test_holdout_tests_are_read_as_tests_are() -> None:
    assert as_item({"completion": "", "holdout": ["assert f(2)"]}) == Item("", holdout=HOLDOUT)
    with pytest.raises(BadTests):
        as_item(Item("", holdout=3))  # type: ignore[arg-type]


def test_what_needs_no_reading_is_left_as_it_is() -> None:
    item = Item("x", tests=HOLDOUT, holdout=HOLDOUT)
    assert as_item(item) is item


def test_one_task_is_one_name_language_and_suite() -> None:
    rooms = Rooms()
    one = rooms.of(Item("a", task_id="t", tests=HOLDOUT))
    assert one == rooms.of(Item("b", language="py", task_id="t", tests=Asserts(("assert f(2)",)), prefix="p"))
    others = [
        rooms.of(item)
        for item in (
            Item("a", task_id="u", tests=HOLDOUT),
            Item("a", language="lua", task_id="t", tests=HOLDOUT),
            Item("a", task_id="t", tests=Asserts(("assert f(3)",))),
            Item("a", task_id="t"),
        )
    ]
    assert len({one, *others}) == 5
    with pytest.raises(UnknownLanguage):
        rooms.of(Item("a", language="pyhton"))
