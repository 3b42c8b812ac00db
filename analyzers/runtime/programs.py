"""Runs programs of any language on their tests: placed, compiled once, and run by exec in the sandbox.

What a program prints is compared here. Where test code runs in the program's own process (`Appended`), a pass needs
exit status 0 and a record with a number that was drawn for this run: a program that merely ends early has not passed.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import grammars
from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import encode, without_surrogates
from analyzers.runtime import NAME, checker, prepared, reading
from analyzers.runtime.compilers import SUPPORT, Compilers
from analyzers.runtime.deadline import Deadline, crowded_out
from analyzers.runtime.ends import signal_name
from analyzers.runtime.sandbox.base import Command, Exit, Limits, Sandbox, SandboxBroken
from analyzers.runtime.sandbox.confine import SYSTEM
from analyzers.runtime.suite import MAX_MESSAGE, Run
from analyzers.runtime.tests import Appended, BadTests, Stdio, Tests
from analyzers.types import Diagnostic, Kind, Severity, Span
from grammars import Language, Toolchain

COMPILE_MEMORY_BYTES = 4 * 1024**3
COMPILE_OUTPUT_BYTES = 256 * 1024**2
"""Size of any file that a compiler writes."""
COMPILE_PROCESSES = 64
COMPILE_OPEN_FILES = 1024
SLOW = 4.0
"""A compiler may take this multiple of its limit by the clock: what it computes is bounded, what it reads from a slow
disk is not the program's fault."""
MAX_DIAGNOSTICS = 50
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "{work}", "TMPDIR": "{work}", "LANG": "C.UTF-8"}


class Unavailable(Exception):
    """A command that the language needs is not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Program:
    """One program with what stands around it, ready to be placed."""

    text: str
    """The whole file."""
    own: Span
    """Where the program itself stands in it."""
    toolchain: Toolchain
    file: str
    messages: Any
    """Module of `analyzers.runtime.messages`."""
    nonce: str = ""
    assertions: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command went."""

    exit: Exit
    seconds: float
    timed_out: bool
    refused: str
    """Why it could not be started."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What programs are compiled and run with."""

    sandbox: Sandbox
    compilers: Compilers
    """Those that stay warm."""
    cache: str = ""
    """Folder for what is prepared for many programs; nothing is prepared where it is empty."""


def run(tests: Tests, source: str, language: str, limits: Limits, machine: Machine) -> Run:
    """Runs a program on a suite of kind Stdio or Appended.

    Raises:
        BadTests: the suite is of another kind, or names an unknown rule.
        Unavailable: the language's commands are not installed.
        SandboxBroken: the sandbox is broken.
    """
    program = _program(tests, source, grammars.get(language))
    files = {program.file: encode(without_surrogates(program.text))}
    files |= {name: (SUPPORT / name).read_bytes() for name in program.toolchain.support}
    count = program.assertions or (len(tests.cases) if isinstance(tests, Stdio) else 1)
    if program.toolchain.server:
        failed = _compile_warm(program, count, files, machine)
    else:
        machine.sandbox.place(files)
        failed = _compile(program, count, machine)
    if failed is not None:
        return failed
    if isinstance(tests, Stdio):
        return _run_stdio(tests, program, limits, machine.sandbox)
    return _run_appended(program, limits, machine.sandbox)


def _program(tests: Tests, source: str, language: Language) -> Program:
    if not isinstance(tests, Stdio | Appended):
        raise BadTests(f"{type(tests).__name__} tests are for Python, a {language.name} program takes stdio or append")
    if language.toolchain is None:
        raise Unavailable(f"no toolchain is declared for {language.name}")
    before = tests.prefix if isinstance(tests, Appended) else ""
    text = before + source
    if isinstance(tests, Appended):
        text += "\n" + tests.code
    toolchain = _chosen(language.toolchain, text)
    for word in toolchain.needs:
        located(word, toolchain)
    file = toolchain.file or "main" + language.suffixes[0]
    messages = import_module(f"analyzers.runtime.messages.{toolchain.messages or language.name}")
    program = Program(text, Span(len(before), len(before) + len(source)), toolchain, file, messages)
    return _recording(program, tests.code) if isinstance(tests, Appended) else program


def _chosen(toolchain: Toolchain, text: str) -> Toolchain:
    for pattern, other in toolchain.alternatives:
        if re.search(pattern, text):
            return _chosen(other, text)
    return toolchain


