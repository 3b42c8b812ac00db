"""Published programs of every language, and copies of them in which one token is broken.

A token is a leaf of the tree-sitter tree outside of comments. It is deleted, written twice, swapped with the next one,
or a token of the same program is inserted before it. Programs come from HumanEval-X, MBXP and MultiPL-E (its model-made
solutions: right in form, not always in what they compute); the languages of which those hold no solutions have some of
their own in `benchmarks/programs`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import grammars
from analyzers import trees
from analyzers.positions import LineTable, Unit, encode
from analyzers.types import Span
from trainer.tasks import humaneval_x, load, mbxp, multipl_e
from trainer.types import Task

OWN = Path(__file__).with_name("programs")
MAX_LENGTH = 4_000
"""Code points; longer programs are left out."""


@dataclass(frozen=True)
class Mutant:
    """A program with one broken token, and where that is: empty where the token was deleted."""

    text: str
    place: Span
    operation: str


def programs(language: str, data: Path) -> list[str]:
    """All programs of a language that are found, without those too long to be a fair example."""
    found = []
    if language in humaneval_x.TAGS and (folder := data / "humaneval-x").is_dir():
        found += [task.prefix + (task.reference or "") for task in _tasks("humaneval_x", folder, language)]
    if language in mbxp.FILES and (folder := data / "mbxp").is_dir():
        # The tests of C# close the class of the prompt.
        found += [
            task.prefix + task.reference + (getattr(task.tests, "code", "") if language == "csharp" else "")
            for task in _tasks("mbxp", folder, language)
            if task.reference
        ]
    if language in multipl_e.TAGS and (folder := data / "multipl-e").is_dir():
        answers = [task.metadata.get("answer") for task in _tasks("multipl_e", folder, language)]
        found += [answer for answer in answers if answer]
    for path in OWN.glob(f"{language}.*"):
        found += re.split(r"(?m)^\S+ ====.*\n", path.read_text(encoding="utf-8"))
    return [text for text in dict.fromkeys(found) if 40 < len(text) <= MAX_LENGTH]


def _tasks(name: str, folder: Path, language: str) -> list[Task]:
    split = "all" if name == mbxp.NAME else "test"
    return load(f"{name}:{folder}?language={language}", split)


def mutants(texts: list[str], language: str, count: int, seed: int) -> Iterator[Mutant]:
    """That many mutants, operations and programs in turn, tokens by chance."""
    chance = random.Random(f"{language} {seed}")
    order = chance.sample(texts, len(texts))
    made = 0
    while made < count:
        text = order[made % len(order)]
        operation = list(OPERATIONS)[made % len(OPERATIONS)]
        tokens = leaves(text, language)
        yield OPERATIONS[operation](text, tokens, chance)
        made += 1


def leaves(text: str, language: str) -> list[Span]:
    """The tokens of a program, in order."""
    comments = grammars.get(language).comment_nodes
    table = LineTable(text)
    stack, found = [trees.parser(language).parse(encode(text)).root_node], []
    while stack:
        node = stack.pop()
        if node.type in comments:
            continue
        if node.child_count:
            stack.extend(reversed(node.children))
        elif node.end_byte > node.start_byte:
            span = table.offsets(Unit.BYTE, node.start_byte, node.end_byte)
            if text[span.start : span.end].strip():
                found.append(span)
    return found


def _delete(text: str, tokens: list[Span], chance: random.Random) -> Mutant:
    token = chance.choice(tokens)
    return Mutant(text[: token.start] + text[token.end :], Span(token.start, token.start), "delete")


def _duplicate(text: str, tokens: list[Span], chance: random.Random) -> Mutant:
    token = chance.choice(tokens)
    again = f" {text[token.start : token.end]}"
    return Mutant(text[: token.end] + again + text[token.end :], Span(token.end, token.end + len(again)), "duplicate")


def _swap(text: str, tokens: list[Span], chance: random.Random) -> Mutant:
    pairs = [(a, b) for a, b in pairwise(tokens) if text[a.start : a.end] != text[b.start : b.end]]
    one, two = chance.choice(pairs)
    middle = text[two.start : two.end] + text[one.end : two.start] + text[one.start : one.end]
    return Mutant(text[: one.start] + middle + text[two.end :], Span(one.start, two.end), "swap")


def _insert(text: str, tokens: list[Span], chance: random.Random) -> Mutant:
    token, other = chance.choice(tokens), chance.choice(tokens)
    new = f"{text[other.start : other.end]} "
    return Mutant(text[: token.start] + new + text[token.start :], Span(token.start, token.start + len(new)), "insert")


OPERATIONS: dict[str, Callable[[str, list[Span], random.Random], Mutant]] = {
    "delete": _delete,
    "duplicate": _duplicate,
    "swap": _swap,
    "insert": _insert,
}
