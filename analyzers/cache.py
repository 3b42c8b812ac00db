"""Reports by the content of what was analysed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b

from analyzers.positions import encode
from analyzers.types import Report, Source


def key(source: Source, analyzer: str, fingerprint: str) -> bytes:
    """What a report depends on, hashed: everything of the source but its place in the completion."""
    digest = blake2b(digest_size=16)
    for part in (source.text, str(source.prefix), str(source.truncated), source.language, analyzer, fingerprint):
        data = encode(part)
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()


class ReportCache:
    """The most recently used reports, at most `size` of them; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._reports: OrderedDict[bytes, Report] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._reports)

    def get(self, key: bytes) -> Report | None:
        """The report under that key, which becomes the most recent one."""
        with self._lock:
            report = self._reports.get(key)
            if report is not None:
                self._reports.move_to_end(key)
            return report

    def put(self, key: bytes, report: Report) -> None:
        """Keeps a report; the least recently used one goes when there are too many."""
        with self._lock:
            self._reports[key] = report
            self._reports.move_to_end(key)
            while len(self._reports) > self._size:
                self._reports.popitem(last=False)
