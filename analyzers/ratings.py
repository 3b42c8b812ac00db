"""How bad a rule's findings are, by the start of its code: one line for a family of rules, and one for an exception."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from analyzers.errors import AnalyzerFailed
from analyzers.types import Kind, Severity

_Rated = TypeVar("_Rated")


def rate(ratings: Mapping[str, tuple[Severity, Kind]], code: str) -> tuple[Severity, Kind]:
    """Severity and kind of the longest start of `code` that `ratings` holds; `""` is the start of every code.

    Raises:
        AnalyzerFailed: no start of it is rated, and there is no default.
    """
    for end in range(len(code), -1, -1):
        if code[:end] in ratings:
            return ratings[code[:end]]
    raise AnalyzerFailed(f"the code {code!r} has no rating, and there is none for all others; rated: {list(ratings)}")


def by_message(ratings: Mapping[str, _Rated], message: str) -> _Rated | None:
    """What stands at the first pattern that the message begins with, for tools without codes; None at none."""
    return next((rated for pattern, rated in ratings.items() if re.match(pattern, message)), None)
