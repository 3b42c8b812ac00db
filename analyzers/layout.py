"""Which bracket of an unbalanced program is missing or too many, as its indentation tells.

A bracket that was left out, or written twice, is legal for many lines: a parser stumbles over the next function, or at
the end. The author's indentation says where. Lines that contradict the nesting of the brackets are candidates; of each
the repair is tried, and the first one that balances the whole program is believed. Words that open and close blocks
(`do` and `end`) count as brackets where the language says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby, islice

from tree_sitter import Node

import grammars
from analyzers.types import Span

MAX_REPAIRS = 200
"""Repairs that are tried, so that a hostile program costs no more than a long one."""
MAX_WORD = 12
"""Bytes; no bracket is longer."""
TAB = 4
"""Columns, in programs that mix tabs and spaces."""

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_SIGNS = frozenset("()[]{}")
_NO_BRACKET = re.compile(r"[\w\"'`]")
# May stand as far left as the line that opened its block.
_WORDS = "case default when public private protected else elif elsif elseif catch rescue ensure finally then in and or"
_LABEL = re.compile(rf"(?:{'|'.join(_WORDS.split())})\b|[#@]|[^\"']*:\s*(?://.*)?$")


@dataclass(frozen=True, slots=True)
class Suspect:
    """Bytes of the token at which a bracket is wrong."""

    token: Span
    message: str
    alone: bool = False
    """Whether the token itself is wrong; else it may be the one before."""
    omission: bool = False
    """Whether something is missing between the two."""


@dataclass(frozen=True, slots=True)
class _Token:
    index: int
    start: int
    end: int
    row: int
    column: int
    indent: int
    first: bool
    """Whether it begins its line."""
    text: str
    sign: bool
    """Whether the grammar spells it out: neither a name nor a literal."""


@dataclass(frozen=True, slots=True)
class _Mark:
    token: _Token
    opens: bool
    closer: str
    """The text that it is, or that closes it."""


@dataclass(frozen=True, slots=True)
class _Repair:
    at: int
    """Which mark is taken away, or before which one a mark is put."""
    put: _Mark | None
    suspect: Suspect
    opener: int | None = None
    """The mark that is said to lack its closer."""


def unbalanced(root: Node, data: bytes, language: str) -> Suspect | None:
    """The bracket of a program to blame; None where all are balanced, or nothing tells."""
    tokens = list(_tokens(root, data, language))
    marks = list(_marks(tokens, language))
    if _balanced(marks):
        return None
    walk = _Walk(tokens, marks, data, grammars.get(language).nests_by_column)
    closers, parents = _pairs(marks)
    for repair in islice(walk.repairs(), MAX_REPAIRS):
        opener = repair.opener
        if opener is not None and any(_tidy(marks, closers, one) for one in (opener, parents.get(opener))):
            continue  # the author indents in this way
        if _balanced(_repaired(marks, repair)):
            return repair.suspect
    return walk.mismatch or _lonely(walk)


def open_string(text: str, language: str) -> Span | None:
    """The first quote, in code points, that opens a string which the end of its line does not close, where their number
    is odd; None for languages in which no string goes on.

    Strings that go on for several lines leave two such quotes each, which cannot be told from breaks: one break makes
    the number odd.
    """
    spoken = grammars.get(language)
    if not spoken.long_quotes:
        return None
    pattern = _strings(spoken.long_quotes, spoken.line_comment, spoken.block_comment)
    found = [match.span() for match in pattern.finditer(text) if match["open"]]
    return Span(*found[0]) if len(found) % 2 else None


@cache
def _strings(quotes: str, line: str, block: tuple[str, str] | None) -> re.Pattern[str]:
    """What may hold a quote in one line, and as `open` a quote that is left."""
    closed = [rf"{quote}(?:\\.|[^{quote}\\\n])*{quote}" for quote in quotes]
    apart = [r'"""', r"\\.", r"""'"'""", rf"(?:(?<=\s)|^){re.escape(line)}.*"]
    if block:
        apart.append("(?s:.*?)".join(map(re.escape, block)))
    return re.compile("|".join([*apart, *closed, f"(?P<open>[{quotes}])"]), re.MULTILINE)


def _tokens(root: Node, data: bytes, language: str) -> Iterator[_Token]:
    comments = frozenset(grammars.get(language).comment_nodes)
    stack, row, indent, index = [root], -1, 0, 0
    while stack:
        node = stack.pop()
        if node.type in comments:
            continue
        if node.child_count:
            stack.extend(reversed(node.children))
            continue
        start, end = node.start_byte, node.end_byte
        if end <= start:
            continue
        line, column = node.start_point
        first = False
        if line != row:
            before = data[start - column : start]
            first, row = not before.strip(), line
            indent = len(before[: len(before) - len(before.lstrip())].expandtabs(TAB))
        text = data[start:end].decode(errors="replace") if end - start <= MAX_WORD else ""
        yield _Token(index, start, end, line, column, indent, first, text, not node.is_named)
        index += 1


