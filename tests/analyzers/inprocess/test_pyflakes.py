import pytest
from pyflakes import messages

from analyzers.errors import AnalyzerFailed
from analyzers.inprocess.pyflakes import ANALYZER, RATINGS
from analyzers.types import Kind, Location, Severity, Source


@pytest.mark.parametrize(
    ("text", "code", "marked"),
    [
        ("import os.path as é, sys\nprint(sys)\n", "UnusedImport", "os.path as é"),
        ("import a.b.c\n", "UnusedImport", "a.b.c"),
        ("from . import é\n", "UnusedImport", "é"),
        ("from .a import b as c\n", "UnusedImport", "b as c"),
        ("from os import (\n    path,\n    sep as é,\n)\nprint(path)\n", "UnusedImport", "sep as é"),
        ("import f\n@d\nasync def f(): pass\nd = 1\n", "RedefinedWhileUnused", "f"),
        ("import f\nclass \\\n  f: pass\n", "RedefinedWhileUnused", "f"),
        ("def f():\n    'é😀'\n    try: pass\n    except (A,\n B) as e: pass\nA = B = 1\n", "UnusedVariable", "e"),
        ("x = {'é😀': 1, 'é😀': 2}\n", "MultiValueRepeatedKeyLiteral", "'é😀'"),
        ("assert ('é😀', 1)\n", "AssertTuple", "assert ('é😀', 1)"),
        ("t = f'é😀{missing}'\n", "UndefinedName", "missing"),
        ("def f(x: 'é😀Missing'): pass\n", "ForwardAnnotationSyntaxError", "'é😀Missing'"),
        ("s = 'a\x0cb\u2028c'\r\nx = missing\r", "UndefinedName", "missing"),
        (
            "def f():\n    for x in y:\n        break\n    raise NotImplemented\ny = 1\n",
            "RaiseNotImplemented",
            "raise NotImplemented",
        ),
    ],
)
def test_the_text_under_the_span(text, code, marked):
    (found,) = ANALYZER.run([Source(text)])
    assert (code, marked) in [(item.code, text[item.span.start : item.span.end]) for item in found]


def test_an_undefined_name_is_critical_and_an_unused_import_is_style():
    ((first, second),) = ANALYZER.run([Source("import os\nx = missing\n")])
    assert (first.severity, first.kind) == (Severity.LOW, Kind.STYLE)
    assert (second.severity, second.kind) == (Severity.CRITICAL, Kind.NAME)
    assert first.message == "'os' imported but unused"


def test_every_rated_class_exists():
    assert [name for name in RATINGS if not hasattr(messages, name)] == []


@pytest.mark.parametrize(
    "text", ["x = " + "+".join(["1"] * 900), "x" + ".a()" * 500, "if x: pass\n" + "elif x: pass\n" * 900]
)
def test_valid_programs_that_nest_deeply(text):
    (found,) = ANALYZER.run([Source(text)])
    assert {item.code for item in found} <= {"UndefinedName"}


def test_programs_that_nest_too_deeply_are_a_failure_and_not_clean():
    with pytest.raises(AnalyzerFailed, match=r"RecursionError|MemoryError"):
        ANALYZER.run([Source("x = " + "-" * 200_000 + "1\n")])


def test_a_syntax_error_is_one_finding_even_where_it_has_no_place():
    for text in ("x = = 1\ny = = 2\n", "é = f'''\n\n{a b}'''\n"):
        ((found,),) = ANALYZER.run([Source(text)])
        assert (found.code, found.severity, found.kind) == ("SyntaxError", Severity.FATAL, Kind.SYNTAX)
    assert found.location is Location.GLOBAL or text[found.span.start : found.span.end] == "a b"
