"""What kind of values arguments are, learnt from those that the tests use and from the words of the task.

A shape is what values have in common: their types all the way down, and how large they get. It is meant to be narrow: a
test on an input that a task does not speak of rejects programs that are right.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trainer.tasks.augment.skeletons import Skeletons, skeletons

_SIGNS = frozenset(string.punctuation) - frozenset("()[]{}")
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_HEXADECIMAL = (frozenset("abcdef"), frozenset("ABCDEF"))
FEW = 3
"""So many different characters and no more are taken for all that there are, `01` or `()`, say."""
LARGE, FAR = 50, 20
"""A number that gets as large as this is no small one by nature, and may be so many times larger."""
_DIFFERENT = re.compile(
    r"\b(?:no|not|without)(?: \w+){0,2} (?:duplicate|repetition|repeat)"
    r"|\b(?:of|all) (?:\w+ ){0,2}(?:distinct|unique|different)\b"
)
"""Of the input: `unique` alone may be what is asked for."""
_BOUND = re.compile(r"(?:<=?|≤|at most|up to|no more than|less th[ae]n|between \w+ and|from \w+ to) *(\d+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Values of one type."""

    kind: type
    low: float = 0
    """Least number, or least length."""
    high: float = 0
    """Greatest number, or greatest length."""
    alphabet: str = ""
    """Characters of texts, sorted."""
    signs: tuple[str, ...] = ()
    """The only texts that there are, where they are signs: operators, say."""
    words: tuple[str, ...] = ()
    """The only words that there are in texts of words."""
    single: bool = False
    """Whether words are of one character each."""
    loose: bool = False
    """Whether white space may stand at the ends of texts, or twice."""
    forms: Skeletons | None = None
    """The ways in which texts are put together, where they are."""
    fields: tuple[Shapes, ...] = ()
    """Of a tuple with as many elements as ever: each of them."""
    items: Shapes = ()
    """Of other collections: their elements; the keys of a mapping."""
    values: Shapes = ()
    """Of a mapping: its values."""


Shapes = tuple[Shape, ...]
"""One for each type that values have; none where no value was seen."""


def shapes(values: Iterable[Any]) -> Shapes:
    """What values have in common."""
    groups: dict[type, list[Any]] = {}
    for value in values:
        groups.setdefault(type(value), []).append(value)
    return tuple(_shape(kind, group) for kind, group in groups.items())


def _shape(kind: type, group: Sequence[Any]) -> Shape:
    if kind in (int, float):
        return Shape(kind, min(group), max(group))
    if kind in (bool, type(None)):
        return Shape(kind)
    lengths = [len(value) for value in group]
    low, high = min(lengths), max(lengths)
    if kind is str:
        forms = skeletons(group) if len(group) > 1 else None
        words = tuple(sorted({word for text in group for word in text.split(" ") if word}))
        loose = not all(map(_tidy, group))
        single = sum(" " in text for text in group) > FEW and all(len(word) == 1 for word in words)
        alphabet, signs = _alphabet(group), _signs(group)
        return Shape(
            kind, low, high, alphabet=alphabet, signs=signs, words=words, single=single, loose=loose, forms=forms
        )
    if kind is dict:
        keys, values = shapes(key for each in group for key in each), shapes(v for each in group for v in each.values())
        return Shape(kind, low, high, items=keys, values=values)
    if kind is tuple and low == high and (low <= FEW or _mixed(group)):
        return Shape(kind, low, high, fields=tuple(shapes(place) for place in zip(*group, strict=True)))
    return Shape(kind, low, high, items=shapes(item for each in group for item in each) if kind is not bytes else ())


def _tidy(text: str) -> bool:
    return text == text.strip(" ") and "  " not in text


def _signs(group: Sequence[str]) -> tuple[str, ...]:
    """Different texts of which each is a sign or two, but for brackets, which are put together to longer ones."""
    found = tuple(sorted(set(group)))
    signs = all(0 < len(text) <= 2 and set(text) <= _SIGNS for text in found)
    return found if signs and len(found) > 2 else ()


def _mixed(group: Sequence[tuple[Any, ...]]) -> bool:
    return any(len({type(item) for item in each}) > 1 for each in group)


def _alphabet(texts: Sequence[str]) -> str:
    seen = {character for text in texts for character in text}
    if len(seen) > FEW:
        letters = set(filter(str.isalpha, seen))
        hexadecimal = seen & set(string.digits) and any(letters <= each for each in _HEXADECIMAL)
        if hexadecimal and len(letters) > FEW:
            return "".join(sorted({*string.digits, *seen, *next(each for each in _HEXADECIMAL if letters <= each)}))
        for each in _CLASSES:
            if seen & set(each):
                seen |= set(each)
    return "".join(sorted(seen))


