import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import grammars
from analyzers import trees
from analyzers.positions import byte_offsets, encode
from analyzers.suppress import neutralise, without_comments

pytest.importorskip("tree_sitter_language_pack", reason="the grammars of the extra `languages` are not installed")

TRAPS = runpy.run_path(str(Path(__file__).with_name("comment_traps.py")))["TRAPS"]
CASES = [(language, text) for language in TRAPS for text in TRAPS[language]]


def comments(language, text):
    kinds = grammars.get(language).comment_nodes
    stack = [trees.root(text, language)]
    while stack:
        node = stack.pop()
        if node.type in kinds:
            yield node.text.decode()
        else:
            stack.extend(node.children)


def test_there_are_traps_for_every_language():
    assert sorted(TRAPS) == list(grammars.names())


@pytest.mark.parametrize(("language", "text"), CASES)
def test_comments_lose_their_words_and_nothing_else_does(language, text):
    result = neutralise(text, language)
    assert "drop" not in result
    assert result.count("keep") == text.count("keep") > 0
    assert list(byte_offsets(result)) == list(byte_offsets(text))
    assert all(new in (old, "x") for old, new in zip(text, result, strict=True))


@pytest.mark.parametrize(("language", "text"), CASES)
def test_comments_are_taken_out_and_nothing_else_is(language, text):
    result = without_comments(text, language)
    assert "drop" not in result
    assert result.count("keep") == text.count("keep")
    assert [len(line) for line in encode(result).split(b"\n")] == [len(line) for line in encode(text).split(b"\n")]


@pytest.mark.parametrize(("language", "text"), CASES)
def test_the_result_is_the_same_program(language, text):
    before, after = trees.root(text, language), trees.root(neutralise(text, language), language)
    assert not before.has_error
    assert str(before) == str(after)


@pytest.mark.parametrize(("language", "text"), CASES)
def test_every_comment_has_a_mark_that_the_quick_look_knows(language, text):
    spoken = grammars.get(language)
    marks = [mark for mark in (spoken.line_comment, *(spoken.block_comment or ()), *spoken.comment_marks) if mark]
    for comment in comments(language, text):
        assert comment.startswith("#!") or any(mark in f"\n{comment}" for mark in marks), comment


@pytest.mark.parametrize("language", TRAPS)
def test_hidden_in_lines_that_are_not_ascii(language):
    spoken = grammars.get(language)
    opening, closing = (spoken.line_comment, "") if spoken.line_comment else spoken.block_comment
    start = "<?php\n" if language == "php" else ""
    text = f"{start}{opening} é😀 drop{closing}\r\n{opening} é drop{closing}\n"
    result = neutralise(text, language)
    assert "drop" not in result
    assert result == text.replace("drop", "xxxx")


@pytest.mark.parametrize("language", TRAPS)
@given(data=st.data())
def test_nothing_moves_whatever_the_text(language, data):
    pieces = [piece for text in TRAPS[language] for piece in re.findall(r"\s+|\w+|[^\w\s]", text)]
    text = "".join(data.draw(st.lists(st.sampled_from([*pieces, "é😀", "\r", "\u2028", "\ud800", "\0"]), max_size=30)))
    result = neutralise(text, language)
    assert list(byte_offsets(result)) == list(byte_offsets(text))
    assert all(new in (old, "x") for old, new in zip(text, result, strict=True))


def test_comments_of_macros_are_found_but_not_their_strings():
    text = '#define A "// keep \\" keep" // drop\n#define B \'"\' /* drop \\\n drop */ keep\n#pragma once // drop\n'
    result = neutralise(text, "c")
    assert "drop" not in result
    assert result.count("keep") == 3
