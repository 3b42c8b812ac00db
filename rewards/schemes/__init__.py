"""Schemes turn evidence into a reward: `Evidence -> Reward`, pure functions, one file each.

The keyword-only arguments of a scheme are its configuration; `cap`, where there is one, is the most that its static
charges cost a program. Built-in schemes are the modules of this package; other distributions add theirs through the
entry-point group `spanwise.schemes`, whose targets are the functions. A list of schemes with weights is their
composition (`rewards.schemes.composition`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from rewards.registry import Registry
from rewards.schemes.composition import Entry, composed, named
from rewards.types import Evidence, Reward, Source

__all__ = ["Need", "Scheme", "Spec", "function", "names", "needs", "options", "resolve", "scheme", "title"]

Scheme: TypeAlias = Callable[[Evidence], Reward]
Spec: TypeAlias = str | tuple[str, Mapping[str, Any]] | Sequence[Entry] | Scheme
"""What names a scheme: `"static"`, `("static", {"gate": False})`, a function, or a list of entries with weights:
`[{"name": "static"}, {"name": "codequal", "weight": 0.5, "options": {"noise": True}}]`."""

Function = TypeVar("Function", bound=Callable[..., Reward])


class Need(StrEnum):
    """Evidence that costs something to get, so that it is there only for schemes that ask for it."""

    GROUP = "group"
    """`Evidence.group`."""
    EXECUTED = "executed"
    """`Verdict.executed`."""
    REFERENCE = "reference"
    """`Evidence.reference`."""
    DIVERGENCE = "divergence"
    """The report of `analyzers.runtime.divergence` on a wrong answer."""


_registry: Registry[Callable[..., Reward]] = Registry("scheme", "spanwise.schemes", __name__)
names = _registry.names
options = _registry.options
function = _registry.get


def scheme(name: str, *, needs: Iterable[Need] = ()) -> Callable[[Function], Function]:
    """Decorator that makes a scheme known; one of another distribution may have the attribute `needs` itself.

    Raises:
        rewards.registry.DuplicateName: the name is taken.
    """

    def add(function: Function) -> Function:
        function.needs = frozenset(needs)  # type: ignore[attr-defined]
        _registry.register(name)(function)
        return function

    return add


def needs(scheme: Scheme) -> frozenset[Need]:
    """What a scheme asks for beside the reports of its analyzers."""
    return frozenset(getattr(getattr(scheme, "func", scheme), "needs", ()))


def title(spec: Spec) -> str:
    """A scheme in a few words: `static`, or `static + 0.5 codequal`."""
    match spec:
        case str():
            return spec
        case (str(name), Mapping()) if isinstance(spec, tuple):
            return name
        case Sequence():
            return " + ".join(map(named, spec))
    return getattr(spec, "__name__", type(spec).__name__)


def resolve(spec: Spec) -> Scheme:
    """The scheme that a specification names, with its options set.

    Raises:
        UnknownName: (a ValueError) no such scheme or option, with the closest names and the valid options.
        ValueError: an option has a value that the scheme refuses, or a composition would break its cap.
    """
    if callable(spec):
        return spec
    if isinstance(spec, str):
        spec = spec, {}
    match spec:
        case (str(name), Mapping() as chosen) if isinstance(spec, tuple):
            return _bound(name, chosen)
    return composed(spec, _bound, options)


def _bound(name: str, chosen: Mapping[str, Any]) -> Scheme:
    bound: Scheme = _registry.bind(name, chosen)
    try:
        bound(Evidence(Source("")))  # a scheme that refuses its options does so here, not at the first program
    except ValueError as error:
        raise type(error)(f"scheme {name!r}: {error}") from error
    return bound
