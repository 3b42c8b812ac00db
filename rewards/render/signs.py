"""Characters that a terminal or a page would act on instead of showing them."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\ufffd"

# Cc, Cf, Zl, Zp and Cs of Unicode 16, and letters that have no shape. Joiners are among them: they hide in names.
_UNSEEN = (
    (0x80, 0xA0),
    (0xAD, 0xAE),
    (0x34F, 0x350),
    (0x61C, 0x61D),
    (0x115F, 0x1161),
    (0x17B4, 0x17B6),
    (0x180B, 0x1810),
    (0x200B, 0x2010),
    (0x2028, 0x202F),
    (0x2060, 0x2070),
    (0x3164, 0x3165),
    (0xD800, 0xE000),
    (0xFEFF, 0xFF00),
    (0xFFA0, 0xFFA1),
    (0xFFF9, 0xFFFC),
    (0x1BCA0, 0x1BCA4),
    (0x1D173, 0x1D17B),
    (0xE0000, 0xE0080),
)
_SIGNS = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"},
    0x7F: "\u2421",
    **{code: REPLACEMENT for start, end in _UNSEEN for code in range(start, end)},
}
HIDDEN = re.compile("[" + "".join(map(re.escape, map(chr, _SIGNS))) + "]")
"""A character that `visible` replaces."""


def visible(text: str) -> str:
    """The text with a visible sign for every character that a terminal or a page would act on; as long as before."""
    return text.translate(_SIGNS)


def name(character: str) -> str:
    """Code point and name of a character, for people."""
    called = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {called}".rstrip()
