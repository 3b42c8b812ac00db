import sys
import threading
from dataclasses import replace

import pytest

from analyzers.errors import AnalyzerFailed, ToolMissing
from analyzers.findings import Finding
from analyzers.inprocess.base import RECURSION_LIMIT, InProcess, deeply
from analyzers.positions import Convention
from analyzers.types import Source, Span

PLAIN = InProcess(name="plain", languages=("python",), check=lambda text: [], convention=Convention())


def test_findings_become_diagnostics():
    analyzer = replace(PLAIN, check=lambda text: [Finding("A", text, 1, 1, 1, 2)])
    ((first,), (second,)) = analyzer.run([Source("x # noqa"), Source("y")])
    assert (first.analyzer, first.message, first.span, second.message) == ("plain", "x # xxxx", Span(0, 1), "y")


@pytest.mark.parametrize("error", [ValueError("boom"), RecursionError("boom"), MemoryError("boom")])
@pytest.mark.parametrize("deep", [False, True])
def test_what_a_check_raises_is_a_failure_that_names_the_analyzer(error, deep):
    def check(text):
        raise error

    with pytest.raises(AnalyzerFailed, match=f"plain raised {type(error).__name__}: boom") as caught:
        replace(PLAIN, check=check, deep=deep).run([Source("x")])
    assert caught.value.__cause__ is error


def test_a_check_that_fails_while_it_yields():
    def check(text):
        yield Finding("A", "", 1)
        raise KeyError("later")

    with pytest.raises(AnalyzerFailed, match="plain raised KeyError"):
        replace(PLAIN, check=check).run([Source("x")])


def test_too_long():
    with pytest.raises(AnalyzerFailed, match="plain takes at most 3 code points, got 4"):
        replace(PLAIN, max_length=3).run([Source("é😀é"), Source("1234")])


def test_the_fingerprint_holds_versions_and_settings():
    fingerprint = replace(PLAIN, packages=("pyflakes",), settings="strict").fingerprint()
    assert fingerprint.startswith(f"Python {sys.version.split()[0]}, pyflakes ")
    assert fingerprint.endswith(", strict")


def test_a_missing_package_says_how_to_get_it():
    with pytest.raises(ToolMissing, match="plain needs the package 'no-such-package': pip install no-such-package"):
        replace(PLAIN, packages=("no-such-package",)).fingerprint()


def depth(levels):
    return 0 if levels == 0 else 1 + depth(levels - 1)


def test_deeply_takes_what_the_usual_limit_does_not():
    limit, size = sys.getrecursionlimit(), threading.stack_size()
    with pytest.raises(RecursionError):
        depth(limit + 100)
    assert deeply(lambda: depth(RECURSION_LIMIT - 500)) == RECURSION_LIMIT - 500
    with pytest.raises(RecursionError):
        deeply(lambda: depth(RECURSION_LIMIT + 100))
    assert (sys.getrecursionlimit(), threading.stack_size()) == (limit, size)
