"""pyflakes: names and formats that cannot work, hardly any false positive. https://github.com/PyCQA/pyflakes

Positions are those of `ast`: lines from 1, columns in UTF-8 bytes from 0. Its messages keep only the start, so that the
checker is asked for the node itself, and the span is narrowed to the name in question where that is part of the node.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from analyzers.findings import Finding
from analyzers.inprocess.base import InProcess, deeply
from analyzers.positions import PYTHON_AST, Convention, LineTable
from analyzers.python_syntax import parse, syntax_error
from analyzers.types import Kind, Severity, Span

_RAISES = (Severity.HIGH, Kind.TYPE)
_WRONG = (Severity.HIGH, Kind.LOGIC)
_DOUBTFUL = (Severity.MEDIUM, Kind.LOGIC)
_STYLE = (Severity.LOW, Kind.STYLE)

RATINGS: dict[str, tuple[Severity, Kind]] = {
    "UndefinedName": (Severity.CRITICAL, Kind.NAME),
    "UndefinedLocal": (Severity.CRITICAL, Kind.NAME),
    "UndefinedExport": (Severity.MEDIUM, Kind.NAME),
    "ImportStarUsage": (Severity.LOW, Kind.NAME),
    "ForwardAnnotationSyntaxError": (Severity.MEDIUM, Kind.TYPE),
    "RaiseNotImplemented": _RAISES,
    "InvalidPrintSyntax": _RAISES,
    "StringDotFormatMissingArgument": _RAISES,
    "StringDotFormatMixingAutomatic": _RAISES,
    "StringDotFormatInvalidFormat": _RAISES,
    "PercentFormatInvalidFormat": _RAISES,
    "PercentFormatMixedPositionalAndNamed": _RAISES,
    "PercentFormatUnsupportedFormatCharacter": _RAISES,
    "PercentFormatPositionalCountMismatch": _RAISES,
    "PercentFormatMissingArgument": _RAISES,
    "PercentFormatExpectedMapping": _RAISES,
    "PercentFormatExpectedSequence": _RAISES,
    "PercentFormatStarRequiresSequence": _RAISES,
    "AssertTuple": _WRONG,
    "IfTuple": _WRONG,
    "UnusedImport": _STYLE,
    "UnusedVariable": _STYLE,
    "UnusedAnnotation": _STYLE,
    "UnusedIndirectAssignment": _STYLE,
    "ImportStarUsed": _STYLE,
    "FStringMissingPlaceholders": _STYLE,
    "TStringMissingPlaceholders": _STYLE,
    "StringDotFormatExtraPositionalArguments": _STYLE,
    "StringDotFormatExtraNamedArguments": _STYLE,
    "PercentFormatExtraNamedArguments": _STYLE,
}
"""By class of message; what is not listed is doubtful logic. Errors of syntax never get here: the compiler reports
them.
"""


def check(text: str) -> list[Finding]:
    """Findings with offsets in code points."""
    try:
        return list(_findings(text))
    except (RecursionError, MemoryError):  # rare; and the way to the deep thread costs a third of what a check does
        return deeply(lambda: list(_findings(text)))


def _findings(text: str) -> Iterator[Finding]:
    error = syntax_error(text)
    if error is not None:
        yield error
        return
    recorder = _recorder()(parse(text))
    table = LineTable(text)
    for message, node in recorder.messages:
        code = type(message).__name__
        severity, kind = RATINGS.get(code, _DOUBTFUL)
        span = _span(table, node, message.message_args)
        yield Finding(
            code,
            str(message.message % message.message_args),
            offset=span.start,
            end_offset=span.end,
            severity=severity,
            kind=kind,
        )


@cache
def _recorder() -> Any:
    """pyflakes' checker, whose messages come with their nodes. Made once: a class costs as much as a small program."""
    from pyflakes.checker import Checker

    class Recorder(Checker):  # type: ignore[misc]
        def report(self, message: Any, node: ast.AST, *args: Any, **kwargs: Any) -> None:
            self.messages.append((message(self.filename, node, *args, **kwargs), node))

    return Recorder


