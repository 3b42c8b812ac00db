from __future__ import annotations

import json
import math
from typing import Any

import pytest

from analyzers.runtime import wire
from analyzers.runtime.tests import Appended, Asserts, BadTests, Call, Calls, CheckFunction, Exchange, Stdio, Tests
from rewards.serve.bodies import ItemBody
from rewards.serve.messages import content_hash, item_tree, suite_of, suite_tree
from rewards.types import Item


def test_the_hash_is_that_of_the_bytes() -> None:
    # printf 'é' | sha256sum
    assert content_hash("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"
    assert content_hash("\ud800") != content_hash("\udfff")


PLAIN: list[Tests] = [
    Asserts(("assert f(1)", "assert 'é\ud800'"), setup="x = 1"),
    CheckFunction("def check(f): assert f()", "f", setup="y = 2"),
    Stdio((Exchange("1\n", "2\n"),), compare="exact"),
    Stdio((Exchange("1\n", ""),), checker="print(1)"),
    Appended("main()", prefix="package main\n"),
    Calls("f", (Call(([1, 2.5, None, True], "x"), {"a": [{}]}, {"key": 2**53}),), "unordered"),
    Calls("f", (Call((1,), None),), checker="print(1)"),
]
EXACT: list[Any] = [(1, 2), {1}, b"x", 2**53 + 1, -(2**60), math.inf, 1j, {1: 2}, frozenset(), range(3)]


@pytest.mark.parametrize("suite", PLAIN)
def test_what_json_keeps_is_sent_as_people_write_it(suite: Tests) -> None:
    tree = suite_tree(suite)
    assert "wire" not in tree
    assert suite_of(json.loads(json.dumps(tree, allow_nan=False))) == suite


@pytest.mark.parametrize("value", EXACT)
@pytest.mark.parametrize("nested", [False, True])
def test_what_json_loses_keeps_its_type(value: Any, nested: bool) -> None:
    value = [{"a": value}] if nested else value
    for suite in (
        Calls("f", (Call((value,), 1),)),
        Calls("f", (Call((1,), value),)),
        Calls("f", (Call((), 1, {"k": value}),)),
    ):
        tree = json.loads(json.dumps(suite_tree(suite), allow_nan=False))
        back = suite_of(tree)
        assert back == suite
        assert repr(back) == repr(suite)  # 1 == 1.0 == True


def test_nan_is_kept_too() -> None:
    back = suite_of(json.loads(json.dumps(suite_tree(Calls("f", (Call((math.nan,), 1),))), allow_nan=False)))
    assert isinstance(back, Calls)
    assert math.isnan(back.cases[0].args[0])


def test_what_is_no_plain_data_cannot_be_sent() -> None:
    with pytest.raises(wire.NotPlain):
        suite_tree(Calls("f", (Call((object(),), 1),)))


@pytest.mark.parametrize("tree", [["q", 1], ["d", [[1, 2]]], 5, {"a": 1}, ["l", [["l"]]], None])
def test_a_suite_that_nobody_wrote_is_refused(tree: Any) -> None:
    with pytest.raises(BadTests):
        suite_of({"wire": tree})


@pytest.mark.parametrize(
    "item",
    [
        Item("x"),
        Item("é\ud800", "cpp", PLAIN[0], "given\n", "reference", "t/1", True, True, PLAIN[2]),
        Item("x", tests=Calls("f", (Call(((1, 2),), {3}),)), holdout=Calls("f", (Call((1,), 2),))),
    ],
)
def test_an_item_survives_the_way(item: Item) -> None:
    assert ItemBody.model_validate(json.loads(json.dumps(item_tree(item)))).item() == item


def test_what_is_as_by_default_is_left_out() -> None:
    assert item_tree(Item("x")) == {"completion": "x"}
