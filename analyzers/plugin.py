"""The shortest way to an analyzer: a function that yields places and messages.

    @analyzer("no-eval", languages="python", severity="high", kind="security")
    def no_eval(program):
        for node in ast.walk(program.ast):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "eval":
                yield node, "eval runs text as code"

It yields `place, message` or `place, code, message`, and a Severity or a Kind behind them where the decorator's do not
fit; the code is the analyzer's name by default. A place is a match of a regular expression on `program.text`, a node of
`program.ast` or of `program.tree`, a Span, or `(start, end)` in code points. A `Finding` is taken as it is; it counts
as code points, lines and columns from 1, unless it says otherwise.

The function runs in a worker process, which is replaced when it takes too long or dies. It must read programs, never
run them, and answer the same to the same program: reports are kept.
"""

from __future__ import annotations

import ast
import hashlib
import marshal
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from re import Match
from types import FunctionType
from typing import Any, ClassVar

from tree_sitter import Node, Parser

import grammars
from analyzers import python_syntax
from analyzers.errors import AnalyzerFailed, ToolMissing, boundary
from analyzers.findings import Finding, to_diagnostics
from analyzers.inprocess.base import deeply
from analyzers.positions import PYTHON_AST, Convention, LineTable, Unit, encode, one_newline
from analyzers.suppress import neutralise
from analyzers.types import Diagnostic, Kind, Severity, Source, Span

MAX_FINDINGS = 10_000
"""Findings on one program, beyond which the analyzer counts as failed."""
EXPECTED = "(place, message), (place, code, message) or a Finding"


class Program:
    """One program, as an analyzer function is given it."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        """The program; in its comments `x` stands for every letter and digit, so that none can switch rules off."""
        self.language = language
        """Canonical name."""

    @cached_property
    def ast(self) -> ast.Module:
        """Python's own syntax tree. Where the text is no Python, the analysis ends with one finding that says so.

        Raises:
            ValueError: the program is in another language.
        """
        if self.language != "python":
            raise ValueError(f"program.ast is for Python, and this program is in {self.language}; use program.tree")
        if (error := python_syntax.syntax_error(self.text)) is not None:
            raise _NoProgram(error)
        return python_syntax.parse(self.text)

    @cached_property
    def tree(self) -> Node:
        """The root of the tree-sitter tree. Of a program with syntax errors it holds what could be parsed.

        Raises:
            analyzers.errors.ToolMissing: the grammar of the language is not installed.
        """
        try:
            grammar = grammars.get(self.language).tree_sitter()
        except grammars.GrammarUnavailable as error:
            raise ToolMissing(str(error)) from error
        return Parser(grammar).parse(encode(one_newline(self.text))).root_node

    @cached_property
    def lines(self) -> LineTable:
        """Turns positions of other conventions into code points; see `analyzers.positions`."""
        return LineTable(self.text)


Check = Callable[[Program], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Function:
    """An analyzer made of a function by `analyzer`; call it with a text to try it."""

    batch_size: ClassVar[int] = 1

    name: str
    languages: tuple[str, ...]
    check: Check
    severity: Severity = Severity.MEDIUM
    kind: Kind = Kind.LOGIC
    timeout_s: float = 10.0
    packages: tuple[str, ...] = ()
    deep: bool = False
    max_length: int = 1_000_000
    digest: str = ""
    """Of the code, as part of the fingerprint."""

    def __call__(self, text: str, language: str = "") -> tuple[Diagnostic, ...]:
        """The diagnostics of one program, in this process; of the analyzer's first language by default."""
        first = "python" if self.languages == ("*",) else self.languages[0]
        return self.run([Source(text, language or first)])[0]

    def fingerprint(self) -> str:
        """The code, and the versions of Python, tree-sitter and `packages`."""
        try:
            versions = [f"{package} {version(package)}" for package in ("tree-sitter", *self.packages)]
        except PackageNotFoundError as error:
            raise ToolMissing(f"{self.name} needs the package {error.name!r}: pip install {error.name}") from error
        return ", ".join([f"Python {platform.python_version()}", *versions, f"code {self.digest[:12]}"])

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """The diagnostics of each source, in order.

        Raises:
            AnalyzerFailed: the function raised or yielded something else, or a source is too long.
            ToolMissing: a grammar or a package is not installed.
        """
        return [self._analyse(source) for source in sources]

    def _analyse(self, source: Source) -> tuple[Diagnostic, ...]:
        if len(source.text) > self.max_length:
            raise AnalyzerFailed(f"{self.name} takes at most {self.max_length} code points, got {len(source.text)}")
        with boundary(self.name):
            language = grammars.get(source.language).name
            program = Program(neutralise(source.text, language), language)
            findings = deeply(lambda: self._findings(program)) if self.deep else self._findings(program)
            return to_diagnostics(self.name, source.text, findings, convention=Convention())

    def _findings(self, program: Program) -> list[Finding]:
        try:
            answer = self.check(program)
            if not isinstance(answer, Iterable) or isinstance(answer, str):
                raise AnalyzerFailed(f"{self.name} answered with {_shown(answer)}, expected it to yield {EXPECTED}")
            found = [self._finding(program, item) for item in islice(answer, MAX_FINDINGS + 1)]
        except _NoProgram as error:
            return [error.finding]
        if len(found) > MAX_FINDINGS:
            raise AnalyzerFailed(f"{self.name} has more than {MAX_FINDINGS} findings on one program")
        return found

    def _finding(self, program: Program, item: Any) -> Finding:
        match item:
            case Finding():
                return item
            case (int(start), int(end), str() as word, *rest):
                place, words, rest = (start, end), [word], list(rest)
            case (place, str() as word, *rest):
                words = [word]
            case _:
                raise AnalyzerFailed(f"{self.name} yielded {_shown(item)}, expected {EXPECTED}")
        if rest and type(rest[0]) is str:
            words.append(rest.pop(0))
        severity, kind = self.severity, self.kind
        for extra in rest:
            match extra:
                case Severity():
                    severity = extra
                case Kind():
                    kind = extra
                case _:
                    raise AnalyzerFailed(f"{self.name} yielded {_shown(item)}, expected {EXPECTED}")
        code, message = words if len(words) == 2 else (self.name, words[0])
        start, end = self._range(program, place)
        return Finding(code, message, offset=start, end_offset=end, severity=severity, kind=kind)

    def _range(self, program: Program, place: Any) -> tuple[int, int]:
        match place:
            case Span():
                return place.start, place.end
            case (int(start), int(end)):
                return start, end
            case Match():
                return place.span()
            case Node():
                span = program.lines.offsets(Unit.BYTE, place.start_byte, place.end_byte)
            case (
                ast.stmt() | ast.expr() | ast.excepthandler() | ast.arg() | ast.keyword() | ast.alias() | ast.pattern()
            ):
                span = program.lines.span(
                    PYTHON_AST, place.lineno, place.col_offset, place.end_lineno, place.end_col_offset
                )
            case ast.Module():
                return 0, len(program.text)
            case _:
                raise AnalyzerFailed(
                    f"{self.name} yielded the place {_shown(place)}, expected a match, a node, a Span or (start, end)"
                )
        return span.start, span.end


