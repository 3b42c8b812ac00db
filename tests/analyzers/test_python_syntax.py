import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.python_syntax import syntax_error, unclosed_triple_quote
from analyzers.types import Kind, Severity


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("s = 'é😀'; x = = 1\n", "SyntaxError", "="),
        ("s = 'é😀'; x = 08\n", "SyntaxError", "08"),
        ("s = 'é😀'; f() = 1\n", "SyntaxError", "f()"),
        # these are found by the compiler, which counts bytes
        ("s = 'é😀'; return 1\n", "SyntaxError", "return 1"),
        ("s = 'é😀'; nonlocal x\n", "SyntaxError", "nonlocal x"),
        ("s = 'é😀'; f(a=1, a=2)\n", "SyntaxError", "a=2"),
        ("def f(é, é): pass\n", "SyntaxError", "é"),
        # where CPython gives no end
        ("s = 'é😀'; x = (1,\n\ny = 2\n", "SyntaxError", "("),
        ("s = 'é😀'; t = 'abc\n", "SyntaxError", "'"),
        ('s = "é😀"; t = """abc\n', "SyntaxError", '"""'),
        ('s = "é😀"; t = f"""abc\n', "SyntaxError", 'f"""'),
        ("if x:\n    y\n  z\n", "IndentationError", "z"),
        ("x = 1\n    y = 2\n", "IndentationError", "y"),
        ("while x:\n", "IndentationError", ":"),
        ("for i in x:\n\tif i:\n        pass\n", "TabError", "pass"),
        # where it gives nothing
        ("x = 1\0\n", "SyntaxError", "\0"),
        ("s = 'é😀\ud800'\n", "SyntaxError", "\ud800"),
        ("\ufeffx = 1\n", "SyntaxError", "\ufeff"),
        ("x = " + "(" * 5000, "SyntaxError", "("),
        # lines
        ("a\x0cb\n", "SyntaxError", "b"),
        ("s = '\u2028\x85\x1c'\rx = = 1\r", "SyntaxError", "="),
    ],
)
def test_the_place_of_an_error(text, code, marked):
    found = syntax_error(text)
    assert found is not None
    assert (found.code, found.severity, found.kind) == (code, Severity.FATAL, Kind.SYNTAX)
    assert text[found.offset : found.end_offset] == marked


def test_a_place_in_a_copy_is_no_place():
    found = syntax_error("é = f'''\n\n{a b}'''\n")
    assert found is not None
    assert found.offset is None or "é = f'''\n\n{a b}'''\n"[found.offset : found.end_offset] == "a b"


def test_warnings_are_no_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert syntax_error("s = '\\d'\nx = 1 is 1\nassert (s, 'x')\n") is None


@given(st.text(st.sampled_from("ax=()[]:'\"# \t\n\r\x0c\\é😀\ud800\0{}f1.,"), max_size=40))
def test_every_text_is_judged(text):
    found = syntax_error(text)
    if found is not None and found.offset is not None:
        assert 0 <= found.offset <= found.end_offset <= len(text)


@pytest.mark.parametrize(
    ("text", "start", "unclosed"),
    [
        ("x = '''abc", 4, True),
        ('x = f"""abc\n"', 4, True),
        ("x = '''abc'''", 4, False),
        ("x = '''abc\\'''", 4, True),
        ("x = 'abc", 4, False),
    ],
)
def test_unclosed_triple_quotes_are_told_by_the_text(text, start, unclosed):
    assert unclosed_triple_quote(text, start) is unclosed
