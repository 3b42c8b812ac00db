"""Examples in the text of a Python function's prompt, as assertions.

    >>> add(2, 3)                 add(2, 3) -> 5            add(2, 3) == 5
    5                             add(2, 3) returns 5       * add(2, 3) => 5

An example counts where both sides are Python and the answer is a plain value; of prose (`For x = 1 the output
should be 2`) nothing is made. An example may be wrong, as some of HumanEval's are: see `trainer.shown.verified`.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
from collections.abc import Iterator

_ARROW = re.compile(r"\s*(?:#\s*)?(?:={1,2}>|-+>|➞|➔|→|==?|should return|returns?)\s*")
_BULLET = re.compile(r"^(?:[*•-]\s+|\d+[.)]\s+|assert\s+)")
_CONSTANTS = {"true": "True", "false": "False", "null": "None"}
_QUOTES = re.compile(r"\"{3}|'{3}")
_REMARK = re.compile(r"\s*(?:#.*|\(.*\))?\s*$")


def examples(prompt: str, entry_point: str) -> tuple[str, ...]:
    """The assertions that the examples in a prompt amount to, in order, each once."""
    prompt = _QUOTES.sub("   ", prompt)
    found = [*_doctests(prompt, entry_point), *_lines(prompt, entry_point)]
    return tuple(dict.fromkeys(found))


def _doctests(prompt: str, entry_point: str) -> Iterator[str]:
    try:
        parsed = doctest.DocTestParser().get_examples(prompt)
    except ValueError:
        return
    for each in parsed:
        call = _expression(each.source)
        if call is None or not _calls(call, entry_point):
            continue
        if isinstance(call, ast.Compare):
            yield f"assert {ast.unparse(call)}"
        else:  # an answer that is None is not printed
            yield from _assertion(call, each.want)


def _lines(prompt: str, entry_point: str) -> Iterator[str]:
    for line in prompt.splitlines():
        text = _BULLET.sub("", line.strip())
        if text.startswith(f"{entry_point}(") and (end := _end_of_call(text)):
            call, arrow = _expression(text[:end]), _ARROW.match(text, end)
            if call is not None and arrow and _calls(call, entry_point):
                yield from _assertion(call, text[arrow.end() :])


def _end_of_call(text: str) -> int:
    """Where the call that a line begins with ends; 0 where it does not."""
    for found in re.finditer(r"\)", text):
        call = _expression(text[: found.end()])
        if isinstance(call, ast.Call):
            return found.end()
    return 0


def _assertion(call: ast.expr, answer: str) -> Iterator[str]:
    plain = _answer(answer)
    if plain is not None:
        yield f"assert {ast.unparse(call)} == {plain}"


def _answer(text: str) -> str | None:
    """The plain value that a text is, but for a full stop or a remark behind it; as code."""
    text = text.strip()
    for candidate in (text, text.removesuffix("."), _REMARK.sub("", text), text.partition("#")[0].strip()):
        word = _CONSTANTS.get(candidate, candidate)
        try:
            return repr(ast.literal_eval(word))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _calls(node: ast.expr, name: str) -> bool:
    """Whether it calls the function, and speaks of nothing that is not defined."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == name
        for each in ast.walk(node)
    ) and all(each == name or hasattr(builtins, each) for each in names)
