"""Texts that are put together in one way: dates, fractions, keys, a sentence with numbers in it.

What is punctuation in them stays where it is, and so do the words of a sentence.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER, WORD = "0", "a"
_RUN = re.compile(r"[0-9]+|[A-Za-z]+")
_DIGITS = re.compile(r"[0-9]+")
SENTENCE = 3
"""Different texts that differ in their numbers alone, before they are taken for one sentence."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def skeleton(text: str) -> str:
    """The text with each number as NUMBER and each word as WORD."""
    return _RUN.sub(lambda run: NUMBER if run[0].isdigit() else WORD, text)


def numbered(text: str) -> str:
    """The text with each number as NUMBER."""
    return _DIGITS.sub(NUMBER, text)


@dataclass(frozen=True, slots=True)
class Skeletons:
    """The ways in which texts are put together."""

    forms: tuple[str, ...]
    digits: int
    """Most digits of a number."""
    letters: int
    """Most letters of a word."""
    leading_zeros: bool
    sentence: bool = False
    """Whether words stay as they are."""

    def fits(self, text: str) -> bool:
        """Whether a text is put together in one of these ways."""
        numbers = re.findall(r"[0-9]+", text)
        padded = any(len(number) > 1 and number[0] == "0" for number in numbers)
        return (
            (numbered(text) if self.sentence else skeleton(text)) in self.forms
            and (self.leading_zeros or not padded)
            and all(len(number) <= self.digits + 1 for number in numbers)
            and all(len(word) <= self.letters + 2 for word in re.findall("[A-Za-z]+", text))
        )

    def drawn(self, chance: random.Random) -> str:
        """A text that is put together in one of these ways."""
        runs = _DIGITS if self.sentence else _RUN
        return runs.sub(lambda run: self._run(run[0], chance), chance.choice(self.forms))

    def _run(self, kind: str, chance: random.Random) -> str:
        if kind == WORD:
            return "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, self.letters + 1)))
        number = "".join(chance.choice("0123456789") for _ in range(chance.randint(1, self.digits + 1)))
        return number if self.leading_zeros else str(int(number))


def skeletons(texts: Sequence[str]) -> Skeletons | None:
    """The ways in which most of some texts are put together; None where they have nothing of the kind in common."""
    sentences = set(map(numbered, texts))
    sentence = (
        len(sentences) == 1 and len(set(texts)) >= SENTENCE and bool(re.search("[A-Za-z].* | .*[A-Za-z]", texts[0]))
    )
    forms = tuple(sentences) if sentence else _repeated(texts)
    if not forms:
        return None
    runs = [run for text in texts if sentence or skeleton(text) in forms for run in _RUN.findall(text)]
    numbers = [run for run in runs if run.isdigit()]
    return Skeletons(
        forms,
        max(map(len, numbers), default=0),
        max((len(run) for run in runs if not run.isdigit()), default=0),
        any(len(number) > 1 and number[0] == "0" for number in numbers),
        sentence,
    )


def _repeated(texts: Sequence[str]) -> tuple[str, ...]:
    """The skeletons that several texts have, where most have one of these, and each has punctuation."""
    counts = Counter(map(skeleton, texts))
    forms = tuple(sorted(form for form, count in counts.items() if count > 1))
    common = sum(counts[form] for form in forms)
    if 2 * common < len(texts) or not all(re.search(r"[^\w\s]", form) and _RUN.search(form) for form in forms):
        return ()
    return forms
