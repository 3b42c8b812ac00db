"""Completion -> Source: the program is exactly a slice of the completion, and every position maps back.

Which slice:

1. The first Markdown fence that is tagged with the language, else the first without a known tag, else the first of any.
   A fence that is not closed runs to the end.
2. A bare closing fence without an opening one ends the program: the prompt had opened it.
3. No fence: all of the completion.

Where program text was given before the completion (`prefix`), the slice continues it, unless it stands alone: an
instruct model answers with a fence that repeats the function. A slice stands alone when it repeats the last signature
of the prefix (an unindented line with a letter or digit in it), or when it is fenced and starts without indentation.
What the prefix holds before the lines that are repeated (imports, helper functions) is kept before it, and no `suffix`
behind it.

Nothing is stripped, dedented or normalised: position in the completion = position in the source - `prefix` + `offset`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import grammars
from analyzers.types import Source
from rewards.types import Item

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>[^`\n]*)$", re.MULTILINE)


def extract(
    completion: str,
    *,
    language: str = "python",
    prefix: str = "",
    suffix: str = "",
    truncated: bool = False,
    raw: bool = False,
) -> Source:
    """The program in a completion; with `raw` all of it, between prefix and suffix.

    Raises:
        grammars.UnknownLanguage: no language of that name is known.
    """
    name = grammars.get(language).name
    block = _Block(0, len(completion), fenced=False) if raw else _program(completion, name)
    code = completion[block.start : block.end]
    given = prefix if raw else prefix[: _kept(prefix, code, fenced=block.fenced)]
    # A program that ends before the completion does is whole, whatever was cut after it.
    cut = truncated and block.end == len(completion)
    after = suffix if given == prefix else ""
    return Source(given + code + after, name, prefix=len(given), offset=block.start, truncated=cut, suffix=len(after))


def source_of(item: Item) -> Source:
    """The program in the completion of an item.

    Raises:
        grammars.UnknownLanguage: no language of that name is known.
    """
    return extract(
        item.completion,
        language=item.language,
        prefix=item.prefix,
        suffix=item.suffix,
        truncated=item.truncated,
        raw=item.raw,
    )


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    fenced: bool
    info: str = ""


def _program(completion: str, language: str) -> _Block:
    fences = list(_FENCE.finditer(completion))
    if not fences:
        return _Block(0, len(completion), fenced=False)
    if _closes_what_the_prompt_opened(completion, fences):
        return _Block(0, fences[0].start(), fenced=False)
    return min(_blocks(completion, fences), key=lambda block: _distance(block.info, language))


def _closes_what_the_prompt_opened(completion: str, fences: list[re.Match[str]]) -> bool:
    """Whether the first fence is a closing one: bare, after some text, and the fences pair up without it."""
    bare = [not fence["info"].strip() for fence in fences]
    if not bare[0] or not completion[: fences[0].start()].strip():
        return False
    return len(fences) == 1 or not bare[1] or (all(bare) and len(fences) % 2 == 1)


def _blocks(completion: str, fences: list[re.Match[str]]) -> Iterator[_Block]:
    """Pairs of an opening fence and the closing one: bare, of the same mark, at least as long (CommonMark, 4.5)."""
    opening: re.Match[str] | None = None
    for fence in fences:
        if opening is None:
            opening = fence
        elif fence["marks"].startswith(opening["marks"]) and not fence["info"].strip():
            yield _Block(min(opening.end() + 1, fence.start()), fence.start(), fenced=True, info=opening["info"])
            opening = None
    if opening is not None:
        start = min(opening.end() + 1, len(completion))
        yield _Block(start, len(completion), fenced=True, info=opening["info"])


def _distance(info: str, language: str) -> int:
    """0 for a fence of the language, 1 for one without a known tag, 2 for one of another language."""
    tagged = grammars.by_fence(info)
    if tagged is None:
        return 1
    return 0 if tagged.name == language else 2


def _kept(prefix: str, code: str, *, fenced: bool) -> int:
    """How much of the prefix stands before the code: all of it, or what is left when the code stands alone."""
    first = next((line for line in code.splitlines() if line.strip()), "")
    if not prefix or not first:
        return len(prefix)
    repeated = {line.rstrip() for line in code.splitlines()}
    start = _repeated_from(prefix, repeated)
    if start is not None and (fenced or first.rstrip() in {line.rstrip() for line in prefix.splitlines()}):
        return start
    return 0 if fenced and not first[0].isspace() else len(prefix)


def _repeated_from(prefix: str, repeated: set[str]) -> int | None:
    """Where the signatures at the end of the prefix that are all repeated begin; None where the last one is not."""
    start = None
    end = len(prefix)
    for line in reversed(prefix.splitlines(keepends=True)):
        end -= len(line)
        if line[0].isspace() or not any(character.isalnum() for character in line):
            continue
        if line.rstrip() not in repeated:
            break
        start = end
    return start
