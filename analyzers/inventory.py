"""What analyzers there are, whether each can work on this machine, and what would make it work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import grammars
from analyzers import registry
from analyzers.errors import AnalyzerError, ToolMissing, boundary
from analyzers.inprocess.base import InProcess
from analyzers.plugin import Function
from analyzers.query import Rules
from analyzers.tool import Tool
from analyzers.types import Analyzer

State = Literal["ready", "missing", "failed"]
GRAMMARS = "pypi:spanwise[languages]"
_VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One analyzer on this machine."""

    name: str
    languages: tuple[str, ...]
    kind: str
    """`command`, `call` (of a Python package), `function`, `query`, `tests`, or `class` for any other."""
    owner: str
    """`built in`, a distribution with its version, or the path of a plugin file."""
    state: State
    version: str
    """Of what it runs, where that has one; empty unless it is ready."""
    needs: tuple[str, ...]
    """What to install where something is missing, each as `registry:name`."""
    detail: str = ""
    """Why it is not ready, in one line."""


def entries(names: Iterable[str]) -> list[Entry]:
    """The state of each analyzer, in order; commands are asked for their versions side by side."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(entry, names))


def entry(name: str) -> Entry:
    """The state of one analyzer.

    Raises:
        analyzers.registry.UnknownAnalyzer: with the closest names.
    """
    owner = registry.owner(name)
    if name == registry.RUNTIME:
        runnable = tuple(language for language in grammars.names() if grammars.get(language).toolchain)
        return Entry(name, runnable, "tests", owner, "ready", "", ())
    registry.check([name])
    try:
        with boundary(name):
            analyzer = registry.get(name)
    except AnalyzerError as error:
        return Entry(name, (), "class", owner, "failed", "", (), _line(error))
    languages, kind = tuple(analyzer.languages), kind_of(analyzer)
    try:
        with boundary(name):
            version = _version(analyzer)
            registry.fingerprint(name)
            _expect_grammar(name, languages)
    except ToolMissing as error:
        return Entry(name, languages, kind, owner, "missing", "", needs(analyzer), _line(error))
    except AnalyzerError as error:
        return Entry(name, languages, kind, owner, "failed", "", (), _line(error))
    return Entry(name, languages, kind, owner, "ready", version, ())


def kind_of(analyzer: Analyzer) -> str:
    """In one word, how an analyzer works; see `Entry.kind`."""
    if isinstance(analyzer, Function):
        return "query" if isinstance(analyzer.check, Rules) else "function"
    return "command" if isinstance(analyzer, Tool) else "call" if isinstance(analyzer, InProcess) else "class"


def needs(analyzer: Analyzer) -> tuple[str, ...]:
    """What provides all that an analyzer runs, each as `registry:name`."""
    if isinstance(analyzer, Tool):
        return tuple(analyzer.package.split())
    if isinstance(analyzer, InProcess | Function) and analyzer.packages:
        return tuple(f"pypi:{package}" for package in analyzer.packages)
    return (GRAMMARS,)


def packages(found: Sequence[Entry], registry_name: str = "") -> list[str]:
    """What the missing ones need, sorted, each once: of one registry its names, or of all `registry:name`."""
    wanted = {package for entry in found for package in entry.needs}
    if not registry_name:
        return sorted(wanted)
    return sorted(name for kind, _, name in (package.partition(":") for package in wanted) if kind == registry_name)


def _version(analyzer: Analyzer) -> str:
    if isinstance(analyzer, Tool):
        said = analyzer.version()
        found = _VERSION.search(said)
        return found[0] if found else said.partition("\n")[0][:40]
    if isinstance(analyzer, InProcess):
        return analyzer.fingerprint().removeprefix("Python ").partition(", ")[2].partition(", ")[0].rpartition(" ")[2]
    return ""


def _expect_grammar(name: str, languages: Sequence[str]) -> None:
    """Comments are found by the grammar, so that an analyzer is of no use without that of a language of its own."""
    absent = []
    for language in languages:
        if language == "*":
            return
        try:
            grammars.get(language).tree_sitter()
        except grammars.GrammarUnavailable as error:
            absent.append(str(error))
        else:
            return
    if absent:
        raise ToolMissing(f"{name}: {absent[0]}")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
