"""Makes test code report each of its tests, and tells what is to be known about it before it runs."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from analyzers.runtime import foresight, hearsay, walk
from analyzers.runtime.hearsay import Hearsay
from analyzers.runtime.tests import Appended, Asserts, BadTests, CheckFunction

BEGIN, PASSED, FAILED = "__spanwise_begin__", "__spanwise_passed__", "__spanwise_failed__"
EVAL, GLOBAL, EXPLAIN = "__spanwise_eval__", "__spanwise_global__", "__spanwise_explain__"
ERROR = "__spanwise_error__"
LEFT, RIGHT = "__spanwise_left__", "__spanwise_right__"
MODULES = frozenset(
    """
    bisect cmath collections copy datetime decimal fractions functools heapq itertools math operator random re
    statistics string sys
    """.split()
)
"""Modules that test code may use without importing them, in the hope that the program has: the judge's own serve."""
_HERE: Any = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
"""A place for what stands nowhere in the text; each node needs one."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite that is ready to run."""

    code: CodeType
    """Test code that reports each of its tests."""
    names: tuple[str, ...]
    """Names that only the program can define."""
    entry_point: str
    plan: foresight.Plan
    hearsay: tuple[Hearsay | None, ...]
    """For each test, why it takes the program's word for it."""


@lru_cache(maxsize=256)
def prepared(tests: Asserts | CheckFunction | Appended) -> Prepared:
    """A suite of test code, made ready once for all programs that are to pass it.

    Raises:
        BadTests: it does not compile.
    """
    with _compiling():
        setup = ast.parse(tests.prefix if isinstance(tests, Appended) else tests.setup)
        pieces = [ast.parse(code) for code in (tests.statements if isinstance(tests, Asserts) else [tests.code])]
    parts = [part for piece in pieces for part in piece.body]
    entry_point = tests.entry_point if isinstance(tests, CheckFunction) else ""
    nodes = walk.parts(ast.Module(setup.body + parts, []))
    names = names_of_the_program(nodes)
    plan = foresight.plan(*_straight(parts, names, entry_point))
    if isinstance(tests, Asserts):
        trusted = hearsay.of_tests(setup, pieces, set(names) - MODULES)
        for piece in pieces:
            _replace_assertions(piece.body, _explained)
        body: list[ast.stmt] = [_reporting(index, piece.body) for index, piece in enumerate(pieces)]
    else:
        trusted = tuple(hearsay.assertions(ast.Module(parts, []), set(names) - MODULES, entry_point))
        _replace_assertions(parts, _counted(itertools.count()))
        body = parts
    module = ast.Module(setup.body + body, [])
    own = frozenset(names) - MODULES
    if _wants_fetching(nodes, own):
        module = _Fetched(own).visit(module)
    with _compiling():
        code = compile(module, "<tests>", "exec")
    return Prepared(code, names, entry_point, plan, trusted)


@contextmanager
def _compiling() -> Iterator[None]:
    try:
        yield
    except (SyntaxError, ValueError) as error:
        raise BadTests(f"the tests do not compile: {error}") from error


def _straight(parts: list[ast.stmt], names: tuple[str, ...], entry_point: str) -> tuple[list[ast.stmt], dict[str, str]]:
    """Statements that run one after another, and the names in them that stand for the program's."""
    targets = {name: name for name in names if name not in MODULES}
    if not entry_point:
        return parts, targets
    for part in parts:
        if isinstance(part, ast.FunctionDef) and part.name == "check" and part.args.args:
            return part.body, targets | {part.args.args[0].arg: entry_point}
    return [], {}


def _replace_assertions(block: list[ast.stmt], replacement: Callable[[ast.Assert], ast.stmt]) -> None:
    """Replaces each assert statement, in the order of the text; expressions hold none and are not looked into."""
    for at, statement in enumerate(block):
        if isinstance(statement, ast.Assert):
            block[at] = replacement(statement)
        else:
            _replace_nested(statement, replacement)


def _replace_nested(node: ast.AST, replacement: Callable[[ast.Assert], ast.stmt]) -> None:
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        match getattr(node, name, None):
            case [ast.stmt(), *_] as block:
                _replace_assertions(block, replacement)
            case [*inner]:  # handlers of exceptions, cases of a match
                for part in inner:
                    _replace_nested(part, replacement)


def _counted(numbers: Iterator[int]) -> Callable[[ast.Assert], ast.stmt]:
    """Makes a test of each assert statement; one that is true whatever the program does is none."""
    return lambda node: _reporting(next(numbers), [_explained(node)]) if hearsay.is_test(node) else node


def _reporting(test: int, body: list[ast.stmt]) -> ast.Try:
    """`try: begin; body; passed / except: failed` around the statements of a test."""

    def call(name: str, *arguments: ast.expr) -> ast.stmt:
        return ast.Expr(_call(name, *arguments), **_HERE)

    number = ast.Constant(test, **_HERE)
    caught = ast.ExceptHandler(_load("BaseException"), ERROR, [call(FAILED, number, _load(ERROR))], **_HERE)
    return ast.Try([call(BEGIN), *body, call(PASSED, number)], [caught], [], [], **_HERE)


def _explained(node: ast.Assert) -> ast.Assert:
    """`assert f(x) == y` says both values when it fails: people read the messages."""
    match node.test:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            left = ast.NamedExpr(ast.Name(LEFT, ast.Store(), **_HERE), left, **_HERE)
            right = ast.NamedExpr(ast.Name(RIGHT, ast.Store(), **_HERE), right, **_HERE)
            node.test = ast.Compare(left, [operator], [right], **_HERE)
            node.msg = _call(EXPLAIN, _load(LEFT), _load(RIGHT))
    return node


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_load(name), list(arguments), [], **_HERE)


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load(), **_HERE)


class _Fetched(ast.NodeTransformer):
    """What only the program has is fetched from its process: the value of a name that is not just called or asked for a
    part; and a lambda that is an argument of its function is made there."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not (self._is_known(node) and isinstance(node.ctx, ast.Load)):
            return node
        return _call(GLOBAL, ast.Constant(node.id, **_HERE))

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        if not self._is_known(node.value):
            self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if not self._is_known(node.func):
            self.generic_visit(node)
            return node
        node.args = [self._argument(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._argument(keyword.value)
        return node

    def _is_known(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self._names

    def _argument(self, argument: ast.expr) -> ast.expr:
        if isinstance(argument, ast.Lambda):
            return _call(EVAL, ast.Constant(ast.unparse(argument), **_HERE))
        found: ast.expr = self.visit(argument)
        return found


def _wants_fetching(nodes: Iterable[ast.AST], names: frozenset[str]) -> bool:
    """Whether `_Fetched` would find anything: most test code only calls the program's functions."""
    uses = calls = 0
    for node in nodes:
        if isinstance(node, ast.Lambda):
            return True
        uses += isinstance(node, ast.Name) and node.id in names
        calls += isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    return uses != calls


def names_of_the_program(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Names that test code, given as all its nodes, uses and does not bind.

    A built-in name is the program's only where no other name is called (MBPP has a function called `sum`): otherwise a
    candidate could redefine `set` or `sorted` and have both sides of a comparison its own way.
    """
    used, called, bound = set(), set(), set()
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.alias(name=name, asname=alias):
                bound.add(alias or name.split(".")[0])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    own = {name for name in used - bound if not name.startswith("__spanwise_")}
    found = {name for name in own if not hasattr(builtins, name)}
    if not found - MODULES and not bound & called:
        found |= called & own
    return tuple(sorted(found))