@cache
def _blocks(language: str) -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    """Words that open a block anywhere, words that do so at the start of a line, and words that close one."""
    pairs = grammars.get(language).blocks
    anywhere = {opener: closer for opener, closer in pairs if not opener.startswith("^")}
    leading = {opener[1:]: closer for opener, closer in pairs if opener.startswith("^")}
    return anywhere, leading, frozenset([*(closer for _, closer in pairs), *("}" if pairs else "")])


def _marks(tokens: Sequence[_Token], language: str) -> Iterator[_Mark]:
    lone = grammars.get(language).lone_closers
    for _, line in groupby(tokens, key=lambda token: token.row):
        opened = 0
        for mark in _line_marks(list(line), language):
            if mark.closer in lone:
                opened += 1 if mark.opens else -1
                if opened < 0 and not mark.token.first:
                    opened = 0
                    continue
            yield mark


def _line_marks(line: Sequence[_Token], language: str) -> Iterator[_Mark]:
    anywhere, leading, closing = _blocks(language)
    headed = line[0].first and line[0].text in leading
    for token in line:
        text = token.text
        opener = anywhere.get(text) or (leading.get(text) if token.first else None)
        # After an error a word of the language, even a bracket of Bash, may be taken for a name.
        if text in closing and (token.sign or token.first):
            yield _Mark(token, False, text)
        elif token.sign and opener:
            if not (headed and text == "do"):  # `while x do` is one block
                yield _Mark(token, True, opener)
        elif token.sign and not _NO_BRACKET.search(text):
            yield from (_Mark(token, sign in _BRACKETS, _BRACKETS.get(sign, sign)) for sign in text if sign in _SIGNS)


def _balanced(marks: Sequence[_Mark]) -> bool:
    stack: list[str] = []
    for mark in marks:
        if mark.opens:
            stack.append(mark.closer)
        elif not stack or stack.pop() != mark.closer:
            return False
    return not stack


def _repaired(marks: Sequence[_Mark], repair: _Repair) -> list[_Mark]:
    rest = marks[repair.at :] if repair.put else marks[repair.at + 1 :]
    return [*marks[: repair.at], *([repair.put] if repair.put else []), *rest]


def _pairs(marks: Sequence[_Mark]) -> tuple[dict[int, int], dict[int, int | None]]:
    """The closer and the parent of each opener, up to the first closer that fits none."""
    stack: list[int] = []
    closers: dict[int, int] = {}
    parents: dict[int, int | None] = {}
    for number, mark in enumerate(marks):
        if mark.opens:
            parents[number] = stack[-1] if stack else None
            stack.append(number)
        elif stack and marks[stack[-1]].closer == mark.closer:
            closers[stack.pop()] = number
        else:
            break
    return closers, parents


def _tidy(marks: Sequence[_Mark], closers: dict[int, int], opener: int | None) -> bool:
    """Whether the closer of an opener begins a line as far right as the line of the opener does."""
    if opener is None or opener not in closers:
        return False
    one, other = marks[opener].token, marks[closers[opener]].token
    return other.first and other.row > one.row and other.indent == one.indent


def _lonely(walk: _Walk) -> Suspect | None:
    """The one round or square bracket that has no partner of its own kind."""
    left: dict[str, list[_Mark]] = {")": [], "]": []}
    for mark in walk.marks:
        if mark.closer in left:
            if mark.opens:
                left[mark.closer].append(mark)
            elif left[mark.closer]:
                left[mark.closer].pop()
    marks = [*left[")"], *left["]"]]
    if len(marks) != 1 or walk.by_column:
        return None
    return walk.missing(marks[0], walk.after_line(marks[0].token))


