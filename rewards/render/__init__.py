"""Scores for people: coloured views for the terminal, and HTML that needs neither a server nor JavaScript.

Programs come from models, so nothing of theirs is trusted: control characters (terminal escapes, NUL), lone surrogates
and marks that reorder or hide text are shown as visible signs, one for one, everything is escaped in HTML, and pages
forbid whatever script is not their own.
"""

from __future__ import annotations

from rewards.render.html import CSS, code_html
from rewards.render.index import batch_html
from rewards.render.pages import compare_html, to_html
from rewards.render.signs import visible
from rewards.render.summary import summary
from rewards.render.terminal import batch_terminal, compare_terminal, to_terminal

__all__ = [
    "CSS",
    "batch_html",
    "batch_terminal",
    "code_html",
    "compare_html",
    "compare_terminal",
    "summary",
    "to_html",
    "to_terminal",
    "visible",
]
