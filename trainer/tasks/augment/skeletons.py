"""Texts that are put together in one way: dates, fractions, keys. What is punctuation in them stays where it is."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER, WORD = "0", "a"
_RUN = re.compile(r"[0-9]+|[A-Za-z]+")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def skeleton(text: str) -> str:
    """The text with each number as NUMBER and each word as WORD."""
    return _RUN.sub(lambda run: NUMBER if run[0].isdigit() else WORD, text)


@dataclass(frozen=True, slots=True)
class Skeletons:
    """The ways in which texts are put together."""

    forms: tuple[str, ...]
    digits: int
    """Most digits of a number."""
    letters: int
    """Most letters of a word."""
    leading_zeros: bool

    def fits(self, text: str) -> bool:
        """Whether a text is put together in one of these ways."""
        numbers = re.findall(r"[0-9]+", text)
        padded = any(len(number) > 1 and number[0] == "0" for number in numbers)
        return (
            skeleton(text) in self.forms
            and (self.leading_zeros or not padded)
            and all(len(number) <= self.digits + 1 for number in numbers)
            and all(len(word) <= self.letters + 2 for word in re.findall("[A-Za-z]+", text))
        )

    def drawn(self, chance: random.Random) -> str:
        """A text that is put together in one of these ways."""
        return _RUN.sub(lambda run: self._run(run[0], chance), chance.choice(self.forms))

    def _run(self, kind: str, chance: random.Random) -> str:
        if kind == WORD:
            return "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, self.letters + 1)))
        number = "".join(chance.choice("0123456789") for _ in range(chance.randint(1, self.digits + 1)))
        return number if self.leading_zeros else str(int(number))


def skeletons(texts: Sequence[str]) -> Skeletons | None:
    """The ways in which most of some texts are put together; None where they have nothing of the kind in common."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[skeleton(text)] = counts.get(skeleton(text), 0) + 1
    forms = tuple(sorted(form for form, count in counts.items() if count > 1))
    common = sum(counts[form] for form in forms)
    if 2 * common < len(texts) or not all(re.search(r"[^\w\s]", form) and _RUN.search(form) for form in forms):
        return None
    runs = [run for text in texts if skeleton(text) in forms for run in _RUN.findall(text)]
    numbers = [run for run in runs if run.isdigit()]
    return Skeletons(
        forms,
        max(map(len, numbers), default=0),
        max((len(run) for run in runs if not run.isdigit()), default=0),
        any(len(number) > 1 and number[0] == "0" for number in numbers),
    )
