"""The table of the README: what is done for each language, and by what; made from the languages and the analyzers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import grammars
from analyzers import registry

BUILT_IN = "built in"
COLUMNS = ("language", "parse", "run", "diagnose", "lint")
UNLINTED = {
    "clojure": "none: the npm package of clj-kondo is empty and fetches the program from elsewhere",
    "csharp": "none: the .NET SDK's own analyzers are in no package index",
    "dart": "none: `dart analyze` comes with the SDK, which no package index has",
    "julia": "none: its linters run in Julia, which no package index has",
    "swift": "none: SwiftLint needs Swift's own compiler, which no package index has",
}
"""Why a language has no linter, where there is more to say than that none is packaged."""
_UNPACKAGED = "none in PyPI, npm or Debian"
_REGISTRIES = {"debian": "Debian", "npm": "npm", "pypi": "PyPI", "upstream": "its makers"}


def markdown() -> str:
    """The table in Markdown, a line for each language."""
    linters = _linters()
    rows = [COLUMNS, tuple("---" for _ in COLUMNS)]
    for name in grammars.names():
        language = grammars.get(name)
        lint = ", ".join(linters.get(name, ())) or UNLINTED.get(name, _UNPACKAGED)
        rows.append((name, _parse(language), _run(language), _diagnose(language), lint))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _linters() -> dict[str, list[str]]:
    """The analyzers of each language, without those for all languages."""
    found: dict[str, list[str]] = {}
    for name in registry.names():
        if name != registry.RUNTIME and registry.owner(name) == BUILT_IN:
            for language in registry.get(name).languages:
                found.setdefault(language, []).append(name)
    return found


def _parse(language: grammars.Language) -> str:
    own = "CPython's `compile()`, " if language.name == "python" else ""
    return f"{own}{language.package}"


def _run(language: grammars.Language) -> str:
    if language.toolchain is None:
        return "not at all: it has no toolchain"
    by_registry: dict[str, list[str]] = {}
    for package in language.toolchain.packages:
        kind, _, name = package.partition(":")
        by_registry.setdefault(kind, []).append(re.sub(r"(?<=.)@[\d.]+$", "", name))
    return "; ".join(f"{_REGISTRIES[kind]}: {', '.join(names)}" for kind, names in by_registry.items())


def _diagnose(language: grammars.Language) -> str:
    toolchain = language.toolchain
    if toolchain is None:
        return "nothing: it does not run"
    if toolchain.messages == "plain":
        return "exit status alone: no package index has the compiler to learn its messages from"
    return " and ".join(_stages(toolchain))


def _stages(toolchain: grammars.Toolchain) -> Iterator[str]:
    if toolchain.compile or toolchain.server:
        yield "compiler"
    yield "run time"
