"""The languages' own parsers: whether each of many programs parses, and the line of the first complaint.

Where a parser cannot be asked for syntax alone, the complaints of the later stages are told apart by their words
(`SYNTAX`). `PARSERS` has one for each language whose toolchain is packaged; nothing here runs a program, but Perl's
`BEGIN` blocks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grammars

SCRIPTS = Path(__file__).with_name("parsers")
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Complaint:
    """The first error of a program: its line, counted from 1, and the words."""

    line: int
    message: str


@dataclass(frozen=True)
class Parser:
    """A command that parses files and says `file:line: ...` of each one that it refuses.

    `{files}` stands for all files, at most `batch` at once; `{scripts}` for our folder of scripts.
    """

    argv: tuple[str, ...]
    batch: int = 400
    syntax: str = ""
    """Regular expression of messages that are about syntax; every message is where it is empty."""
    place: str = r"^(?P<file>p\d+)\.\w+:(?P<line>\d+):(?P<message>.*)$"
    """Regular expression with file, line and message."""
    prepare: tuple[str, ...] = ()
    """Command that is run in the folder first."""
    environment: dict[str, str] = field(default_factory=dict)

    def installed(self) -> bool:
        """Whether its command is there."""
        return shutil.which(self.argv[0]) is not None

    def complaints(self, texts: Sequence[str], language: str) -> list[Complaint | None]:
        """The first complaint about each text, None where it parses."""
        suffix = grammars.get(language).suffixes[0]
        found: list[Complaint | None] = []
        with tempfile.TemporaryDirectory() as folder:
            if self.prepare:
                subprocess.run(self.prepare, cwd=folder, check=True, timeout=TIMEOUT_S)
            for start in range(0, len(texts), self.batch):
                part = texts[start : start + self.batch]
                said = self._run([(f"p{index}", suffix, text) for index, text in enumerate(part)], Path(folder))
                found += [said.get(f"p{index}") for index in range(len(part))]
        return found

    def _run(self, files: Sequence[tuple[str, str, str]], folder: Path) -> dict[str, Complaint]:
        for name, suffix, text in files:
            (folder / f"{name}{suffix}").write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
        names = [f"{name}{suffix}" for name, suffix, _ in files]
        argv: list[str] = []
        for word in self.argv:
            argv += names if word == "{files}" else [word.replace("{scripts}", str(SCRIPTS))]
        done = subprocess.run(
            argv, cwd=folder, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8", **self.environment},
        )  # fmt: skip
        first: dict[str, Complaint] = {}
        for match in re.finditer(self.place, done.stdout + done.stderr, re.MULTILINE):
            if not self.syntax or re.search(self.syntax, match["message"]):
                first.setdefault(match["file"], Complaint(int(match["line"]), match["message"].strip()))
        return first


_GDC = r"error: .*(?:expected|found |[Uu]nmatched|[Uu]nterminated|no identifier|[Uu]nexpected)"
_GCC = (
    r"expected |stray |missing terminating|unterminated|before |empty character|invalid suffix|too many decimal points"
    r"|unable to find numeric|a function-definition is not allowed|with no expression|without a previous"
)
_GHC = r"[Pp]arse error|lexical error|[Uu]nterminated|last statement in a|[Ee]mpty 'do'"
_GCC_SYNTAX = rf"error: .*(?:{_GCC})"
_PRELUDE = "echo '#include <bits/stdc++.h>' > prelude.h && g++ -std=c++17 -x c++-header prelude.h"

PARSERS: dict[str, Parser] = {
    "ada": Parser(("gcc", "-c", "-gnats", "-gnat2022", "{files}"), batch=1),
    "bash": Parser(
        ("bash", "-n", "{files}"), batch=1, place=r"^(?P<file>p\d+)\.sh: line (?P<line>\d+): (?P<message>.*)$"
    ),
    "c": Parser(("gcc", "-std=gnu17", "-w", "-fsyntax-only", "{files}"), syntax=_GCC_SYNTAX),
    "clojure": Parser(
        (
            "java",
            "-cp",
            "/usr/share/java/clojure.jar:/usr/share/java/core.specs.alpha.jar:/usr/share/java/spec.alpha.jar",
            "clojure.main",
            "{scripts}/clojure.clj",
            "{files}",
        )
    ),
    "cpp": Parser(
        ("g++", "-std=c++17", "-w", "-fsyntax-only", "-include", "prelude.h", "{files}"),
        syntax=_GCC_SYNTAX,
        prepare=("sh", "-c", _PRELUDE),
    ),
    "csharp": Parser(
        ("mcs", "--parse", "{files}"),
        batch=1,
        place=r"^(?P<file>p\d+)\.cs\((?P<line>\d+),\d+\): error (?P<message>.*)$",
    ),
    "d": Parser(("gdc", "-fsyntax-only", "-w", "{files}"), batch=1, syntax=_GDC),
    "elixir": Parser(("elixir", "{scripts}/elixir.exs", "{files}")),
    "go": Parser(("gofmt", "-e", "-l", "{files}")),
    "haskell": Parser(
        ("ghc", "-v0", "-fno-code", "{files}"),
        batch=1,
        syntax=_GHC,
        place=r"^(?P<file>p\d+)\.hs:(?P<line>\d+):.*error:\s*(?P<message>.*)$",
    ),
    "java": Parser(("java", "{scripts}/Parse.java", "{files}")),
    "javascript": Parser(("node", "{scripts}/javascript.js", "{files}")),
    "kotlin": Parser(("kotlinc", "-nowarn", "-d", "/dev/null", "{files}"), syntax=r"[Ee]xpect|[Uu]nexpected"),
    "lua": Parser(("lua5.4", "{scripts}/lua.lua", "{files}")),
    "ocaml": Parser(
        ("ocamlc", "-stop-after", "parsing", "{files}"),
        batch=1,
        place=r"^File \"(?P<file>p\d+)\.ml\", lines? (?P<line>\d+).*(?P<message>)$",
    ),
    "perl": Parser(
        ("perl", "-c", "{files}"), batch=1, place=r"^(?P<message>.*) at (?P<file>p\d+)\.pl line (?P<line>\d+)"
    ),
    "php": Parser(("php", "{scripts}/php.php", "{files}")),
    "r": Parser(("Rscript", "--vanilla", "{scripts}/r.R", "{files}")),
    "racket": Parser(("racket", "{scripts}/racket.rkt", "{files}")),
    "ruby": Parser(("ruby", "{scripts}/ruby.rb", "{files}")),
    "rust": Parser(
        ("rustc", "--edition=2021", "-Zunpretty=normal", "--error-format=short", "{files}"),
        batch=1,
        environment={"RUSTC_BOOTSTRAP": "1"},
    ),
    "scala": Parser(("scalac", "-Ystop-after:parser", "-nowarn", "{files}"), batch=40),
    "typescript": Parser(("node", "{scripts}/typescript.js", "{files}")),
}
