import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers import registry
from analyzers.errors import ToolMissing
from analyzers.inprocess import pylint
from analyzers.positions import byte_offsets, encode
from analyzers.suppress import neutralise, without_comments
from grammars import Language

PYFLAKES, PYLINT, RUFF = "pyflakes", "pylint", "ruff"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1  # noqa: F401\n", "x = 1  # xxxx: xxxx\n"),
        ("x = '# noqa'\n", "x = '# noqa'\n"),
        ("# é😀 type: ignore\n", "# é😀 xxxx: xxxxxx\n"),
        ("# -*- coding: utf-7 -*-\n", "# -*- xxxxxx: xxx-x -*-\n"),
        ("#!/usr/bin/env python3\nx\n", "#!/usr/bin/env python3\nx\n"),
        ("#!/usr/bin/env python3 # pylint: disable=all\n", "#!/usr/bin/env python3 # xxxxxx: xxxxxxx=xxx\n"),
        ("#! pylint: disable=all\n", "#! xxxxxx: xxxxxxx=xxx\n"),
        ("x = 1\n#!/bin/noqa\n", "x = 1\n#!/xxx/xxxx\n"),
        ("# a\rimport os\r", "# x\rimport os\r"),  # a lone carriage return ends a comment
        ("# a\x0cb\u2028c\nx\n", "# x\x0cx\u2028x\nx\n"),  # these do not
        ("# \ud800 noqa\0\n", "# \ud800 xxxx\0\n"),
        ("", ""),
    ],
)
def test_comments_lose_their_words(text, expected):
    assert neutralise(text, "python") == expected


@given(st.text(st.sampled_from("#'\" \n\r\x0c\u2028é😀\ud800aZ9:()\0"), max_size=60))
def test_nothing_moves(text):
    result = neutralise(text, "python")
    assert list(byte_offsets(result)) == list(byte_offsets(text))
    assert all(new in (old, "x") for old, new in zip(text, result, strict=True))
    assert neutralise(result, "python") == result


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "x = 1  # é😀\ny = '# é'\n", "x = 1          \ny = '# é'\n"),
        ("python", "#!/usr/bin/env python3 # a\nx\n", "#!/usr/bin/env python3    \nx\n"),
        ("javascript", "f(/* é\r\n😀 */ x); // \ud800\n", "f(     \r\n        x);       \n"),
    ],
)
def test_comments_are_spaces_to_tools_that_compare(language, text, expected):
    assert without_comments(text, language) == expected


@given(st.text(st.sampled_from("#'\" \n\r\x0c\u2028é😀\ud800aZ9:()\0"), max_size=60))
def test_bytes_stay_where_they_are_without_comments(text):
    old, new = encode(text), encode(without_comments(text, "python"))
    assert len(old) == len(new)
    assert all(after in (before, ord(" ")) for before, after in zip(old, new, strict=True))


@pytest.mark.parametrize("text", ["# a\n" + "(" * 5000, "#\0", "# a\n" * 50_000])
def test_hostile_text(text):
    assert len(neutralise(text, "python")) == len(text)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("javascript", "f(); <!-- eslint-disable\n--> off\n", "f(); <!-- xxxxxx-xxxxxxx\n--> xxx\n"),
        ("javascript", "s = '<!-- a -->'\n", "s = '<!-- a -->'\n"),
        ("php", "<?php f(); # noqa\n", "<?php f(); # xxxx\n"),
        ("ruby", "=begin a\n =end b =end\n=end\nf # =end\n", "=begin x\n =xxx x =xxx\n=end\nf # =xxx\n"),
    ],
)
def test_comments_of_other_kinds_lose_theirs_too(language, text, expected):
    assert neutralise(text, language) == expected


def test_a_language_without_its_grammar(monkeypatch):
    monkeypatch.setattr("grammars._by_name", lambda: {"nope": Language("nope", (".nope",), "no_such_wheel:language")})
    with pytest.raises(ToolMissing, match="install the package 'no-such-wheel'"):
        neutralise("x", "nope")


DEFECT = {PYFLAKES: "UndefinedName", PYLINT: "undefined-variable", RUFF: "F821"}


@pytest.mark.parametrize("name", [PYFLAKES, PYLINT, RUFF])
@pytest.mark.parametrize(
    "text",
    [
        "x = missing  # pylint: disable=undefined-variable\n",
        "# pylint: disable=all\nx = missing\n",
        "# pylint: skip-file\nx = missing\n",
        "x = missing  # noqa\n",
        "x = missing  # noqa: F821\n",
        "# flake8: noqa\nx = missing\n",
        "# ruff: noqa\nx = missing\n",
        "# ruff: disable[F821]\nx = missing\n",
        "x = missing  # type: ignore\n",
        "# type: ignore\nx = missing\n",
        "#!/usr/bin/env python3 # pylint: disable=all # ruff: noqa\nx = missing\n",
        "s = 'é😀'  # noqa\r\nx = missing  # NOQA:F821,E501 pylint:disable=E\r\n",
        "def f():\n    # pylint: disable=E,W\n    return missing\n",
    ],
)
def test_no_comment_suppresses(name, text, marked):
    assert (DEFECT[name], "missing") in marked(registry.get(name), text)


def test_pylint_obeys_no_comment_even_where_one_is_left(monkeypatch, marked):
    monkeypatch.setattr("analyzers.inprocess.base.neutralise", lambda text, language: text)
    text = "x = missing  # pylint: disable=all\n"
    assert ("undefined-variable", "missing") in marked(pylint.ANALYZER, text)


def test_ruff_obeys_no_comment_even_where_one_is_left(monkeypatch, marked):
    monkeypatch.setattr("analyzers.tool.neutralise", lambda text, language: text)
    assert ("F821", "missing") in marked(registry.get(RUFF), "# ruff: noqa\nx = missing  # noqa\n")