@dataclass
class _Walk:
    """Goes through a program from line to line, with the brackets that are open."""

    tokens: Sequence[_Token]
    marks: Sequence[_Mark]
    data: bytes
    by_column: bool
    mismatch: Suspect | None = None
    """Where a closer first met an opener of another kind."""
    stack: list[int] = field(default_factory=list)
    closed: list[_Token] = field(default_factory=list)
    """Closers that began a line."""
    hanging: int | None = None
    """The last closer in a line that closed a bracket of a line further left."""
    last: int | None = None
    children: dict[int, set[int]] = field(default_factory=dict)
    """Columns at which something begins in a bracket."""

    def repairs(self) -> Iterator[_Repair]:
        """What would explain the lines that contradict the brackets, in the order of the program."""
        number = 0
        for token in self.tokens:
            mine = number
            while number < len(self.marks) and self.marks[number].token is token:
                number += 1
            closer = mine < number and not self.marks[mine].opens
            if token.first:
                yield from self._line(token, mine, closer)
                if closer:
                    self.closed.append(token)
            if self.stack:
                self.children.setdefault(self.stack[-1], set()).add(token.column)
            for one in range(mine, number):
                yield from self._mark(one, leads=token.first and one == mine)
                if self.mismatch:
                    return
        for top in reversed(self.stack):
            yield from self._again(top)

    def missing(self, opener: _Mark, index: int) -> Suspect:
        """That the closer of an opener is missing before the token of that index."""
        token = self.tokens[min(index, len(self.tokens) - 1)]
        return Suspect(_span(token), f"missing {opener.closer!r}", omission=True)

    def after_line(self, token: _Token) -> int:
        """Index of the first token behind the line of a token."""
        index = token.index
        while index < len(self.tokens) and self.tokens[index].row == token.row:
            index += 1
        return index

    def _line(self, token: _Token, mark: int, closer: bool) -> Iterator[_Repair]:
        if not self.stack:
            if token.indent and (wrong := self.last if self.by_column else self.hanging) is not None:
                yield self._surplus(wrong, token if self.by_column else None)
            return
        top = self.stack[-1]
        opener = self.marks[top].token
        if opener.row == token.row:
            return
        if self._contradicts(token, top, closer):
            yield from self._again(top)
            yield self._unclosed(top, token, mark)
        elif self.by_column and not closer and self.last is not None and self._apart(token, top):
            yield self._surplus(self.last, token)

    def _contradicts(self, token: _Token, top: int, closer: bool) -> bool:
        """Whether a line is too far left to stand in the innermost bracket."""
        opener, kind = self.marks[top].token, self.marks[top].closer
        if self.by_column:
            return token.column < opener.column or (token.column == opener.column and not closer)
        if closer:
            return token.indent < opener.indent
        if kind not in ")]" and _LABEL.match(self._text(token)):
            return False
        return token.indent <= opener.indent

    def _apart(self, token: _Token, top: int) -> bool:
        """Whether a line stands further right than anything in its bracket would."""
        return token.column - self.marks[top].token.column > 2 and token.column not in self.children.get(top, ())

    def _text(self, token: _Token) -> str:
        end = self.data.find(b"\n", token.start)
        return self.data[token.start : end if end >= 0 else None].decode(errors="replace").strip()

    def _mark(self, number: int, *, leads: bool) -> Iterator[_Repair]:
        mark = self.marks[number]
        if mark.opens:
            self.stack.append(number)
            return
        self.last = number
        if leads and not self.by_column and mark.closer not in ")]":
            yield from self._too_far_right(number)
        if not self.stack:
            if self.hanging is not None:
                yield self._surplus(self.hanging, None)
            yield self._surplus(number, None)
            self.mismatch = self._surplus(number, None).suspect
            return
        top = self.stack[-1]
        opener = self.marks[top]
        if opener.closer == mark.closer:
            self.stack.pop()
            further = opener.token.row < mark.token.row and opener.token.indent < mark.token.indent
            if further and not leads and not self.by_column:
                self.hanging = number
        elif any(self.marks[one].closer == mark.closer for one in self.stack):
            yield self._unclosed(top, mark.token, number)
            self.mismatch = self.missing(opener, mark.token.index)
        else:
            yield self._surplus(number, None)
            self.mismatch = self._surplus(number, None).suspect

    def _too_far_right(self, number: int) -> Iterator[_Repair]:
        """A closer at the start of a line that is further right than the line of its opener."""
        token = self.marks[number].token
        opener = self.marks[self.stack[-1]].token if self.stack else None
        if opener and not (opener.indent < token.indent and opener.row < token.row):
            return
        if self.hanging is not None:
            yield self._surplus(self.hanging, None)
        head = self._head(token)
        if head and (opener is None or head.row != opener.row):
            after = self.tokens[self.after_line(head)]
            at = next((n for n, mark in enumerate(self.marks) if mark.token.index >= after.index), len(self.marks))
            suspect = Suspect(_span(after), f"nothing opens what {token.text!r} closes", omission=True)
            yield _Repair(at, replace(self.marks[number], opens=True), suspect)
        yield self._surplus(number, None)

    def _head(self, closer: _Token) -> _Token | None:
        """The first token of the line that would have opened the block of a closer."""
        deeper = False
        for token in reversed(self.tokens[: closer.index]):
            if token.first and token.indent <= closer.indent:
                return token if deeper and token.indent == closer.indent else None
            deeper = deeper or token.first
        return None

    def _again(self, top: int) -> Iterator[_Repair]:
        """The opener itself is too many where a closer as far left as its line has come already."""
        opener = self.marks[top].token
        if not self.by_column and any(one.index > opener.index and one.indent == opener.indent for one in self.closed):
            yield _Repair(top, None, Suspect(_span(opener), f"{opener.text!r} is never closed", alone=True))

    def _unclosed(self, top: int, token: _Token, mark: int) -> _Repair:
        opener = self.marks[top]
        index = token.index
        if opener.closer in ")]" and not self.by_column:
            # What goes on over several lines opens at the end of the first one.
            end = self.after_line(opener.token)
            index = index if self.tokens[end - 1] is opener.token else end
        return _Repair(mark, _Mark(token, False, opener.closer), self.missing(opener, index), top)

    def _surplus(self, number: int, before: _Token | None) -> _Repair:
        mark = self.marks[number]
        message = f"{mark.closer!r} closes nothing"
        if before is None:
            return _Repair(number, None, Suspect(_span(mark.token), message, alone=True))
        return _Repair(number, None, Suspect(_span(before), message, omission=True))


def _span(token: _Token) -> Span:
    return Span(token.start, token.end)
