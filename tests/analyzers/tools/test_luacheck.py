import pytest

from analyzers.findings import Finding
from analyzers.tools.luacheck import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    # That the function `f` is not used is no finding.
    assert list(ANALYZER.parse(captured("luacheck.txt"))) == [
        Finding(
            "W113", "accessing undefined variable 'missing'", 1, 23, end_column=29,
            severity=Severity.CRITICAL, kind=Kind.NAME, file="p0.lua",
        ),
        Finding(
            "E011", "expected expression near '='", 1, 11, end_column=11,
            severity=Severity.FATAL, kind=Kind.SYNTAX, file="p1.lua",
        ),
    ]  # fmt: skip


PROGRAM = "%s\n%s\nprint('é😀', missing) %s\n"


def test_comments_suppress_nothing(codes):
    words = [
        "-- luacheck: ignore",
        "--luacheck: ignore 113",
        "--[[ luacheck: globals missing ]]",
        "-- luacheck: push ignore",
    ]
    assert codes(*[PROGRAM % (word, word, word) for word in words]) == [["W113"]] * 4
    assert codes("#!/usr/bin/lua -- luacheck: ignore\n" + PROGRAM % ("", "", "")) == [["W113"]]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant({".luacheckrc": "ignore = {'.*'}\nos.exit(0)\n", ".config/luacheck/.luacheckrc": "ignore = {'.*'}\n"})
    assert codes(PROGRAM % ("", "", ""), "print(1)\n") == [["W113"], []]


def test_globals_of_one_program_are_unknown_to_the_next(codes):
    assert codes("function missing() end\nmissing()\n", "print(missing)\n", "missing = 1\n") == [[], ["W113"], []]


@pytest.mark.parametrize("text", ["", "\0", "\ufeffprint(x)", "if", "(" * 500, "x='é😀\r\ny", "#!", "--[["])
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, PROGRAM % ("", "", ""))[1] == ["W113"]
