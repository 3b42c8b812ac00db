"""Texts for standard input, made from those that the tests use: numbers and words change, the lines stay as they are.

How often something is said to come is a number, too (`3` before three lines): a number that is the count of the lines
or words behind it is left alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\S+")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_FRACTION = re.compile(r"-?\d+\.\d+")


def proposals(seeds: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Changed texts, without end."""
    low, high = _range(seeds)
    texts = [text for text in seeds if _WORD.search(text)]
    while texts:
        text = chance.choice(texts)
        words = [word for word in _WORD.finditer(text) if not _counts(text, word)]
        chosen = chance.sample(words, min(len(words), chance.choice((1, 1, 2, 3, len(words)))))
        for word in sorted(chosen, key=lambda word: -word.start()):
            text = text[: word.start()] + _changed(word[0], low, high, chance) + text[word.end() :]
        yield text


def _range(seeds: Sequence[str]) -> tuple[int, int]:
    numbers = [int(word) for text in seeds for word in text.split() if _INTEGER.fullmatch(word)]
    return (min(numbers), max(numbers)) if numbers else (0, 0)


def _counts(text: str, word: re.Match[str]) -> bool:
    """Whether a word tells how many lines or words come: of the rest, of its line, or of the next one."""
    if not _INTEGER.fullmatch(word[0]):
        return False
    rest = text[word.end() :].splitlines()
    lines = [line for line in rest[1:] if line.strip()]
    # Cases of several lines each, too.
    several = [len(lines) / size for size in (1, 2, 3) if len(lines) % size == 0]
    words = [len(line.split()) for line in [*rest[:1], *lines[:1]]]
    lengths = [len(line.strip()) for line in lines[:1]]
    return int(word[0]) in (*several, *words, *lengths, sum(words), len(text.split()) - 1) and int(word[0]) > 0


def _changed(word: str, low: int, high: int, chance: random.Random) -> str:
    if _INTEGER.fullmatch(word):
        value = int(word)
        near = [value + 1, value - 1, low, high, chance.randint(low, high), chance.randint(0, max(1, abs(value)))]
        return str(chance.choice([number for number in near if low <= number <= high] or [value]))
    if _FRACTION.fullmatch(word):
        return f"{float(word) + chance.choice((0.5, -0.5, 1.0)):.2f}"
    letters = list(word)
    match chance.randrange(3):
        case 0:
            chance.shuffle(letters)
        case 1:
            letters[chance.randrange(len(letters))] = chance.choice(letters)
        case _:
            letters.reverse()
    return "".join(letters)
