import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzers.positions import (
    END_OF_LINE,
    PYTHON_AST,
    Convention,
    LineTable,
    Unit,
    byte_offsets,
    codepoint_offsets,
    encode,
    one_newline,
    without_surrogates,
)
from analyzers.types import Span

# Everything that counts differently somewhere: two, three and four bytes, surrogates alone and in pairs, a combining mark, BOM.
TEXTS = st.text(st.sampled_from("ab _=\t\r\n\x0b\x0c\x1c\x85\u2028\u2029é日😀\ud800\udc00\ufeff\u0301\0"), max_size=40)
CONVENTIONS = st.builds(
    Convention,
    line_base=st.sampled_from([0, 1]),
    column_base=st.sampled_from([0, 1]),
    unit=st.sampled_from(Unit),
    end_inclusive=st.just(False),
    skips_bom=st.booleans(),
)
LINE = 's = "é😀日"; name'
# code points: s0 space1 =2 space3 "4 é5 😀6 日7 "8 ;9 space10 name11..15
# bytes:       é is 2, 😀 is 4, 日 is 3: 6 more, so that name is at 17; UTF-16: 😀 is 2, so that name is at 12


@pytest.mark.parametrize(
    ("convention", "column", "end"),
    [
        (Convention(1, 0, Unit.CODEPOINT), 11, 15),
        (Convention(1, 1, Unit.CODEPOINT), 12, 16),
        (Convention(1, 0, Unit.BYTE), 17, 21),
        (Convention(1, 1, Unit.BYTE), 18, 22),
        (Convention(1, 0, Unit.UTF16), 12, 16),
        (Convention(1, 1, Unit.UTF16), 13, 17),
        (Convention(1, 1, Unit.CODEPOINT, end_inclusive=True), 12, 15),
        (Convention(1, 0, Unit.BYTE, end_inclusive=True), 17, 20),
    ],
)
def test_one_name_in_eight_conventions(convention, column, end):
    assert LineTable(LINE).span(convention, 1, column, 1, end) == Span(11, 15)
    assert LineTable("first\n" + LINE).span(convention, 2, column, 2, end) == Span(17, 21)
    assert LineTable(LINE).position(convention, 11) == (1, column)


@pytest.mark.parametrize(
    ("unit", "start", "end"), [(Unit.CODEPOINT, 13, 17), (Unit.BYTE, 19, 23), (Unit.UTF16, 14, 18)]
)
def test_offsets_from_the_start_of_the_text(unit, start, end):
    assert LineTable("a\n" + LINE).offsets(unit, start, end) == Span(13, 17)


def test_lines_end_where_compilers_end_them_and_nowhere_else():
    text = "a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g\rh\r\ni\nj"
    table = LineTable(text)
    lines = [table.span(PYTHON_AST, line) for line in (1, 2, 3, 4)]
    assert [text[span.start : span.end] for span in lines] == ["a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", "h", "i", "j"]


@pytest.mark.parametrize(
    ("text", "arguments", "marked"),
    [
        ("x = name + 1", (1, 5), "name"),  # no end: the word
        ("x = (1", (1, 5), "("),  # or the sign
        ("if x\n  y", (1, 5, 1, 6), "x"),  # behind the line's end: the last word
        ("if x) \n", (1, 7), ")"),
        ("  x = 1\n", (1, 1), "x"),  # on the blanks before the line: the first word
        ("x = 1\n\ny", (2, 1), ""),  # a blank line has nothing
        ("  x = 1  \n", (1,), "x = 1"),  # no column: the line
        ("a = (\n  1)\nb", (1, 5, 2), "(\n  1)"),  # an end line alone
        (" a = (\n  1)  \nb", (1, None, 2), "a = (\n  1)"),
        ("x = 1", (1, 4, 1, 2), "="),  # an end before the start: the last word before the blank
        ("x = 1", (99, 1), "1"),
        ("x = 1", (-5, -5), "x"),
        ("x = 1", (1, 500, 1, 700), "1"),
        ("", (1, 1, 5, 5), ""),
    ],
)
def test_ends_that_are_missing_or_wrong(text, arguments, marked):
    span = LineTable(text).span(Convention(), *arguments)
    assert text[span.start : span.end] == marked


