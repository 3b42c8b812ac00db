from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from trainer import registry as module
from trainer.registry import DuplicateName, Registry, UnknownName


def halve(value: float, *, times: int = 1) -> float:
    return value / 2**times


@pytest.fixture
def registry() -> Registry[Any]:
    made: Registry[Any] = Registry("operation", "spanwise.operations")
    made.register("halve")(halve)
    return made


def test_keyword_only_arguments_are_the_configuration(registry: Registry[Any]) -> None:
    assert registry.options("halve") == {"times": 1}
    assert registry.bind("halve", {"times": 3})(8.0) == 1.0
    assert registry.bind("halve")(8.0) == 4.0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("halv", {}, "unknown operation 'halv'; did you mean 'halve'?"),
        ("zzz", {}, "unknown operation 'zzz'; known: halve"),
        ("halve", {"time": 2}, "operation 'halve' has no option 'time'; did you mean 'times'?"),
        ("halve", {"value": 2}, "operation 'halve' has no option 'value'; known: times"),
    ],
)
def test_unknown_names_and_options_say_what_is_known(
    registry: Registry[Any], name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnknownName) as raised:
        registry.bind(name, options)
    assert str(raised.value) == message


def test_duplicates_are_refused(registry: Registry[Any]) -> None:
    with pytest.raises(DuplicateName, match="'halve'"):
        registry.register("halve")(halve)


def _entries(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str]) -> None:
    found = [EntryPoint(name, target, "spanwise.operations") for name, target in entries]
    monkeypatch.setattr(module, "entry_points", lambda group: found)


def test_plugins_are_listed_without_being_imported(registry: Registry[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    _entries(monkeypatch, ("root", "math:sqrt"), ("broken", "no_such_module:f"))
    assert registry.names() == ("broken", "halve", "root")
    assert registry.get("root")(9.0) == 3.0
    with pytest.raises(UnknownName, match="'broken' of an unknown distribution cannot be loaded: No module named"):
        registry.get("broken")


@pytest.mark.parametrize("entries", [(("halve", "math:sqrt"),), (("root", "math:sqrt"), ("root", "math:exp"))])
def test_a_plugin_cannot_take_a_name(
    registry: Registry[Any], monkeypatch: pytest.MonkeyPatch, entries: tuple[tuple[str, str], ...]
) -> None:
    _entries(monkeypatch, *entries)
    with pytest.raises(DuplicateName, match="already defined"):
        registry.get("halve")
