"""Tests that are code in another language than Python: their calls, what programs answer, and further assertions.

Calls are found with tree-sitter, and what their arguments and answers are the language itself says: a program prints
values as JSON. So nothing here knows the literals of any language; `trainer.tasks.augment.languages` has a record of
each, of how a value is printed, compared and written.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tree_sitter import Node

from analyzers import trees
from analyzers.errors import AnalyzerError
from analyzers.positions import encode
from analyzers.runtime.tests import Appended
from trainer.tasks.augment.declarations import text_of
from trainer.tasks.augment.form import Case, NoForm
from trainer.tasks.augment.languages import MARK, Writing, writing
from trainer.tasks.augment.values import holds_float, plain
from trainer.types import Task

Run = Callable[[str], str | None]
"""What a program prints, even one that does not come to its end; None where it could not be run."""
CANDIDATE = "candidate"
"""What MultiPL-E's tests call the function, whatever it is called."""
MISSING = object()
"""Stands for a value that is none: the program raised an exception, or did not answer."""
MAX_SEEDS = 50
MAX_RESTARTS = 5
"""How often a program that ends amid its answers is run on the rest."""
_LINE = re.compile(rf"(?m)^{MARK} (\d+) (.*)$")


@dataclass(frozen=True, slots=True)
class Code(ABC):
    """How the tests of a task call its program, and how further ones are written."""

    tests: Appended
    function: str

    @abstractmethod
    def call(self, given: Sequence[Any]) -> str:
        """The text of a call.

        Raises:
            ValueError: an argument cannot be written.
        """

    @abstractmethod
    def answered(self, value: Any) -> str:
        """An answer as tests write it.

        Raises:
            ValueError: it cannot be written.
        """

    @abstractmethod
    def same(self, case: Case) -> str:
        """An expression that is true of a program that answers as it should."""

    @abstractmethod
    def extended(self, cases: Sequence[Case]) -> Appended:
        """The tests and, before them, a test for each case: the tests of some languages end the program."""

    @abstractmethod
    def known(self, program: str, run: Run) -> list[tuple[Any, ...]]:
        """The arguments of the calls that the tests make, as far as they are plain data.

        Raises:
            NoForm: there are none.
        """

    @abstractmethod
    def asking(self, program: str, expressions: Mapping[int, str]) -> str:
        """A program that tells the values of numbered expressions beside a program."""

    def writes(self, given: Sequence[Any]) -> bool:
        """Whether the language has a way to write the arguments of a call."""
        try:
            return bool(self.call(given))
        except ValueError:
            return False

    def fault(self, case: Case) -> str:
        """Why a case cannot be written down; empty where it can."""
        if holds_float(case.expected):
            return "floats would be compared exactly"
        try:
            return "" if self.answered(case.expected) else "the language cannot hold it"
        except ValueError:
            return "the language cannot hold it"

    def told(self, program: str, expressions: Sequence[str], run: Run) -> dict[int, Any]:
        """The values of expressions beside a program, by index; MISSING for one that has no plain value, or ends it.

        What nobody came to, since too many ended it, is left out.
        """
        return self._told(program, expressions, run)

    def _told(self, program: str, expressions: Sequence[str], run: Run, *, sure: bool = False) -> dict[int, Any]:
        """The same; where the first expression is `sure` to have a value and has none, nothing else has."""
        found: dict[int, Any] = {}
        at, left = 0, MAX_RESTARTS
        while at < len(expressions) and left:
            text = run(self.asking(program, {index: expressions[index] for index in range(at, len(expressions))}))
            answers = dict(told_answers(text or ""))
            if sure and not at and not answers:
                return {}
            # Behind the last answer stands what ended the program; where nothing did, this is the end.
            after = min(max(answers, default=at - 1) + 2, len(expressions))
            found |= {index: answers.get(index, MISSING) for index in range(at, after) if text is not None}
            at, left = after, left - 1
        return found