def test_a_column_within_a_character_takes_all_of_it():
    # é is bytes 0-1, 😀 bytes 2-5
    assert LineTable("é😀x").span(Convention(1, 0, Unit.BYTE), 1, 3, 1, 4) == Span(1, 2)
    assert LineTable("é😀x").span(Convention(1, 0, Unit.UTF16), 1, 2, 1, 2) == Span(1, 2)
    assert LineTable("é😀x").offsets(Unit.BYTE, 1, 5) == Span(0, 2)


def test_the_header_of_a_range():
    table = LineTable("for x in y:\r\n    pass\r\n")
    assert table.header(Span(0, 21)) == Span(0, 11)
    assert table.header(Span(4, 5)) == Span(4, 5)
    assert table.header(Span(12, 21)) == Span(12, 12)  # from within the line's end


def test_a_pair_of_lone_surrogates_is_two_code_points_of_one_unit():
    table = LineTable("\ud83d\ude00x")
    assert table.offset(Convention(1, 0, Unit.UTF16), 1, 2) == 2
    assert table.offset(Convention(1, 0, Unit.BYTE), 1, 6) == 2


@given(TEXTS, CONVENTIONS, st.data())
def test_a_position_goes_there_and_back(text, convention, data):
    table = LineTable(text)
    offset = data.draw(st.integers(0, len(text)))
    if convention.skips_bom and text.startswith("\ufeff"):
        offset = max(offset, 1)  # the mark itself has no position
    line, column = table.position(convention, offset)
    within_break = text[offset - 1 : offset + 1] == "\r\n"
    assert table.offset(convention, line, column) == (offset - 1 if within_break else offset)
    # the line number is one more than the number of line ends before
    assert line - convention.line_base == len(re.findall(r"\r\n|\r|\n", text[: offset - 1 if within_break else offset]))


@given(TEXTS, CONVENTIONS, st.data())
def test_a_span_goes_there_and_back(text, convention, data):
    table = LineTable(text)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    if start == end or "\r" in text or text[start] in "\n\ufeff":
        return
    positions = (*table.position(convention, start), *table.position(convention, end))
    assert table.span(convention, *positions) == Span(start, end)


@given(TEXTS, CONVENTIONS, *[st.one_of(st.none(), st.integers(-3, 60)) for _ in range(3)], st.integers(-3, 60))
@example("", Convention(), None, None, None, 1)
def test_tools_may_lie(text, convention, column, end_line, end_column, line):
    span = LineTable(text).span(convention, line, column, end_line, end_column)
    assert 0 <= span.start <= span.end <= len(text)


@given(TEXTS, st.sampled_from(Unit), st.integers(-3, 90), st.one_of(st.none(), st.integers(-3, 90)))
def test_tools_may_lie_about_offsets(text, unit, start, end):
    span = LineTable(text).offsets(unit, start, end)
    assert 0 <= span.start <= span.end <= len(text)


# what the sentence `x = "é"` with a line end of two characters and a character of two units has, and has not
HELD = 'x = "é"\r\n😀z'


@pytest.mark.parametrize(
    ("arguments", "held"),
    [
        ((1,), True),
        ((2,), True),
        ((0,), False),  # before the first line
        ((3,), False),  # behind the last one
        ((1, 1), True),
        ((1, 8), True),  # the end of the line
        ((1, 9), False),
        ((1, 0), False),  # before its start
        ((1, -1), False),
        ((2, 1, 2, 3), True),  # all of 😀, which is two units
        ((2, 2), False),  # within it
        ((2, 1, 2, 2), False),
        ((1, 3, 1, 3), True),  # empty
        ((1, 3, 1, 2), False),  # the end before the start
        ((2, 1, 1, 8), False),
        ((1, 1, 2, 4), True),
        ((1, 1, 3, 1), False),
        ((1, 1, 2), True),
        ((2, 1, 1), False),
        ((1, 1, 1, END_OF_LINE), True),
        ((1, None, 5), False),
    ],
)
def test_places_that_a_text_has(arguments, held):
    table = LineTable(HELD)
    assert table.holds(Convention(1, 1, Unit.UTF16), *arguments) is held
    shifted = [None if number is None else number if number == END_OF_LINE else number - 1 for number in arguments]
    assert table.holds(Convention(0, 0, Unit.UTF16), *shifted) is held


