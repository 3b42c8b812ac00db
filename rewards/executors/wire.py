"""Items to a worker and scores back, in few bytes.

A record travels as the tuple of its fields without those at its end that have their default, an enumeration as the
place of its member. Of a score only what the caller does not hold already: the completion and the task are those of
the item, the program is told as a slice of the completion, and a charge names its finding by its place among those of
the reports. The layout follows from the records' own fields, so that it is the same wherever the same version of
spanwise is installed. Rows are pickled: both ends belong to one user, and the programs that are scored cannot write
here.
"""

from __future__ import annotations

import pickle
import sys
import traceback
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from analyzers.types import Diagnostic, Report, Source
from rewards.types import Charge, Item, Score

Convert = Callable[[Any], Any]
Row = tuple[Any, ...]


def pack_items(items: Sequence[Item]) -> bytes:
    """Items for `unpack_items`; neighbours with equal tests share them."""
    shared: list[Item] = []
    for item in items:
        if shared and item.tests is not shared[-1].tests and item.tests == shared[-1].tests:
            item = replace(item, tests=shared[-1].tests)
        shared.append(item)
    return pickle.dumps([_written(Item)(item) for item in shared], protocol=5)


def unpack_items(data: bytes) -> list[Item]:
    """The items that were packed."""
    return [_read(Item)(row) for row in pickle.loads(data)]


def pack_scores(scores: Sequence[Score | BaseException], items: Sequence[Item]) -> bytes:
    """For each item its score, or what scoring it raised."""
    rows = [
        _portable(score) if isinstance(score, BaseException) else _score_row(score, item)
        for score, item in zip(scores, items, strict=True)
    ]
    return pickle.dumps(rows, protocol=5)


def unpack_scores(data: bytes, items: Sequence[Item]) -> list[Score | BaseException]:
    """The scores of items that were packed, equal to what they were."""
    return [
        row if isinstance(row, BaseException) else _score_of(row, item)
        for row, item in zip(pickle.loads(data), items, strict=True)
    ]


def _portable(error: BaseException) -> BaseException:
    """The error with its traceback as a note; in other words where it does not survive the way."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        copy = pickle.loads(pickle.dumps(error, protocol=5))
    except Exception:
        copy = None
    return error if type(copy) is type(error) else RuntimeError("".join(traceback.format_exception(error)))


def _score_row(score: Score, item: Item) -> Row:
    places: dict[Diagnostic, int] = {}
    for place, finding in enumerate(_findings(score.reports)):
        places.setdefault(finding, place)
    charges = [_charge_row(charge, places) for charge in score.charges]
    return (_slice(score.source, item), charges, *[write(getattr(score, name)) for name, write, _ in _told()])


def _score_of(row: Row, item: Item) -> Score:
    source, charges, *rest = row
    told = {name: read(value) for (name, _, read), value in zip(_told(), rest, strict=True)}
    findings = _findings(told["reports"])
    return Score(
        source=_source_of(source, item),
        completion=item.completion,
        charges=tuple(_charge_of(charge, findings) for charge in charges),
        task_id=item.task_id,
        **told,
    )


def _findings(reports: Sequence[Report]) -> list[Diagnostic]:
    return [finding for report in reports for finding in report.diagnostics]


@cache
def _told() -> tuple[tuple[str, Convert, Convert], ...]:
    """The fields of a score that travel as they are, with what writes and reads them."""
    apart = ("source", "completion", "charges", "task_id")
    hints = _hints(Score)
    names = [field.name for field in fields(Score) if field.name not in apart]
    return tuple((name, _written(hints[name]), _read(hints[name])) for name in names)


def _charge_row(charge: Charge, places: Mapping[Diagnostic, int]) -> Row:
    row = list(_written(Charge)(charge))
    place = places.get(charge.diagnostic)
    if place is not None:
        row[0] = place
    return tuple(row)


def _charge_of(row: Row, findings: Sequence[Diagnostic]) -> Charge:
    if isinstance(row[0], int):
        rest = [read(value) for read, value in zip(_readers(Charge)[1:], row[1:], strict=False)]
        return Charge(findings[row[0]], *rest)
    charge: Charge = _read(Charge)(row)
    return charge


def _slice(source: Source, item: Item) -> Row:
    """A program by its place in the completion, or as it is where it is none of its slices."""
    row = (source.prefix, source.offset, len(source.sampled), source.language, source.truncated, source.suffix)
    return row if _source_of(row, item) == source else _written(Source)(source)


def _source_of(row: Row, item: Item) -> Source:
    if isinstance(row[0], str):
        source: Source = _read(Source)(row)
        return source
    given, offset, sampled, language, truncated, after = row
    text = item.prefix[:given] + item.completion[offset : offset + sampled] + item.suffix[:after]
    return Source(text, language, given, offset, truncated, after)


@cache
def _written(kind: Any) -> Convert:
    """What turns a value of a type into plain data."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and arguments[1] is type(None):
        write = _written(arguments[0])
        return lambda value: None if value is None else write(value)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        write = _written(arguments[0])
        return _as_it_is if write is _as_it_is else lambda value: tuple(map(write, value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member: place for place, member in enumerate(kind)}.__getitem__
    if is_dataclass(kind):
        return _record_writer(kind)
    return _shared if kind is str else _as_it_is


def _record_writer(kind: Any) -> Convert:
    columns = [(field.name, _written(_hints(kind)[field.name]), _default(field)) for field in fields(kind)]
    columns.reverse()

    def write(record: Any) -> Row:
        row: list[Any] = []
        for name, convert, default in columns:
            value = getattr(record, name)
            if row or value != default:
                row.append(convert(value))
        row.reverse()
        return tuple(row)

    return write


@cache
def _read(kind: Any) -> Convert:
    """What turns the plain data of a value back into it."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and arguments[1] is type(None):
        read = _read(arguments[0])
        return lambda data: None if data is None else read(data)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        read = _read(arguments[0])
        return _as_it_is if read is _as_it_is else lambda data: tuple(map(read, data))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind).__getitem__
    return _record_reader(kind) if is_dataclass(kind) else _as_it_is


def _record_reader(kind: Any) -> Convert:
    changed = [(place, read) for place, read in enumerate(_readers(kind)) if read is not _as_it_is]

    def read_record(row: Row) -> Any:
        values = list(row)
        for place, read in changed:
            if place < len(values):
                values[place] = read(values[place])
        return kind(*values)

    return read_record


@cache
def _readers(kind: Any) -> tuple[Convert, ...]:
    return tuple(_read(_hints(kind)[field.name]) for field in fields(kind))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _shared(text: str) -> str:
    """The one object for equal texts (six tests that fail alike have one message), of which pickle writes one copy."""
    return sys.intern(str(text))


def _as_it_is(value: Any) -> Any:
    return value
