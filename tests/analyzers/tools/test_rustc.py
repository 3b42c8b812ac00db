import json

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.rustc import ANALYZER
from analyzers.types import Kind, Severity, Source


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("rustc.jsonl"))) == [
        Finding("E0425", "cannot find function `missing` in this scope", offset=98, end_offset=105, severity=Severity.FATAL, kind=Kind.NAME)
    ]  # fmt: skip


def span(file, start, expansion=None):
    return {
        "file_name": file,
        "byte_start": start,
        "byte_end": start + 1,
        "is_primary": True,
        "expansion": expansion and {"span": expansion},
    }


def record(**changes):
    return json.dumps({"level": "error", "message": "m", "code": None, "spans": []} | changes)


def test_an_error_in_a_macro_of_the_library_stands_where_it_is_called():
    library = span("/rustc/core/panic.rs", 900, span("p0.rs", 7))
    (found,) = ANALYZER.parse(record(spans=[library]))
    assert (found.offset, found.end_offset) == (7, 8)


@pytest.mark.parametrize(
    ("changes", "code", "severity", "kind"),
    [
        ({"code": {"code": "E0308"}}, "E0308", Severity.FATAL, Kind.TYPE),
        ({"code": {"code": "E0599"}}, "E0599", Severity.FATAL, Kind.NAME),
        ({"message": "expected `;`, found `}`"}, "syntax", Severity.FATAL, Kind.SYNTAX),
        ({"code": {"code": "unused_must_use"}, "level": "warning"}, "unused_must_use", Severity.MEDIUM, Kind.LOGIC),
        ({"code": {"code": "unused_labels"}, "level": "error"}, "unused_labels", Severity.LOW, Kind.STYLE),
        ({"code": {"code": "arithmetic_overflow"}}, "arithmetic_overflow", Severity.HIGH, Kind.RUNTIME),
    ],
)
def test_codes_are_rated(changes, code, severity, kind):
    (found,) = ANALYZER.parse(record(spans=[span("p0.rs", 1)], **changes))
    assert (found.code, found.severity, found.kind) == (code, severity, kind)


def test_sums_are_no_findings():
    sums = [record(message="aborting due to 2 previous errors; 1 warning emitted"), record(level="failure-note")]
    assert list(ANALYZER.parse("\n".join([*sums, record(level="warning", message="3 warnings emitted")]))) == []


@pytest.mark.parametrize(
    "output",
    ["thread 'rustc' panicked", "{}", record(level="error: internal compiler error"), "memory allocation failed"],
)
def test_other_output_is_a_failure(output):
    with pytest.raises(AnalyzerFailed):
        list(ANALYZER.parse(output))


DEFECT = "pub fn f() -> i32 { let a = [1, 2]; a[5] }\n"


@pytest.mark.parametrize(
    "before",
    [
        "#![allow(unconditional_panic)]\n",
        "#[allow(unconditional_panic)]\n",
        "#![cfg_attr(all(), allow(unconditional_panic))]\n",
        "# [ allow ( unconditional_panic , warnings ) ]\n",
    ],
)
def test_attributes_suppress_nothing(installed, before):
    (found,) = ANALYZER.run([Source(before + DEFECT, "rust")])
    assert [item.code for item in found] == ["unconditional_panic"]


@pytest.mark.parametrize(
    "text",
    [
        'include!("/etc/passwd");\n',
        'const A: &str = include_str!("/etc/passwd");\nconst _: () = panic!("{}", A);\n',
        'macro_rules! m { ($i:ident) => { const _: () = panic!($i!("/etc/passwd")); } }\nm!(include_str);\n',
        '#[path = "/etc/passwd"]\nmod x;\n',
        'pub const A: &[u8] = include_bytes!("/dev/zero");\n',
    ],
)
def test_files_of_the_machine_stay_closed(installed, text):
    (found,) = ANALYZER.run([Source(text, "rust")])
    assert found
    assert not [item for item in found if "root" in item.message]
