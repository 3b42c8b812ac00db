"""What candidates answer to inputs whose right answers nobody knows: those that agree stand up for each other.

Inputs are those of the tests that a problem shows, and new ones like them (`trainer.tasks.augment`): no reference and
no hidden test has a part in them.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyzers.runtime import Limits, Tier
from analyzers.runtime.sandbox.base import SandboxBroken
from analyzers.runtime.tests import Asserts, Calls, Stdio
from rewards.reranking.pools import Pool
from trainer.tasks.augment import inputs as proposed
from trainer.tasks.augment.execution import HASH_SEEDS, Answer, End, Executor
from trainer.tasks.augment.form import NoForm, form
from trainer.tasks.augment.judging import Clock
from trainer.tasks.augment.values import literal, written
from trainer.types import Task

COUNT = 20
"""Inputs of a problem."""
SECONDS = 2.0
"""That a candidate has for all inputs."""
DIGITS = 6
"""Significant digits of a number with a fraction that two answers have to share."""
LIMITS = Limits(timeout_s=0.5)
"""Of a candidate on one input."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Inputs for the candidates of one problem."""

    inputs: tuple[Any, ...]
    """Tuples of arguments, or texts for standard input."""
    function: str = ""
    """What is called; empty where programs are run on texts."""


def questions(task: Task, *, count: int = COUNT, seed: int = 0) -> Questions | None:
    """At most `count` inputs: first those that the problem shows, then new ones; None where it shows none, or where
    programs in its language can be asked nothing."""
    alone = replace(task, reference=None)  # whose words would tell of the solution
    if isinstance(task.shown, Stdio):
        shown = [case.stdin for case in task.shown.cases]
        made = proposed.stdins(alone, task.shown, count=count, seed=seed, ask=None)
        return Questions(tuple(list(dict.fromkeys([*shown, *(text for _, text in made)]))[:count]))
    if task.language != "python" or task.shown is None:
        return None
    try:
        function = form(task.shown).function
    except NoForm:
        return None
    known = [*_calls(task.shown, function)]
    if not known:
        return None
    new, _ = proposed.arguments(alone, known, count=count, seed=seed, ask=None)
    distinct = {str(written(given)): given for given in [*known, *(given for _, given in new)]}
    return Questions(tuple(list(distinct.values())[:count]), function)


def _calls(shown: object, function: str) -> list[tuple[Any, ...]]:
    """The arguments of the calls in tests, as far as they are plain data."""
    if isinstance(shown, Calls):
        return [case.args for case in shown.cases if case.args and not case.kwargs]
    found = []
    for statement in shown.statements if isinstance(shown, Asserts) else ():
        for node in ast.walk(ast.parse(statement)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                found.append(_arguments(node))
    return [given for given in found if given]


def _arguments(call: ast.Call) -> tuple[Any, ...]:
    if call.keywords:
        return ()
    try:
        return tuple(literal(ast.unparse(each)) for each in call.args)
    except ValueError:
        return ()


def asked(pool: Pool, programs: Sequence[str], task: Task, asking: Questions, executor: Executor) -> Pool:
    """The pool with the answers of its candidates, whose `programs` are whole files; equal ones are run once.

    An answer that nobody could hear, since the sandbox failed, is none.

    Raises:
        ValueError: not as many programs as candidates.
    """
    answered: dict[str, tuple[str | None, ...]] = {}
    for program in programs:
        if program not in answered:
            answered[program] = _answers(program, task, asking, executor)
    candidates = tuple(
        replace(each, answers=answered[program]) for each, program in zip(pool.candidates, programs, strict=True)
    )
    return replace(pool, candidates=candidates)


def _answers(program: str, task: Task, asking: Questions, executor: Executor) -> tuple[str | None, ...]:
    try:
        found = _run(program, task, asking, executor)
    except SandboxBroken:
        return (None,) * len(asking.inputs)
    return tuple(_said(each) for each in found)


def _run(program: str, task: Task, asking: Questions, executor: Executor) -> list[Answer]:
    clock = Clock.of(SECONDS)
    if asking.function:
        return executor.calls(program, asking.function, asking.inputs, hash_seed=HASH_SEEDS[0], clock=clock)
    return [_printed(program, task.language, text, executor, clock) for text in asking.inputs]


def _printed(program: str, language: str, text: str, executor: Executor, clock: Clock) -> Answer:
    if not clock.left:
        return Answer(End.NOT_RUN)
    if language == "python":
        return executor.prints(program, text, hash_seed=HASH_SEEDS[0])
    return proposed.printed(program, language, text, Tier.STANDARD)


def _said(answer: Answer) -> str | None:
    return written(_rounded(answer.value)) if answer.end is End.ANSWERED else None


def _rounded(value: Any) -> Any:
    """The value with numbers as far as they are compared, and texts as their lines are."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_rounded(each) for each in value)
    if isinstance(value, dict):
        return {_rounded(key): _rounded(each) for key, each in value.items()}
    return value


def executor(limits: Limits = LIMITS, *, isolation: Tier = Tier.STANDARD) -> Executor:
    """What runs candidates; a context manager.

    Raises:
        analyzers.runtime.sandbox.tiers.TierRefused: this machine does not give that isolation.
    """
    return Executor(limits, isolation=isolation)