@pytest.mark.parametrize(
    ("unit", "start", "end", "held"),
    [
        # é is bytes 5 and 6, the whole is 9 characters before 😀, which is bytes 10 to 13, and z
        (Unit.BYTE, 5, 7, True),
        (Unit.BYTE, 6, 7, False),
        (Unit.BYTE, 10, 15, True),
        (Unit.BYTE, 10, 16, False),
        (Unit.BYTE, 15, None, True),
        (Unit.BYTE, 16, None, False),
        (Unit.BYTE, -1, 3, False),
        (Unit.BYTE, 3, 2, False),
        (Unit.UTF16, 9, 11, True),
        (Unit.UTF16, 10, 11, False),
        (Unit.UTF16, 0, 12, True),
        (Unit.UTF16, 0, 13, False),
        (Unit.CODEPOINT, 0, 11, True),
        (Unit.CODEPOINT, 0, 12, False),
    ],
)
def test_offsets_that_a_text_has(unit, start, end, held):
    assert LineTable(HELD).holds_offsets(unit, start, end) is held


@given(TEXTS, CONVENTIONS, st.booleans(), st.data())
def test_every_place_that_is_told_is_held(text, convention, inclusive, data):
    table = LineTable(text)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    if any(text[at - 1 : at + 1] == "\r\n" for at in (start, end) if at) or (convention.skips_bom and start == 0):
        return  # between the two there is no place
    (line, column), (last, past) = table.position(convention, start), table.position(convention, end)
    assert table.holds(replace(convention, end_inclusive=inclusive), line, column, last, past - inclusive)
    assert table.holds(convention, line, None, last)
    if start < end:
        assert not table.holds(convention, last, past, line, column)


@given(TEXTS, CONVENTIONS, *[st.one_of(st.none(), st.integers(-3, 60)) for _ in range(3)], st.integers(-3, 60))
def test_a_place_that_is_held_is_taken_as_it_is(text, convention, column, end_line, end_column, line):
    table = LineTable(text)
    if not table.holds(convention, line, column, end_line, end_column) or column is None or end_column is None:
        return
    span = table.span(convention, line, column, end_line, end_column)
    if (line if end_line is None else end_line, end_column) > (line, column):
        assert table.position(convention, span.start) == (line, column)
        assert table.position(convention, span.end) == (line if end_line is None else end_line, end_column)


@given(TEXTS, st.sampled_from(Unit), st.integers(-3, 90), st.one_of(st.none(), st.integers(-3, 90)))
def test_offsets_that_are_held_are_borders_of_characters(text, unit, start, end):
    borders = {
        Unit.CODEPOINT: range(len(text) + 1),
        Unit.BYTE: [len(encode(text[:at])) for at in range(len(text) + 1)],
        Unit.UTF16: [sum(1 + (character > "\uffff") for character in text[:at]) for at in range(len(text) + 1)],
    }[unit]
    last = start if end is None else end
    assert LineTable(text).holds_offsets(unit, start, end) == (start in borders and last in borders and start <= last)


@given(TEXTS)
def test_offset_tables(text):
    to_bytes, to_codepoints = byte_offsets(text), codepoint_offsets(text)
    data = encode(text)
    assert [data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(to_bytes)] == list(text)
    assert len(to_codepoints) == len(data) + 1
    assert [to_codepoints[offset] for offset in to_bytes] == list(range(len(text) + 1))
    table = LineTable(text)
    for index, offset in enumerate(to_bytes[:-1]):
        assert table.offsets(Unit.BYTE, offset, to_bytes[index + 1]) == Span(index, index + 1)


@given(TEXTS)
def test_replacements_move_nothing(text):
    replaced = without_surrogates(one_newline(text))
    assert len(replaced) == len(text)
    assert list(byte_offsets(replaced)) == list(byte_offsets(text))
    replaced.encode("utf-8")  # does not raise
    assert re.search(r"\r(?!\n)", replaced) is None
