"""The records at the seams of analysis: source text in, diagnostics with spans out.

Every position is a half-open range of code points of `Source.text`, exactly as it was sampled: no newline or Unicode
normalisation, ever. Tools report positions in their own conventions; `analyzers.positions` converts them, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span needs 0 <= start <= end, got [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a code point; an empty span counts as the point where it stands."""
        return self.start < max(other.end, other.start + 1) and other.start < max(self.end, self.start + 1)


@dataclass(frozen=True, slots=True)
class Source:
    """A program to analyse: what was given before the sampled part (HumanEval's prompt), that part, and what was given
    after it (the brace that closes its function).
    """

    text: str
    language: str = "python"
    prefix: int = 0
    """Code points at the start of `text` that were not sampled; nothing is charged there."""
    offset: int = 0
    """Where the sampled part begins in the completion, in code points (after a fence, say)."""
    truncated: bool = False
    """Whether sampling stopped at the token limit, so that the end of the program is missing."""
    suffix: int = 0
    """Code points at the end of `text` that were not sampled."""

    @property
    def sampled(self) -> Span:
        """The part of `text` that was sampled."""
        return Span(self.prefix, len(self.text) - self.suffix)


class Severity(IntEnum):
    """How bad a finding is; FATAL means that the program cannot work."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4
    FATAL = 5


class Kind(StrEnum):
    """What a finding is about; schemes decide by kind and severity, never by tool."""

    SYNTAX = "syntax"
    NAME = "name"
    TYPE = "type"
    LOGIC = "logic"
    STYLE = "style"
    SECURITY = "security"
    RUNTIME = "runtime"


class Location(StrEnum):
    """What part of the program answers for a finding (RLTF's U_line, U_global, U_ignore, and the exact span)."""

    SPAN = "span"
    LINE = "line"
    GLOBAL = "global"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding."""

    analyzer: str
    code: str
    """Short and stable: `undefined-variable`, `F821`, `NameError`."""
    severity: Severity
    message: str
    span: Span
    kind: Kind
    location: Location = Location.SPAN
    clamped: bool = False
    """Whether the analyzer named a place that the program does not have, so that the span is only the nearest one."""


class Status(StrEnum):
    """How an analysis ended. Only OK says anything about the program: failed is not clean."""

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    NOT_APPLICABLE = "not_applicable"


class Outcome(StrEnum):
    """What the tests say of a program. INFRASTRUCTURE says nothing of it: the harness itself failed."""

    PASS = "pass"
    FAILURE = "failure"
    ERROR = "error"
    SYNTAX_ERROR = "syntax_error"
    TIMEOUT = "timeout"
    INFRASTRUCTURE = "infrastructure"


class TestStatus(StrEnum):
    """How one test ended."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMED_OUT = "timed_out"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a suite."""

    __test__ = False

    status: TestStatus
    seconds: float = 0.0
    """On the clock."""
    message: str = ""
    """Short text for people: what came and what was expected, or the exception."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What running a program on its tests showed; written by the harness alone."""

    outcome: Outcome
    tests: tuple[TestResult, ...] = ()
    exception: str = ""
    """Class name of the first exception that ended a test or the program's own start, `""` where none did."""
    stdout: str = ""
    """What the program printed, bounded."""
    detail: str = ""
    """Why, in words, where the outcome is TIMEOUT or INFRASTRUCTURE."""
    forgeable: bool = False
    """Whether a pass rests on the program's own word: test code ran in its process, or all that a test compares came
    from there."""
    cpu_s: float = 0.0
    """CPU seconds that the program used over all tests; `Report.seconds` is the time on the clock."""
    executed: tuple[int, ...] | None = None
    """Numbers of the lines that were executed, sorted, from 1; None where that was not asked for or is not known.
    The program's process says so: good for masking, no proof of anything."""
    isolation: str = ""
    """The tier at which it ran: `strict`, `standard`, `weak` or `none`; empty where it did not run."""

    @property
    def passed(self) -> int:
        """Number of tests that passed."""
        return sum(test.status is TestStatus.PASSED for test in self.tests)

    @property
    def pass_ratio(self) -> float:
        """Share of all tests that passed; a test that did not run counts as not passed."""
        return self.passed / len(self.tests) if self.tests else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What one analyzer said of one source."""

    analyzer: str
    status: Status
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    detail: str = ""
    """Why, in one line, where the status is not OK."""
    verdict: Verdict | None = field(default=None)
    """Set by `runtime` alone."""

    @property
    def clamped(self) -> int:
        """Number of findings whose place the program does not have; more than none shows a wrong convention."""
        return sum(diagnostic.clamped for diagnostic in self.diagnostics)

    provoked: bool = False
    """Whether a failure is the program's doing: the analyzer judged another program directly afterwards, and failed on
    this one, alone, once more (`analyzers.blame`)."""


class Analyzer(Protocol):
    """What the engine needs of an analyzer; `Tool` and `InProcess` are the two kinds that come with it."""

    @property
    def name(self) -> str:
        """Unique name, as on the command line."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """Canonical language names, or `("*",)` for every language."""
        ...

    @property
    def timeout_s(self) -> float:
        """Wall-clock seconds that the engine grants one source, or one batch."""
        ...

    @property
    def batch_size(self) -> int:
        """Sources that one call of `run` takes at best; 1 where a batch costs as much as its sources one by one."""
        ...

    def fingerprint(self) -> str:
        """Version of the tool and its settings; part of the cache key.

        Raises:
            analyzers.errors.ToolMissing: what it runs is not installed.
        """
        ...

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """The diagnostics of each source, in order. Runs in a worker process.

        Raises:
            analyzers.errors.AnalyzerError: it could not analyse; the engine turns this into a Report.
        """
        ...