def _recording(program: Program, code: str) -> Program:
    """The program whose appended code records each assertion that has passed, and that it came to its end."""
    toolchain, nonce = program.toolchain, secrets.token_hex(12)

    def statement(number: int | str) -> str:
        return toolchain.record.replace("{nonce}", f"{nonce}-{number}")

    for pattern, template in toolchain.completion:
        found = list(re.finditer(pattern, code))
        if found:
            last = found[-1]
            code = code[: last.start()] + last.expand(template) + code[last.end() :]
            break
    else:
        raise BadTests(f"no place for the record of completion is found in the tests: {code[-80:]!r}")
    code = code.replace("{record}", statement("end"))
    count = 0
    for pattern, template in toolchain.assertion:
        parts, at = [], 0
        for match in re.finditer(pattern, code):
            parts += [code[at : match.start()], match.expand(template).replace("{record}", statement(count))]
            at, count = match.end(), count + 1
        code = "".join([*parts, code[at:]])
    return replace(program, text=program.text[: program.own.end] + "\n" + code, nonce=nonce, assertions=count)


def _compile(program: Program, count: int, machine: Machine) -> Run | None:
    """Compiles a program that needs it; what came of its tests where that fails."""
    toolchain = program.toolchain
    if not toolchain.compile:
        return None
    bounds = Limits(
        timeout_s=SLOW * toolchain.compile_timeout_s,
        memory_bytes=COMPILE_MEMORY_BYTES,
        output_bytes=COMPILE_OUTPUT_BYTES,
        processes=COMPILE_PROCESSES,
        open_files=COMPILE_OPEN_FILES,
        cpu_s=toolchain.compile_timeout_s,
        reserves_memory=toolchain.reserves_memory,
    )
    words = toolchain.compile
    folder = prepared.prepare(toolchain, program.text, cache=machine.cache, find=partial(located, toolchain=toolchain))
    if folder is not None:
        words += tuple(word.replace("{cache}", folder) for word in toolchain.with_prepared)
    ran = _execute(machine.sandbox, _command(program, words, keep=True), b"", bounds)
    if ran.refused:
        raise SandboxBroken(f"the compiler could not be started: {ran.refused}")
    if ran.timed_out or (ran.exit.code and ran.exit.cpu_s >= toolchain.compile_timeout_s):
        return _compiled_too_long(ran.seconds, count, toolchain, ran.exit.cpu_s)
    if ran.exit.code == 0:
        return None
    findings, said = _compiler_said(program, ran)
    if toolchain.compile_again and not any(_placed(program, finding) for finding in findings):
        again = _execute(machine.sandbox, _command(program, toolchain.compile_again), b"", bounds)
        findings = _compiler_said(program, again)[0] or findings
    return _not_compiled(program, findings, said, count)


def _compiler_said(program: Program, ran: Ran) -> tuple[Sequence[Finding], str]:
    output, errors = _text(ran.exit.output), _text(ran.exit.errors)
    return reading.compiled(program.messages, output, errors, program.file), errors or output


def _compile_warm(program: Program, count: int, files: dict[str, bytes], machine: Machine) -> Run | None:
    """As `_compile`, by a compiler that runs already; places the program too, with what was made of it."""
    toolchain = program.toolchain
    words = (located(toolchain.server[0], toolchain), *toolchain.server[1:])
    text, seconds = files[program.file], SLOW * toolchain.compile_timeout_s
    environment = {**ENVIRONMENT, **toolchain.environment}
    made = machine.compilers.compile(words, environment, program.file, text, timeout_s=seconds)
    if made.timed_out:
        return _compiled_too_long(made.seconds, count, toolchain)
    if made.status:
        findings = reading.compiled(program.messages, made.said, "", program.file)
        return _not_compiled(program, findings, made.said, count)
    machine.sandbox.place(files | made.files)
    return None


def _compiled_too_long(seconds: float, count: int, toolchain: Toolchain, cpu_s: float = 0.0) -> Run:
    why = f"compiling took longer than {toolchain.compile_timeout_s:g} s"
    return Run([("timed_out", seconds, why)] * count, cpu_s=cpu_s)


