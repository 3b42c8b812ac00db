"""What requests hold: checked by type before anything waits in the line, so that errors name the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)

import grammars
from rewards.schemes import Spec
from rewards.serve.messages import EXACT, suite_of
from rewards.types import Item


def _text(value: object) -> str:
    """Text as it is; pydantic's own check refuses lone surrogates, which completions may hold."""
    if not isinstance(value, str):
        raise ValueError("expected a string")
    return value


def _language(name: str) -> str:
    return grammars.get(name).name


Text: TypeAlias = Annotated[str, PlainValidator(_text), WithJsonSchema({"type": "string"})]
Language: TypeAlias = Annotated[
    str, PlainValidator(_text), AfterValidator(_language), WithJsonSchema({"type": "string", "examples": ["python"]})
]


class Body(BaseModel):
    """A JSON object with known keys."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asserts(Body):
    """Assert statements; each one is a test."""

    asserts: list[Text]
    setup: Text = ""


class CheckFunction(Body):
    """Code that defines `check(candidate)`."""

    check: Text
    entry_point: Text
    setup: Text = ""


class Case(Body):
    """One call; `expected` may be left out where a checker judges."""

    args: list[Any]
    expected: Any = None
    kwargs: dict[str, Any] | None = None


class Calls(Body):
    """Calls of one function; `compare` names a rule, or `checker` is a program that judges."""

    function: Text
    cases: list[Case]
    compare: Text = "exact"
    checker: Text = ""


class Exchange(Body):
    """One run of the whole program; `stdout` may be left out where a checker judges."""

    stdin: Text
    stdout: Text = ""


class Stdio(Body):
    """Runs of the whole program."""

    stdio: list[Exchange]
    compare: Text = "whitespace"
    checker: Text = ""


class Appended(Body):
    """Code that is run with the program as one."""

    append: Text
    prefix: Text = ""


class Exact(Body):
    """A suite as `rewards.client` writes it, whose values keep types that JSON does not have."""

    wire: Any


_KINDS: dict[str, type[Body]] = {
    "asserts": Asserts,
    "check": CheckFunction,
    "function": Calls,
    "stdio": Stdio,
    "append": Appended,
    EXACT: Exact,
}
_STATEMENTS, _STATEMENT = "(statements)", "(statement)"


def _kind(value: object) -> str | None:
    """Which of the bodies a suite is meant to be; the tag does not belong to a field's path, hence the brackets."""
    if isinstance(value, Mapping):
        return next((f"({key})" for key in _KINDS if key in value), None)
    return _STATEMENTS if isinstance(value, list) else _STATEMENT if isinstance(value, str) else None


def _suite(body: Body | list[str] | str) -> Any:
    return suite_of(body.model_dump(exclude_unset=True) if isinstance(body, Body) else body)


Suite: TypeAlias = Annotated[
    Annotated[Asserts, Tag("(asserts)")]
    | Annotated[CheckFunction, Tag("(check)")]
    | Annotated[Calls, Tag("(function)")]
    | Annotated[Stdio, Tag("(stdio)")]
    | Annotated[Appended, Tag("(append)")]
    | Annotated[Exact, Tag(f"({EXACT})")]
    | Annotated[list[Text], Tag(_STATEMENTS)]
    | Annotated[Text, Tag(_STATEMENT)],
    Discriminator(
        _kind,
        custom_error_type="suite",
        custom_error_message=f"expected assert statements, or an object with one of the keys {', '.join(_KINDS)}",
    ),
    AfterValidator(_suite),
]


class Entry(Body):
    """A scheme with options, or with a weight one of several."""

    name: str
    weight: float = 1.0
    options: dict[str, Any] = {}


def _entries(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _entry(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Entries: TypeAlias = Annotated[
    list[Annotated[Entry, BeforeValidator(_entry)]],
    BeforeValidator(_entries),
    WithJsonSchema(
        {
            "description": "A scheme's name, or an object with name and options, or a list of these with weights.",
            "anyOf": [{"type": "string"}, {"type": "object"}, {"type": "array", "items": {}}],
        }
    ),
]


class ItemBody(Body):
    """One completion, and how it is to be judged."""

    completion: Text
    language: Language = "python"
    tests: Suite | None = None
    prefix: Text = Field("", description="Program text that stands before the completion and was given.")
    suffix: Text = Field("", description="Program text that stands after it and was given.")
    reference: Text | None = None
    task_id: Text = ""
    truncated: bool = Field(False, description="Whether sampling stopped at the token limit.")
    raw: bool = Field(False, description="Whether the completion is the program itself, without a code fence.")
    holdout: Suite | None = Field(None, description="Further tests, which the reward does not depend on.")
    token_ids: Any = Field(None, description="Left alone.")

    def item(self) -> Item:
        """The record that is scored."""
        return Item(**{name: getattr(self, name) for name in ITEM if name in self.model_fields_set})


ITEM = tuple(name for name in ItemBody.model_fields if name != "token_ids")


class ScoreBody(ItemBody):
    """The body of POST /score."""

    scheme: Entries | None = None


class BatchBody(Body):
    """The body of POST /score_batch."""

    items: list[ItemBody]
    scheme: Entries | None = None


_MODELS: tuple[type[Body], ...] = (ScoreBody, BatchBody, Entry, Case, Exchange, *_KINDS.values())
KEYS = frozenset(key for model in _MODELS for key in model.model_fields)


def spec_of(entries: list[Entry]) -> Spec:
    """The scheme of a request, as `rewards.schemes.resolve` takes it."""
    if len(entries) == 1 and entries[0].weight == 1:
        return entries[0].name, entries[0].options
    return [entry.model_dump() for entry in entries]
