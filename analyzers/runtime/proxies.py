"""Names and objects of the candidate's program, as test code meets them: what is done with them happens there.

What a candidate computes crosses as plain data and is compared in the judge, with the judge's own `==`; what is no
plain data stays an opaque `Remote`, which equals nothing but itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzers.runtime.ends import Died
from analyzers.runtime.hearsay import When

if TYPE_CHECKING:
    from analyzers.runtime.session import Session


class Name:
    """A global of the candidate's program, looked up when it is used: it survives a new start of the program."""

    def __init__(self, session: Session, name: str) -> None:
        self._session, self._name = session, name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Calls it in the program's process."""
        return self._session.request("call", self._name, *arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        return self._session.request("getattr", self._name, name)


class Remote:
    """An object of the candidate's. Equal to nothing but itself; its parts cross as plain data when asked for."""

    __slots__ = ("_held", "_reference", "_session")

    def __init__(self, session: Session, number: int, generation: int) -> None:
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_reference", (number, generation))
        object.__setattr__(self, "_held", None)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Calls it in the program's process."""
        return _ask(self, "call", *arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        return _ask(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "getitem", key)

    def __iter__(self) -> Iterator[Any]:
        return iter(_items(self))

    def __contains__(self, value: Any) -> bool:
        return value in _items(self)  # decided here: its own __contains__ could say yes to everything

    def __len__(self) -> int:
        length = int(_plain(self, "len", int))
        try:
            given = len(_items(self, sized=True))
        except Exception:  # it need not be iterable
            return length
        if given != length:
            raise TypeError(f"an object that says it has {length} elements gave {given}")
        return length

    def __bool__(self) -> bool:
        return bool(_plain(self, "bool", bool))

    def __str__(self) -> str:
        return str(_plain(self, "str", str))

    def __repr__(self) -> str:
        return str(_plain(self, "repr", str))


def _ask(remote: Remote, operation: str, *arguments: Any, **keywords: Any) -> Any:
    session: Session = object.__getattribute__(remote, "_session")
    number, generation = object.__getattribute__(remote, "_reference")
    if generation != session._generation:
        raise Died("the program was started anew, its objects are gone")
    if operation == "call":
        session.seen.add(When.OBJECTS)
    return session.request(operation, number, *arguments, **keywords)


@dataclass(frozen=True, slots=True)
class _Held:
    """What an object of the candidate's last said to hold."""

    items: list[Any]
    calls: int
    """Calls that the program had answered by then: after one more, the object may hold something else."""
    sized: bool
    """Whether the object was asked for its length too, and stays by what it gave."""


def _items(remote: Remote, *, sized: bool = False) -> list[Any]:
    """What an object holds. One that has a length cannot say that it holds this now and that in a moment."""
    session: Session = object.__getattribute__(remote, "_session")
    held: _Held | None = object.__getattribute__(remote, "_held")
    known = held is not None and held.calls == session.calls and (sized or held.sized)
    items = held.items if held is not None and known else _plain(remote, "items", list)
    object.__setattr__(remote, "_held", _Held(items, session.calls, sized or (held is not None and known)))
    return items


def _plain(remote: Remote, operation: str, expected: type) -> Any:
    value = _ask(remote, operation)
    if type(value) is not expected:
        raise TypeError(f"{operation} of an object gave a {type(value).__name__}")
    return value


def copy_back(argument: Any, value: Any) -> None:
    """Shows a change that a call made to one of its arguments in the judge's copy of it."""
    match argument:
        case list():
            argument[:] = value
        case dict():
            argument.clear()
            argument.update(value)
        case set():
            argument.clear()
            argument |= value
        case bytearray():
            argument[:] = value
        case tuple():
            for mine, theirs in zip(argument, value, strict=True):
                copy_back(mine, theirs)
        case _ if hasattr(argument, "clear") and hasattr(argument, "extend"):  # deque
            argument.clear()
            argument.extend(value)