def _not_compiled(program: Program, findings: Sequence[Finding], said: str, count: int) -> Run:
    found = [finding for finding in findings if finding.severity >= Severity.HIGH] or [
        Finding("CompileError", said.strip()[-MAX_MESSAGE:], severity=Severity.FATAL, kind=Kind.SYNTAX)
    ]
    placed = [diagnostic for finding in found if (diagnostic := _placed(program, finding))]
    # Where only the tests' part does not compile the program lacks what they use: the whole of it is to blame.
    placed = placed or [_whole(program, found[0])]
    return Run(
        [("error", 0.0, f"the program does not compile: {found[0].message}"[:MAX_MESSAGE])] * count,
        syntax={"type": found[0].code, "message": found[0].message},
        diagnostics=[asdict(diagnostic) for diagnostic in placed[:MAX_DIAGNOSTICS]],
    )


def _run_stdio(tests: Stdio, program: Program, limits: Limits, sandbox: Sandbox) -> Run:
    judging = checker.judging(tests, limits, sandbox)
    outcome = Run([])
    timeouts = 0
    for case in tests.cases:
        if timeouts >= limits.timeouts:
            outcome.tests.append(("not_run", 0.0, "earlier tests timed out"))
            continue
        ran = _start(program, case.stdin.encode("utf-8", "surrogateescape"), limits, sandbox)
        outcome.cpu_s += ran.exit.cpu_s
        timeouts = timeouts + 1 if ran.timed_out else 0
        printed = _text(ran.exit.output)
        outcome.stdout = outcome.stdout or printed
        if ran.timed_out or ran.exit.code or ran.refused:
            _note_end(program, ran, outcome, blame_tests=False)
            if outcome.syntax is not None:
                break
        else:
            wrong = judging(case, printed)
            outcome.tests.append(("failed" if wrong else "passed", ran.seconds, wrong[:MAX_MESSAGE]))
    missing = len(tests.cases) - len(outcome.tests)
    outcome.tests += [("error", 0.0, "the program does not compile")] * missing
    return outcome


def _run_appended(program: Program, limits: Limits, sandbox: Sandbox) -> Run:
    ran = _start(program, b"", limits, sandbox)
    record = re.compile(rf"(?:\A|\n){program.nonce}-(\w+)\r?\n")
    seen = set(record.findall(_text(ran.exit.output)) + record.findall(_text(ran.exit.errors)))
    ran = replace(ran, exit=replace(ran.exit, output=record.sub("", _text(ran.exit.output)).encode()))
    outcome = Run([], stdout=_text(ran.exit.output), cpu_s=ran.exit.cpu_s, forgeable=True)
    if ran.exit.code == 0 and not ran.timed_out and "end" in seen:
        outcome.tests = [("passed", ran.seconds, "")] * max(program.assertions, 1)
        return outcome
    passed = sum(str(number) in seen for number in range(program.assertions))
    # An assertion in a loop is seen before it has passed every time.
    passed = min(passed, max(program.assertions - 1, 0))
    outcome.tests = [("passed", 0.0, "")] * passed
    _note_end(program, ran, outcome, blame_tests=True)
    outcome.tests += [("not_run", 0.0, "an earlier test ended the program")] * (program.assertions - passed - 1)
    return outcome


def _note_end(program: Program, ran: Ran, outcome: Run, *, blame_tests: bool) -> None:
    """Adds the test in which the program came to a bad end.

    With `blame_tests` the tests may have ended it: where an assertion says that it failed, or the end is in their part.
    """
    if ran.timed_out:
        outcome.tests.append(("timed_out", ran.seconds, f"no end within {ran.seconds:.1f} s"))
        return
    output, errors = _text(ran.exit.output), _text(ran.exit.errors)
    findings, failed = reading.ended(program.messages, output, errors, program.file)
    first = findings[0] if findings else _ended(ran)
    message = f"{first.code}: {first.message}"[:MAX_MESSAGE]
    own = next((found for finding in findings if (found := _placed(program, finding))), None)
    if first.kind is Kind.SYNTAX:
        outcome.syntax = {"type": first.code, "message": first.message}
        message = f"the program does not compile: {message}"[:MAX_MESSAGE]
    elif blame_tests and (failed or (own is None and any(_located(program, finding) for finding in findings))):
        outcome.tests.append(("failed", ran.seconds, message))
        return
    outcome.tests.append(("error", ran.seconds, message))
    outcome.raised.append({"type": first.code, "message": first.message})
    outcome.diagnostics = outcome.diagnostics or [asdict(own or _whole(program, first))]


def _ended(ran: Ran) -> Finding:
    """What the wait status alone says."""
    code = ran.exit.code
    if ran.refused:
        name, message = "NothingBuilt", f"the compiler made no program that can be started: {ran.refused}"
    elif code < 0:
        name = message = signal_name(-code)
    elif code:
        name, message = "SystemExit", f"exit status {code}"
    else:
        name, message = "EarlyExit", "the program ended before its tests did"
    return Finding(name, message, severity=Severity.FATAL, kind=Kind.RUNTIME)


