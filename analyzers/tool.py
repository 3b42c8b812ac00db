"""Analyzers that are commands: what is run, how its output becomes findings, and what a failure is.

The command sees files of its own in a fresh folder, or the program on its standard input; no configuration but the
settings that the analyzer brings along, an environment of five variables and those that it names, and a time limit
after which its whole process group is killed. An exit status that was not expected, or output that cannot be
understood, is a failure of the analyzer and never "no findings".

Does not confine the command: it is a checker that was installed on purpose, and must parse programs, never run them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

import grammars
from analyzers.directives import defuse
from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, ToolMissing, boundary
from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import Convention, encode, without_surrogates
from analyzers.suppress import neutralise, without_comments
from analyzers.types import Diagnostic, Source

MAX_OUTPUT = 32 << 20
"""Bytes of output that are read; a command that writes more has failed."""
VERSION_TIMEOUT_S = 30.0

_running: set[int] = set()


@dataclass(frozen=True, slots=True)
class Tool:
    """An analyzer that runs a command.

    In `argv`, `{files}` stands for the names of the files with the programs and `{folders}` for the folders that hold
    them, each as an argument of its own; `{file}` is the name of a single one. Without any of them the one program
    comes on standard input. `{settings}` is the folder with the files of `settings`, and `{output}` a file that is read
    in place of standard output. `parse` is given what the command wrote; where there are several programs each finding
    names the file, or with `file` its folder at least.
    """

    name: str
    languages: tuple[str, ...]
    argv: tuple[str, ...]
    parse: Callable[[str], Iterable[Finding]]
    convention: Convention
    package: str
    """What provides the command, as `registry:name` with registry `debian`, `pypi` or `npm`."""
    needs: tuple[str, ...] = ()
    """Other commands, and paths of files, that the package brings along and the command cannot do without."""
    ok_exit_codes: tuple[int, ...] = (0, 1)
    stop_exit_codes: tuple[int, ...] = ()
    """What it ends with when it stops at one program, and tells of that and of those before it alone: the program of
    the last finding is then analysed by itself, and the others once more without it."""
    stderr: bool = False
    """Whether the findings come on standard error."""
    file: str = ""
    """Name of the program's file, where the tool minds it (`Main.java`): each program then lies in a folder of its own,
    `p0/Main.java`. Otherwise they are `p0.py`, `p1.py` and so on, with the first suffix of their language."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Files in `{settings}`, out of the programs' sight: their text by their name."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside PATH, HOME, TMPDIR, LANG and LC_ALL; a value may hold `{settings}`."""
    sees_comments: bool = True
    """Whether the command gets the comments of a program, without their words; or spaces, of as many bytes, in their
    place, so that its positions must be offsets in bytes."""
    refuse: Callable[[str], Finding | None] | None = None
    """The finding of a program that the command would stop at, and that it is therefore not given."""
    batch_size: int = 1
    """Files that one process takes; more than 1 needs `{files}` or `{folders}`."""
    timeout_s: float = 10.0
    """Wall-clock limit of one process."""
    max_length: int = 1_000_000
    """Code points; a longer source is not analysed, which counts as a failure."""
    version_argv: tuple[str, ...] = ("--version",)
    prepared: Callable[[str], Sequence[str]] | None = None
    """The arguments that `{prepared}` stands for, from the text of a single program: what has been made ready for those
    like it, a precompiled header say, and changes nothing but the time."""

    def fingerprint(self) -> str:
        """The command with its settings, and what it says of its version."""
        settings = [f"{name}={text}" for name, text in sorted({**self.settings, **self.environment}.items())]
        return f"{' '.join([*self.argv, self.file, *settings])}: {self.version()}"

    def version(self) -> str:
        """What the command says of its version.

        Raises:
            ToolMissing: it is not installed; the message says what provides it.
            AnalyzerFailed: it does not say.
        """
        return _version(self._command(), self.version_argv)

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """The diagnostics of each source, in order; `batch_size` of them share a process.

        Raises:
            ToolMissing: the command is not installed; the message says what provides it.
            AnalyzerTimeout: it took longer than `timeout_s`.
            AnalyzerFailed: unexpected exit status, output that cannot be understood, or a source that is too long.
        """
        with boundary(self.name):
            refused = [self.refuse(source.text) if self.refuse else None for source in sources]
            taken = [source for source, finding in zip(sources, refused, strict=True) if finding is None]
            batches = (taken[start : start + self.batch_size] for start in range(0, len(taken), self.batch_size))
            found = (diagnostics for batch in batches for diagnostics in self._run_batch(batch))
            return [
                to_diagnostics(self.name, source.text, [finding], convention=self.convention)
                if finding
                else next(found)
                for source, finding in zip(sources, refused, strict=True)
            ]

    def _run_batch(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        with tempfile.TemporaryDirectory(prefix="spanwise-", dir=memory()) as folder:
            found, stopped = self._run_once(sources, Path(folder))
        if stopped is None or len(sources) == 1:
            return found
        found = self._run_batch([*sources[:stopped], *sources[stopped + 1 :]])
        return [*found[:stopped], *self._run_batch([sources[stopped]]), *found[stopped:]]

    def _run_once(self, sources: Sequence[Source], folder: Path) -> tuple[list[tuple[Diagnostic, ...]], int | None]:
        """What one process says of each source, and which of them it stopped at."""
        longest = max(len(source.text) for source in sources)
        if longest > self.max_length:
            raise AnalyzerFailed(f"{self.name} takes at most {self.max_length} code points, got {longest}")
        texts = [harmless(source.text, source.language, comments=self.sees_comments) for source in sources]
        programs = _Programs.write(folder / "programs", sources, texts, self.file)
        prepared = self.prepared(sources[0].text) if self.prepared else ()
        status, output = self._execute(folder, programs, prepared)
        found: list[list[Finding]] = [[] for _ in sources]
        last = None
        for finding in self.parse(output):
            last = programs.index(finding.file)
            if last is None:
                raise AnalyzerFailed(f"{self.name} reports on {finding.file!r}, which it was not given")
            found[last].append(finding)
        if status in self.stop_exit_codes and last is None:
            raise self._unexpected(status, folder)
        return [
            to_diagnostics(self.name, source.text, findings, convention=self.convention)
            for source, findings in zip(sources, found, strict=True)
        ], last if status in self.stop_exit_codes else None

    def _execute(self, folder: Path, programs: _Programs, prepared: Sequence[str]) -> tuple[int, str]:
        settings, output = folder / "settings", folder / ("err" if self.stderr else "out")
        _write(settings, {name: text.encode() for name, text in self.settings.items()})
        if any("{output}" in argument for argument in self.argv):
            output = folder / "output"
        places = {"{file}": programs.files[0], "{settings}": str(settings), "{output}": str(output)}
        lists = {
            "{files}": programs.files,
            "{folders}": [f"./{name}" for name in programs.names],
            "{prepared}": prepared,
        }
        argv = [self._command()]
        for argument in self.argv[1:]:
            argv += lists[argument] if argument in lists else [_fill(argument, places)]
        named = any("{file}" in argument or argument in lists for argument in self.argv)
        source = os.devnull if named else programs.folder / programs.files[0]
        with open(source, "rb") as stdin, open(folder / "out", "wb") as stdout, open(folder / "err", "wb") as stderr:
            process = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=programs.folder if named else _empty(folder),
                env=environment(folder) | {key: _fill(value, places) for key, value in self.environment.items()},
                start_new_session=True,
            )
            status = _wait(process, self.timeout_s)
        if status is None:
            raise AnalyzerTimeout(f"{self.name} did not finish in {self.timeout_s:g} s")
        if status not in self.ok_exit_codes + self.stop_exit_codes:
            raise self._unexpected(status, folder)
        if not output.exists():
            raise AnalyzerFailed(f"{self.name} did not write its findings; it said: {_said(folder)!r}")
        return status, _read(output)

    def _command(self) -> str:
        found = find_command(self.argv[0], self.package, asked_by=self.name)
        for need in self.needs:
            if not (os.path.exists(need) if os.path.isabs(need) else shutil.which(need, path=_path())):
                raise ToolMissing(f"{self.name} needs {need}, which is not installed{_install(self.package)}")
        return found

    def _unexpected(self, status: int, folder: Path) -> AnalyzerFailed:
        expected = ", ".join(map(str, self.ok_exit_codes))
        return AnalyzerFailed(
            f"{self.name} ended with status {status}, expected {expected}; it said: {_said(folder)!r}"
        )


@dataclass(frozen=True, slots=True)
class _Programs:
    """The programs on disk."""

    folder: Path
    names: tuple[str, ...]
    """What tells one from another in a path: its file, or the folder that it has for itself."""
    files: tuple[str, ...]

    @classmethod
    def write(cls, folder: Path, sources: Sequence[Source], texts: Sequence[str], file: str) -> _Programs:
        suffixes = [grammars.get(source.language).suffixes[0] for source in sources]
        names = [f"p{index}" if file else f"p{index}{suffix}" for index, suffix in enumerate(suffixes)]
        files = [f"{name}/{file}" if file else name for name in names]
        _write(folder, dict(zip(files, map(encode, texts), strict=True)))
        return cls(folder, tuple(names), tuple(files))

    def index(self, path: str) -> int | None:
        """The program that a path leads to; without a path it can only be the single one."""
        if not path:
            return 0 if len(self.names) == 1 else None
        return next((self.names.index(part) for part in reversed(PurePath(path).parts) if part in self.names), None)


def harmless(text: str, language: str, *, comments: bool = True) -> str:
    """The program as a tool may see it: valid Unicode, and of the same length nothing that speaks to the tool.

    Without `comments` there are spaces in their places, and the length is the same in bytes.

    Raises:
        ToolMissing: the grammar of the language is not installed.
    """
    name = grammars.get(language).name
    seen = neutralise(text, name) if comments else without_comments(text, name)
    return without_surrogates(defuse(seen, name))


def find_command(command: str, package: str, *, asked_by: str) -> str:
    """The path of a command: beside the interpreter first, then on PATH.

    Raises:
        ToolMissing: it is not installed; the message says what provides it, where `package` does.
    """
    found = shutil.which(command, path=_path())
    if found is None:
        raise ToolMissing(f"{asked_by} needs the command {command!r}, which is not installed{_install(package)}")
    return found


def _install(package: str) -> str:
    registry, _, name = package.partition(":")
    how = {"pypi": "pip install", "debian": "apt-get install", "npm": "npm install --global"}.get(registry, registry)
    return f": {how} {name}" if package else ""


def end_running() -> None:
    """Kills the commands that run in this process now; for a worker that is told to end."""
    for group in tuple(_running):
        _kill(group)


@cache
def _version(command: str, arguments: tuple[str, ...]) -> str:
    try:
        answer = subprocess.run(
            [command, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=VERSION_TIMEOUT_S,
            cwd=tempfile.gettempdir(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AnalyzerFailed(f"{command} does not say its version: {error}") from error
    return (answer.stdout or answer.stderr).decode(errors="replace").strip()


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    """The exit status, or None when time ran out; in any case nothing of the process group is left."""
    _running.add(process.pid)
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _kill(process.pid)
        process.wait()
        _running.discard(process.pid)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _fill(text: str, places: Mapping[str, str]) -> str:
    for mark, value in places.items():
        text = text.replace(mark, value)
    return text


def _said(folder: Path) -> str:
    said = (_read(folder / "err") or _read(folder / "out")).strip()
    return said if len(said) <= 400 else f"{said[:200]} ... {said[-200:]}"


def _read(path: Path) -> str:
    if path.stat().st_size > MAX_OUTPUT:
        raise AnalyzerFailed(f"more than {MAX_OUTPUT} bytes of output")
    return path.read_bytes().decode(errors="replace")


def _path() -> str:
    """Where commands are looked for: beside the interpreter first, where pip puts them."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def environment(folder: Path) -> dict[str, str]:
    """The variables of a command that may write in `folder`."""
    return {"PATH": _path(), "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def memory() -> str | None:
    """A folder that lives in memory, unless the process was given one of its own."""
    return "/dev/shm" if tempfile.tempdir is None and os.access("/dev/shm", os.W_OK) else None