def _span(table: LineTable, node: ast.AST, arguments: Any) -> Span:
    """The part of the node that is called by the first argument of the message, or else all of it."""
    name = arguments[0] if isinstance(arguments, tuple) and arguments else None
    span = _whole(table, node)
    match node:
        case ast.Import() | ast.ImportFrom():
            aliases = [alias for alias in node.names if name in _calls(node, alias)]
            return _whole(table, aliases[0]) if aliases else span
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return _named(table, span, rf"(?:async\s+)?(?:def|class)[\s\\]+({re.escape(node.name)})\b")
        case ast.ExceptHandler(name=str(caught)):
            after = span if node.type is None else _whole(table, node.type)
            return _named(
                table,
                Span(after.end, max(span.end, after.end)),
                rf"[\s\\)]*as[\s\\]+({re.escape(caught)})\b",
                or_else=span,
            )
        case ast.Assign(value=ast.List() | ast.Tuple() as exported):
            names = [item for item in exported.elts if isinstance(item, ast.Constant) and item.value == name]
            return _whole(table, names[0]) if names else span
    return span


def _whole(table: LineTable, node: ast.AST) -> Span:
    line, column, last, end = (
        getattr(node, key, None) for key in ("lineno", "col_offset", "end_lineno", "end_col_offset")
    )
    return Span(0, len(table.text)) if line is None else table.span(PYTHON_AST, line, column, last, end)


def _named(table: LineTable, span: Span, pattern: str, *, or_else: Span | None = None) -> Span:
    match = re.compile(pattern).match(table.text, span.start)
    return Span(*match.span(1)) if match else or_else or span


def _calls(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> set[str]:
    """What pyflakes may call an imported name, alone or as `module.name as other`."""
    module = getattr(node, "module", None)
    full = f"{'.' * getattr(node, 'level', 0)}{module or ''}"
    full = f"{full}{'.' if module else ''}{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
    bound = alias.asname or alias.name
    return {full, bound, bound.split(".")[0], f"{full} as {bound}", alias.name, f"{alias.name} as {bound}"}


ANALYZER = InProcess(
    name="pyflakes",
    languages=("python",),
    check=check,
    convention=Convention(),
    packages=("pyflakes",),
    batch_size=8,
)

GOOD = [
    "import os\n\n\ndef f(path):\n    return os.path.join(path, 'é😀')\n",
    "def f(x):\n    return f'{x!r:>10}' % ()\n",
    "x = (" + " + ".join(["1"] * 900) + ")\n",
]
BAD = [
    ('s = "é😀"; x = undefined_name\n', "UndefinedName", "undefined_name"),
    ('s = "é😀"; import os, sys\nprint(os)\n', "UnusedImport", "sys"),
    ("from os import path as é, sep\nprint(sep)\n", "UnusedImport", "path as é"),
    ("def f():\n    '''é😀'''; unused = 1\n", "UnusedVariable", "unused"),
    ("import é\ndef é(): pass\n", "RedefinedWhileUnused", "é"),
    ("try:\n    pass\nexcept (OSError) as é:\n    pass\n", "UnusedVariable", "é"),
    ("def f():\n    é; print(x)\n    x = é = 1\nx = 2\n", "UndefinedLocal", "x"),
    ("__all__ = ['é', 'missing']\né = 1\n", "UndefinedExport", "'missing'"),
    ('s = "é😀"; t = "%d" % (1, 2)\n', "PercentFormatPositionalCountMismatch", '"%d" % (1, 2)'),
    ('s = "é😀"; t = "{} {}".format(1)\n', "StringDotFormatMissingArgument", '"{} {}".format(1)'),
    ("s = 'é😀'; f(1,, 2)\n", "SyntaxError", ","),
]
