"""Programs as tree-sitter trees: the parser of a language, and the text in the form that its grammar takes."""

from __future__ import annotations

import re
from functools import cache

from tree_sitter import Language, Node, Parser

import grammars
from analyzers.errors import ToolMissing
from analyzers.positions import encode, one_newline


@cache
def grammar(language: str) -> Language:
    """The tree-sitter grammar of a language.

    Raises:
        ToolMissing: it is not installed; the message says what provides it.
    """
    try:
        return grammars.get(language).tree_sitter()
    except grammars.GrammarUnavailable as error:
        raise ToolMissing(str(error)) from error


@cache
def parser(language: str) -> Parser:
    """The parser of a language, one for the process.

    Raises:
        ToolMissing: its grammar is not installed.
    """
    return Parser(grammar(language))


def root(text: str, language: str) -> Node:
    """The tree of a program; its byte offsets are those of the text's UTF-8 form.

    Raises:
        ToolMissing: the grammar is not installed.
    """
    return parser(language).parse(encode(readable(text, language))).root_node


def readable(text: str, language: str) -> str:
    """The text as the grammar has to see it, of the same length in every unit.

    A lone carriage return ends a line for tools, but not for grammars; what the grammar does not know of its language
    is written in a way that it knows.
    """
    text = one_newline(text)
    for pattern, known in _gaps(language):
        text = pattern.sub(known, text)
    return text


@cache
def _gaps(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), known) for pattern, known in grammars.get(language).gaps)
