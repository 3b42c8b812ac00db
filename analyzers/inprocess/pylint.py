"""pylint, kept warm: one linter for the life of a worker process, its checkers open. https://github.com/pylint-dev/pylint

A process for each program spends most of its time on loading and on setting up the checkers; here a program costs its
own tree and walk, with the same findings. Traps that are avoided: astroid caches trees by path, so that programs are
given as text; clearing its cache between programs makes the next one ten times slower and leaks, so that it is kept,
and workers are replaced instead; a linter that threads share gives wrong findings, so that it is held under a lock; a
linter that crashed keeps half of a program in its checkers, so that it is thrown away.

Positions: lines from 1; columns from 0 in UTF-8 bytes where a message comes from the tree, in code points where it
comes from tokens. Message classes are chosen below, because a reward on taste teaches taste. Left out are docstrings,
naming, formatting and the order of imports (they reward padding), limits on size (they reward nothing but brevity),
and what depends on the machine (`import-error`: the runtime analyzer knows).

Packages beyond the standard library are not looked into: what is installed is the machine's affair, and an unused
`import torch` would cost a minute.
"""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from typing import Any

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.inprocess.base import InProcess
from analyzers.positions import PYTHON_AST, Convention, LineTable, Unit, without_surrogates
from analyzers.python_syntax import syntax_error
from analyzers.types import Kind, Severity

ENABLED = (
    "E",
    "F",
    "W",
    # Of the refactoring and convention messages, those that point at a mistake or at code that does nothing.
    "chained-comparison-all-equal",
    "comparison-of-constants",
    "comparison-with-itself",
    "condition-evals-to-constant",
    "impossible-comparison",
    "inconsistent-return-statements",
    "literal-comparison",
    "redefined-argument-from-local",
    "simplifiable-condition",
    "simplifiable-if-expression",
    "simplifiable-if-statement",
    "simplify-boolean-expression",
    "singleton-comparison",
    "stop-iteration-return",
    "trailing-comma-tuple",
    "unidiomatic-typecheck",
    "unnecessary-comprehension",
    "unnecessary-dict-index-lookup",
    "unnecessary-list-index-lookup",
    "unnecessary-negation",
    "useless-return",
)
DISABLED = (
    # about the machine
    "import-error",
    # about layout
    "bad-indentation",
    "unnecessary-semicolon",
    # about comments and strings that stand for comments
    "fixme",
    "pointless-string-statement",
    # the task fixes the signature, and a script has globals
    "global-statement",
    "global-variable-not-assigned",
    "redefined-outer-name",
    "unused-argument",
    # taste
    "attribute-defined-outside-init",
    "implicit-str-concat",
    "inconsistent-quotes",
    "logging-format-interpolation",
    "logging-fstring-interpolation",
    "logging-not-lazy",
    "missing-timeout",
    "protected-access",
    "raise-missing-from",
    "subprocess-run-check",
    "unspecified-encoding",
)

RATINGS: dict[str, tuple[Severity, Kind]] = {
    "syntax-error": (Severity.FATAL, Kind.SYNTAX),
    "undefined-variable": (Severity.CRITICAL, Kind.NAME),
    "used-before-assignment": (Severity.HIGH, Kind.NAME),
    "possibly-used-before-assignment": (Severity.MEDIUM, Kind.NAME),
    "undefined-all-variable": (Severity.MEDIUM, Kind.NAME),
    "no-name-in-module": (Severity.MEDIUM, Kind.NAME),  # depends on what is installed
    "no-member": (Severity.MEDIUM, Kind.TYPE),  # likewise
    "assignment-from-no-return": (Severity.MEDIUM, Kind.LOGIC),
    "assignment-from-none": (Severity.MEDIUM, Kind.LOGIC),
    "function-redefined": (Severity.MEDIUM, Kind.LOGIC),
    "exec-used": (Severity.HIGH, Kind.SECURITY),
    "eval-used": (Severity.MEDIUM, Kind.SECURITY),
}
GROUPS: dict[str, tuple[Severity, Kind]] = {
    "E07": (Severity.HIGH, Kind.TYPE),
    "E11": (Severity.HIGH, Kind.TYPE),
    "E13": (Severity.HIGH, Kind.TYPE),
    "E": (Severity.HIGH, Kind.LOGIC),
    "W0611": (Severity.LOW, Kind.STYLE),
    "W0612": (Severity.LOW, Kind.STYLE),
    "W0614": (Severity.LOW, Kind.STYLE),
    "W0622": (Severity.LOW, Kind.STYLE),
    "W04": (Severity.LOW, Kind.STYLE),
    "W0107": (Severity.LOW, Kind.STYLE),
    "W0108": (Severity.LOW, Kind.STYLE),
    "W1309": (Severity.LOW, Kind.STYLE),
    "W1310": (Severity.LOW, Kind.STYLE),
    "W1406": (Severity.LOW, Kind.STYLE),
    "W2301": (Severity.LOW, Kind.STYLE),
    "W49": (Severity.LOW, Kind.STYLE),
    "W": (Severity.MEDIUM, Kind.LOGIC),
    "R": (Severity.LOW, Kind.STYLE),
    "C": (Severity.LOW, Kind.STYLE),
}
"""By the longest start of the message's number; E is an error, W a warning, R and C are style."""

BROKEN = ("astroid-error", "fatal", "parse-error", "method-check-failed")
"""Messages about pylint's own failure: nothing else that it said can be relied on."""

_TOKENS = Convention(line_base=1, column_base=0, unit=Unit.CODEPOINT)
_FROM_TOKENS = frozenset(
    {"anomalous-backslash-in-string", "anomalous-unicode-escape-in-string", "redundant-u-string-prefix"}
)
_MODULE = "spanwise_candidate"
"""The module that the program is; one that no program imports."""
_lock = threading.Lock()