def analyzer(
    name: str,
    *,
    languages: str | Sequence[str] = "*",
    severity: Severity | str = Severity.MEDIUM,
    kind: Kind | str = Kind.LOGIC,
    timeout_s: float = 10.0,
    packages: Sequence[str] = (),
    deep: bool = False,
) -> Callable[[Check], Function]:
    """Makes an analyzer of the function below.

    `severity` and `kind` may be words (`"high"`, `"security"`) and hold for all findings that do not say otherwise.
    `timeout_s` is for one program; `packages` are distributions that the findings depend on; `deep` gives the
    function a stack for programs that nest thousands of levels.

    Raises:
        grammars.UnknownLanguage: with the closest known names.
        ValueError: another argument makes no sense.
    """
    spoken = (languages,) if isinstance(languages, str) else tuple(languages)
    if not spoken:
        raise ValueError(f"analyzer {name!r} is for no language; name some, or '*' for all")
    if not timeout_s > 0:
        raise ValueError(f"analyzer {name!r} has the time limit {timeout_s!r}, expected seconds above 0")
    rating = severity_of(severity), kind_of(kind)

    def make(function: Check) -> Function:
        if not callable(function):
            raise ValueError(f"@analyzer({name!r}) stands above {_shown(function)}, expected a function")
        return Function(
            name, canonical(spoken), function, *rating, timeout_s, tuple(packages), deep, digest=_digest(function)
        )

    return make


def canonical(languages: Sequence[str]) -> tuple[str, ...]:
    """The canonical names of languages; `*` is all of them.

    Raises:
        grammars.UnknownLanguage: with the closest known names.
    """
    return ("*",) if "*" in languages else tuple(grammars.get(language).name for language in languages)


def severity_of(given: Severity | str) -> Severity:
    """A severity, or what a word says.

    Raises:
        ValueError: naming the words.
    """
    words = {severity.name.lower(): severity for severity in Severity}
    if isinstance(given, Severity):
        return given
    if given not in words:
        raise ValueError(f"unknown severity {given!r}; known: {', '.join(words)}")
    return words[given]


def kind_of(given: Kind | str) -> Kind:
    """A kind, or what a word says.

    Raises:
        ValueError: naming the words.
    """
    try:
        return Kind(given)
    except ValueError:
        raise ValueError(f"unknown kind {given!r}; known: {', '.join(Kind)}") from None


class _NoProgram(Exception):
    """The program is none of its language."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _digest(function: Check) -> str:
    """Of the file that the function stands in, since it may use all of it; or else of the function's own code."""
    code = function.__code__ if isinstance(function, FunctionType) else None
    try:
        data = Path(code.co_filename).read_bytes() if code else repr(function).encode()
    except OSError:
        data = marshal.dumps(code)
    return hashlib.sha256(data).hexdigest()


def _shown(value: Any) -> str:
    return f"{value!r:.100}"
