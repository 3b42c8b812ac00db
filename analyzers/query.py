"""Analyzers that are tree-sitter queries: a file of patterns, with what they mean in the comments above them.

    ; name: no-eval
    ; language: python
    ; severity: high
    ; kind: security

    ; message: {eval} runs text as code
    ; good: literal_eval(s)
    ; bad: s = "é😀"; «eval»(s)
    ((call function: (identifier) @eval) (#any-of? @eval "eval" "exec"))

A finding stands where a capture does, and the capture's name is its code; captures whose names begin with `_` are there
for predicates alone. The comments at the top of the file hold for all patterns: its `name` (that of the file by
default), `language` (several with commas, or `*`), `timeout_s`, `severity`, `kind` and `message`; those right above a
pattern replace `severity`, `kind` and `message` for it. In a message `{capture}` stands for the text of a capture.

`good` is a program in which nothing is found, `bad` one in which what stands between « and » is found; `\\n` is a line
feed. `python -m analyzers check FILE` runs them.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tree_sitter import Node, Query, QueryCursor, QueryError

import grammars
from analyzers.errors import ToolMissing
from analyzers.plugin import Function, Program, canonical, kind_of, severity_of
from analyzers.types import Kind, Severity

PREDICATES = tuple(f"{which}{test}?" for test in ("eq", "match") for which in ("", "not-", "any-", "any-not-"))
PREDICATES = (*PREDICATES, "any-of?", "not-any-of?")
"""Predicates that are evaluated; tree-sitter would pass over any other one in silence."""
MAX_SHOWN = 60
"""Code points of a capture that stand in a message."""

_EITHER = ("severity", "kind", "message")
_AT_TOP = ("name", "language", "timeout_s")
_ABOVE = ("good", "bad")
_KEYS = (*_AT_TOP, *_EITHER, *_ABOVE)
_COMMENT = re.compile(r"\s*;+\s*(?:(\w+)[ ]*:)?[ ]?(.*?)\s*")
_TOKEN = re.compile(
    r""";[^\n]* | \(\s*\#(?P<predicate>[^\s()]+) (?:[^()";] | "(?:[^"\\]|\\.)*")* \)
    | "(?:[^"\\]|\\.)*" | @(?P<capture>[\w.-]+)""",
    re.VERBOSE,
)
_HOLE = re.compile(r"\{([\w.-]+)\}")
_ROW = re.compile(r"at row (\d+)")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}

Comments = Mapping[str, Sequence[str]]
"""The values of each key, in the order of the lines."""


class BadQuery(ValueError):
    """A query file that makes no sense; one line says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of a query: how it reports what, and its examples."""

    codes: tuple[str, ...]
    severity: Severity
    kind: Kind
    message: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    """Programs with « and » around what is found."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of a file, as the function of an analyzer."""

    text: str

    def __call__(self, program: Program) -> Iterator[Any]:
        """A finding for each captured node; one that several matches capture by one name is one finding."""
        query, patterns = _compiled(self.text, program.language)
        seen = set()
        for index, captured in QueryCursor(query).matches(program.tree):
            for code in patterns[index].codes:
                for node in captured.get(code, ()):
                    place = (index, code, node.start_byte, node.end_byte)
                    if place not in seen:
                        seen.add(place)
                        yield _report(patterns[index], code, node, captured)

    def examples(self, language: str) -> tuple[list[str], list[tuple[str, str, str]]]:
        """Programs in which nothing is found; and programs, each with a code and the text that it is found at.

        Raises:
            BadQuery: a `bad` one does not show what is to be found.
            analyzers.errors.ToolMissing: the grammar is not installed.
        """
        good: list[str] = []
        bad: list[tuple[str, str, str]] = []
        for pattern in _compiled(self.text, language)[1]:
            good += map(_plain, pattern.good)
            bad += [_marked(text, pattern.codes) for text in pattern.bad]
        return good, bad


def read(text: str, name: str) -> Function:
    """The analyzer of a query file; `name` is that of the file without its suffix.

    Raises:
        BadQuery: the comments or the patterns make no sense; where the grammar is not installed, the patterns are not
            looked at before they are used.
        grammars.UnknownLanguage: with the closest known names.
    """
    lines = text.split("\n")
    head = _head(lines)
    if not head["language"]:
        raise BadQuery("it says no language; write `; language: python` at its top")
    languages = canonical([part.strip() for value in head["language"] for part in value.split(",")])
    for language in languages:
        if language != "*" and _installed(language):
            _compiled(text, language)
    return Function(
        (head["name"] or [name.replace("_", "-")])[-1],
        languages,
        Rules(text),
        timeout_s=_seconds((head["timeout_s"] or ["10"])[-1]),
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    )


