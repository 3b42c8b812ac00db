"""Source text in, diagnostics with spans out: `analyze("x = y")`, `names()`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzers.types import Report

__all__ = ["analyze", "names"]


def names() -> tuple[str, ...]:
    """The names of all analyzers, sorted, those of other distributions included."""
    from analyzers import registry

    return registry.names()


def analyze(text: str, language: str = "python", only: Sequence[str] | None = None) -> tuple[Report, ...]:
    """One report per analyzer on one program: of those in `only`, or of all that serve the language and need no tests.

    Starts and ends a worker process of its own. For many programs keep an `analyzers.engine.Engine`.

    Raises:
        analyzers.registry.UnknownAnalyzer: with the closest names.
        grammars.UnknownLanguage: no language of that name is known.
    """
    from analyzers.engine import Engine
    from analyzers.types import Source

    chosen = _serving(language) if only is None else only
    with Engine(chosen, workers=1) as engine:
        return engine.submit(Source(text, language)).result()


def _serving(language: str) -> list[str]:
    import grammars
    from analyzers import registry
    from analyzers.errors import AnalyzerError

    def serves(name: str) -> bool:
        try:
            return bool({"*", spoken} & set(registry.get(name).languages))
        except AnalyzerError:
            return True  # its report will say that it cannot be loaded

    spoken = grammars.get(language).name
    return [name for name in names() if name != registry.RUNTIME and serves(name)]
