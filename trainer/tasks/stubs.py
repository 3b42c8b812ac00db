"""Programs that do nothing of what a task asks for: a task whose tests one of them passes rewards doing nothing."""

from __future__ import annotations

import ast
import re

import grammars
from analyzers.runtime.tests import Calls, Stdio
from trainer.types import Task

CONSTANTS = ("None", "True", "False", "0", "[]")
ECHO = "import sys\n\nsys.stdout.write(sys.stdin.read())\n"


def stubs(task: Task) -> dict[str, str]:
    """Completions by name: nothing at all; in Python, functions that return a constant, and for standard input a
    program that prints what it reads; in other languages, of the reference the last lines, which close it."""
    found = {"empty": ""}
    if task.language != "python":
        hollow = _closing(task.reference or "", task.language)
        return found | ({"hollow": hollow} if hollow.strip() and hollow != task.reference else {})
    if isinstance(task.tests, Stdio):
        return found | {"echo": ECHO}
    constants = {f"return {constant}": _returning(task, constant) for constant in CONSTANTS}
    return found | {name: program for name, program in constants.items() if program}


def _returning(task: Task, constant: str) -> str:
    if task.prefix:
        indentation = re.match(r"[ \t]+", (task.reference or "").lstrip("\r\n"))
        return f"{indentation[0] if indentation else '    '}return {constant}\n"
    if task.reference is not None:
        return _without_bodies(task.reference, constant)
    if isinstance(task.tests, Calls):
        holder, _, function = task.tests.function.rpartition(".")
        code = f"def {function}(*args, **kwargs):\n    return {constant}\n"
        return f"class {holder}:\n    {code.replace(chr(10), chr(10) + '    ')}" if holder else code
    return ""


def _without_bodies(program: str, constant: str) -> str:
    try:
        module = ast.parse(program)
    except (SyntaxError, ValueError):
        return ""
    body = ast.parse(f"return {constant}").body
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
            node.body = body
    return f"{ast.unparse(module)}\n"


def _closing(program: str, language: str) -> str:
    """The last lines of a program, as far as they hold nothing but what closes brackets and blocks."""
    words = [re.escape(closer) for _, closer in grammars.get(language).blocks]
    closer = re.compile(rf"\s*(?:(?:[\])}};,]|\b(?:{'|'.join(['end', *words])})\b)\s*)*")
    lines = program.splitlines(keepends=True)
    first = len(lines)
    while first and closer.fullmatch(lines[first - 1]):
        first -= 1
    return "".join(lines[first:])
