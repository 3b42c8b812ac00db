"""Schemes turn evidence into a reward: `Evidence -> Reward`, pure functions, one file each.

The keyword-only arguments of a scheme are its configuration. Built-in schemes are the modules of this package; other
distributions add theirs through the entry-point group `spanwise.schemes`, whose targets are the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rewards.registry import Registry
from rewards.types import Evidence, Reward, Source

__all__ = ["Scheme", "Spec", "names", "options", "resolve", "scheme"]

Scheme: TypeAlias = Callable[[Evidence], Reward]
Spec: TypeAlias = str | tuple[str, Mapping[str, Any]] | Scheme
"""What names a scheme: `"static"`, `("static", {"gate": False})`, or a function."""

_registry: Registry[Callable[..., Reward]] = Registry("scheme", "spanwise.schemes", __name__)
scheme = _registry.register
names = _registry.names
options = _registry.options


def resolve(spec: Spec) -> Scheme:
    """The scheme that a specification names, with its options set.

    Raises:
        UnknownName: (a ValueError) no such scheme or option, with the closest names and the valid options.
        ValueError: an option has a value that the scheme refuses.
    """
    if callable(spec):
        return spec
    name, chosen = (spec, {}) if isinstance(spec, str) else spec
    bound: Scheme = _registry.bind(name, chosen)
    bound(Evidence(Source("")))  # a scheme that refuses its options does so here, not at the first program
    return bound
