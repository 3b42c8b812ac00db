"""The examples that stand beside an analyzer: programs in which it finds nothing, and programs with a defect.

Its module holds `GOOD` and `BAD`. Items of `GOOD` are a program, or `(program, language)`; those of `BAD` are
`(program, code, text under the span)` with the language as a fourth, where it is not the first one of the analyzer. In
a file of several analyzers both are dictionaries by name. A query file has them in its comments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analyzers import registry
from analyzers.plugin import Function
from analyzers.query import Rules
from analyzers.types import Analyzer, Source


class BadExamples(ValueError):
    """The examples are not what this module describes; one line says why."""


@dataclass(frozen=True, slots=True)
class Example:
    """A program, and where a finding is expected in it; `code` and `text` are empty where none is."""

    program: str
    language: str
    code: str = ""
    """Empty in a `bad` example of a query file means any one."""
    text: str = ""

    @property
    def source(self) -> Source:
        """The program for an analyzer."""
        return Source(self.program, self.language)


@dataclass(frozen=True, slots=True)
class Examples:
    """All examples of one analyzer."""

    good: tuple[Example, ...] = ()
    bad: tuple[Example, ...] = ()


def of(name: str) -> Examples:
    """The examples of an analyzer; none where it has none.

    Raises:
        BadExamples: they have another form.
        analyzers.registry.UnknownAnalyzer, analyzers.errors.AnalyzerError: it cannot be loaded.
    """
    analyzer = registry.get(name)
    language = first_language(analyzer)
    if isinstance(analyzer, Function) and isinstance(analyzer.check, Rules):
        programs, marked = analyzer.check.examples(language)
        return Examples(
            tuple(Example(program, language) for program in programs),
            tuple(Example(program, language, code, text) for program, code, text in marked),
        )
    module = registry.module(name)
    good, bad = (_items(module, key, analyzer.name) for key in ("GOOD", "BAD"))
    return Examples(
        tuple(_example(analyzer.name, item, language, sizes=(2,)) for item in good),
        tuple(_example(analyzer.name, item, language, sizes=(3, 4)) for item in bad),
    )


def first_language(analyzer: Analyzer) -> str:
    """The language of its examples, where they do not say it."""
    return "python" if "*" in analyzer.languages else analyzer.languages[0]


def _items(module: Any, key: str, name: str) -> Any:
    items = getattr(module, key, ())
    if isinstance(items, Mapping):
        items = items.get(name, ())
    if not isinstance(items, list | tuple):
        raise BadExamples(f"{name} has {key} = {items!r:.80}, expected a list")
    return items


def _example(name: str, item: Any, language: str, *, sizes: tuple[int, ...]) -> Example:
    words = (item,) if isinstance(item, str) and 2 in sizes else item
    if not isinstance(words, tuple) or not all(isinstance(word, str) for word in words):
        raise BadExamples(f"{name} has the example {item!r:.80}, expected strings")
    match words:
        case (program,) if 2 in sizes:
            return Example(program, language)
        case (program, own) if 2 in sizes:
            return Example(program, own)
        case (program, code, text, *rest) if len(words) in sizes:
            return Example(program, rest[0] if rest else language, code, text)
    raise BadExamples(
        f"{name} has the example {item!r:.80}; items of GOOD are programs, those of BAD (program, code, text under the"
        " span)"
    )
