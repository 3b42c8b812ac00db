import pytest

from analyzers.tools.clippy import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    assert [
        (found.code, found.offset, found.end_offset, found.severity, found.kind)
        for found in ANALYZER.parse(captured("clippy.jsonl"))
    ] == [
        ("unconditional_panic", 80, 84, Severity.HIGH, Kind.RUNTIME),
        ("clippy::eq_op", 71, 77, Severity.MEDIUM, Kind.LOGIC),
        ("clippy::out_of_bounds_indexing", 80, 84, Severity.MEDIUM, Kind.LOGIC),
    ]


DEFECT = "pub fn f(x: i32) -> bool { x == x }\n"


@pytest.mark.parametrize(
    "text",
    [
        "#![allow(clippy::all)]\n" + DEFECT,
        "#[allow(clippy::eq_op)]\n" + DEFECT,
        "#![cfg_attr(clippy, allow(clippy::correctness))]\n" + DEFECT,
        "#[cfg(not(clippy))]\n" + DEFECT,
        '#[cfg(not(feature = "cargo-clippy"))]\n' + DEFECT,
    ],
)
def test_attributes_suppress_nothing(installed, text):
    (found,) = ANALYZER.run([Source(text, "rust")])
    assert [item.code for item in found] == ["clippy::eq_op"]


def test_configuration_beside_the_program_changes_nothing(installed, plant):
    plant({"clippy.toml": "nonsense"})
    (found,) = ANALYZER.run([Source(DEFECT, "rust")])
    assert [item.code for item in found] == ["clippy::eq_op"]
