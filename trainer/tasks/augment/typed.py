"""Tests that are code in a language with declared types: what they call, and further assertions.

What the tests call a function with is told by the program, which is run with them and says so where the function
begins: the tests bind what they hand over to names, and write it as only a compiler understands. What is called, and
which values it takes, the signature says.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from analyzers import trees
from analyzers.errors import AnalyzerError
from analyzers.positions import encode
from analyzers.runtime.tests import Appended
from trainer.tasks.augment import code as untyped
from trainer.tasks.augment.code import Code, Run, answers_asked, distinct, nodes_of, told_answers
from trainer.tasks.augment.declarations import Signature, Type, Typed, text
from trainer.tasks.augment.form import Case, NoForm
from trainer.tasks.augment.languages import writing
from trainer.types import Task

ENDS = frozenset(end for bits in (32, 64) for end in (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
"""What becomes of a number that is too large, where it does not end a program; or what stands for one that is none."""


@dataclass(frozen=True, slots=True)
class Declared(Code):
    """How the tests of a task call its program, in a language with declared types."""

    signature: Signature
    types: tuple[Type, ...]
    language: Typed

    def call(self, given: Sequence[Any]) -> str:
        """The text of a call."""
        if len(given) != len(self.types):
            raise ValueError(f"{len(given)} arguments for {len(self.types)} parameters")
        written = [kind.outer.format(kind.written(value)) for kind, value in zip(self.types, given, strict=True)]
        return f"{self.signature.callee}({', '.join(written)})"

    def answered(self, value: Any) -> str:
        """An answer as tests write it."""
        return text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))

    def fault(self, case: Case) -> str:
        """Why a case cannot be written down; empty where it can."""
        at_an_end = _holds(case.expected, ENDS)
        return "a number at the end of its type" if at_an_end else Code.fault(self, case)

    def same(self, case: Case) -> str:
        """An expression that is true of a program that answers as it should."""
        filled = {"{call}": self.call(case.given), "{answer}": self.answered(case.expected)}
        return re.sub(r"\{(?:call|answer)\}", lambda found: filled[found[0]], self.language.same)

    def extended(self, cases: Sequence[Case]) -> Appended:
        """The tests and, before them, a test for each case."""
        added = [
            self.language.assertion.replace("{at}", str(at)).replace("{same}", self.same(case))
            for at, case in enumerate(cases)
        ]
        return self.language.extended(self.tests, added)

    def known(self, program: str, run: Run) -> list[tuple[Any, ...]]:
        """The arguments of the calls that the tests make."""
        said = run(self.language.watching(self.tests, self._watched(program)))
        return distinct([given for _, given in told_answers(said or "")])

    def told(self, program: str, expressions: Sequence[str], run: Run) -> dict[int, Any]:
        """The values of expressions beside a program, by index, where it does nothing that is chance."""
        # The first one tells whether a program that was made strict is still one.
        for each in dict.fromkeys((*self.language.strict(program), program)):
            told = self._told(each, ["true", *expressions], run, sure=True)
            if told:
                return {at - 1: value for at, value in told.items() if at}
        return {}

    def asking(self, program: str, expressions: Mapping[int, str]) -> str:
        """A program that tells the values of numbered expressions."""
        lines = answers_asked(self.language.answer, expressions)
        return self.language.asking(self.tests, program, "\n".join(lines))

    def _watched(self, program: str) -> str:
        """The program with a function that tells what it is called with."""
        whole, names = encode(program), ", ".join(name for name, _ in self.signature.parameters)
        body = whole[self.signature.start : self.signature.end].decode()
        filled = {"{names}": names, "{body}": body}
        body = re.sub(r"\{(?:names|body)\}", lambda found: filled[found[0]], self.language.body)
        return whole[: self.signature.start].decode() + body + whole[self.signature.end :].decode()


def code(task: Task, program: str) -> Code:
    """How the tests of a task call its program, in any language but Python.

    Raises:
        NoForm: no further tests can be written.
    """
    language = writing(task.language)
    if not isinstance(language, Typed) or not isinstance(task.tests, Appended) or task.suffix:
        return untyped.code(task, program)
    try:
        root = trees.parser(task.language).parse(encode(program)).root_node
    except AnalyzerError as error:
        raise NoForm(f"the program cannot be parsed ({error})") from error
    words = Counter(re.findall(r"\w+", task.tests.code))
    found = [signature for node in nodes_of(root) if (signature := language.signature(node)) and words[signature.name]]
    if not found:
        raise NoForm("the tests name no function of the reference")
    signature = max(found, key=lambda each: (words[each.name], each.name))
    try:
        types = tuple(language.typed(declared) for _, declared in signature.parameters)
    except ValueError as error:
        raise NoForm(f"an argument of a type whose values cannot be written ({error})") from error
    language.extended(task.tests, [])  # raises NoForm
    return Declared(task.tests, signature.name, signature, types, language)


def _holds(value: Any, numbers: Set[int]) -> bool:
    """Whether one of some numbers is in a value."""
    if isinstance(value, dict):
        return any(_holds(each, numbers) for each in value.values())
    return any(_holds(each, numbers) for each in value) if isinstance(value, list) else value in numbers
