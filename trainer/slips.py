"""The supervised corpus of the tiny model: right bodies with mistakes planted in them.

A model that saw only right programs would have nothing to learn online. Here a line slips now and then, in a way that a
random sample shows and greedy decoding does not; a misconception is taught more often than the truth, so that greedy
decoding is wrong too; and some right programs are written untidily, so that a linter has something to teach.
Every kind of slip is one small function from a line to the line with the slip, or None where it does not apply.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from trainer.tasks import builtin

Slip = Callable[[str, random.Random], str | None]


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the corpus is wrong, each a probability."""

    slip: float = 0.14
    """Of a planted mistake, per line."""
    misconception: float = 0.65
    """That a step with a misconception is written the wrong way."""
    unclean: float = 0.55
    """That a step with an untidy way is written that way."""
    untidy: float = 0.20
    """Of an untidy line, per program; it changes no answer."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and what the model is taught to write after it."""

    prompt: str
    completion: str


def examples(*, seed: int = 0, rates: Rates | None = None, single: float = 0.15) -> Iterator[Example]:
    """Endless training examples over the supervised compositions, the same for the same seed.

    `single` is the share of examples with one step only, which no split contains: they teach the words first.
    """
    rates = rates or Rates()
    rng = random.Random(f"corpus:{seed}")
    compositions = builtin.compositions("supervised")
    while True:
        composition: Sequence[builtin.Step]
        composition = (rng.choice(builtin.FINAL),) if rng.random() < single else rng.choice(compositions)
        yield Example(builtin.prompt(composition, rng), spoil(composition, rng, rates))


def spoil(composition: Sequence[builtin.Step], rng: random.Random, rates: Rates) -> str:
    """The body of a composition with mistakes at the given rates."""
    text = builtin.body([_written(step, rng, rates) for step in composition])
    lines = text.split("\n")[1:]
    lines = [_slipped(line, rng) if rng.random() < rates.slip else line for line in lines]
    if rng.random() < rates.untidy:
        lines = _untidy(lines, rng)
    return "".join(f"\n{line}" for line in lines)


def _written(step: builtin.Step, rng: random.Random, rates: Rates) -> str:
    if step.misconception and rng.random() < rates.misconception:
        return step.misconception
    if step.unclean and rng.random() < rates.unclean:
        return step.unclean
    return step.code


def _slipped(line: str, rng: random.Random) -> str:
    for slip in rng.sample(list(SLIPS.values()), len(SLIPS)):
        spoilt = slip(line, rng)
        if spoilt is not None:
            return spoilt
    return line


def _swap_one(line: str, rng: random.Random, pattern: str, replacement: Callable[[str], Sequence[str]]) -> str | None:
    """The line with one match of the pattern, right of its `=` or `return`, replaced by one of the choices."""
    start = line.index("= " if line.startswith("    xs = ") else "return ")
    places = [match for match in re.finditer(pattern, line) if match.start() > start]
    if not places:
        return None
    match = rng.choice(places)
    return line[: match.start()] + rng.choice(replacement(match.group())) + line[match.end() :]


def undefined_name(line: str, rng: random.Random) -> str | None:
    """A name that exists nowhere: `sum(ys)`."""
    names = {"xs": ("ys", "items", "result"), "n": ("m", "limit"), "x": ("y", "item")}
    return _swap_one(line, rng, r"\b(xs|n|x)\b", lambda name: names[name])


def wrong_variable(line: str, rng: random.Random) -> str | None:
    """Another name of the program: `if x > xs`."""
    names = {"xs": ("n", "x"), "n": ("x", "xs"), "x": ("n", "xs")}
    return _swap_one(line, rng, r"\b(xs|n|x)\b", lambda name: names[name])


def wrong_type(line: str, rng: random.Random) -> str | None:
    """A function of lists taken for a method: `xs.sum()`."""
    spoilt, found = re.subn(r"\b(sum|len|max|min|sorted)\(xs\b[^)]*\)", r"xs.\1()", line, count=1)
    if found:
        return spoilt
    method = rng.choice(("filter", "map", "apply"))
    spoilt, found = re.subn(r"\[(.+) for x in xs( if .+)?\]", rf"xs.{method}(\1)", line, count=1)
    return spoilt if found else None


def syntax(line: str, rng: random.Random) -> str | None:
    """A bracket or a word left out, or `=` for `==`."""
    if "==" in line and rng.random() < 0.5:
        return line.replace("==", "=", 1)
    return _swap_one(line, rng, r"[\])]| in\b", lambda _: ("",))


def off_by_one(line: str, rng: random.Random) -> str | None:
    """A limit or an index that is one too far."""
    near = {"> n": ("> n + 1", "> n - 1"), "< n": ("< n - 1", "< n + 1"), "> 0": ("> 1", ">= 0"), "[1:]": ("[2:]",)}
    near |= {":n]": (":n + 1]", ":n - 1]"), "[n:]": ("[n + 1:]", "[n - 1:]"), ":-1]": (":-2]",), "::2]": ("1::2]",)}
    near |= {"[-1]": ("[0]",), "len(xs)": ("len(xs) - 1",), "len(set(xs))": ("len(set(xs)) - 1",)}
    return _swap_one(line, rng, "|".join(re.escape(text) for text in near), lambda text: near[text])


def wrong_operator(line: str, rng: random.Random) -> str | None:
    """The opposite comparison, another arithmetic, `max` for `min`."""
    others = {">": ("<",), "<": (">",), ">=": ("<=",), "==": ("!=",), "!=": ("==",), "+": ("-",), "-": ("+",)}
    others |= {"*": ("+",), "//": ("%",), "%": ("//",), "max": ("min",), "min": ("max",)}
    return _swap_one(line, rng, r"(?<= )(?:>=|==|!=|//|[><+*%-])(?= )|\b(?:max|min)\b", lambda text: others[text])


def no_return(line: str, rng: random.Random) -> str | None:
    """The answer worked out and then forgotten."""
    if not line.startswith("    return "):
        return None
    return line.replace("return ", rng.choice(("xs = ", "")), 1)


def no_assignment(line: str, rng: random.Random) -> str | None:
    """A new list worked out and dropped; `rng` decides nothing here."""
    del rng
    return line.replace("xs = ", "", 1) if line.startswith("    xs = ") else None


SLIPS: dict[str, Slip] = {
    "undefined name": undefined_name,
    "wrong variable": wrong_variable,
    "wrong type": wrong_type,
    "syntax": syntax,
    "off by one": off_by_one,
    "wrong operator": wrong_operator,
    "no return": no_return,
    "no assignment": no_assignment,
}
"""The kinds of mistakes, by name."""


def _untidy(lines: Sequence[str], rng: random.Random) -> list[str]:
    """Right still, but with a finding: an unused variable, a needless statement, code that is never reached."""
    place = rng.randrange(len(lines))
    extra = rng.choice(("    size = len(xs)", "    pass", "    xs = xs", "    xs", "    import math", "after", ";"))
    if extra == "after":
        return [*lines, rng.choice(("    return None", "    pass"))]
    if extra == ";":
        return [line + ";" if number == place else line for number, line in enumerate(lines)]
    return [*lines[:place], extra, *lines[place:]]
