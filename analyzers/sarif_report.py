"""SARIF files that were made elsewhere, as analyzers of the programs that they are about.

A program is recognised by its content. An artifact of the report is that program if its `hashes` (3.24.11) or its
embedded `contents` (3.24.8) say so; without them, if the file that its URI leads to holds the same bytes now. A
relative URI is looked for in the folder of the report, then in the folder at which relative paths begin. So a report
that is older than the program says nothing of it, and what it says nothing of was not analysed: a failure, and not
"no findings". A report tells of programs without findings by listing them as artifacts.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding, to_diagnostics
from analyzers.positions import encode
from analyzers.sarif import CODEPOINTS, Run, runs, understood
from analyzers.tool import MAX_OUTPUT
from analyzers.types import Diagnostic, Source

ALGORITHMS: Mapping[str, str] = {"sha-512": "sha512", "sha-256": "sha256", "sha-1": "sha1", "md5": "md5"}
"""The hashes that are understood, as the standard and as `hashlib` call them; the first one that is given counts."""

Key = tuple[str, str]
"""A hash function of `hashlib`, and a content's hash in lower-case hexadecimal digits."""


@dataclass(frozen=True)
class SarifReport:
    """The results in one file; for every language unless some are named."""

    batch_size: ClassVar[int] = 256
    timeout_s: ClassVar[float] = 30.0

    name: str
    path: Path
    """Absolute."""
    languages: tuple[str, ...] = ("*",)
    folder: Path = field(default_factory=Path.cwd)
    """Where relative paths begin, beside the folder of the report."""

    def fingerprint(self) -> str:
        """The content of the report.

        Raises:
            AnalyzerFailed: it cannot be read.
        """
        return hashlib.sha256(self._read()).hexdigest()

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """What the report says of each source.

        Raises:
            AnalyzerFailed: it cannot be read, is no SARIF, says nothing of a source, or that its tool failed on it.
        """
        index = _index(self._read(), (self.path.parent, self.folder))
        return [
            to_diagnostics(self.name, source.text, self._about(source, index), convention=CODEPOINTS)
            for source in sources
        ]

    def _about(self, source: Source, index: _Index) -> list[Finding]:
        data = encode(source.text)
        keys = [(algorithm, _hash(algorithm, data)) for algorithm in index.algorithms]
        contents = [content for run in index.runs for content in (_first(run, keys),) if content is not None]
        if not contents:
            raise AnalyzerFailed(
                f"{self.path.name} says nothing of this program: its content is that of none of the"
                f" {sum(map(len, index.runs))} artifacts whose hash, content or file is known"
            )
        for content in contents:
            if content.failure:
                raise AnalyzerFailed(content.failure)
        return [finding for content in contents for finding in content.findings]

    def _read(self) -> bytes:
        try:
            if self.path.stat().st_size > MAX_OUTPUT:
                raise AnalyzerFailed(f"{self.path} has more than {MAX_OUTPUT} bytes")
            return self.path.read_bytes()
        except OSError as error:
            raise AnalyzerFailed(f"cannot read the report {str(self.path)!r}: {error.strerror}") from error


@dataclass
class _Content:
    """What a run says of one artifact."""

    findings: list[Finding] = field(default_factory=list)
    failure: str = ""
    key: Key | None = None


@dataclass(frozen=True)
class _Index:
    runs: tuple[Mapping[Key, _Content], ...]
    """Of each run, what it says of each content that it is about."""

    @cached_property
    def algorithms(self) -> tuple[str, ...]:
        return tuple(sorted({algorithm for run in self.runs for algorithm, _ in run}))


def _first(run: Mapping[Key, _Content], keys: Sequence[Key]) -> _Content | None:
    return next((run[key] for key in keys if key in run), None)


@lru_cache(maxsize=4)
def _index(data: bytes, folders: tuple[Path, ...]) -> _Index:
    output = data.decode(errors="replace")
    with understood(output):
        return _Index(tuple(_by_content(run, folders) for run in runs(output)))


def _by_content(run: Run, folders: Sequence[Path]) -> dict[Key, _Content]:
    """By content; of several files with one content, of which the same would be said, the first one's."""
    by_path: defaultdict[str, _Content] = defaultdict(_Content)
    for artifact in run.artifacts:
        content = by_path[run.path(artifact.get("location") or {})]
        content.key = _stated(artifact) or content.key
    failures = run.failures()
    for finding in run.findings():
        by_path[finding.file].findings.append(finding)
    found: dict[Key, _Content] = {}
    for path in [*by_path, *(failures.keys() - by_path)]:
        content = by_path[path]
        content.failure = failures.get(path) or failures.get("", "")
        key = content.key or _in_file(path, folders)
        if key is not None:
            found.setdefault(key, content)
    return found


def _stated(artifact: Mapping[str, Any]) -> Key | None:
    hashes = {str(name).lower(): str(value).lower() for name, value in (artifact.get("hashes") or {}).items()}
    for name, algorithm in ALGORITHMS.items():
        if name in hashes:
            return algorithm, hashes[name]
    text = (artifact.get("contents") or {}).get("text")
    return None if text is None else ("sha256", _hash("sha256", encode(text)))


def _in_file(path: str, folders: Sequence[Path]) -> Key | None:
    for candidate in _candidates(path, folders):
        try:
            if candidate.is_file() and candidate.stat().st_size <= MAX_OUTPUT:
                return "sha256", _hash("sha256", candidate.read_bytes())
        except (OSError, ValueError):  # no path of this system: too long, or with a NUL
            continue
    return None


def _candidates(path: str, folders: Sequence[Path]) -> Iterator[Path]:
    if path:
        yield from dict.fromkeys(folder / path for folder in folders)


def _hash(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