def _placed(program: Program, finding: Finding) -> Diagnostic | None:
    """The finding as a diagnostic of the program itself, None where it is about another part of the file or none."""
    if not _located(program, finding):
        return None
    found = to_diagnostics(NAME, program.text, [finding], convention=program.messages.CONVENTION)[0]
    if not program.own.start <= found.span.start < program.own.end:
        return None
    span = Span(found.span.start - program.own.start, min(found.span.end, program.own.end) - program.own.start)
    return replace(found, span=span, severity=Severity.FATAL)


def _located(program: Program, finding: Finding) -> bool:
    """Whether the finding names a place in the file that holds the program and its tests."""
    if finding.file and os.path.basename(finding.file) != os.path.basename(program.file):
        return False
    return finding.line is not None or finding.offset is not None


def _whole(program: Program, finding: Finding) -> Diagnostic:
    bare = replace(finding, line=None, offset=None)
    (found,) = to_diagnostics(NAME, program.text, [bare], convention=program.messages.CONVENTION)
    return replace(found, span=Span(0, len(program.own)), severity=Severity.FATAL)


def _start(program: Program, stdin: bytes, limits: Limits, sandbox: Sandbox) -> Ran:
    toolchain = program.toolchain
    bounds = replace(
        limits,
        timeout_s=limits.timeout_s + toolchain.start_s,
        memory_bytes=limits.memory_bytes + toolchain.memory_bytes,
        processes=limits.processes + toolchain.processes,
        open_files=limits.open_files + toolchain.open_files,
        reserves_memory=toolchain.reserves_memory,
    )
    words = [word.replace("{memory}", str(limits.memory_bytes >> 20)) for word in toolchain.run]
    ran = _execute(sandbox, _command(program, words), stdin, bounds)
    if ran.refused and not toolchain.run[0].startswith("{built}"):
        raise SandboxBroken(f"the program could not be started: {ran.refused}")
    return ran


def _command(program: Program, words: Sequence[str], *, keep: bool = False) -> Command:
    def fill(word: str) -> str:
        return word.replace("{file}", "{built}/" + program.file)

    toolchain = program.toolchain
    argv = (located(words[0], toolchain), *map(fill, words[1:]))
    environment = ENVIRONMENT | {name: fill(value) for name, value in toolchain.environment.items()}
    return Command(argv, environment, keep=keep)


def located(word: str, toolchain: Toolchain) -> str:
    """The path of a command or of another file, or what stands for one.

    Raises:
        Unavailable: it is not installed.
    """
    if word.startswith("{") or (word.startswith("/") and os.path.exists(word)):
        return word
    path = None if word.startswith("/") else path_of(word, toolchain.readable)
    if path is None:
        what = "file" if word.startswith("/") else "command"
        raise Unavailable(f"the {what} {word!r} is not installed: install {' or '.join(toolchain.packages)}")
    return path


@lru_cache
def path_of(word: str, readable: tuple[str, ...]) -> str | None:
    """The first command of that name that a program may read; one in somebody's home folder is of no use to it."""
    for folder in os.get_exec_path():
        found = shutil.which(word, path=folder)
        if found and any(Path(path) in Path(found).resolve().parents for path in (*SYSTEM, *readable)):
            return os.path.realpath(found)
    return None


def _execute(sandbox: Sandbox, command: Command, stdin: bytes, limits: Limits) -> Ran:
    start = time.monotonic()
    candidate = sandbox.execute(command, stdin=stdin, limits=limits)
    refused = b""
    try:
        deadline = Deadline(limits.timeout_s, candidate.starved, start=start)
        ended = deadline.wait([candidate.ended])
        seconds = time.monotonic() - start
        if ended:
            with contextlib.suppress(OSError):
                candidate.channel.settimeout(0)
                refused = candidate.channel.recv(MAX_MESSAGE)
    finally:
        exit = candidate.end()
    cpu_s = exit.cpu_s + exit.left_cpu_s
    if not ended and crowded_out(waited_s=seconds, limit_s=limits.timeout_s, starved_s=deadline.granted_s, cpu_s=cpu_s):
        raise SandboxBroken(f"the machine is too busy: the program had {cpu_s:.2f} s of CPU in {seconds:.2f} s")
    return Ran(exit, seconds, not ended, refused.decode(errors="replace"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
