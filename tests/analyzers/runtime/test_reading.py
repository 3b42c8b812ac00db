import re
import time
from types import SimpleNamespace

import pytest

from analyzers.findings import Finding
from analyzers.runtime import reading


def messages(find, failed=r"(?!)"):
    return SimpleNamespace(compile_findings=find, run_findings=find, FAILED=re.compile(failed))


def test_findings_come_through():
    found = [Finding("E", "no", line=3, column=1)]
    given = []

    def find(output, errors, file):
        given.append((output, errors, file))
        return found

    assert reading.compiled(messages(find), "out", "err", "main.c") == found
    assert reading.ended(messages(find, "e.r"), "out", "err", "main.c") == (found, True)
    assert given == [("out", "err", "main.c")] * 2


def test_what_takes_too_long_to_read_is_passed_over(monkeypatch):
    monkeypatch.setattr(reading, "READ_S", 0.2)
    start = time.monotonic()
    slow = messages(lambda output, errors, file: re.match(r"(a+)+$", errors), r"(a+)+$")
    assert reading.ended(slow, "", "a" * 40 + "b", "") == ([], False)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "find",
    [
        lambda *_: [Finding("E", "", line=int("9" * 5000))],
        lambda *_: [Finding("E", "", line=10**12)],
        lambda *_: [Finding("E", "", line=-1)],
        lambda *_: [].pop(),
    ],
)
def test_what_makes_no_sense_is_passed_over(find):
    assert reading.ended(messages(find), "", "", "") == ([], False)


def test_lines_and_texts_are_cut():
    seen = []
    reading.ended(messages(lambda output, errors, file: seen.append(errors) or []), "", "x" * 10**6 + "\nlast", "")
    first, last = seen[0].split("\n")
    assert (len(first), last) == (reading.MAX_LINE, "last")


def test_what_is_said_is_bounded():
    (found,), _ = reading.ended(messages(lambda *_: [Finding("c" * 10**6, "m" * 10**6)]), "", "", "")
    assert (len(found.code), len(found.message)) == (reading.MAX_CODE, reading.MAX_MESSAGE)
    many = reading.compiled(messages(lambda *_: [Finding("E", "")] * 10**4), "", "", "")
    assert len(many) == reading.MAX_FINDINGS
