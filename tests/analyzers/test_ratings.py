import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.ratings import by_message, rate
from analyzers.types import Kind, Severity

DEFAULT, FAMILY, RULE = (Severity.LOW, Kind.STYLE), (Severity.MEDIUM, Kind.LOGIC), (Severity.HIGH, Kind.TYPE)


@pytest.mark.parametrize(
    ("code", "expected"), [("F821", RULE), ("F82", FAMILY), ("F8211", RULE), ("G821", DEFAULT), ("", DEFAULT)]
)
def test_the_longest_start_decides(code, expected):
    assert rate({"": DEFAULT, "F": FAMILY, "F821": RULE}, code) == expected


def test_a_code_that_nothing_rates_is_a_failure():
    with pytest.raises(AnalyzerFailed, match="the code 'E1' has no rating"):
        rate({"F": FAMILY}, "E1")


def test_the_first_pattern_that_a_message_begins_with_decides():
    table = {r"no .* name": RULE, r"no ": FAMILY}
    assert [by_message(table, said) for said in ("no such name", "no way", "oh no ")] == [RULE, FAMILY, None]
