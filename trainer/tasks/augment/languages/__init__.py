"""Languages in which new tests can be written: a module with a record each, named as the language.

A record says how the value of an expression is printed as JSON, what is compared, and how a failing comparison ends the
program. Everything else is shared (`trainer.tasks.augment.code`).
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from trainer.tasks.augment.declarations import Typed

LARGEST = 2**53
"""Number that every language holds exactly."""
MARK = "@answer"
"""What a line that tells an answer begins with."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How plain values are written in a language, printed, and compared."""

    answer: str
    """Prints MARK, the number `{at}` and the JSON of `{value}` on a line, and goes on where that is not possible."""
    same: str
    """An expression, true where `{call}` gives `{answer}`."""
    assertion: str
    """Ends the program where the expression `{same}` is not true."""
    setup: str = ""
    """What they need."""
    constants: Mapping[Any, str] = field(default_factory=lambda: {True: "true", False: "false", None: "null"})
    listed: tuple[str, str] = ("[", "]")
    mapped: tuple[str, str, str] = ("{", ": ", "}")
    """What stands before the pairs, within each, and behind them."""
    keyed: str = "{}"
    """How a key is written within a pair."""
    escaped: str = ""
    """Characters of a text in double quotes that need a backslash, beside those of JSON."""

    def written(self, value: Any) -> str:
        """A value as code.

        Raises:
            ValueError: it cannot be written in this language.
        """
        match value:
            case bool() | None if value in self.constants:
                return self.constants[value]
            case int() | float() if type(value) is not bool and abs(value) <= LARGEST:
                return repr(value)
            case str():
                return self._text(value)
            case list() | tuple():
                return self.listed[0] + ", ".join(map(self.written, value)) + self.listed[1]
            case dict() if all(isinstance(key, str) for key in value):
                before, between, behind = self.mapped
                pairs = [
                    f"{self.keyed.format(self.written(key))}{between}{self.written(each)}"
                    for key, each in value.items()
                ]
                return before + ", ".join(pairs) + behind
        raise ValueError(f"no way is known to write {type(value).__name__}")

    def _text(self, value: str) -> str:
        if not value.replace("\n", "").replace("\t", "").isprintable():
            raise ValueError("a text with characters that cannot be seen")
        text = json.dumps(value, ensure_ascii=False)
        return "".join(f"\\{character}" if character in self.escaped else character for character in text)


@cache
def names() -> tuple[str, ...]:
    """The languages, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def writing(language: str) -> Writing | Typed | None:
    """The record of a language; None where it has none."""
    if language not in names():
        return None
    found: Writing | Typed = import_module(f"{__name__}.{language}").WRITING
    return found
