import pytest

from analyzers.tools.ruff import ANALYZER
from analyzers.types import Kind, Severity, Source


@pytest.mark.parametrize(
    ("text", "code", "severity", "kind"),
    [
        ("x = missing\n", "F821", Severity.CRITICAL, Kind.NAME),
        ("import os\n", "F401", Severity.LOW, Kind.STYLE),
        ("def f():\n    x = 1\n", "F841", Severity.LOW, Kind.STYLE),
        ("x = '%d' % (1, 2)\n", "F507", Severity.HIGH, Kind.TYPE),
        ("x = '{}'.format(1, 2)\n", "F523", Severity.LOW, Kind.STYLE),
        ("x = 1 if 1 is '' else 2\n", "F632", Severity.MEDIUM, Kind.LOGIC),
        ("return 1\n", "F706", Severity.FATAL, Kind.SYNTAX),
        ("x = = 1\n", "invalid-syntax", Severity.FATAL, Kind.SYNTAX),
        ("exec('1')\n", "S102", Severity.HIGH, Kind.SECURITY),
    ],
)
def test_codes_are_rated_by_their_longest_start(text, code, severity, kind):
    (found,) = ANALYZER.run([Source(text)])
    assert (code, severity, kind) in [(item.code, item.severity, item.kind) for item in found]


def test_a_batch_keeps_its_order():
    texts = [f"x = missing_{index}\n" if index % 3 else "x = 1\n" for index in range(130)]
    found = ANALYZER.run([Source(text) for text in texts])
    assert [
        [text[item.span.start : item.span.end] for item in items] for text, items in zip(texts, found, strict=True)
    ] == [[f"missing_{index}"] if index % 3 else [] for index in range(130)]


@pytest.mark.parametrize(
    "text", ["\0", "s = '\ud800'\n", "\ufeffx = 1\n", "(" * 5000, "s = 'a\x0cb\u2028c'\r\n", "s = 'é"]
)
def test_hostile_text(text):
    ANALYZER.run([Source(text), Source("x = 1\n")])


def test_lines_are_those_of_compilers():
    text = "s = 'a\x0cb\u2028c\x85'\r\ny = 1\rx = missing\n"
    ((found,),) = ANALYZER.run([Source(text)])
    assert text[found.span.start : found.span.end] == "missing"


def test_the_byte_order_mark_does_not_shift_the_first_line():
    text = "\ufeffs = 'é😀'; x = missing\n"
    (found,) = ANALYZER.run([Source(text)])
    assert "missing" in [text[item.span.start : item.span.end] for item in found]


def test_the_output_is_understood(captured):
    folder = "/dev/shm/spanwise-x/programs"
    assert [
        (item.code, item.file, item.line, item.column, item.end_line, item.end_column, item.severity)
        for item in ANALYZER.parse(captured("ruff.json"))
    ] == [
        ("F821", f"{folder}/p0.py", 1, 15, 1, 22, Severity.CRITICAL),
        ("F401", f"{folder}/p0.py", 2, 8, 2, 10, Severity.LOW),
        ("F507", f"{folder}/p0.py", 3, 5, 3, 18, Severity.HIGH),
        ("invalid-syntax", f"{folder}/p1.py", 1, 5, 1, 6, Severity.FATAL),
    ]


PROGRAM = "{0}\ns = '😀'; exec(s)  {0}\n\n\ndef f(a=[]):  {0}\n    return missing  {0}\n"


def test_comments_suppress_nothing():
    comments = ["", "# noqa", "# noqa: F821", "# ruff: noqa", "# flake8: noqa", "# ruff: disable[F821]"]
    found = ANALYZER.run([Source(PROGRAM.format(comment)) for comment in comments])
    assert [[item.code for item in items] for items in found] == [["S102", "B006", "F821"]] * 6


def test_configuration_in_the_folders_changes_nothing(plant):
    config = 'exclude = ["*.py"]\n[lint]\nignore = ["F821", "B006", "S102"]\n'
    toml = '[tool.ruff]\nexclude = ["*.py"]\n[tool.ruff.lint]\nignore = ["F821"]\n'
    plant({"ruff.toml": config, ".ruff.toml": config, "pyproject.toml": toml})
    (found,) = ANALYZER.run([Source(PROGRAM.format(""))])
    assert [item.code for item in found] == ["S102", "B006", "F821"]
