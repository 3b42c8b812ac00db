"""Languages as data: `get("py")`, `by_suffix(".py")`, `by_fence("python3")`, `names()`.

Built-in languages are the modules of this package that define `LANGUAGE`. Other distributions add theirs through the
entry-point group `spanwise.languages`, whose targets are `Language` records.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from grammars.language import GrammarUnavailable, Language, Toolchain

__all__ = ["GrammarUnavailable", "Language", "Toolchain", "UnknownLanguage", "by_fence", "by_suffix", "get", "names"]

ENTRY_POINTS = "spanwise.languages"


class UnknownLanguage(ValueError):
    """No language of that name is known."""


def get(name: str) -> Language:
    """The language of that name or alias, in any case.

    Raises:
        UnknownLanguage: with the closest known names.
    """
    try:
        return _by_name()[name.strip().lower()]
    except KeyError:
        close = difflib.get_close_matches(name.lower(), _by_name(), n=3)
        hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(names())}"
        raise UnknownLanguage(f"unknown language {name!r}; {hint}") from None


def by_suffix(suffix: str) -> Language | None:
    """The language whose files end in `suffix` (with the dot), or None."""
    return next((language for language in _languages().values() if suffix.lower() in language.suffixes), None)


def by_fence(info: str) -> Language | None:
    """The language that the info string of a Markdown fence names, or None."""
    words = info.strip().lower().split()
    tag = words[0].strip("{}.") if words else ""
    for language in _languages().values():
        if tag in (language.name, *language.aliases, *language.fences):
            return language
    return None


def names() -> tuple[str, ...]:
    """Canonical names, sorted."""
    return tuple(sorted(_languages()))


@cache
def _languages() -> dict[str, Language]:
    found: dict[str, Language] = {}
    for module in sorted(info.name for info in iter_modules(__path__)):
        language = getattr(import_module(f"{__name__}.{module}"), "LANGUAGE", None)
        if isinstance(language, Language):
            found[language.name] = language
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        owner = entry.dist.name if entry.dist else "an unknown distribution"
        language = entry.load()
        if not isinstance(language, Language):
            raise TypeError(f"{entry.value} of {owner} is a {type(language).__name__}, expected a grammars.Language")
        if language.name in found:
            raise ValueError(f"language {language.name!r} of {owner} is already defined by spanwise or another plugin")
        found[language.name] = language
    return found


@cache
def _by_name() -> dict[str, Language]:
    return {name: language for language in _languages().values() for name in (language.name, *language.aliases)}