@dataclass(frozen=True, slots=True)
class Hints:
    """What the words of a task say of its inputs."""

    positive: bool = False
    not_negative: bool = False
    not_empty: bool = False
    one_case: bool = False
    different: bool = False
    prime: bool = False
    whole_texts: bool = False
    """Whether a text is empty only where one was."""
    characters: str = ""
    """Characters that texts may have beside those that were seen."""
    words: frozenset[str] = frozenset()
    """Texts that a reference names: where those seen are made of them, there are no others."""
    loose: bool = False
    """Whether a reference does not mind white space at the ends of texts, or the task speaks of it."""
    most: float = math.inf
    """The greatest number that is named as a bound."""


def hints(prompt: str) -> Hints:
    """What is found in a prompt."""
    words = " ".join(prompt.lower().split())
    return Hints(
        positive=any(word in words for word in ("positive", "natural number", "greater than 0", "at least 1")),
        not_negative=any(word in words for word in ("non-negative", "non negative", "nonnegative", "unsigned")),
        not_empty=any(word in words for word in ("non-empty", "non empty", "nonempty", "not empty", "at least one")),
        prime="prime" in words,
        loose=any(word in words for word in ("blank space", "blank-space", "white space", "whitespace")),
        different=bool(_DIFFERENT.search(words)),
        most=max(map(float, _BOUND.findall(words)), default=math.inf),
        one_case=any(word in words for word in ("lowercase", "lower case", "uppercase", "upper case")),
    )


def widened(seen: Shapes, said: Hints, *, inside: bool = False) -> Shapes:
    """Shapes of what a task speaks of: values like those seen, and a little beyond.

    An element may be zero or negative, and a list empty, unless the task says otherwise. Numbers and
    lengths grow to little more than what was seen: a program whose time grows with them may be right.
    """
    return tuple(_widened(shape, said, inside) for shape in seen)


def _widened(shape: Shape, said: Hints, inside: bool) -> Shape:
    if shape.kind in (int, float):
        high = _most(shape, inside)
        return replace(shape, low=_least(shape, said, inside), high=min(high, max(shape.high, said.most)))
    if shape.kind in (bool, type(None)):
        return shape
    single = shape.low == shape.high == 1 and shape.kind is str
    fixed = single or bool(shape.fields)
    some = said.not_empty or (inside and shape.low > 0) or (said.whole_texts and shape.kind is str)
    return replace(
        shape,
        low=shape.low if fixed else min(shape.low, int(some)),
        high=shape.high if fixed else shape.high + max(2, shape.high // 2),
        alphabet=_alphabet_of(shape, said),
        words=tuple(sorted(said.words)) if shape.words and set(shape.words) <= said.words else (),
        loose=shape.loose or said.loose,
        fields=tuple(widened(field, said, inside=inside) for field in shape.fields),
        items=widened(shape.items, said, inside=True),
        values=widened(shape.values, said, inside=True),
    )


def _least(shape: Shape, said: Hints, inside: bool) -> float:
    if shape.low < 0:
        return 2 * shape.low
    if said.positive or not inside:
        # One, where neither tests nor words speak of it, is another question, as nothing at all is.
        return min(shape.low, 2 - said.positive) if shape.kind is int else min(shape.low, 0.25)
    return 0 if said.not_negative else -max(10, shape.high)


def _most(shape: Shape, inside: bool) -> float:
    if not inside and shape.kind is int and shape.high >= LARGE:
        return FAR * shape.high
    return max(2 * shape.high, shape.high + 10)


def _alphabet_of(shape: Shape, said: Hints) -> str:
    if len(shape.alphabet) <= FEW:
        return shape.alphabet
    seen = frozenset(filter(str.isalpha, shape.alphabet))
    letters = string.ascii_letters if seen and seen not in _HEXADECIMAL and not said.one_case else ""
    # Letters that a reference names are those of a case, too.
    further = {character for character in said.characters if not character.isalnum()}
    if not said.loose:  # a word is no text of several, whatever takes those apart
        further.discard(" ")
    return "".join(sorted({*shape.alphabet, *letters, *further}))


def fits(value: Any, allowed: Shapes) -> bool:
    """Whether a value has one of some shapes."""
    return any(_fits(value, shape) for shape in allowed if type(value) is shape.kind)


def _fits(value: Any, shape: Shape) -> bool:
    if shape.kind in (int, float):
        return shape.low <= value <= shape.high
    if shape.kind in (bool, type(None)):
        return True
    if not shape.low <= len(value) <= shape.high:
        return False
    match value:
        case str():
            return _text_fits(value, shape)
        case dict():
            return all(fits(key, shape.items) and fits(item, shape.values) for key, item in value.items())
        case tuple() if shape.fields:
            return all(map(fits, value, shape.fields))
        case bytes():
            return True
    return all(fits(item, shape.items) for item in value)


def _text_fits(value: str, shape: Shape) -> bool:
    if shape.signs:
        return value in shape.signs
    if not shape.loose and not _tidy(value):
        return False
    if shape.single and any(len(word) > 1 for word in value.split(" ")):
        return False
    if shape.words:
        return {word for word in value.split(" ") if word} <= set(shape.words)
    return shape.forms.fits(value) if shape.forms else set(value) <= set(shape.alphabet)
