from dataclasses import replace

from analyzers.findings import Finding
from analyzers.tools.mypy import ANALYZER
from analyzers.types import Kind, Severity, Source

HIGH_TYPE = {"severity": Severity.HIGH, "kind": Kind.TYPE, "file": "p0/program-0.py"}


def test_the_output_is_understood(captured):
    assert list(ANALYZER.parse(captured("mypy.jsonl"))) == [
        Finding("name-defined", 'Name "undefined_name" is not defined', 1, 18, 1, 32, **HIGH_TYPE | {"kind": Kind.NAME}),
        Finding("attr-defined", '"Callable[[Any, Any], Any]" has no attribute "cache"', 3, 4, 3, 11, **HIGH_TYPE | {"severity": Severity.LOW}),
        Finding("call-arg", 'Missing positional argument "b" in call to "f"', 5, 0, 5, 4, **HIGH_TYPE),
        Finding("return", "Missing return statement", 8, 0, 10, 16, file="p0/program-0.py"),
        Finding("return-value", 'Incompatible return value type (got "int", expected "str")', 10, 15, 10, 16, **HIGH_TYPE | {"severity": Severity.LOW}),
        Finding("attr-defined", '"str" has no attribute "foo"', 11, 0, 11, 5, **HIGH_TYPE),
    ]  # fmt: skip


def test_notes_are_no_findings_and_a_nameless_code_is_called_misc():
    line = '{"file": "p0/x.py", "line": 1, "column": 0, "end_line": 1, "end_column": 1, "message": "m", "hint": null, "code": %s, "severity": "%s"}\n'
    assert [found.code for found in ANALYZER.parse(line % ('"misc"', "note") + line % ("null", "error"))] == ["misc"]


def codes(text):
    (found,) = ANALYZER.run([Source(text)])
    return [item.code for item in found]


PROGRAM = "{}\ns = '😀'  {}\n\n\ndef f(a):  {}\n    return missing + s.nope  {}\n"


def test_comments_suppress_nothing(installed):
    comments = ["", "# type: ignore", "# mypy: ignore-errors", "# mypy: disable-error-code=name-defined", "# type: ignore[attr-defined]"]  # fmt: skip
    found = ANALYZER.run([Source(PROGRAM.format(*[comment] * 4)) for comment in comments])
    assert [[item.code for item in items] for items in found] == [["name-defined", "attr-defined"]] * 5


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    ini = "[mypy]\nignore_errors = True\n"
    toml = "[tool.mypy]\nignore_errors = true\n"
    plant({"mypy.ini": ini, ".mypy.ini": ini, "setup.cfg": ini, "pyproject.toml": toml})
    assert codes(PROGRAM.format("", "", "", "")) == ["name-defined", "attr-defined"]


def test_checking_that_is_switched_off_by_name_goes_on(installed):
    hidden = "if not TYPE_CHECKING:\n    missing\nMYPY = False\nif not MYPY:\n    missing_too\n"
    found = ANALYZER.run(
        [
            Source("from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import re\n"),
            Source("from typing import TYPE_CHECKING\n" + hidden),
            Source("import typing\n\n\n@typing.no_type_check\ndef f():\n    return missing\n"),
        ]
    )
    assert [[item.code for item in items] for items in found] == [
        [],
        ["name-defined"] * 2,
        ["attr-defined", "name-defined"],
    ]


def test_programs_of_a_batch_do_not_see_each_other(installed):
    texts = [
        "def f(a, b):\n    return a\n\n\nclass A:\n    x = 1\n\n\nf(1, 2)\nA.x\n",
        "def f(a):\n    return a\n\n\nclass A:\n    y = 1\n\n\nf(1)\nA.y\n",
        "import p0\nfrom p0 import f\nfrom p1 import A as B\nfrom program_0 import f as g\nf(1)\ng(1, 2, 3)\nB.z\n",
        "f(1)\n",
    ]
    found = ANALYZER.run([Source(text) for text in texts])
    assert [[item.code for item in items] for items in found[:2]] == [[], []]
    assert [item.code for item in found[3]] == ["name-defined"]
    # In nobody's folder of that name are such names, as at run time.
    assert {item.message for item in found[2]} <= {
        'Module "p0" has no attribute "f"',
        'Module "p1" has no attribute "A"',
    }


def test_a_program_that_stops_it_does_not_hide_the_others(installed):
    broken = ["x = = 1\n", "def f():\n  break\n", "return\n", "x = '\0'\n", "from ... import x\n"]
    good, bad = "x = 1\n", "missing\n"
    found = ANALYZER.run([Source(text) for text in [bad, *broken, good, bad]])
    assert [[item.code for item in items] for items in found] == [
        ["name-defined"], ["SyntaxError"], ["SyntaxError"], ["SyntaxError"], ["SyntaxError"], ["misc"], [], ["name-defined"]
    ]  # fmt: skip


def test_what_it_stops_at_by_itself_is_told_too(installed):
    unrefusing = replace(ANALYZER, refuse=None)
    found = unrefusing.run([Source("missing\n"), Source("x = = 1\n"), Source("x = 1\n"), Source("def f(:\n")])
    assert [[item.code for item in items] for items in found] == [["name-defined"], ["syntax"], [], ["syntax"]]
