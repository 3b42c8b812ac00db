from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import Any

import pytest

from rewards import registry as registry_module
from rewards import schemes
from rewards.registry import DuplicateName, Registry, UnknownName, did_you_mean
from rewards.schemes.binary import binary
from rewards.types import Evidence, Reward, Source


@pytest.fixture
def animals() -> Registry[Any]:
    made: Registry[Any] = Registry("animal", "spanwise.test_animals")

    @made.register("cat")
    def cat(
        name: str,
        *,
        lives: int = 9,
        weight: float = 4.0,
        fat: bool = False,
        toys: Mapping[str, int] = MappingProxyType({}),
    ):
        return name, lives, weight, fat, dict(toys)

    return made


def test_options_are_the_keyword_only_arguments(animals: Registry[Any]) -> None:
    assert animals.bind("cat", {"lives": 7, "weight": 3, "toys": {"ball": 1}})("Tom") == (
        "Tom",
        7,
        3,
        False,
        {"ball": 1},
    )
    assert animals.options("cat") == {"lives": 9, "weight": 4.0, "fat": False, "toys": {}}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cta", {}, "unknown animal 'cta'; did you mean 'cat'?"),
        ("zebra", {}, "unknown animal 'zebra'; known: cat"),
        ("cat", {"weight": float("nan")}, "option 'weight' of animal 'cat' must be a finite number, got nan"),
        ("cat", {"weight": float("-inf")}, "must be a finite number, got -inf"),
        ("cat", {"live": 7}, "has no option 'live'; did you mean 'lives'? options: lives=9, weight=4.0, fat=False"),
        ("cat", {"colour": 7}, "has no option 'colour'; options: lives=9"),
        ("cat", {"lives": 7.5}, "option 'lives' of animal 'cat' must be like its default 9 (int), got 7.5"),
        ("cat", {"lives": True}, "like its default 9 (int), got True"),
        ("cat", {"fat": 1}, "like its default False (bool), got 1"),
        ("cat", {"weight": "heavy"}, "like its default 4.0 (float), got 'heavy'"),
        ("cat", {"toys": 3}, "got 3"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    animals: Registry[Any], name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnknownName) as caught:
        animals.bind(name, options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_second_function_of_a_name_is_refused(animals: Registry[Any]) -> None:
    with pytest.raises(DuplicateName, match=r"'cat' of .* is already defined by"):
        animals.register("cat")(lambda: None)


def plugins(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, "spanwise.schemes") for name, value in entries]
    monkeypatch.setattr(registry_module, "entry_points", lambda group: found)


def test_plugins_are_listed_without_being_imported_and_bound_like_built_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins(monkeypatch, ("ours", "rewards.schemes.binary:binary"), ("gone", "no_such_module:x"))
    assert {"ours", "gone", "static"} <= set(schemes.names())
    assert schemes.resolve("ours")(Evidence(Source("x"))) == Reward(None)
    with pytest.raises(UnknownName, match=r"scheme 'gone' of .* cannot be loaded: No module named"):
        schemes.resolve("gone")


@pytest.mark.parametrize("entries", [[("binary", "a:b")], [("ours", "a:b"), ("ours", "c:d")]])
def test_plugins_that_take_a_name_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch, entries: list[tuple[str, str]]
) -> None:
    plugins(monkeypatch, *entries)
    with pytest.raises(DuplicateName, match="already defined by"):
        schemes.names()


def test_the_built_in_schemes() -> None:
    assert {"binary", "pass_ratio", "rltf", "static"} <= set(schemes.names())


def test_a_function_is_a_scheme_as_it_is() -> None:
    assert schemes.resolve(binary) is binary


def test_did_you_mean_says_something_where_nothing_is_known() -> None:
    assert did_you_mean("x", []) == "known: none"