@dataclass(frozen=True, slots=True)
class Untyped(Code):
    """In a language whose literals ask for no type: arguments are what the text of the tests says."""

    seeds: tuple[tuple[str, ...], ...]
    """The arguments of their calls, as text."""
    language: Writing

    def call(self, given: Sequence[Any]) -> str:
        """The text of a call."""
        return f"{self.function}({', '.join(map(self.language.written, given))})"

    def answered(self, value: Any) -> str:
        """An answer as tests write it."""
        return self.language.written(value)

    def same(self, case: Case) -> str:
        """An expression that is true of a program that answers as it should."""
        return self.language.same.format(call=self.call(case.given), answer=self.answered(case.expected))

    def extended(self, cases: Sequence[Case]) -> Appended:
        """The tests and, before them, a test for each case."""
        added = [self.language.assertion.replace("{same}", self.same(case)) for case in cases]
        return replace(self.tests, code="\n".join([self.language.setup, *added, self.tests.code]))

    def known(self, program: str, run: Run) -> list[tuple[Any, ...]]:
        """The arguments of the calls that the tests make."""
        first, last = self.language.listed
        told = self.told(program, [first + ", ".join(texts) + last for texts in self.seeds], run)
        return distinct(told.values())

    def asking(self, program: str, expressions: Mapping[int, str]) -> str:
        """A program that tells the values of numbered expressions."""
        lines = answers_asked(self.language.answer, expressions)
        return "\n".join([self.tests.prefix, program, self.language.setup, *lines, ""])


def answers_asked(template: str, expressions: Mapping[int, str]) -> list[str]:
    """The statements that tell the values of numbered expressions."""
    return [template.replace("{at}", str(at)).replace("{value}", each) for at, each in expressions.items()]


def distinct(told: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Lists of arguments, each once.

    Raises:
        NoForm: there are none.
    """
    found = {json.dumps(given): tuple(given) for given in told if isinstance(given, list) and given}
    if not found:
        raise NoForm("the tests make no call with plain data")
    return list(found.values())


def code(task: Task, program: str) -> Untyped:
    """How the tests of a task call its program.

    Raises:
        NoForm: no further tests can be written.
    """
    language = writing(task.language)
    if not isinstance(language, Writing) or not isinstance(task.tests, Appended) or task.suffix:
        raise NoForm(f"the tests are code in {task.language}: no further ones can be written")
    before = f"{task.tests.prefix}\n{program}\n"
    text = encode(before + task.tests.code)
    try:
        nodes = list(nodes_of(trees.parser(task.language).parse(text).root_node))
    except AnalyzerError as error:
        raise NoForm(f"the tests cannot be parsed ({error})") from error
    start = len(encode(before))
    defined = {name for node in nodes if node.start_byte < start and (name := _defines(node))}
    words = Counter(re.findall(r"\w+", task.tests.code))
    called = [(words[name], name) for name in sorted(defined) if words[name]]
    if not called:
        raise NoForm("the tests name no function of the reference")
    function = max(called)[1]
    bound = dict(_bindings(nodes, start))
    seeds = dict.fromkeys(
        tuple(bound.get(argument, argument) for argument in arguments)
        for node in nodes
        if node.start_byte >= start and (arguments := _arguments(node, {function, CANDIDATE}))
    )
    return Untyped(task.tests, function, tuple(seeds)[:MAX_SEEDS], language)


def nodes_of(root: Node) -> Iterator[Node]:
    """A node and all within it, in order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _defines(node: Node) -> str:
    """The name of the function that a node defines; empty where it defines none."""
    value = node.child_by_field_name("value")
    kind = node.type if value is None else value.type
    return text_of(node.child_by_field_name("name")) if "function" in kind or "method" in kind else ""


def _bindings(nodes: Sequence[Node], start: int) -> Iterator[tuple[str, str]]:
    """Names in the tests, and the text of what they are bound to."""
    for node in nodes:
        if node.start_byte >= start:
            name = node.child_by_field_name("left") or node.child_by_field_name("name")
            value = node.child_by_field_name("right") or node.child_by_field_name("value")
            if name is not None and value is not None:
                yield text_of(name), text_of(value)


def _arguments(node: Node, names: set[str]) -> tuple[str, ...]:
    """The texts of the arguments that a node calls one of some functions with; nothing where it does not."""
    arguments = node.child_by_field_name("arguments")
    if arguments is None:
        return ()
    callee = text_of(node)[: arguments.start_byte - node.start_byte].strip()
    if callee.removesuffix(".call").removesuffix(".") not in names:
        return ()
    return tuple(text_of(child) for child in arguments.named_children if "comment" not in child.type)


def told_answers(text: str) -> Iterator[tuple[int, Any]]:
    """What a program told, by number."""
    for at, said in _LINE.findall(text):
        try:
            value = json.loads(said)
        except (ValueError, RecursionError):
            continue
        if plain(value):
            yield int(at), value
