"""Syntax errors of every language with a tree-sitter grammar, narrowed to the first cause: one diagnostic per program.

An ERROR node is often good, but has a fat tail: a truncated program is one ERROR from the first line to the last.
What names the place best is the parser's own log: the first token that no branch of the parser could accept, with the
token before it, since damage by omission shows one token late. The log is no stable interface, so that without it the
smallest of the tree's own marks is taken. A bracket or a quote that has no partner makes the parser stumble only many
lines later; the program's layout says where it is. Where a language has a compiler at hand it gives the verdict
(`VERDICTS`).

Does not see what only a compiler knows, in languages that have none here: types, names, misplaced statements.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from tree_sitter import LogType, Node, Parser

import grammars
from analyzers import python_syntax, trees
from analyzers.errors import AnalyzerFailed, boundary
from analyzers.findings import Finding, to_diagnostics
from analyzers.layout import Suspect, open_string, unbalanced
from analyzers.positions import Convention, LineTable, Unit, encode
from analyzers.strictness import refused
from analyzers.types import Diagnostic, Kind, Location, Severity, Source, Span

VERDICTS: dict[str, Callable[[str], Finding | None]] = {"python": python_syntax.syntax_error}
"""Compilers that judge in the place of the grammar; a finding without an offset leaves the place to the grammar."""

MAX_LENGTH = 4_000_000
"""Code points; larger programs are refused."""
MAX_LOGGED = 20_000
"""Bytes; the log calls back for every character, so that larger programs are judged by the tree alone."""
MAX_ERROR = 24
"""Bytes of an ERROR node that may be taken as the place."""
MAX_PAIR = 8
"""Bytes of a token with the one before it in its line; of a longer pair the first is left out."""

_POINTS = Convention(line_base=0, column_base=0, unit=Unit.BYTE)
_PLACE = re.compile(r"process .*row:(\d+), col:(\d+)\Z")
_SIZE = re.compile(r"lexed_lookahead .*size:(\d+)\Z")
_FIRST = re.compile(rb"[\w\x80-\xff]+|.")
_SIGN = re.compile(rb"[^\w\s\x80-\xff({\[\"'`#@$]")
_BLANK = b" \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Syntax:
    """The analyzer `syntax`."""

    name: str = "syntax"
    languages: tuple[str, ...] = ("*",)
    timeout_s: float = 20.0
    batch_size: int = 8

    def fingerprint(self) -> str:
        """The spans depend on the parser's recovery and on the grammars, and Python's on the interpreter."""
        packages = sorted({"tree-sitter", *(grammars.get(name).package for name in grammars.names())})
        return ", ".join([f"Python {platform.python_version()}", *map(_version, packages)])

    def run(self, sources: Sequence[Source]) -> list[tuple[Diagnostic, ...]]:
        """At most one diagnostic for each source.

        Raises:
            ToolMissing: the grammar of a language is not installed.
            AnalyzerFailed: a source is too long or nested too deeply.
        """
        with boundary(self.name):
            return [self._analyse(source) for source in sources]

    def _analyse(self, source: Source) -> tuple[Diagnostic, ...]:
        if len(source.text) > MAX_LENGTH:
            raise AnalyzerFailed(f"syntax takes at most {MAX_LENGTH} code points, got {len(source.text)}")
        language = grammars.get(source.language).name
        judge = VERDICTS.get(language)
        if judge is None:
            place = first_error(source.text, language)
            return () if place is None else (_diagnostic(place, source),)
        found = judge(source.text)
        if found is None:
            return ()
        if found.offset is None:
            place = first_error(source.text, language) or Place(Span(0, len(source.text)), "")
            return (_diagnostic(replace(place, message=found.message), source, code=found.code),)
        (diagnostic,) = to_diagnostics(self.name, source.text, [found], convention=Convention())
        return (_diagnostic(Place(diagnostic.span, found.message), source, code=found.code),)


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the first error of a program is, and what is wrong there."""

    span: Span
    message: str


