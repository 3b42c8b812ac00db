"""Settings from a TOML file, flags and `--set`, one over the other, as a typed record; unknown keys get a hint."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rewards.registry import did_you_mean

Layer: TypeAlias = tuple[str, Mapping[str, Any]]
"""Where settings stand, in words, and the tree of them."""
Record = TypeVar("Record", bound=BaseModel)


class ConfigError(ValueError):
    """The configuration cannot be used; one line says what came and what was expected."""


def gathered(path: Path | None, *, settings: Sequence[str], flags: Mapping[str, Any]) -> list[Layer]:
    """The layers that a TOML file, flags (dotted key -> value) and `key=value` settings are, the last of them on top.

    Raises:
        ConfigError: the file cannot be read, or a setting is none.
    """
    layers: list[Layer] = [(str(path), _read(path))] if path else []
    layers += [("the command line", nested(key, value)) for key, value in flags.items()]
    return layers + [("--set", _assignment(setting)) for setting in settings]


def validated(kind: type[Record], tree: Mapping[str, Any], layers: Iterable[Layer]) -> Record:
    """The record that a tree of settings is; `layers` are where a complaint looks for the place of a key.

    Raises:
        ConfigError: a key or value is wrong; one line, with the closest names.
    """
    try:
        return kind.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(kind, error, layers)) from error


def restored(kind: type[Record], text: str) -> Record:
    """The record that `model_dump_json` wrote.

    Raises:
        ConfigError: it is something else.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(_one_line(kind, error, [])) from error


def nested(key: str, value: Any) -> dict[str, Any]:
    """The tree that holds one value at a dotted key."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def merge(tree: dict[str, Any], layer: Mapping[str, Any], *, named: Sequence[str] = ()) -> dict[str, Any]:
    """Puts a layer on a tree, which changes; tables that `named` lists begin anew where their name changes."""
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            if key in named and value.get("name", tree[key].get("name")) != tree[key].get("name"):
                tree[key] = dict(value)  # options belong to the function that they were written for
            else:
                merge(tree[key], value, named=named)
        else:
            tree[key] = merge({}, value, named=named) if isinstance(value, Mapping) else value
    return tree


def lookup(tree: Mapping[str, Any], key: str) -> Any:
    """What stands at a dotted key; None where nothing does."""
    found: Any = tree
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error


def _assignment(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise ConfigError(f"--set takes SECTION.KEY=VALUE, got {text!r}; for example --set rollout.samples=16")
    try:
        parsed: Any = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()  # a word without quotes
    return nested(key.strip(), parsed)


def _one_line(kind: type[BaseModel], error: ValidationError, layers: Iterable[Layer]) -> str:
    """The first complaint, and how many there are beside it."""
    complaints = {_key(complaint): complaint for complaint in reversed(error.errors())}
    key, first = list(complaints.items())[-1]
    place = next((f" in {place}" for place, layer in layers if key and lookup(layer, key) is not None), "")
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    return f"{_complaint(kind, first, key, place)}{more}"


def _key(complaint: ErrorDetails) -> str:
    """Where a complaint belongs; what is wrong further inside is a matter of the kinds that a value may be of."""
    unknown = complaint["type"] == "extra_forbidden"
    return ".".join(map(str, complaint["loc"] if unknown else complaint["loc"][:2]))


def _complaint(kind: type[BaseModel], complaint: ErrorDetails, key: str, place: str) -> str:
    message = complaint["msg"].removeprefix("Value error, ")
    if complaint["type"] == "extra_forbidden":
        *sections, name = key.split(".")
        return f"unknown key {key!r}{place}; {did_you_mean(name, _fields(kind, sections))}"
    if not key:
        return message
    return f"{key}{place}: {message[:1].lower()}{message[1:]}, got {complaint['input']!r}"


def _fields(kind: type[BaseModel], sections: Sequence[str]) -> Iterable[str]:
    """The names in a table of a table of a record."""
    for section in sections:
        field = kind.model_fields.get(section)
        table = field.annotation if field is not None else None
        if not (isinstance(table, type) and issubclass(table, BaseModel)):
            return ()
        kind = table
    return kind.model_fields
