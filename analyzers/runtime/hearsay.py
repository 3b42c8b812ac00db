"""Which assertions take the program's word for it, told by following answers through the test code.

Test code runs in the judge, and an answer that is compared there with a value of the judge's own cannot be faked: the
program would have to know the value. A few assertions have nothing of their own to compare with. They are found here
and tagged, not refused: a program that computes both sides of a comparison, or is asked whether it is right, decides.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from analyzers.runtime.walk import children, parts


class When(StrEnum):
    """What has to happen in a run for an assertion to rest on the program's word."""

    ALWAYS = "always"
    OBJECTS = "objects"
    """An object of the program's own was asked to do something."""
    CHANGES = "changes"
    """A call changed one of its arguments."""


@dataclass(frozen=True, slots=True)
class Hearsay:
    """Why an assertion rests on the program's word, and when."""

    reason: str
    when: When = When.ALWAYS


NOTHING = Hearsay("nothing is compared")
BOTH = Hearsay("both sides of the comparison come from the program")
VOUCHED = Hearsay("a function of the program says whether an answer of the program is right")
TOLD = Hearsay("the value to come back was handed to another function of the program")
STEERED = Hearsay("the program's answers decide whether the assertion is reached")
UNKNOWN = Hearsay("it compares arguments of a function, which are not followed")
METHOD = Hearsay("an object of the program's own says so", When.OBJECTS)
CHANGED = Hearsay("the expected value is made from arguments that the program may have changed", When.CHANGES)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the value of an expression comes from."""

    answers: frozenset[str] = frozenset()
    """Functions and classes of the program that it holds answers of."""
    told: frozenset[str] = frozenset()
    """Expressions that were handed to the program for it."""
    passed_on: bool = False
    """Whether an answer of one function of the program was handed to another."""
    handed: bool = False
    """Whether it uses a name that was an argument of a call of the program."""
    unknown: bool = False

    def __or__(self, other: _Origin) -> _Origin:
        return _Origin(
            self.answers | other.answers,
            self.told | other.told,
            self.passed_on or other.passed_on,
            self.handed or other.handed,
            self.unknown or other.unknown,
        )


_JUDGE = _Origin()
_Names: TypeAlias = dict[str, _Origin]


def is_test(node: ast.Assert) -> bool:
    """Whether an assertion says anything: one of constants alone holds whatever the program does."""
    return any(isinstance(part, (ast.Name, ast.Call)) for part in parts(node.test))


def assertions(module: ast.Module, names: Iterable[str], entry_point: str = "") -> list[Hearsay | None]:
    """For each assertion of the test code, in order: why it rests on the program's word; None where it is judged.

    `names` are those that only the program defines; `entry_point` is what the function `check` is handed, if any.
    """
    follower = _Follower(entry_point)
    follower.block(module.body, {name: _answer_of(name) for name in names}, steered=False)
    return follower.found


def of_tests(setup: ast.Module, tests: Sequence[ast.Module], names: Iterable[str]) -> tuple[Hearsay | None, ...]:
    """As `assertions`, for tests that are statements of their own and run one after another, after `setup`."""
    body = [*setup.body, *(node for test in tests for node in test.body)]
    found = iter(assertions(ast.Module(body, []), names))
    _, *rest = [[next(found) for _ in range(_count(part))] for part in (setup, *tests)]
    return tuple(map(together, rest))


def _count(module: ast.Module) -> int:
    return sum(isinstance(node, ast.Assert) and is_test(node) for node in parts(module))


def together(found: Sequence[Hearsay | None]) -> Hearsay | None:
    """Of assertions that all have to hold: one that is judged is enough."""
    if not found:
        return NOTHING
    return None if None in found else found[0]


@dataclass(slots=True)
class _Follower:
    """Walks through test code in the order in which it runs."""

    entry_point: str
    found: list[Hearsay | None] = field(default_factory=list)
    handed: set[str] = field(default_factory=set)

    def block(self, body: Sequence[ast.stmt], names: _Names, *, steered: bool) -> None:
        """Statements one after another; `steered` where answers of the program led there."""
        for node in body:
            self._statement(node, names, steered=steered)

    def _statement(self, node: ast.stmt, names: _Names, *, steered: bool) -> None:
        match node:
            case ast.Assert():
                self._hand_over(node, names)  # a call on the left comes before what stands on the right
                if is_test(node):
                    self.found.append(STEERED if steered else self._judged(node.test, names))
                return
            case ast.Assign(targets=targets, value=value):
                self._bind(targets, self._origin(value, names), names)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                self._bind([target], self._origin(value, names), names)
            case ast.For(target=target, iter=values, body=body, orelse=orelse):
                origin = self._origin(values, names)
                self._bind([target], origin, names)
                self.block([*body, *orelse], names, steered=steered or bool(origin.answers))
            case ast.If(test=test, body=body, orelse=orelse) | ast.While(test=test, body=body, orelse=orelse):
                answers = self._origin(test, names).answers
                self.block([*body, *orelse], names, steered=steered or bool(answers))
            case ast.With(body=body):
                self.block(body, names, steered=steered)
            case ast.Try():
                self._try(node, names, steered=steered)
            case ast.FunctionDef(name=name, args=arguments, body=body):
                self.block(body, names | self._parameters(name, arguments), steered=False)
            case _:
                self.block(list(_nested(node)), names, steered=True)
        self._hand_over(node, names)

    def _try(self, node: ast.Try, names: _Names, *, steered: bool) -> None:
        """An exception of the program's leaves the body; what an assertion raises has been noted before that."""
        for statement in node.body:
            self._statement(statement, names, steered=steered)
            if not isinstance(statement, ast.Assert):
                steered = steered or any(self._is_answer(part, names) for part in parts(statement))
        for body in (*(handler.body for handler in node.handlers), node.orelse, node.finalbody):
            self.block(body, names, steered=steered)

    def _parameters(self, name: str, arguments: ast.arguments) -> _Names:
        found = {argument.arg: replace(_JUDGE, unknown=True) for argument in (*arguments.posonlyargs, *arguments.args)}
        if name == "check" and self.entry_point and found:
            found[next(iter(found))] = _answer_of(self.entry_point)
        return found

    def _bind(self, targets: Sequence[ast.expr], origin: _Origin, names: _Names) -> None:
        for target in targets:
            for part in parts(target):
                if isinstance(part, ast.Name):
                    names[part.id] = origin

    def _hand_over(self, node: ast.stmt, names: Mapping[str, _Origin]) -> None:
        for part in parts(node):
            if isinstance(part, ast.Call) and self._is_answer(part, names):
                self.handed |= {name for argument in _arguments(part) for name in _names(argument)}

    def _is_answer(self, node: ast.AST, names: Mapping[str, _Origin]) -> bool:
        return isinstance(node, ast.Call) and bool(self._origin(node.func, names).answers)

    def _origin(self, node: ast.AST, names: Mapping[str, _Origin]) -> _Origin:
        match node:
            case ast.Name(id=name):
                origin, handed = names.get(name, _JUDGE), name in self.handed
                return origin if origin.handed is handed else replace(origin, handed=handed)
            case ast.Constant():
                return _JUDGE
            case ast.Call(func=function):
                return self._call(node, self._origin(function, names), names)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                names = self._inside(node.generators, names)
        return _union(self._origin(part, names) for part in children(node))

    def _call(self, node: ast.Call, function: _Origin, names: Mapping[str, _Origin]) -> _Origin:
        arguments = _arguments(node)
        given = _union(self._origin(argument, names) for argument in arguments)
        if not function.answers:
            return function | given
        told = frozenset().union(*map(_said, arguments))
        own = _answer_of(ast.unparse(node.func).split("(")[0].split(".")[-1])
        return function | given | own | _Origin(told=told, passed_on=_by_functions(given))

    def _inside(self, generators: Sequence[ast.comprehension], names: Mapping[str, _Origin]) -> _Names:
        inner = dict(names)
        for generator in generators:
            self._bind([generator.target], self._origin(generator.iter, inner), inner)
        return inner

    def _judged(self, test: ast.expr, names: Mapping[str, _Origin]) -> Hearsay | None:
        if self._origin(test, names).unknown:
            return UNKNOWN
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._judged(operand, names)
            case ast.BoolOp(op=ast.And(), values=values):
                return together([self._judged(value, names) for value in values])
            case ast.BoolOp(values=values):
                return next((found for value in values if (found := self._judged(value, names))), None)
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
                return together([self._compared(*pair, names) for pair in zip(sides, others, strict=False)])
            case ast.Call(func=ast.Name(id="all" | "any"), args=[ast.GeneratorExp() | ast.ListComp() as made]):
                return self._judged(made.elt, self._inside(made.generators, names))
        return self._true(test, names)

    def _compared(self, left: ast.expr, right: ast.expr, names: Mapping[str, _Origin]) -> Hearsay | None:
        for side, other in ((left, right), (right, left)):
            if isinstance(other, ast.Constant) and isinstance(other.value, bool):
                return self._true(side, names)
        origins = [self._origin(side, names) for side in (left, right)]
        if all(origin.answers for origin in origins):
            return BOTH
        for origin, other in zip(origins, (right, left), strict=True):
            if origin.passed_on and origin.told & _said(other):
                return TOLD
        if all(origin.answers or origin.handed for origin in origins):
            return CHANGED
        return None

    def _true(self, test: ast.expr, names: Mapping[str, _Origin]) -> Hearsay | None:
        """Of what has to be true, or false: a function of the judge's own decides, or the program says so."""
        if isinstance(test, ast.Call) and not self._is_answer(test, names):
            return None
        if self._origin(test, names).passed_on:
            return VOUCHED
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.args:
            return METHOD if _by_functions(self._origin(test.func.value, names)) else None
        return None


def _answer_of(name: str) -> _Origin:
    return _Origin(answers=frozenset([name]))


def _by_functions(origin: _Origin) -> bool:
    """Whether it holds answers of functions; objects of the program's classes alone are what tests make inputs of."""
    return any(not name[:1].isupper() for name in origin.answers)


def _union(origins: Iterable[_Origin]) -> _Origin:
    found = _JUDGE
    for origin in origins:
        if origin is not _JUDGE:
            found |= origin
    return found


def _nested(node: ast.AST) -> Iterator[ast.stmt]:
    for child in children(node):
        if isinstance(child, ast.stmt):
            yield child
        elif not isinstance(child, ast.expr):
            yield from _nested(child)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in parts(node) if isinstance(part, ast.Name)}


def _said(node: ast.AST) -> frozenset[str]:
    """What an expression carries: names, and constants that a program would not guess, as they are written."""
    found = set()
    for part in parts(node):
        match part:
            case ast.Name(id=name):
                found.add(name)
            case ast.Constant(value=value) if value not in (None, True, False, 0, 1):
                found.add(repr(value))
    return frozenset(found)
