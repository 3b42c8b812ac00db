import pytest

from analyzers.findings import Finding
from analyzers.tools.shellcheck import ANALYZER
from analyzers.types import Kind, Severity


def test_the_output_is_understood(captured):
    syntax = {"severity": Severity.FATAL, "kind": Kind.SYNTAX, "file": "p1/9b41f0d67c2e.sh"}
    spaces = "Remove spaces around = to assign (or use [ ] to compare, or quote '=' if literal)."
    # Taste (unquoted `$s`) is left out.
    assert list(ANALYZER.parse(captured("shellcheck.json"))) == [
        Finding("SC1047", "Expected 'fi' matching previously mentioned 'if'.", 1, 23, 1, 23, **syntax),
        Finding(
            "SC1072", "Unexpected keyword/token. Fix any mentioned problems and try again.", 1, 27, 1, 27, **syntax
        ),
        Finding(
            "SC2154", "missing is referenced but not assigned.", 1, 18, 1, 26, kind=Kind.NAME, file="p0/9b41f0d67c2e.sh"
        ),
        Finding("SC2283", spaces, 1, 31, 1, 32, severity=Severity.HIGH, kind=Kind.TYPE, file="p0/9b41f0d67c2e.sh"),
    ]


PROGRAM = "%s\n%s\necho 'é😀' \"$missing\" %s\n"


def test_comments_suppress_nothing(codes):
    words = [
        "# shellcheck disable=all",
        "# shellcheck disable=SC2154",
        "#shellcheck shell=sh disable=SC2154",
        "# shellcheck source=x",
    ]
    assert codes(*[PROGRAM % (word, word, word) for word in words]) == [["SC2154"]] * 4
    assert codes("#!/bin/sh -x # shellcheck disable=all\n" + PROGRAM % ("", "", "")) == [["SC2154"]]
    nested = 'f() { # shellcheck disable=all\n  echo "$(echo \'é\' # shellcheck disable=all\necho "$missing")"\n}\n'
    assert codes(nested) == [["SC2154"]]


def test_configuration_in_the_folders_changes_nothing(codes, plant):
    plant(
        {".shellcheckrc": "disable=SC2154\n", "shellcheckrc": "disable=all\n", ".config/shellcheckrc": "disable=all\n"}
    )
    assert codes(PROGRAM % ("", "", ""), "x=1; echo $x\n") == [["SC2154"], []]


def test_other_files_are_not_read(codes):
    assert codes("missing='é😀'\n", '. ./p0.sh; source p0.sh; . ../p0/p0.sh\necho "$missing"\n')[1] == ["SC2154"]


@pytest.mark.parametrize("text", ["", "\0", "\ufeffecho $x", "if", "echo $(((((((((((((((((((", "x='é😀\r\ny", "#!"])
def test_strange_texts_do_not_hide_the_others(codes, text):
    assert codes(text, PROGRAM % ("", "", ""))[1] == ["SC2154"]
