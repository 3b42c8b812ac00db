'''The embedded family: small functions over a list of numbers, described step by step in plain English.

A task looks like this; the model writes the body, one line per step:

    def solve(xs, n):
        """keep those above n; square each; return the total"""
        xs = [x for x in xs if x > n]
        xs = [x * x for x in xs]
        return sum(xs)

What a task asks for is its *composition*, the names of its steps in order. A hash of the composition alone decides the
split, so that no wording, no seed and no count can move a held-out composition into training:

- `supervised` (60%): what the tiny model saw, with mistakes planted (`trainer.slips`);
- `train` (30%): what the online loop draws from;
- `test` (10%): what is measured, never trained on.

Tests are calls with plain data. Those of one task have at least three distinct answers, notice when any one step is
left out, and notice every misconception of its steps; a composition for which no such tests are found is no task.
Does not cover: loops, strings beyond a join, recursion, several functions.
'''

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count as count_from
from itertools import islice, product
from typing import Any

from analyzers.runtime.tests import Call, Calls
from trainer.tasks.files import BadTasks
from trainer.types import Task

FUNCTION = "solve"
SPLITS = ("supervised", "train", "test")
_TENTHS = {"supervised": range(0, 6), "train": range(6, 9), "test": range(9, 10)}
_CASES = 6
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a task: how it is said and how it is written."""

    name: str
    phrases: tuple[str, ...]
    """Ways to say it in a docstring."""
    code: str
    """Expression over the list `xs`, the number `n` and, inside comprehensions, `x`."""
    misconception: str = ""
    """A wrong expression that people believe in, where there is one."""
    unclean: str = ""
    """A right expression that a linter complains about, where there is one."""


def _each(expression: str) -> str:
    return f"[{expression} for x in xs]"


def _those(condition: str) -> str:
    return f"[x for x in xs if {condition}]"


MIDDLE: tuple[Step, ...] = (
    Step("above", ("keep those above n", "keep those greater than n"), _those("x > n")),
    Step("below", ("keep those below n", "keep those less than n"), _those("x < n")),
    Step("at_least", ("keep those of at least n",), _those("x >= n"), misconception=_those("x > n")),
    Step("multiples", ("keep multiples of n",), _those("x % n == 0")),
    Step("no_multiples", ("drop multiples of n",), _those("x % n != 0")),
    Step("even", ("keep the even ones",), _those("x % 2 == 0")),
    Step("odd", ("keep the odd ones",), _those("x % 2 == 1")),
    Step("positive", ("keep the positive ones",), _those("x > 0")),
    Step("square", ("square each",), _each("x * x")),
    Step("double", ("double each",), _each("x * 2")),
    Step("negate", ("negate each",), _each("-x")),
    Step("add", ("add n to each",), _each("x + n")),
    Step("subtract", ("subtract n from each",), _each("x - n")),
    Step("multiply", ("multiply each by n",), _each("x * n")),
    Step("halve", ("halve each, rounding down",), _each("x // 2"), misconception=_each("x / 2")),
    Step("modulo", ("take each modulo n",), _each("x % n")),
    Step("cap", ("cap each at n",), _each("min(x, n)"), misconception=_each("max(x, n)")),
    Step("first", ("take the first n",), "xs[:n]"),
    Step("skip", ("skip the first n",), "xs[n:]"),
    Step("last", ("take the last n",), "xs[-n:]"),
    Step("other", ("take every other one",), "xs[::2]"),
    Step("drop_first", ("drop the first one",), "xs[1:]"),
    Step("drop_last", ("drop the last one",), "xs[:-1]"),
    Step("sort", ("sort them",), "sorted(xs)", misconception="xs.sort()"),
    Step("descend", ("sort from high to low",), "sorted(xs, reverse=True)"),
    Step("size", ("sort by size",), "sorted(xs, key=abs)", unclean="sorted(xs, key=lambda x: abs(x))"),
    Step("reverse", ("reverse them",), "xs[::-1]", misconception="xs.reverse()"),
    Step("distinct", ("drop duplicates",), "list(dict.fromkeys(xs))"),
)
"""Steps that turn the list into another list; each is written `xs = CODE`."""

FINAL: tuple[Step, ...] = (
    Step("total", ("return the total", "return the sum"), "sum(xs)"),
    Step("count", ("return how many are left",), "len(xs)"),
    Step("largest", ("return the largest, or 0 if none",), "max(xs, default=0)", misconception="max(xs)"),
    Step("smallest", ("return the smallest, or 0 if none",), "min(xs, default=0)"),
    Step("final", ("return the last, or 0 if none",), "xs[-1] if xs else 0"),
    Step("squares", ("return the sum of squares",), "sum(x * x for x in xs)"),
    Step("kinds", ("return how many are distinct",), "len(set(xs))"),
    Step("text", ("return them joined by commas",), '",".join(str(x) for x in xs)', misconception='",".join(xs)'),
    Step("listed", ("return the list", "return them"), "xs"),
)
"""Steps that end a task; each is written `return CODE`."""

Composition = tuple[Step, ...]


def split_of(composition: Sequence[Step]) -> str:
    """The split that a composition belongs to, by its hash alone."""
    tenth = int(fingerprint(composition), 16) % 10
    return next(split for split, tenths in _TENTHS.items() if tenth in tenths)


def fingerprint(composition: Sequence[Step]) -> str:
    """Hash of the names of the steps in order, 12 hexadecimal digits."""
    return hashlib.sha256("/".join(step.name for step in composition).encode()).hexdigest()[:12]


@cache
def compositions(split: str) -> tuple[Composition, ...]:
    """Every composition of two or three steps of a split, in a fixed order.

    Raises:
        BadTasks: there is no such split.
    """
    if split not in SPLITS:
        raise BadTasks(f"builtin has no split {split!r}; it has {', '.join(SPLITS)}")
    every = [(*middle, final) for steps in (1, 2) for middle in product(MIDDLE, repeat=steps) for final in FINAL]
    return tuple(composition for composition in every if split_of(composition) == split)


def tasks(split: str, *, count: int | None = None, seed: int = 0) -> list[Task]:
    """Tasks of a split, the same for the same arguments on every machine.

    The seed decides order, wording and test data. Without a count there is one task per composition; a count beyond
    that goes round again with other wordings and data.

    Raises:
        BadTasks: there is no such split, or the count is negative.
    """
    if count is not None and count < 0:
        raise BadTasks(f"the number of tasks must not be negative, got {count}")
    order = list(compositions(split))
    random.Random(f"order:{split}:{seed}").shuffle(order)
    if count is None:
        return list(_round(order, split, seed, 0))
    endless = (task for turn in count_from() for task in _round(order, split, seed, turn))
    return list(islice(endless, count))


def task(composition: Composition, *, split: str, seed: int = 0, turn: int = 0) -> Task | None:
    """The task of a composition of any length, worded and tested by the seed and the turn; None without such tests."""
    name = fingerprint(composition)
    rng = random.Random(f"task:{seed}:{turn}:{name}")
    cases = _cases(composition, rng)
    if cases is None:
        return None
    text = prompt(composition, rng)
    return Task(
        id=f"builtin/{split}/{name}" + (f"/{turn}" if turn else ""),
        prompt=text,
        prefix=text,
        tests=Calls(FUNCTION, cases),
        reference=body([step.code for step in composition]),
        metadata={"composition": name, "steps": len(composition)},
    )


def prompt(composition: Sequence[Step], rng: random.Random) -> str:
    """Header and docstring, without an end of line: the completion begins with it."""
    wording = "; ".join(rng.choice(step.phrases) for step in composition)
    parameters = "xs, n" if any(_uses_n(step) for step in composition) else "xs"
    return f'def {FUNCTION}({parameters}):\n    """{wording}"""'


def body(codes: Sequence[str]) -> str:
    """The completion that writes these expressions, one line per step; begins with an end of line."""
    *middle, final = codes
    return "".join(f"\n    xs = {code}" for code in middle) + f"\n    return {final}"


def _round(order: Sequence[Composition], split: str, seed: int, turn: int) -> Iterator[Task]:
    for composition in order:
        made = task(composition, split=split, seed=seed, turn=turn)
        if made is not None:
            yield made


def _cases(composition: Composition, rng: random.Random) -> tuple[Call, ...] | None:
    """Calls that tell the composition from its near misses, None where none were found."""
    takes_n = any(_uses_n(step) for step in composition)
    right = [step.code for step in composition]
    for _ in range(_ATTEMPTS):
        inputs = [_input(rng, size) for size in (0, *(rng.randint(3, 8) for _ in range(_CASES - 1)))]
        answers = [_run(right, *values) for values in inputs]
        distinct = len({repr(answer) for answer in answers})
        if distinct >= 3 and all(_noticed(wrong, inputs, answers) for wrong in _near_misses(composition)):
            return tuple(
                Call((xs, n) if takes_n else (xs,), answer) for (xs, n), answer in zip(inputs, answers, strict=True)
            )
    return None


def _input(rng: random.Random, size: int) -> tuple[list[int], int]:
    """A list of small numbers, narrow enough that values repeat and equal the limit."""
    return [rng.randint(-6, 9) for _ in range(size)], rng.randint(2, 4)


def _near_misses(composition: Composition) -> Iterator[list[str]]:
    """The composition with one step left out, or with one misconception."""
    right = [step.code for step in composition]
    for place, step in enumerate(composition):
        if place < len(composition) - 1:
            yield right[:place] + right[place + 1 :]
        if step.misconception:
            yield [*right[:place], step.misconception, *right[place + 1 :]]


def _noticed(codes: list[str], inputs: list[tuple[list[int], int]], answers: list[Any]) -> bool:
    for (xs, n), answer in zip(inputs, answers, strict=True):
        try:
            given = _run(codes, xs, n)
        except Exception:  # a near miss may raise anything; that is noticed too
            return True
        if given != answer:
            return True
    return False


def _run(codes: Sequence[str], xs: list[int], n: int) -> Any:
    value: Any = list(xs)
    for code in codes:
        value = _compiled(code)(value, n)
    return value


@cache
def _compiled(code: str) -> Callable[[Any, int], Any]:
    """The expressions of the tables above are ours, so they run here; what a model writes never does."""
    function: Callable[[Any, int], Any] = eval(f"lambda xs, n: {code}")
    return function


def _uses_n(step: Step) -> bool:
    return re.search(r"\bn\b", step.code) is not None
