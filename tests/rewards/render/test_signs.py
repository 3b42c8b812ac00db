from __future__ import annotations

import unicodedata

import pytest

from rewards.render.signs import HIDDEN, name, visible


def test_signs_are_visible_and_keep_the_length() -> None:
    hostile = 'x = "</script><b>&\x00\x1b[31m\ud800\u202e"\r\nprint(yé)\n'
    assert visible(hostile) == 'x = "</script><b>&␀␛[31m��"␍\nprint(yé)\n'
    assert visible("\t\n") == "\t\n"
    assert visible("\x7f\x9b[31m") == "␡�[31m"  # 0x9b begins an escape sequence too
    every = "".join(map(chr, range(0x110000)))
    assert len(visible(every)) == len(every)
    visible(every).encode()  # no surrogate is left
    assert not HIDDEN.search(visible(every))


@pytest.mark.parametrize("category", ["Cc", "Zl", "Zp", "Cs"])
def test_nothing_of_a_category_that_acts_is_left(category: str) -> None:
    of_it = [sign for sign in map(chr, range(0x110000)) if unicodedata.category(sign) == category]
    assert [hex(ord(sign)) for sign in of_it if visible(sign) == sign] == (["0x9", "0xa"] if category == "Cc" else [])
    assert of_it


def test_what_has_no_shape_is_shown_and_letters_are_left_alone() -> None:
    for sign in "\u200b\u200d\u2060\u2066\u202e\u061c\u00ad\ufeff\u3164\U000e0041\u180e\u2028":
        assert visible(sign) == "\ufffd", hex(ord(sign))
    assert visible("é😀λ中ا") == "é😀λ中ا"


def test_names() -> None:
    assert name("\u202e") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert name("\x00") == "U+0000"
