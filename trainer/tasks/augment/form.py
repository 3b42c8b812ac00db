"""How the tests of a task call its program and what they compare, and the same tests with further ones.

A new test compares as the task's own do: one that takes `set(f(x)) == set(...)` takes any order from new answers, too.
Where the tests compare an answer with no value (any zero of a polynomial is right, say), no test can be made.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyzers.runtime import instrument
from analyzers.runtime.tests import Appended, Asserts, BadTests, Call, Calls, CheckFunction, Exchange, Stdio, Tests
from trainer.tasks.augment.values import holds_float, written

CALL, ANSWER, ARGUMENTS = "__call__", "__answer__", "__arguments__"
EXACT = f"assert {CALL} == {ANSWER}"
TRUTH = f"assert bool({CALL}) == bool({ANSWER})"
CLOSE = f"assert nearly({CALL}, {ANSWER})"
EVALPLUS = "same(actual, expected, arguments)"
"""What decides in the tests that `trainer.tasks.evalplus` makes."""
TOLERANCE = 1e-6
NEARLY = '''
def nearly(actual, expected, tolerance=1e-6):
    """Equal, with numbers within a tolerance, absolute and relative."""
    if isinstance(expected, (list, tuple)):
        same = isinstance(actual, (list, tuple)) and len(actual) == len(expected)
        return same and all(nearly(*pair, tolerance) for pair in zip(actual, expected))
    if isinstance(expected, dict):
        same = isinstance(actual, dict) and actual.keys() == expected.keys()
        return same and all(nearly(actual[key], value, tolerance) for key, value in expected.items())
    if isinstance(expected, float):
        number = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        return number and abs(actual - expected) <= tolerance * max(1, abs(expected))
    return actual == expected
'''


class NoForm(ValueError):
    """No further tests can be made for a task; the message says why."""


@dataclass(frozen=True, slots=True)
class Form:
    """How tests call a program and compare its answers."""

    function: str
    """What of the program is called: a name, or `Class.method`."""
    hole: str = ""
    """The name by which test code calls it."""
    pattern: str = EXACT
    """The assertion, with CALL, ANSWER and ARGUMENTS where those come."""


@dataclass(frozen=True, slots=True)
class Case:
    """A call, or an input text, and what came of the reference on it."""

    given: Any
    """Tuple of arguments, or what is read from standard input."""
    expected: Any
    source: str = ""
    """What proposed the input."""


def form(tests: Tests, shown: Tests | None = None) -> Form:
    """What the tests of a Python task have in common.

    Tests may ask whether an answer counts as true, where the prompt has `shown` that it is True: then new ones do, too.

    Raises:
        NoForm: no further tests can be made of them.
    """
    found = _form(tests)
    if found.pattern == TRUTH and isinstance(shown, Asserts):
        with contextlib.suppress(NoForm):
            return replace(found, pattern=_form(shown).pattern)
    return found


def _form(tests: Tests) -> Form:
    match tests:
        case Calls(function=function, checker=""):
            return Form(function)
        case Asserts(statements, setup):
            return _of_code([*statements], setup)
        case CheckFunction(code, entry_point):
            return replace(_of_code([code], "", entry_point), function=entry_point)
        case Appended(code, prefix):
            return _of_code([code], prefix)
    raise NoForm("a checker judges the answers: more than one is right")


def extended(tests: Tests, form: Form, cases: Sequence[Case]) -> Tests:
    """The tests and, behind them, a test for each case, in order."""
    match tests:
        case Stdio(exchanges):
            return replace(tests, cases=(*exchanges, *(Exchange(case.given, case.expected) for case in cases)))
        case Calls(cases=calls):
            return replace(tests, cases=(*calls, *(Call(case.given, case.expected) for case in cases)))
    statements = [statement(form, case) for case in cases]
    helper = NEARLY if any("nearly(" in text for text in statements) else ""
    match tests:
        case Asserts(own, setup):
            return Asserts((*own, *statements), f"{setup}\n{helper}" if helper else setup)
        case CheckFunction(code, entry_point, setup):
            return CheckFunction(
                _inside_check(code, statements), entry_point, f"{setup}\n{helper}" if helper else setup
            )
        case Appended(code, prefix):
            return Appended("\n".join([code.rstrip(), *statements, ""]), f"{prefix}\n{helper}" if helper else prefix)


def alone(tests: Tests, form: Form, cases: Sequence[Case]) -> Tests:
    """As `extended`, without the tests of the task itself."""
    match tests:
        case Stdio():
            return extended(replace(tests, cases=()), form, cases)
        case Calls():
            return extended(replace(tests, cases=()), form, cases)
        case CheckFunction(_, entry_point, setup):
            return extended(CheckFunction(f"def check({form.hole}):\n    pass\n", entry_point, setup), form, cases)
        case Asserts(_, setup) | Appended(_, setup):
            return extended(Asserts((), setup), form, cases)


def statement(form: Form, case: Case) -> str:
    """The assertion for a case."""
    arguments = ", ".join(str(written(argument)) for argument in case.given)
    given = str(written(list(case.given)))
    texts = {CALL: f"{form.hole}({arguments})", ANSWER: str(written(case.expected)), ARGUMENTS: given}
    pattern = CLOSE if form.pattern == EXACT and holds_float(case.expected) else form.pattern
    return re.sub("|".join(texts), lambda found: texts[found[0]], pattern)


def _of_code(pieces: list[str], setup: str, entry_point: str = "") -> Form:
    try:
        modules = [ast.parse(piece) for piece in pieces]
        nodes = [node for module in (ast.parse(setup), *modules) for node in ast.walk(module)]
    except (SyntaxError, ValueError, RecursionError) as error:
        raise NoForm(f"the tests do not compile ({error})") from error
    asserts = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.Assert)]
    own = set(instrument.names_of_the_program(nodes)) - instrument.MODULES
    names = {_candidate(modules)} if entry_point else own
    found = [each for node in asserts for each in _patterns(node.test, names)]
    if entry_point and any(ast.unparse(node.test) == EVALPLUS for node in asserts):
        found = [(next(iter(names)), f"assert same({CALL}, {ANSWER}, {ARGUMENTS})")]
    if not found:
        raise NoForm("the tests compare no answer of the program with a value")
    hole = Counter(name for name, _ in found).most_common(1)[0][0]
    patterns = Counter(pattern for name, pattern in found if name == hole)
    # Tests that compare in one place with a tolerance, or whatever the order, do not mean to be strict elsewhere.
    lenient = [
        pattern
        for pattern, count in patterns.most_common()
        if pattern not in (EXACT, TRUTH) and 4 * count >= sum(patterns.values())
    ]
    truth = [TRUTH] if set(patterns) == {TRUTH} else [EXACT]
    return Form(hole, hole, (lenient or truth)[0])


def _candidate(modules: Sequence[ast.Module]) -> str:
    """What `check` calls the function that it is handed."""
    for module in modules:
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name == "check" and node.args.args:
                return node.args.args[0].arg
    raise NoForm("the tests define no check(candidate)")


def _patterns(test: ast.expr, names: set[str]) -> Iterator[tuple[str, str]]:
    """The name that an assertion calls, and its pattern; nothing where it has none."""
    calls = list(_outermost(test, names))
    if len(calls) != 1:
        return
    call = calls[0]
    assert isinstance(call.func, ast.Name)
    pattern = _pattern(test, call)
    if pattern:
        yield call.func.id, pattern


def _outermost(node: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost(child, names)


def _pattern(test: ast.expr, call: ast.Call) -> str:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return TRUTH if operand is call else ""
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            side = left if _holds(left, call) else right
            return EXACT if side is call else f"assert {_with(side, call, CALL)} == {_with(side, call, ANSWER)}"
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()], comparators=[ast.Constant(value=float() as most)]):
            return f"assert nearly({CALL}, {ANSWER}, {max(most, TOLERANCE)!r})" if _is_distance(left, call) else ""
        case ast.Call(args=[first, second]) if "isclose" in ast.unparse(test.func) and call in (first, second):
            words = "".join(f", {ast.unparse(word)}" for word in test.keywords)
            return f"assert {ast.unparse(test.func)}({CALL}, {ANSWER}{words})"
    return TRUTH if test is call else ""


def _is_distance(node: ast.expr, call: ast.Call) -> bool:
    """Whether it is `abs(f(x) - value)`."""
    match node:
        case ast.Call(func=ast.Name(id="abs") | ast.Attribute(attr="fabs"), args=[ast.BinOp(left, ast.Sub(), right)]):
            return call in (left, right)
    return False


def _holds(node: ast.AST, part: ast.AST) -> bool:
    return any(each is part for each in ast.walk(node))


def _with(node: ast.expr, call: ast.Call, name: str) -> str:
    """The text of an expression with a name in place of the call."""

    class Put(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            return ast.Name(name, ast.Load()) if node is call else self.generic_visit(node)

    copy = ast.parse(ast.unparse(node), mode="eval").body
    places = [index for index, each in enumerate(ast.walk(node)) if each is call]
    same = list(ast.walk(copy))
    call = same[places[0]]  # type: ignore[assignment]
    return ast.unparse(Put().visit(copy))


def _inside_check(code: str, statements: Sequence[str]) -> str:
    """The code with statements at the end of the body of `check`."""
    lines = re.split("\r\n|\r|\n", code.rstrip())
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.name == "check":
            last = node.body[-1].end_lineno or len(lines)
            indentation = lines[node.body[0].lineno - 1][: node.body[0].col_offset]
            added = [f"{indentation}{text}" for text in statements]
            return "\n".join([*lines[:last], *added, *lines[last:], ""])
    raise BadTests("the tests define no check(candidate)")
