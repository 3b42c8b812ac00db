"""What a program says, beside comments, to the tool that reads it: taken out before the tool sees the program.

A directive that silences warnings, renames the file or asks which tool is reading goes; one that reads a file of this
machine becomes an error. All at equal length in code points and bytes, so that positions stay true, and by the words
alone, so that a string that holds such words changes as well. Every pattern takes linear time.

Does not see names that a macro of C puts together from pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

TYPE_CHECKING = "TYPE_CHECKINx"
"""What Python's name for the branches that type checkers see has become; nothing is bound to it."""
NO_PRAGMA = "-D_Pxxxxx(x)="
"""Option of C compilers by which what remains of the operator `_Pragma` means nothing."""


def defuse(text: str, language: str) -> str:
    """The text without what it says to tools; `language` is a canonical name."""
    rule = _RULES.get(language)
    return rule(text) if rule else text


_SPLICE = r"\\[ \t]*(?:\r\n|\n|\r)"
_BLANK = rf"(?:[ \t\v\f]|{_SPLICE})"
_REST = rf"(?:{_SPLICE}|[^\r\n])*"


def _spliced(words: str) -> str:
    """A pattern of words, separated by `|`, between whose letters a backslash may join two lines."""
    return "|".join(rf"(?:{_SPLICE})*".join(word) for word in words.split("|"))


# Strings are matched lest a comment begins in one; what is not closed ends with the text.
_COMMENT = re.compile(
    rf"""(?P<comment>//{_REST} | /\*[\s\S]*?(?:\*/|\Z))
    | (?<!\w)(?:u8|[uUL])?R"(?P<mark>[^()\s\\"]{{0,16}})\([\s\S]*?(?:\)(?P=mark)"|\Z)
    | "(?:{_SPLICE}|\\[\s\S]|[^"\\\r\n])*"? | '(?:{_SPLICE}|\\[\s\S]|[^'\\\r\n])*'?""",
    re.VERBOSE,
)
# It also matches blanks alone, so that no blank is looked at twice.
_DIRECTIVE = re.compile(
    rf"(?<![^\r\n]){_BLANK}*(?P<directive>(?:\#|%:|\?\?=){_BLANK}*"
    rf"(?:(?P<reads>{_spliced('include_next|include|import|embed')})\b(?P<operand>{_REST})"
    rf"|(?:(?:{_spliced('line')}){_BLANK}*\d|\d|(?:{_spliced('pragma')}){_BLANK}+(?:(?:{_spliced('clang')})\b"
    rf"|(?:{_spliced('GCC')}){_BLANK}+(?:{_spliced('diagnostic|system_header|dependency')})\b)){_REST}))?"
)
_HEADER = re.compile(rf'{_BLANK}*(?:<(?P<system>[^>\r\n]+)>|"(?P<own>[^"\r\n]+)"){_BLANK}*')
_ORDINARY = re.compile(r"(?!p\d+[./])[A-Za-z_](?:\.(?!\.)|[\w/+-])*")
_READER = re.compile(
    rf"(?<!\w)__(?:{_SPLICE})*(?=(?:{_spliced('clang|llvm|cppcheck|CPPCHECK|has_feature|has_extension|has_warning')}))"
)
_OPERATOR = re.compile(rf"(?<!\w)(?:{_spliced('_Pragma')})(?!\w)")
_SUPPRESS = re.compile(
    rf"(?:(?:clang|gsl){_BLANK}*::|using{_BLANK}+(?:clang|gsl){_BLANK}*:|\({_BLANK}*\(){_BLANK}*(?:__)?"
    r"(?=suppress(?:__)?\b)"
)


def _c(text: str) -> str:
    # A comment is a blank, also where it holds the end of a line.
    seen = _COMMENT.sub(lambda match: " " * len(match[0]) if match["comment"] else match[0], text)
    pieces, done = [], 0
    for match in _DIRECTIVE.finditer(seen):
        start, end = match.span("directive")
        if start == end or _ordinary(match["operand"]):
            continue
        new, end = ("#", end) if match["reads"] is None else ("#error", match.end("reads"))
        pieces += [text[done:start], _overwritten(text[start:end], new)]
        done = end
    text = "".join([*pieces, text[done:]])
    text = _OPERATOR.sub(lambda match: _overwritten(match[0], "_Pxxxxx"), text)
    return _crossed(_SUPPRESS, _crossed(_READER, text))


def _ordinary(operand: str | None) -> bool:
    """Whether what a directive reads can only be a header of the compiler's own folders."""
    header = _HEADER.fullmatch(operand or "")
    return header is not None and _ORDINARY.fullmatch(header["system"] or header["own"]) is not None


def _overwritten(old: str, new: str) -> str:
    """`new` and then blanks over the ASCII characters of `old`; the ends of its lines stay."""
    letters = iter(new)
    return re.sub(rf"({_SPLICE}|[\r\n])|[\x00-\x7f]", lambda match: match[1] or next(letters, " "), old)


def _crossed(pattern: re.Pattern[str], text: str) -> str:
    """The text with an `x` over the letter after each match."""
    pieces, done = [], 0
    for match in pattern.finditer(text):
        pieces += [text[done : match.end()], "x"]
        done = match.end() + 1
    return "".join([*pieces, text[done:]])


_ATTRIBUTE = re.compile(r"#\s*(?:!\s*)?\[[^\]]*|\bcfg!\s*[(\[{][^)\]}]*")
_ALLOWED = re.compile(r"\b(?:allow|expect)\b")
_IN_ATTRIBUTE = re.compile(r"\b(?=(?:path|(?:cargo-)?clippy(?!\s*::))\b)")
_READING = re.compile(r"\b(?=include(?:_str|_bytes)?\b)")


def _rust(text: str) -> str:
    return _crossed(_READING, _ATTRIBUTE.sub(lambda match: _attribute(match[0]), text))


def _attribute(text: str) -> str:
    return _crossed(_IN_ATTRIBUTE, _ALLOWED.sub(lambda match: "warn".ljust(len(match[0])), text))


# What type checkers leave unchecked: such functions, and the branch in which such a name is false.
_UNCHECKED = re.compile(r"\b(?:no_type_chec(?=k\b)|TYPE_CHECKIN(?=G\b)|MYP(?=Y\b))")


def _python(text: str) -> str:
    return _crossed(_UNCHECKED, text)


_RULES: Mapping[str, Callable[[str], str]] = {"c": _c, "cpp": _c, "python": _python, "rust": _rust}
