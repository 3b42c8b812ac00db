from importlib.metadata import version

import pytest

from analyzers.inprocess.vulture import ANALYZER
from analyzers.types import Kind, Severity, Source

pytest.importorskip("vulture", reason="the optional package vulture is not installed")


def found(text):
    return [
        (item.code, text[item.span.start : item.span.end], item.severity, item.kind)
        for items in ANALYZER.run([Source(text)])
        for item in items
    ]


STYLE = (Severity.LOW, Kind.STYLE)


def test_what_is_unused_is_rated():
    text = "import re\n\n\ndef f(a, é):\n    while True:\n        a = 1\n    return a\n"
    assert found(text) == [
        ("unused-import", "import re", *STYLE),
        ("unused-variable", "é", Severity.MEDIUM, Kind.LOGIC),
        ("unreachable-code", "return a", *STYLE),
    ]


def test_what_only_tests_call_is_no_finding():
    assert found("def f():\n    unused = 1\n\n\nclass A:\n    x = 1\n\n    def m(self):\n        return 2\n") == []


@pytest.mark.parametrize("comment", ["# noqa", "# noqa: V101,V201", "# vulture: ignore", "# flake8: noqa"])
def test_comments_suppress_nothing(comment):
    plain = "import re  {0}\n\n\ndef f(a):  {0}\n    return 1  {0}\n    return 2  {0}\n"
    assert [item[:2] for item in found(plain.format(comment))] == [item[:2] for item in found(plain.format(""))]
    assert len(found(plain.format(""))) == 3


def test_one_program_does_not_use_what_another_defines():
    texts = ["import re\n", "re = 1\nprint(re)\n", "import re\n"]
    assert [[item.code for item in items] for items in ANALYZER.run([Source(text) for text in texts])] == [
        ["unused-import"],
        [],
        ["unused-import"],
    ]


@pytest.mark.parametrize(
    "text", ["", "\0", "s = '\ud800'\n", "\ufeffimport re\r\n", "x = 1 # type: (\n", "def f(: pass"]
)
def test_hostile_text(text):
    ANALYZER.run([Source(text)])


def test_the_fingerprint_names_the_version():
    assert f"vulture {version('vulture')}" in ANALYZER.fingerprint()
