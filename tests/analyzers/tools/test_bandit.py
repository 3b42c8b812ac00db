import json

import pytest

from analyzers.errors import AnalyzerFailed
from analyzers.findings import Finding
from analyzers.tools.bandit import ANALYZER, SKIPPED
from analyzers.types import Kind, Severity, Source

SECURITY = {"kind": Kind.SECURITY}
HIGH = SECURITY | {"severity": Severity.HIGH}


def test_the_output_is_understood(captured):
    found = list(ANALYZER.parse(captured("bandit.json")))
    assert found[0] == Finding("B102", "Use of exec detected.", 1, 14, 1, 21, file="./p0.py", **HIGH)
    # the position is the call's, where the record's line_number is that of `shell=True`
    message = "subprocess call with shell=True identified, security issue."
    assert Finding("B602", message, 2, 14, 6, 1, file="./p1.py", **HIGH) in found
    assert {item.code: item.severity for item in found} == {
        "B102": Severity.HIGH, "B301": Severity.MEDIUM, "B306": Severity.MEDIUM, "B307": Severity.MEDIUM, "B324": Severity.LOW,
        "B506": Severity.MEDIUM, "B602": Severity.HIGH, "B605": Severity.HIGH, "B608": Severity.MEDIUM,
    }  # fmt: skip


def test_a_program_that_it_could_not_read_is_a_failure():
    output = {"errors": [{"filename": "./p0.py", "reason": "exception while scanning file"}], "results": []}
    with pytest.raises(AnalyzerFailed, match=r"could not read a program: .*exception while scanning file"):
        list(ANALYZER.parse(json.dumps(output)))


def test_the_tests_that_are_skipped():
    assert {"B101", "B311", "B404", "B415"} <= set(SKIPPED)
    assert not {"B102", "B307", "B602"} & set(SKIPPED)


PROGRAM = "{0}\ns = '😀'; exec(s)  {0}\n{0}\nx = eval(s)  {0}\n"


def test_comments_suppress_nothing(installed):
    found = ANALYZER.run(
        [Source(PROGRAM.format(comment)) for comment in ["", "# nosec", "#nosec B102", "# nosec: B307"]]
    )
    assert [[item.code for item in items] for items in found] == [["B102", "B307"]] * 4


def test_configuration_in_the_folders_changes_nothing(installed, plant):
    ini, toml = "[bandit]\nskips: B102,B307\nexclude: p0.py\n", '[tool.bandit]\nskips = ["B102", "B307"]\n'
    plant({".bandit": ini, "bandit.yaml": "skips: [B102, B307]\n", "pyproject.toml": toml, "setup.cfg": ini})
    (found,) = ANALYZER.run([Source(PROGRAM.format(""))])
    assert [item.code for item in found] == ["B102", "B307"]


def test_a_program_on_which_it_crashes_is_a_failure(installed):
    with pytest.raises(AnalyzerFailed, match="exception while scanning file"):
        ANALYZER.run([Source("x = 1" + " + 1" * 2000)])
