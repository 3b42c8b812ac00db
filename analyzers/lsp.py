"""Language servers as analyzers: `lsp:basedpyright-langserver --stdio`, `lsp[python]:ruff server`.

A server is started with the first program and kept warm in its worker process. Each program is a document of its own
that never existed before, in an empty workspace, so that no diagnostics of an earlier one can be taken for its own;
its comments have lost their words. Servers that can be asked (`textDocument/diagnostic`) are asked; the others push
(`textDocument/publishDiagnostics`), and their last word is what they said when `SETTLE_S` seconds have passed without
another one. Servers that need more than an empty folder and their default settings find nothing here.

A server that crashes, hangs or talks nonsense is a failure of that analysis; the next one has a new server. Facts are
those of the Language Server Protocol 3.17.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import grammars
from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, boundary
from analyzers.findings import Finding, to_diagnostics
from analyzers.jsonrpc import Connection
from analyzers.positions import Convention, Unit
from analyzers.sarif import in_brackets, rated, words
from analyzers.tool import environment, find_command, harmless, memory
from analyzers.types import Diagnostic, Kind, Severity, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLE_S = 0.3
"""How long a server that pushes must be silent about a program until what it said counts."""
RETRY_S = 0.05
"""After how long a server is asked again that was not ready to answer."""
RECYCLE_AFTER = 250
"""Programs after which a server is replaced: basedpyright keeps 1.6 MB of each, closed or not."""
MAX_LENGTH = 1_000_000

ENCODINGS: Mapping[str, Unit] = {"utf-32": Unit.CODEPOINT, "utf-8": Unit.BYTE, "utf-16": Unit.UTF16}
"""What the columns of a server may count, the best first."""
SEVERITIES: Mapping[int, Severity] = {1: Severity.HIGH, 2: Severity.MEDIUM, 3: Severity.INFO, 4: Severity.INFO}
"""Error, warning, information, hint. Without one a diagnostic is an error, as editors show it."""
LANGUAGE_IDS: Mapping[str, str] = {"bash": "shellscript"}
"""Names of the protocol, where they are not ours."""
PULL, PUSH = "textDocument/diagnostic", "textDocument/publishDiagnostics"
NOT_READY = (-32801, -32802)
"""ContentModified and ServerCancelled: ask again."""

CAPABILITIES: Mapping[str, Any] = {
    "general": {"positionEncodings": list(ENCODINGS)},
    "textDocument": {
        "synchronization": {"dynamicRegistration": False},
        "publishDiagnostics": {"versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "diagnostic": {"dynamicRegistration": True, "relatedDocumentSupport": False},
    },
    "workspace": {"configuration": True, "workspaceFolders": True},
    "window": {"workDoneProgress": True},
}


def from_name(name: str, rest: str, folder: Path) -> LanguageServer:
    """The analyzer that `lsp:REST` describes; a command with a relative path is looked for from `folder`.

    Raises:
        ValueError: an unknown language, or what is no command.
    """
    languages, codes = in_brackets(name)
    if codes:
        raise ValueError(f"{name!r}: a language server does not exit, so that exit= makes no sense")
    return LanguageServer(name, languages, words(rest, folder))


@dataclass
class LanguageServer:
    """An analyzer that keeps a language server running."""

    batch_size: ClassVar[int] = 1

    name: str
    languages: tuple[str, ...]
    argv: tuple[str, ...]
    timeout_s: float = 30.0
    """For one program; the first one waits for the server to start as well."""
    settle_s: float = SETTLE_S
    package: str = ""
    _session: Session | None = field(default=None, repr=False)

    def fingerprint(self) -> str:
        """The command, and the name and version that the server gives itself.

        Raises:
            ToolMissing: the command is not installed.
            AnalyzerTimeout, AnalyzerFailed: the server does not start as it should.
        """
        with boundary(self.name):
            session = self._start(time.monotonic() + self.timeout_s)
            session.close()
        return f"{' '.join(self.argv)}: {session.server} {self.settle_s:g}"

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """The diagnostics of each source, in order.

        Raises:
            ToolMissing: the command is not installed.
            AnalyzerTimeout: the server did not answer in `timeout_s`.
            AnalyzerFailed: it crashed, or said what cannot be understood; or a source is too long.
        """
        with boundary(self.name):
            return [self._analyse(source) for source in sources]

    def close(self) -> None:
        """Ends the server, if one runs."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _analyse(self, source: Source) -> tuple[Diagnostic, ...]:
        if len(source.text) > MAX_LENGTH:
            raise AnalyzerFailed(f"{self.name} takes at most {MAX_LENGTH} code points, got {len(source.text)}")
        text = harmless(source.text, source.language).removeprefix("\ufeff")
        until = time.monotonic() + self.timeout_s
        if self._session is None or not self._session.alive or self._session.documents >= RECYCLE_AFTER:
            self.close()
            self._session = self._start(until)
        session = self._session
        try:
            found = session.diagnose(text, source.language, until=until, settle_s=self.settle_s)
            findings = [_finding(item) for item in found]
        except BaseException:
            self.close()
            raise
        return to_diagnostics(self.name, source.text, findings, convention=session.convention)

    def _start(self, until: float) -> Session:
        command = find_command(self.argv[0], self.package, asked_by=self.name)
        return Session([command, *self.argv[1:]], until)


