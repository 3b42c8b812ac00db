"""What a function declares, in languages with declared types, and how tests are written in such a language.

A literal of one type is another than that of the next one, and a value that a type does not hold is no value at all. So
what a program is called with is written by the types of its parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tree_sitter import Node

from analyzers.runtime.tests import Appended


class Kind(Enum):
    """What the values of a type are."""

    WHOLE = "whole"
    REAL = "real"
    TRUTH = "truth"
    TEXT = "text"
    CHARACTER = "character"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Type:
    """A type of a language: which plain values it holds and how these are written."""

    kind: Kind
    before: str = ""
    behind: str = ""
    parts: tuple[Type, ...] = ()
    """The types of elements, or of keys and of values."""
    low: float = 0
    high: float = 0
    """The least and the greatest number."""
    length: int | None = None
    """Of a list that always has as many elements."""
    pair: str = ""
    """How a key and its value are written."""
    between: str = ", "
    """What stands between pairs."""
    outer: str = "{}"
    """How a value is written that is an argument, and no part of one."""

    def written(self, value: Any) -> str:
        """A value as code.

        Raises:
            ValueError: it is none of this type.
        """
        return self.before + self._inside(value) + self.behind

    def _inside(self, value: Any) -> str:
        match self.kind, value:
            case Kind.TRUTH, bool():
                return "true" if value else "false"
            case Kind.WHOLE, int() if type(value) is int and self.low <= value <= self.high:
                return str(value)
            case Kind.REAL, int() | float() if type(value) is not bool and self.low <= value <= self.high:
                return repr(float(value))
            case Kind.TEXT, str():
                return text(value)
            case Kind.CHARACTER, str() if len(value) == 1 and value.isascii() and value.isprintable():
                return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
            case Kind.LIST, list() if self.length in (None, len(value)):
                return ", ".join(map(self.parts[0].written, value))
            case Kind.MAPPING, dict():
                key, each = self.parts
                pairs = [self.pair.format(key.written(name), each.written(item)) for name, item in value.items()]
                return self.between.join(pairs)
        raise ValueError(f"no {self.kind.value}: {type(value).__name__}")


def text(value: str) -> str:
    """A text as code: such languages agree with JSON on how.

    Raises:
        ValueError: it has characters that cannot be seen.
    """
    if not value.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("a text with characters that cannot be seen")
    return json.dumps(value, ensure_ascii=False)


def whole(bits: int, behind: str = "", *, signed: bool = True) -> Type:
    """The type of the whole numbers of so many bits."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return Type(Kind.WHOLE, behind=behind, low=low, high=high)


DOUBLE = Type(Kind.REAL, low=-1.7e308, high=1.7e308)
SINGLE = Type(Kind.REAL, low=-3.4e38, high=3.4e38)
TRUTH, TEXT, CHARACTER = Type(Kind.TRUTH), Type(Kind.TEXT), Type(Kind.CHARACTER)


def generic(declared: str) -> tuple[str, list[str]]:
    """The name of a type, and what stands behind it in angle brackets.

    Raises:
        ValueError: it is written in another way.
    """
    found = re.fullmatch(r"([\w ]+?)\s*(?:<(.*)>)?", declared.strip(), re.DOTALL)
    if found is None:
        raise ValueError(f"no type is known: {declared}")
    parts, depth = [""], 0
    for character in found[2] or "":
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return found[1], [part.strip() for part in parts if part.strip()]


def known(types: Mapping[str, Type], name: str) -> Type:
    """The type of a name.

    Raises:
        ValueError: there is none.
    """
    if name not in types:
        raise ValueError(f"no type is known: {name}")
    return types[name]


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that a program defines."""

    name: str
    callee: str
    """What stands before the arguments of a call."""
    parameters: tuple[tuple[str, str], ...]
    """Name and type of each, as they are declared."""
    start: int
    end: int
    """Where its body stands, in bytes."""


@dataclass(frozen=True, slots=True)
class Typed:
    """How tests are written in a language with declared types.

    Answers are compared as JSON: that asks for no type, and takes an answer of any type that was declared.
    """

    signature: Callable[[Node], Signature | None]
    """The function that a node defines, where it defines one."""
    typed: Callable[[str], Type]
    """The type that a declaration names; raises ValueError where its values cannot be written."""
    strict: Callable[[str], Sequence[str]]
    """A program, made to end where the answer would be chance, or another program's might be another one: the first of
    these that compiles is the strictest."""
    answer: str
    """As in `Writing`."""
    same: str
    """As in `Writing`; `{answer}` is the JSON of the answer, as a text."""
    assertion: str
    """As in `Writing`; `{at}` is its number."""
    body: str
    """The body `{body}` of a function, in braces, that tells its arguments, named `{names}`, before it begins."""
    asking: Callable[[Appended, str, str], str]
    """A whole program: some tests' program, and the answers that it tells."""
    watching: Callable[[Appended, str], str]
    """A whole program: some tests and their program, which tells what it is called with."""
    extended: Callable[[Appended, Sequence[str]], Appended]
    """Tests and, before them, further assertions; raises NoForm where these have no place."""


def text_of(node: Node | None) -> str:
    """The text of a node."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")
