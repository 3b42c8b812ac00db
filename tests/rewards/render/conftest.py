"""A hostile program, a reader of pages, and a headless Chromium: what a page does, and not only what it says."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from analyzers.types import Kind, Outcome, Report, Severity, Status
from rewards.schemes.static import static
from rewards.scorer import settle
from rewards.types import Evidence, Item, Score

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page; a context manager. https://chromedevtools.github.io/devtools-protocol"""

    def __init__(self, folder: Path) -> None:
        assert CHROMIUM is not None
        (to_read, self._out), (self._in, to_write) = os.pipe(), os.pipe()
        # The program reads commands from descriptor 3 and writes to 4.
        command = f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}'
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={folder}"]
        self._process = subprocess.Popen(
            ["bash", "-c", command, CHROMIUM, *flags, "about:blank"],
            pass_fds=(to_read, to_write),
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._left = b""
        self._last = 0
        self._session = ""
        self.said: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to one command; what the page says meanwhile is kept in `said`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            came = self._next()
            if came.get("id") == self._last:
                assert "error" not in came, came
                return dict(came["result"])
            self.said.append(came)

    def open(
        self, path: Path, *, dark: bool = False, width: int = 1200, height: int = 900, script: bool = True
    ) -> None:
        """Loads a page and waits until it is there."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.said.clear()
        self.ask("Page.navigate", url=path.absolute().as_uri())
        while not any(message.get("method") == "Page.loadEventFired" for message in self.said):
            self.said.append(self._next())

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def point(self, selector: str) -> None:
        """Moves the mouse onto an element."""
        self.run(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        box = f"(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector({selector!r}).getBoundingClientRect())"
        x, y = self.run(box)
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def picture(self, path: Path) -> None:
        """Writes what is seen."""
        data = self.ask("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))

    def problems(self) -> list[str]:
        """What went wrong on the page, as the console has it: errors, and what its policy forbade."""
        self.run("0")
        entries = [said["params"]["entry"] for said in self.said if said.get("method") == "Log.entryAdded"]
        thrown = [said["params"] for said in self.said if said.get("method") == "Runtime.exceptionThrown"]
        return [entry["text"] for entry in entries if entry["level"] == "error"] + [str(error) for error in thrown]

    def asked_for(self) -> list[str]:
        """What the page loaded or tried to load beside itself."""
        sent = [
            said["params"]["request"]["url"] for said in self.said if said.get("method") == "Network.requestWillBeSent"
        ]
        return sent[1:]

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(timeout=20)

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while b"\0" not in self._left:
            data = os.read(self._in, 1 << 20)
            if not data or time.monotonic() > deadline:
                raise RuntimeError(f"{CHROMIUM} said nothing more")
            self._left += data
        message, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(message))


class Reader(HTMLParser):
    """What a browser would show, and which elements it would make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.marked: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
        if self.tags and self.tags[-1][0] == "mark":
            self.marked.append(data)
        self.tags.append(("", {}))


@pytest.fixture(scope="session")
def read() -> Callable[[str], Reader]:
    return Reader


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: pages are not looked at in a browser")
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


HOSTILE = 'x = "</script><b>&\x00\x1b[31m\ud800\u202e"\r\nprint(yé)\n'


@pytest.fixture(scope="session")
def scored(make: Any) -> Callable[..., Score]:
    """The score of a hostile program, or of another text that holds "x" and "yé"."""

    def score(text: str = HOSTILE, *, scheme: Any = static, task_id: str = "<task>") -> Score:
        found = [
            make.finding(text, "yé"),
            make.finding(text, "x", analyzer="<i>", code="a&b", kind=Kind.STYLE, severity=Severity.LOW),
        ]
        evidence = make.evidence(text, Outcome.FAILURE, passed=1, findings=found)
        reports = (*evidence.reports, Report("ruff", Status.TIMED_OUT, detail="after 5 s"))
        return settle(Item(text, task_id=task_id), Evidence(evidence.source, reports, tested=True), scheme)

    return score
