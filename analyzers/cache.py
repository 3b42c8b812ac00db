"""Reports by the content of what was analysed: the latest in memory, and on disk where a folder is given."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import OrderedDict
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

from analyzers import serial
from analyzers.positions import encode
from analyzers.types import Outcome, Report, Source, Status, TestStatus

FILE = "reports.sqlite3"
ROWS = 1_000_000
"""Reports that are kept on disk; the oldest go first."""
PRUNE_EVERY = 1000
BUSY_S = 10.0

logger = logging.getLogger(__name__)


def content_of(source: Source) -> bytes:
    """What reports on a source depend on, hashed: everything of it but its place in the completion."""
    return _hashed(source.text, str(source.prefix), str(source.suffix), str(source.truncated), source.language)


def key_of(content: bytes, analyzer: str, fingerprint: str) -> bytes:
    """What one analyzer's report depends on."""
    return content + _about(analyzer, fingerprint)


@lru_cache(maxsize=4096)
def _about(analyzer: str, fingerprint: str) -> bytes:
    return _hashed(analyzer, fingerprint)


def _hashed(*parts: str) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = encode(part)
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()


def lasting(report: Report) -> bool:
    """Whether a report says something of the program that it would say again.

    A failure of the harness says nothing, and a program that took too long may be quicker on a machine that is not so
    busy; one that makes an analyzer crash will do so again.
    """
    if report.status is not Status.OK:
        return report.status is Status.FAILED and report.provoked
    verdict = report.verdict
    return verdict is None or (
        verdict.outcome is not Outcome.INFRASTRUCTURE
        and all(test.status is not TestStatus.TIMED_OUT for test in verdict.tests)
        and verdict.outcome is not Outcome.TIMEOUT
    )


class ReportCache:
    """The most recently used reports, at most `size` of them; safe to share between threads."""

    def __init__(self, size: int, folder: Path | None = None) -> None:
        """`folder` is where reports outlive the process; several processes may share it.

        Raises:
            OSError: nothing can be kept there.
        """
        self._size = size
        self._reports: OrderedDict[bytes, Report] = OrderedDict()
        self._lock = threading.Lock()
        self._disk = None if folder is None else _Disk(folder)

    def __len__(self) -> int:
        return len(self._reports)

    def get(self, key: bytes) -> Report | None:
        """The report under that key, which becomes the most recent one."""
        with self._lock:
            report = self._reports.get(key)
            if report is None and self._disk is not None:
                report = self._disk.get(key)
            if report is not None:
                self._keep(key, report)
            return report

    def put(self, key: bytes, report: Report) -> None:
        """Keeps a report; the least recently used one goes when there are too many."""
        with self._lock:
            self._keep(key, report)
            if self._disk is not None:
                self._disk.put(key, report)

    def close(self) -> None:
        """Lets go of the folder; what is in memory stays."""
        with self._lock:
            disk, self._disk = self._disk, None
            if disk is not None:
                disk.close()

    def _keep(self, key: bytes, report: Report) -> None:
        self._reports[key] = report
        self._reports.move_to_end(key)
        while len(self._reports) > self._size:
            self._reports.popitem(last=False)


class _Disk:
    """Reports in a table of SQLite, under keys that change with our own code.

    One that cannot be read or written costs time and nothing else.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._table = sqlite3.connect(folder / FILE, timeout=BUSY_S, check_same_thread=False, isolation_level=None)
            self._table.execute("PRAGMA journal_mode = WAL")
            self._table.execute("PRAGMA synchronous = OFF")
            self._table.execute("CREATE TABLE IF NOT EXISTS reports (key BLOB NOT NULL UNIQUE, report TEXT NOT NULL)")
        except (OSError, sqlite3.Error) as error:
            raise OSError(f"reports cannot be kept in {str(folder)!r}: {error}") from error
        self._written = 0

    def get(self, key: bytes) -> Report | None:
        try:
            row = self._table.execute("SELECT report FROM reports WHERE key = ?", (_own(key),)).fetchone()
            if row is None:
                return None
            report: Report = serial.decode(Report, json.loads(row[0]), "report")
            return report
        except (sqlite3.Error, ValueError) as error:
            logger.warning("a report on disk cannot be read and is made again: %s", error)
            return None

    def put(self, key: bytes, report: Report) -> None:
        try:
            text = json.dumps(serial.encode(report))
            self._table.execute("INSERT OR REPLACE INTO reports (key, report) VALUES (?, ?)", (_own(key), text))
            self._written += 1
            if self._written % PRUNE_EVERY == 0:
                self._table.execute("DELETE FROM reports WHERE rowid <= (SELECT max(rowid) FROM reports) - ?", (ROWS,))
        except sqlite3.Error as error:
            logger.warning("a report cannot be kept on disk: %s", error)

    def close(self) -> None:
        self._table.close()


def _own(key: bytes) -> bytes:
    return blake2b(key, key=_code(), digest_size=16).digest()


@cache
def _code() -> bytes:
    """A hash of the code that analyses, runs and judges programs, and of the files that describe languages."""
    digest = blake2b(digest_size=16)
    root = Path(__file__).resolve().parents[1]
    for path in sorted([*root.glob("analyzers/**/*.*"), *root.glob("grammars/*.py")]):
        if path.suffix != ".pyc":
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.digest()
