"""Columns of a table -> items: which column holds which field of an Item, and tests as tables can hold them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, TypeAlias

from analyzers.runtime import tests as suites
from analyzers.runtime.tests import BadTests, Tests
from rewards.registry import did_you_mean
from rewards.types import Item

Names: TypeAlias = Mapping[str, str | None]
"""Column by field of an Item, for those that are not called alike; None where a field shall keep its default."""

SAME: Names = MappingProxyType({})
FIELDS = tuple(field.name for field in fields(Item) if field.name not in ("completion", "truncated"))
"""What a column can hold of an Item: all but what the model wrote."""
SUITES = ("tests", "holdout")


def complete(names: Names = SAME) -> dict[str, str | None]:
    """The column of every field; a field that is not named has the column of its own name.

    Raises:
        ValueError: a field that an Item does not have, with the closest one.
    """
    for name in names:
        if name not in FIELDS:
            raise ValueError(f"a column cannot hold the field {name!r} of an item; {did_you_mean(name, FIELDS)}")
    return {**{name: name for name in FIELDS}, **names}


def check(names: Names, present: Collection[str], *, given: Names = SAME, tests: bool = True) -> None:
    """Refuses a table without a column that was `given` by name, or, where `tests` are to be run, without those.

    Raises:
        ValueError: with the columns that are there.
    """
    for field, column in names.items():
        if column is not None and column not in present and ((tests and field == "tests") or field in given):
            there = ", ".join(sorted(present)) or "none"
            raise ValueError(
                f"the dataset has no column {column!r} for {field!r}; its columns: {there};"
                f" name the right one with columns={{{field!r}: NAME}}, or None to leave {field} out"
            )


def items(
    completions: Sequence[str],
    table: Mapping[str, Sequence[Any]],
    names: Names,
    *,
    language: str,
    **more: Sequence[Any],
) -> list[Item]:
    """An item for each completion, its fields from the columns of the table that `names` (all of them) says.

    A value that is None leaves the field at its default, which is `language` for the language. `more` are fields with
    one value for each completion.

    Raises:
        analyzers.runtime.tests.BadTests: the tests of a row are no test suite; with the row and its task.
    """
    columns = {field: table[column] for field, column in names.items() if column is not None and column in table} | more
    made = []
    for row, completion in enumerate(completions):
        values = {field: column[row] for field, column in columns.items() if column[row] is not None}
        try:
            values |= {field: suite(values.get(field)) for field in SUITES}
        except BadTests as error:
            raise BadTests(f"row {row}, task {values.get('task_id', '')!r}: {error}") from error
        made.append(Item(completion, **{"language": language, **values}))
    return made


def row_items(
    completions: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    given: Names,
    *,
    language: str,
    tests: bool,
    task_ids: Sequence[str],
    truncated: Sequence[bool],
) -> list[Item]:
    """As `items`, of rows that come one by one; the name of a column may have dots, which go into mappings of the row.

    `given` are the columns of the fields that are not called alike, `tests` says whether tests are to be run, and
    `task_ids` are those of rows without a column for it.

    Raises:
        ValueError: an unknown field, or no row has a column that is needed.
        analyzers.runtime.tests.BadTests: as `items`.
    """
    names = complete(given)
    cells = {name: [_within(row, name) for row in rows] for name in names.values() if name is not None}
    table: dict[str, Sequence[Any]] = {
        name: column for name, column in cells.items() if any(cell is not None for cell in column)
    }
    if rows:
        check(names, {*table, *(name for row in rows for name in row)}, given=given, tests=tests)
    more: dict[str, Sequence[Any]] = {} if names["task_id"] in table else {"task_id": task_ids}
    return items(completions, table, names, language=language, truncated=truncated, **more)


def _within(row: Any, name: str) -> Any:
    """The cell of a row, None where there is none."""
    if not isinstance(row, Mapping):
        return None
    if name in row:
        return row[name]
    first, dot, rest = name.partition(".")
    return _within(row.get(first), rest) if dot else None


def suite(value: Any) -> Tests | None:
    """The tests in a cell: what `analyzers.runtime.tests.parse` takes, JSON text of it, or None.

    Arrow tables give every mapping the keys of all the others, with None as their values; those are left out.

    Raises:
        analyzers.runtime.tests.BadTests: with what came and what was expected.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise BadTests(f"tests that begin like JSON are none ({error}): {value[:80]!r}") from error
    if isinstance(value, Mapping):
        value = {key: part for key, part in value.items() if part is not None}
    return None if value is None else suites.parse(value)


def text_of(completion: Any) -> str:
    """What the model wrote: the text, or of a conversation its last message.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Sequence) and (not completion or isinstance(completion[-1], Mapping)):
        content = completion[-1].get("content") if completion else ""
        if content is None or isinstance(content, str):
            return content or ""
        if isinstance(content, Sequence):
            return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))
    raise TypeError(
        "a completion is text or a list of messages with a content,"
        f" got {type(completion).__name__}: {str(completion)[:80]!r}"
    )
