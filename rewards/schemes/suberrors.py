"""Sub-errors of Python programs and the part of the program that answers for them (RLTF, arXiv:2307.04349, Table 2).

An error is classified by the class of its exception, never by its message.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyzers.types import Kind, Location


@dataclass(frozen=True, slots=True)
class Suberror:
    """One row of the table."""

    location: Location
    kind: Kind
    """What kind of finding of a static analyzer tells of the same defect."""


# Two rows depend on more than the class. A SyntaxError is GLOBAL in a truncated program, and IGNORE inside an unclosed
# triple-quoted string: the diagnostic says that by its location. A time limit is an outcome, not an exception.
SUBERRORS: Mapping[str, Suberror] = MappingProxyType(
    {
        "SyntaxError": Suberror(Location.LINE, Kind.SYNTAX),
        "IndentationError": Suberror(Location.IGNORE, Kind.SYNTAX),
        "IndexError": Suberror(Location.LINE, Kind.RUNTIME),
        "TypeError": Suberror(Location.LINE, Kind.TYPE),
        "ValueError": Suberror(Location.LINE, Kind.RUNTIME),
        "EOFError": Suberror(Location.LINE, Kind.RUNTIME),
        "NameError": Suberror(Location.LINE, Kind.NAME),
        "KeyError": Suberror(Location.LINE, Kind.RUNTIME),
        "ImportError": Suberror(Location.LINE, Kind.NAME),
        "ZeroDivisionError": Suberror(Location.LINE, Kind.RUNTIME),
        "RecursionError": Suberror(Location.GLOBAL, Kind.RUNTIME),
        # Not a row of the paper (it falls under "Else"): a missing attribute is what type checkers report.
        "AttributeError": Suberror(Location.LINE, Kind.TYPE),
    }
)
ELSE = Suberror(Location.LINE, Kind.RUNTIME)


def suberror(exception: str) -> Suberror:
    """The row of an exception class; subclasses of a row belong to it (TabError to IndentationError)."""
    found = getattr(builtins, exception, None)
    ancestors = found.__mro__ if isinstance(found, type) else ()
    return next((SUBERRORS[base.__name__] for base in ancestors if base.__name__ in SUBERRORS), ELSE)
