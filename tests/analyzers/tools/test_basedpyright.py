import json

from analyzers.findings import Finding
from analyzers.tools.basedpyright import ANALYZER, CONFIGURATION
from analyzers.types import Kind, Severity, Source

P0, P1 = ("/dev/shm/spanwise-x/programs/p0/program-0.py", "/dev/shm/spanwise-x/programs/p1/program-0.py")
HIGH_TYPE = {"severity": Severity.HIGH, "kind": Kind.TYPE, "file": P0}
LOW_TYPE = HIGH_TYPE | {"severity": Severity.LOW}


def test_the_output_is_understood(captured):
    *found, argument, tabs = ANALYZER.parse(captured("basedpyright.json"))
    assert found == [
        Finding("reportUndefinedVariable", '"undefined_name" is not defined', 0, 15, 0, 29, severity=Severity.CRITICAL, kind=Kind.NAME, file=P0),
        Finding("reportCallIssue", 'Argument missing for parameter "b"', 3, 0, 3, 4, **HIGH_TYPE),
        Finding("reportAttributeAccessIssue", '"foo" is not a known attribute of module "math"', 5, 5, 5, 8, **HIGH_TYPE),
        # nothing of "requests", which is not of the standard library
        Finding("reportCallIssue", 'No overloads for "max" match the provided arguments', 7, 0, 7, 20, **LOW_TYPE),
    ]  # fmt: skip
    assert (argument.code, argument.severity) == ("reportArgumentType", Severity.LOW)
    assert (tabs.code, tabs.line, tabs.end_column, tabs.file) == ("error", 2, 8, P1)


def test_rules_that_are_rated_are_on():
    assert CONFIGURATION["reportCallIssue"] == CONFIGURATION["reportUnhashable"] == "error"
    assert not [rule for rule in CONFIGURATION if not rule.isalpha() or rule == "error"]


PROGRAM = "{}\ns = '😀'  {}\n\n\ndef f(a):  {}\n    return missing + s.nope  {}\n"
FOUND = ["reportUndefinedVariable", "reportAttributeAccessIssue"]


def test_comments_suppress_nothing(installed):
    comments = ["", "# type: ignore", "# pyright: ignore", "# pyright: basic, reportUndefinedVariable=false", "# pyright: ignore[reportUndefinedVariable]", "# basedpyright: ignore"]  # fmt: skip
    found = ANALYZER.run([Source(PROGRAM.format(*[comment] * 4)) for comment in comments])
    assert [[item.code for item in items] for items in found] == [FOUND] * 6


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    config = json.dumps({"typeCheckingMode": "off", "reportUndefinedVariable": False, "ignore": ["**"]})
    toml = '[tool.basedpyright]\nignore = ["**"]\n[tool.pyright]\nignore = ["**"]\n'
    plant({"pyrightconfig.json": config, "pyproject.toml": toml})
    (found,) = ANALYZER.run([Source(PROGRAM.format("", "", "", ""))])
    assert [item.code for item in found] == FOUND


def test_checking_that_is_switched_off_by_name_goes_on(installed):
    found = ANALYZER.run(
        [
            Source("from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import re\n"),
            Source("import typing\nif not typing.TYPE_CHECKING:\n    print(missing)\n"),
            Source("from typing import no_type_check\n\n\n@no_type_check\ndef f():\n    return missing\n"),
        ]
    )
    assert [[item.code for item in items] for items in found] == [[], FOUND[:1], FOUND[::-1]]


def test_programs_of_a_batch_do_not_see_each_other(installed):
    texts = [
        "def f(a, b):\n    return a\n\n\nclass A:\n    x = 1\n\n\nf(1, 2)\nprint(A.x)\n",
        "def f(a):\n    return a\n\n\nclass A:\n    y = 1\n\n\nf(1)\nprint(A.y)\n",
        "import p0, p1\nfrom program_0 import f\nfrom p1 import A\nprint(f(1), f(1, 2, 3), A.x, p0.z, p1.z)\n",
        "f(1)\n",
        "x = (\n",
    ]
    found = ANALYZER.run([Source(text) for text in texts])
    assert [[item.code for item in items] for items in found] == [[], [], [], FOUND[:1], ["SyntaxError"]]
