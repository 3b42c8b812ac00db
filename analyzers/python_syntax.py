"""CPython's own verdict on the syntax of Python: `compile()`, which sees what no grammar does (indentation, `return`
outside of a function, `del f()`), and the exact place that it names.
"""

from __future__ import annotations

import ast
import re
import warnings

from analyzers.findings import Finding
from analyzers.positions import PYTHON_SYNTAX, Convention, LineTable, Unit
from analyzers.types import Kind, Severity, Span

_CONVENTIONS = {
    Unit.CODEPOINT: PYTHON_SYNTAX,
    Unit.BYTE: Convention(line_base=1, column_base=1, unit=Unit.BYTE),
}
"""How SyntaxErrors count: the parser in code points; the compiler after it adds 1 to the columns of the tree."""
_TRIPLE_QUOTE = re.compile(r"""[A-Za-z]{0,2}('''|\"\"\")""")


def parse(text: str) -> ast.Module:
    """The syntax tree, with the compiler's warnings silenced.

    Raises:
        SyntaxError, ValueError: the text is no program.
        RecursionError, MemoryError: it is nested too deeply for the interpreter as it is set.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def syntax_error(text: str) -> Finding | None:
    """The error that stops CPython from compiling the text, or None; positions are offsets in code points.

    `offset` is None where CPython does not say where, or where its position is that of a copy: inside an f-string
    before Python 3.12 it counts within the braces.

    Raises:
        RecursionError, MemoryError: the program is nested too deeply to be judged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<source>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return _finding(type(error).__name__, error.msg, _span(text, error))
    except UnicodeEncodeError as error:  # a lone surrogate
        return _finding("SyntaxError", error.reason, Span(error.start, error.end))
    except ValueError as error:  # a null byte, before Python 3.11.4
        return _finding("SyntaxError", str(error), _null(text))
    return None


def place(
    text: str, unit: Unit, line: int, last: int | None = None, column: int | None = None, end: int | None = None
) -> Span:
    """What a SyntaxError marks: its `lineno`, `end_lineno`, `offset` and `end_offset`, counted in `unit`.

    A column of 0, or an end that is not behind the start, means that CPython knows no better than the line or the
    point.
    """
    return LineTable(text).span(
        _CONVENTIONS[unit], line, column or None, last or None, end if end and end > 0 else None
    )


def unclosed_triple_quote(text: str, start: int) -> bool:
    """Whether a triple-quoted string begins at `start` and never ends: told by the text, not by a message."""
    opening = _TRIPLE_QUOTE.match(text, start)
    return opening is not None and re.search(r"(?<!\\)" + opening[1], text[opening.end() :]) is None


def _finding(code: str, message: str, span: Span | None) -> Finding:
    start, end = (None, None) if span is None else (span.start, span.end)
    return Finding(
        code, message, offset=start, end_offset=end, severity=Severity.FATAL, kind=Kind.SYNTAX, convention=PYTHON_SYNTAX
    )


def _parses(text: str) -> bool:
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def _span(text: str, error: SyntaxError) -> Span | None:
    if error.lineno is None:
        return _null(text)
    unit = Unit.BYTE if _parses(text) else Unit.CODEPOINT
    line = place(text, unit, error.lineno)
    quoted = (error.text or "").strip().rstrip("\0")
    if quoted not in text[line.start : line.end]:
        return None
    span = place(text, unit, error.lineno, error.end_lineno, error.offset, error.end_offset)
    quotes = _TRIPLE_QUOTE.match(text, span.start)
    return Span(span.start, max(span.end, quotes.end())) if quotes else span


def _null(text: str) -> Span | None:
    index = text.find("\0")
    return Span(index, index + 1) if index >= 0 else None