@cache
def _compiled(text: str, language: str) -> tuple[Query, tuple[Pattern, ...]]:
    try:
        query = Query(grammars.get(language).tree_sitter(), text)
    except grammars.GrammarUnavailable as error:
        raise ToolMissing(str(error)) from error
    except QueryError as error:
        said = _ROW.sub(lambda row: f"on line {int(row[1]) + 1}", str(error))
        raise BadQuery(f"the grammar of {language} does not take it: {said}") from error
    if not query.pattern_count:
        raise BadQuery("it holds no pattern, such as (identifier) @code")
    data, lines = text.encode("utf-8", "surrogatepass"), text.split("\n")
    head = _head(lines)
    patterns = []
    for index in range(query.pattern_count):
        start, end = query.start_byte_for_pattern(index), query.end_byte_for_pattern(index)
        line = data[:start].count(b"\n")
        own = head if _above(lines, line).start == 0 else _comments(lines, _above(lines, line), (*_EITHER, *_ABOVE))
        patterns.append(_pattern(data[start:end].decode("utf-8", "surrogatepass"), line + 1, own, head))
    return query, tuple(patterns)


def _pattern(body: str, line: int, own: Comments, head: Comments) -> Pattern:
    tokens = list(_TOKEN.finditer(body))
    for token in tokens:
        if token["predicate"] and token["predicate"] not in PREDICATES:
            raise BadQuery(
                f"the pattern on line {line} has the unknown predicate #{token['predicate']};"
                f" known: {', '.join(PREDICATES)}"
            )
    captures = dict.fromkeys(token["capture"] for token in tokens if token["capture"])
    codes = tuple(capture for capture in captures if not capture.startswith("_"))
    if not codes:
        raise BadQuery(
            f"the pattern on line {line} captures nothing to report: put @CODE behind a node; predicates stand inside"
            " the brackets of their pattern"
        )
    message = (own["message"] or head["message"] or [""])[-1]
    if not message:
        raise BadQuery(f"the pattern on line {line} has no message; write `; message: ...` above it")
    for hole in _HOLE.findall(message):
        if hole not in captures:
            raise BadQuery(f"the message of line {line} has {{{hole}}}; what is captured is {', '.join(captures)}")
    severity = severity_of((own["severity"] or head["severity"] or ["medium"])[-1])
    kind = kind_of((own["kind"] or head["kind"] or ["logic"])[-1])
    return Pattern(codes, severity, kind, message, tuple(own["good"]), tuple(own["bad"]))


def _report(pattern: Pattern, code: str, node: Node, captured: Mapping[str, Sequence[Node]]) -> tuple[Any, ...]:
    nodes = {name: found[0] for name, found in captured.items()} | {code: node}

    def words(hole: re.Match[str]) -> str:
        text = (nodes[hole[1]].text or b"").decode(errors="replace") if hole[1] in nodes else ""
        text = " ".join(text.split())
        return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."

    return node, code, _HOLE.sub(words, pattern.message), pattern.severity, pattern.kind


def _head(lines: Sequence[str]) -> Comments:
    """The comments at the top; those of the first pattern, too, where it stands right below."""
    end = next((index for index, line in enumerate(lines) if not _is_comment(line)), len(lines))
    with_pattern = end < len(lines) and lines[end].strip()
    return _comments(lines, range(end), _KEYS if with_pattern else (*_AT_TOP, *_EITHER))


def _above(lines: Sequence[str], line: int) -> range:
    """The comment lines right above a line."""
    first = line
    while first > 0 and _is_comment(lines[first - 1]):
        first -= 1
    return range(first, line)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(";")


def _comments(lines: Sequence[str], wanted: range, keys: Sequence[str]) -> Comments:
    found: dict[str, list[str]] = {key: [] for key in _KEYS}
    for index in wanted:
        key, value = _COMMENT.fullmatch(lines[index].rstrip("\r")).groups()  # type: ignore[union-attr]
        close = difflib.get_close_matches(key or "", _KEYS, n=1, cutoff=0.75)
        if key in keys:
            found[key].append(value)
        elif key in _KEYS:
            place = "right above a pattern" if key in _ABOVE else "in the comments at the top"
            raise BadQuery(f"line {index + 1}: {key!r} has its place {place}")
        elif close:
            raise BadQuery(f"line {index + 1} has the unknown key {key!r}; did you mean {close[0]!r}?")
    return found


def _installed(language: str) -> bool:
    try:
        grammars.get(language).tree_sitter()
    except grammars.GrammarUnavailable:
        return False
    return True


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise BadQuery(f"timeout_s is {word!r}, expected seconds above 0")
    return seconds


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), text)


def _marked(text: str, codes: Sequence[str]) -> tuple[str, str, str]:
    before, start, rest = _plain(text).partition("«")
    span, end, after = rest.partition("»")
    if not start or not end or not span:
        raise BadQuery(f"the example `bad: {text}` lacks « and » around what is found")
    return before + span + after, codes[0] if len(codes) == 1 else "", span