class Session:
    """A server that has been greeted."""

    def __init__(self, argv: Sequence[str], until: float) -> None:
        """Starts the server and waits for its greeting.

        Raises:
            AnalyzerTimeout: it did not come in time.
            AnalyzerFailed: it cannot be understood, or the server ended.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="spanwise-", dir=memory(), ignore_cleanup_errors=True)
        home, workspace = Path(self._folder.name, "home"), Path(self._folder.name, "workspace")
        home.mkdir()
        workspace.mkdir()
        self._root = workspace.as_uri()
        self._requests = self.documents = 0
        self._registered: set[str] = set()
        try:
            self._connection = Connection(argv, folder=workspace, environment=environment(home))
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._greet(until)
        except BaseException:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._connection.alive

    def diagnose(self, text: str, language: str, *, until: float, settle_s: float) -> list[Mapping[str, Any]]:
        """What the server says of a program, as a document that never existed before.

        Raises:
            AnalyzerTimeout: it did not answer until then.
            AnalyzerFailed: its answer cannot be understood, or it ended.
        """
        self._connection.begin()
        self.documents += 1
        uri = f"{self._root}/p{self.documents}{grammars.get(language).suffixes[0]}"
        document = {"uri": uri, "version": self.documents, "text": text}
        self._notify(
            "textDocument/didOpen", textDocument=document | {"languageId": LANGUAGE_IDS.get(language, language)}
        )
        with _understood():
            found = self._answer(uri, until, settle_s)
        self._notify("textDocument/didClose", textDocument={"uri": uri})  # leaves with the next program
        return found

    def close(self) -> None:
        """Ends the server at once and removes what it wrote."""
        self._connection.close()
        self._folder.cleanup()

    def _greet(self, until: float) -> None:
        request = self._ask(
            "initialize",
            processId=os.getpid(),
            clientInfo={"name": "spanwise", "version": version("spanwise")},
            rootUri=self._root,
            workspaceFolders=self._folders(),
            capabilities=CAPABILITIES,
        )
        with _understood():
            while True:
                message = self._next(until)
                if message is None:
                    raise AnalyzerTimeout("the language server did not greet in time")
                if _answers(message, request):
                    break
            greeting = _result(message)
            capabilities = greeting["capabilities"]
            encoding = capabilities.get("positionEncoding") or "utf-16"
            if encoding not in ENCODINGS:
                raise AnalyzerFailed(f"the server counts in {encoding!r}, expected one of {', '.join(ENCODINGS)}")
            self.convention = Convention(0, 0, ENCODINGS[encoding], skips_bom=True)
            about = greeting.get("serverInfo") or {}
            self.server = f"{about.get('name', '')} {about.get('version', '')}".strip()
            if capabilities.get("diagnosticProvider"):
                self._registered.add("static")
        self._notify("initialized")

    def _answer(self, uri: str, until: float, settle_s: float) -> list[Mapping[str, Any]]:
        request, ask_from = 0, 0.0
        pushed: list[Mapping[str, Any]] | None = None
        settled = until
        while True:
            if self._registered and not request and time.monotonic() >= ask_from:
                request = self._ask(PULL, textDocument={"uri": uri})
            wakes = until if request else min(until, settled, ask_from or until)
            message = self._next(wakes)
            now = time.monotonic()
            if message is None:
                if pushed is not None and not request and now >= settled:
                    return pushed
                if now >= until:
                    raise AnalyzerTimeout("the language server did not answer in time")
            elif request and _answers(message, request):
                if (message.get("error") or {}).get("code") not in NOT_READY:
                    return _full(_result(message))
                request, ask_from = 0, now + RETRY_S
            elif message.get("method") == PUSH and self._is_about(message["params"], uri):
                pushed, settled = list(message["params"]["diagnostics"]), min(until, now + settle_s)

    def _is_about(self, params: Mapping[str, Any], uri: str) -> bool:
        return params["uri"] == uri and params.get("version") in (None, self.documents)

    def _next(self, until: float) -> dict[str, Any] | None:
        """The next message, or None when that time has come; a request has been answered already."""
        message = self._connection.receive(until)
        if message is not None and "method" in message and "id" in message:
            self._connection.send({"id": message["id"]} | self._reply(message["method"], message.get("params") or {}))
        return message

    def _reply(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if method == "client/registerCapability":
            self._registered |= {str(item["id"]) for item in params["registrations"] if item["method"] == PULL}
        elif method == "client/unregisterCapability":
            # The standard's own misspelling.
            self._registered -= {str(item["id"]) for item in params["unregisterations"]}
        replies: Mapping[str, Callable[[], Any]] = {
            "workspace/configuration": lambda: [None for _ in params["items"]],
            "workspace/workspaceFolders": self._folders,
            "workspace/applyEdit": lambda: {"applied": False},
            "window/showDocument": lambda: {"success": False},
        }
        if method in replies:
            return {"result": replies[method]()}
        if method.startswith(("client/", "window/")) or method.endswith("/refresh"):
            return {"result": None}
        return {"error": {"code": -32601, "message": f"{method} is not supported"}}

    def _folders(self) -> list[dict[str, str]]:
        return [{"uri": self._root, "name": "workspace"}]

    def _ask(self, method: str, **params: Any) -> int:
        self._requests += 1
        self._connection.send({"id": self._requests, "method": method, "params": params})
        return self._requests

    def _notify(self, method: str, **params: Any) -> None:
        self._connection.send({"method": method, "params": params})


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise AnalyzerFailed(
            f"the language server said what cannot be understood ({type(error).__name__}: {error})"
        ) from error


def _answers(message: Mapping[str, Any], request: int) -> bool:
    return "method" not in message and message.get("id") == request


def _result(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message.get("error") is not None:
        raise AnalyzerFailed(f"the language server answered with an error: {str(message['error'])[:300]}")
    result: Mapping[str, Any] = message["result"]
    return result


def _full(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if report["kind"] != "full":
        raise AnalyzerFailed(f"the language server answered with a report of kind {report['kind']!r}, expected 'full'")
    return list(report["items"])


def _finding(item: Mapping[str, Any]) -> Finding:
    with _understood():
        start, end = item["range"]["start"], item["range"]["end"]
        place = (start["line"], start["character"], end["line"], end["character"])
        if not all(type(number) is int for number in place):
            raise TypeError(f"{place} is no range")
        code = item.get("code")
        name = str(item.get("source") or "diagnostic") if code in (None, "") else str(code)
        severity, kind = rated(name, SEVERITIES[item.get("severity") or 1])
        if item.get("tags"):  # unnecessary or deprecated
            kind = Kind.STYLE
        return Finding(name, str(item["message"]), *place, severity=severity, kind=kind)
