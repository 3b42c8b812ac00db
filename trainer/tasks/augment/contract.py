"""What inputs a task speaks of: those like the inputs of its tests, and that its own contract lets through."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any

from trainer.tasks.augment.dictionary import Words
from trainer.tasks.augment.relations import Relation, mended, relations
from trainer.tasks.augment.shapes import Shape, Shapes, fits, hints, shapes, widened
from trainer.tasks.augment.values import written

Arguments = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """What calls may be like."""

    parameters: tuple[Shapes, ...]
    rules: tuple[Relation, ...] = ()

    def allows(self, given: Arguments) -> bool:
        """Whether a call is one that the task speaks of."""
        return (
            len(given) == len(self.parameters)
            and all(map(fits, given, self.parameters))
            and all(rule.holds(given) for rule in self.rules)
            and all(written(argument) is not None for argument in given)
        )

    def mended(self, given: Arguments) -> Arguments:
        """The call with what can be put right put right."""
        return mended(given, self.rules)


def inferred(
    seeds: Sequence[Arguments], prompt: str = "", named: Words | None = None
) -> tuple[Contract, list[Arguments]]:
    """The contract of calls and of what a task says, and the calls with as many arguments as most have.

    `named` is what its reference names: characters that it looks for may come in texts.
    """
    said = hints(prompt)
    count = Counter(map(len, seeds)).most_common(1)[0][0]
    calls = [given for given in seeds if len(given) == count]
    # Of two texts one is looked for in the other, say: there nothing at all is another question.
    texts = sum(any(isinstance(given[place], str) for given in calls) for place in range(count))
    said = replace(said, whole_texts=texts > 1)
    if named is not None:
        characters, whole = "".join((*named.texts, named.characters)), frozenset(each.strip() for each in named.texts)
        said = replace(said, characters=characters, words=whole - {""}, loose=said.loose or named.loose)
        said = replace(said, one_case=said.one_case or named.one_case)
    parameters = [widened(shapes(place), said) for place in zip(*calls, strict=True)]
    for place, number in named.bounds if named else ():
        if place < count:
            parameters[place] = tuple(_reaching(shape, number) for shape in parameters[place])
    return Contract(tuple(parameters), relations(calls, different=said.different, prime=said.prime)), calls


def _reaching(shape: Shape, number: int) -> Shape:
    """A shape whose numbers reach one that the reference compares them with: it has an answer there."""
    if shape.kind is not int:
        return shape
    return replace(shape, low=min(shape.low, number), high=max(shape.high, number))


def guarded(program: str, function: str, contract: str) -> str:
    """A Python program that begins the named function with the statements of a contract (EvalPlus' `contract`).

    Raises:
        ValueError: the program has no such function, or one of the two does not compile.
    """
    statements = ast.parse(dedent(contract)).body
    module = ast.parse(program)
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            node.body = [*statements, *node.body]
            return ast.unparse(ast.fix_missing_locations(module))
    raise ValueError(f"the reference defines no function {function!r}")