def check(text: str) -> Iterator[Finding]:
    """Findings with offsets in code points.

    Raises:
        AnalyzerFailed: pylint crashed on the program.
    """
    error = syntax_error(text)
    if error is not None:
        yield replace(error, code="syntax-error")
        return
    table = LineTable(text)
    for message in _messages(text):
        if message.symbol in BROKEN:
            raise AnalyzerFailed(f"pylint gave up with {message.symbol}: {message.msg[:200]}")
        severity, kind = rating(message.symbol, message.msg_id)
        # A message about a line as a whole has no end and stands in column 0.
        column = message.column or (None if message.end_line is None else 0)
        convention = _TOKENS if message.symbol in _FROM_TOKENS else PYTHON_AST
        span = table.span(convention, message.line, column, message.end_line, message.end_column)
        yield Finding(message.symbol, message.msg, offset=span.start, end_offset=span.end, severity=severity, kind=kind)


def rating(symbol: str, number: str) -> tuple[Severity, Kind]:
    """Severity and kind of a message, by its symbol or else by its number."""
    if symbol in RATINGS:
        return RATINGS[symbol]
    return next(GROUPS[number[:size]] for size in range(len(number), 0, -1) if number[:size] in GROUPS)


def _messages(text: str) -> list[Any]:
    # pylint's tokenizer ends lines at line feeds alone; no column changes by this.
    data = without_surrogates(text).replace("\r\n", "\n").replace("\r", "\n")
    with _lock, _quiet():
        try:
            return _linter().messages(data)
        except Exception as error:
            _linter.cache_clear()
            cause = error.__cause__ or error
            raise AnalyzerFailed(f"pylint crashed with {type(cause).__name__}: {str(cause)[:200]}") from error


class _Foreign(set[str]):
    """All modules that are not of the standard library, as astroid's list of those that it must not read."""

    def __contains__(self, name: object) -> bool:
        return str(name).partition(".")[0] not in sys.stdlib_module_names


class _Linter:
    """What `PyLinter.check` sets up and takes down for each call, set up once."""

    def __init__(self) -> None:
        import astroid
        from pylint.checkers import BaseRawFileChecker, BaseTokenChecker
        from pylint.lint import PyLinter
        from pylint.reporters import CollectingReporter
        from pylint.utils import ASTWalker

        astroid.MANAGER.brain["module_denylist"] = astroid.MANAGER.module_denylist = _Foreign()
        self.linter = linter = PyLinter(reporter=CollectingReporter())
        linter.load_default_plugins()
        linter.disable("all")
        for name in ENABLED:
            linter.enable(name, ignore_unknown=True)
        for name in DISABLED:
            linter.disable(name, ignore_unknown=True)
        linter.process_tokens = lambda tokens: None  # reads `# pylint:` comments; there is no option against them
        linter.initialize()
        self.walker = ASTWalker(linter)
        checkers = linter.prepare_checkers()
        for checker in checkers:
            checker.open()
            self.walker.add_checker(checker)
        self.raw = [checker for checker in checkers if isinstance(checker, BaseRawFileChecker)]
        self.tokens = [checker for checker in checkers if isinstance(checker, BaseTokenChecker)]

    def messages(self, text: str) -> list[Any]:
        """pylint's messages on a program.

        Raises:
            Exception: pylint crashed; this linter is of no more use.
        """
        from pylint.utils import FileState

        linter = self.linter
        linter.reporter.messages.clear()
        linter.set_current_module(_MODULE, f"{_MODULE}.py")
        tree = linter.get_ast(f"{_MODULE}.py", _MODULE, data=text)
        if tree is not None:
            linter.file_state = FileState(_MODULE, linter.msgs_store, tree)
            linter.check_astroid_module(tree, self.walker, self.raw, self.tokens)
        return list(linter.reporter.messages)


@cache
def _linter() -> _Linter:
    return _Linter()


@contextmanager
def _quiet() -> Iterator[None]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


ANALYZER = InProcess(
    name="pylint",
    languages=("python",),
    check=check,
    convention=Convention(),
    packages=("pylint", "astroid"),
    max_length=200_000,
    deep=True,
    warm="import os\n\n\ndef f(x: int) -> str:\n    return os.path.join(f'{x:>3}', *[])\n",
)

GOOD = [
    "import os\n\n\ndef f(path):\n    return os.path.join(path, 'é😀')\n",
    "def f(a, unused):\n  if a:\n    return 1\n  else:\n    return 2\n",
    "x = (" + " + ".join(["1"] * 900) + ")\n",
]
BAD = [
    ('s = "é😀"; x = undefined_name\n', "undefined-variable", "undefined_name"),
    ("def f(): pass\ns = 'é😀'; f(s)\n", "too-many-function-args", "f(s)"),
    ("def f(x, é=[]):\n    return x\n", "dangerous-default-value", "def f"),
    ("try:\n    s = 'é😀'\nexcept:\n    pass\n", "bare-except", "except:"),
    ("def f():\n    s = 'é😀'; unused = 1\n    return s\n", "unused-variable", "unused"),
    ("s = 'é😀'; exec(s)\n", "exec-used", "exec(s)"),
    ("s = 'é😀'; t = '\\d'\n", "anomalous-backslash-in-string", "\\"),
    ("for é in range(3):\n    é == 2\n", "pointless-statement", "é == 2"),
    ("s = 'é😀'; f(1,, 2)\n", "syntax-error", ","),
    (
        "def f():  # pylint: disable=all\n    return é  # pylint: disable=undefined-variable\n",
        "undefined-variable",
        "é",
    ),
]
