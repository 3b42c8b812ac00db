"""Programs and tests, as they are named on a command line."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import grammars
from analyzers.runtime import tests as suites
from rewards.types import Item


class BadUsage(ValueError):
    """What was asked for cannot be done; the message is one line."""


def read_program(path: str, language: str, tests: suites.Tests | None) -> Item:
    """A file is a program as it stands; what comes from stdin is a completion, in which the program is looked for.

    Raises:
        BadUsage: it cannot be read, or its language is not known.
    """
    if path == "-":
        data, suffix = sys.stdin.buffer.read(), ""
    else:
        try:
            data, suffix = Path(path).read_bytes(), Path(path).suffix
        except OSError as error:
            raise BadUsage(f"cannot read the program {path!r}: {error.strerror}") from error
    known = grammars.by_suffix(suffix) if suffix else None
    if suffix and not (known or language):
        suffixes = [suffix for name in grammars.names() for suffix in grammars.get(name).suffixes]
        raise BadUsage(f"no language has files like {path!r}; give --language, or one of {', '.join(suffixes)}")
    text = data.decode("utf-8", "surrogateescape")
    name = grammars.get(language).name if language else known.name if known else "python"
    return Item(text, name, tests, task_id="stdin" if path == "-" else path, raw=path != "-")


def read_tests(given: str) -> suites.Tests:
    """A suite from a file or from an assert statement on the command line.

    Raises:
        BadUsage: there is no such file, or it holds no JSON or no Python.
        analyzers.runtime.tests.BadTests: it holds no test suite.
    """
    if given.startswith("assert ") or given.startswith("assert("):
        return asserts(given, "--tests")
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise BadUsage(
            f"cannot read the tests {given!r}: {reason}; expected a JSON file, a .py file of assert statements,"
            " or 'assert ...'"
        ) from error
    if path.suffix == ".py":
        return asserts(text, given)
    try:
        return suites.parse(json.loads(text))
    except json.JSONDecodeError as error:
        raise BadUsage(f"the tests {given!r} are no JSON: {error}") from error


def asserts(text: str, where: str) -> suites.Asserts:
    """Each assert statement is a test; the statements before and between them are the setup.

    Raises:
        BadUsage: it is no Python, or there is no assert statement in it.
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise BadUsage(f"the tests in {where} are no Python: {error}") from error
    statements = tuple(ast.unparse(node) for node in body if isinstance(node, ast.Assert))
    if not statements:
        raise BadUsage(f"no assert statement stands at the top level of {where}")
    setup = "\n".join(ast.unparse(node) for node in body if not isinstance(node, ast.Assert))
    return suites.Asserts(statements, setup)