def first_error(text: str, language: str) -> Place | None:
    """The first syntax error in the eyes of the language's grammar; its span may reach over a line's end.

    Raises:
        ToolMissing: the grammar is not installed.
    """
    unified = trees.readable(text, language)
    data = encode(unified)
    root = trees.parser(language).parse(data).root_node
    if not root.has_error:
        lax = refused(root, data, language)
        return _place(_Parsed(LineTable(unified), data, root, language), lax) if lax else None
    parsed = _Parsed(LineTable(unified), data, root, language)
    token = _rejected_token(parsed) if len(data) <= MAX_LOGGED else None
    if token is None:
        return _from_tree(parsed)
    named = data[token.start : token.end].decode(errors="replace")
    message = f"unexpected {named!r}" if named else "unexpected end of the program"
    return _earlier(parsed, _place(parsed, Suspect(token, message)))


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A program with an error, in the form that its grammar takes."""

    table: LineTable
    data: bytes
    root: Node
    language: str

    def line(self, place: Span) -> int:
        """The line on which a place starts."""
        return self.table.position(_POINTS, place.start)[0]


def _earlier(parsed: _Parsed, stumbled: Place) -> Place:
    """The quote or the bracket that made the parser stumble, where that is in a line before."""
    line = parsed.line(stumbled.span)
    quote = open_string(parsed.table.text, parsed.language)
    if quote and parsed.line(quote) < line:
        return Place(quote, "a string that never ends")
    suspect = unbalanced(parsed.root, parsed.data, parsed.language)
    place = _place(parsed, suspect) if suspect else stumbled
    return place if parsed.line(place.span) < line else stumbled


def _place(parsed: _Parsed, suspect: Suspect) -> Place:
    """A wrong token with the one before it: which of the two is to blame, nobody knows.

    Unless they are long: then it is the one that the parser refused, so that a charge stays narrow. Where comments or
    blank lines stand between, a sign with which no line begins is to blame itself, and what is missing is missing
    behind the token before.
    """
    token = suspect.token
    before = token if suspect.alone else _token_before(parsed, token.start)
    gap = parsed.data[before.end : token.start]
    start, end = before.start, max(before.end, token.end)
    if b"\n" not in gap and end - start > MAX_PAIR and token:
        start = token.start
    if gap.count(b"\n") > 1:
        if not suspect.omission and _SIGN.match(parsed.data, token.start):
            start = token.start
        elif suspect.omission or gap.strip() or not token:
            end = before.end
    return Place(parsed.table.offsets(Unit.BYTE, start, end), suspect.message)


def _diagnostic(place: Place, source: Source, *, code: str = "SyntaxError") -> Diagnostic:
    # Of a program whose end was never sampled nobody knows what was missing.
    location = Location.GLOBAL if source.truncated or not len(place.span) else Location.SPAN
    span = place.span if len(place.span) else Span(0, len(source.text))
    return Diagnostic(ANALYZER.name, code, Severity.FATAL, place.message, span, Kind.SYNTAX, location)


def _rejected_token(parsed: _Parsed) -> Span | None:
    """Byte range of the first token that every branch of the parser had to reject, told by the parser's log.

    The first `resume` comes when all branches have died; the `detect_error` before it belongs to the one that got
    farthest.
    """
    data, table = parsed.data, parsed.table
    place: tuple[int, int] | None = None
    size = 0
    sizes: dict[tuple[int, int], int] = {}
    rejected: Span | None = None

    def listen(kind: LogType, message: str) -> None:
        nonlocal place, size, rejected
        if kind is not LogType.PARSE:
            return
        if match := _PLACE.match(message):
            place = int(match[1]), int(match[2])
            size = sizes.get(place, 0)  # a token that another branch has read already is not read again
        elif place is None:
            return
        elif match := _SIZE.match(message):
            size = sizes[place] = int(match[1])
        elif message.startswith("detect_error"):
            start = len(encode(table.text[: table.offset(_POINTS, *place)]))
            rejected = Span(start, min(start + size, len(data)))
        elif message.startswith("resume"):
            del parser.logger  # the recovery says no more, and may take long

    parser = Parser(trees.grammar(parsed.language))
    parser.logger = listen
    parser.parse(data)
    if rejected is None:
        return None
    rest = data[rejected.start :]
    start = rejected.start + len(rest) - len(rest.lstrip(_BLANK))
    # Scanners of some grammars look far ahead, and others leave nothing but a state.
    odd = start >= rejected.end or rejected.end - start > MAX_ERROR or b"\n" in data[start : rejected.end]
    word = _FIRST.match(data, start) if odd else None
    return Span(start, word.end() if word else max(start, rejected.end))


def _token_before(parsed: _Parsed, end: int) -> Span:
    """Byte range of the last token outside of comments that ends at or before `end`; of a long one its last sign."""
    comments = grammars.get(parsed.language).comment_nodes
    last = end
    while (last := len(parsed.data[:last].rstrip(_BLANK)) - 1) >= 0:
        node = parsed.root.descendant_for_byte_range(last, last + 1)
        comment = _innermost(node, comments)
        if comment is None:
            if node is None or node.child_count or node.end_byte > end or node.end_byte - node.start_byte > MAX_ERROR:
                return Span(last, last + 1)
            return Span(node.start_byte, node.end_byte)
        last = comment.start_byte
    return Span(end, end)


def _innermost(node: Node | None, kinds: Sequence[str]) -> Node | None:
    """The node itself, or the closest one around it, of these types."""
    while node is not None and node.type not in kinds:
        node = node.parent
    return node


def _from_tree(parsed: _Parsed) -> Place:
    """The first mark that the tree itself bears: a MISSING node, or an ERROR node, of a large one its first token."""
    table = parsed.table
    stack = [parsed.root]
    while stack:
        node = stack.pop()
        if node.is_missing:
            return Place(table.offsets(Unit.BYTE, node.start_byte), f"missing {node.type!r}")
        if node.is_error:
            break
        stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    while node.child_count and node.end_byte - node.start_byte > MAX_ERROR:
        node = node.children[0]
    return Place(table.offsets(Unit.BYTE, node.start_byte, node.end_byte), "syntax error")


ANALYZER = Syntax()

GOOD = [
    "x = 1\n",
    "s = 'a\x0cb\u2028c'\r\ny = f'{s!r:>10}'\r\n",
    "x = " + "(" * 150 + "1" + ")" * 150 + "\n",
]
BAD = [
    ('s = "é😀"; x = = 1\n', "SyntaxError", "="),
    ("s = 'é😀'; x = (1,\ny = 2\n", "SyntaxError", "("),
    ("s = 'a\x0cb\u2028c'\r\né😀 = 1\r\n", "SyntaxError", "😀"),
    ("s = 'é😀'; return s\n", "SyntaxError", "return s"),
    ("def é():\n    if é:\n    return 1\n", "IndentationError", "return"),
    ("s = '''é😀\n", "SyntaxError", "'''"),
    ("s = 'é😀'; t = f'{a b}'\n", "SyntaxError", "a b"),
]
