"""Every language on the programs of its file in `languages/`; a toolchain that is missing is a skip with its reason.

A file there has these constants:

    ADD        reads two integers from standard input and prints their sum
    BROKEN     (program, code, blamed text): does not compile
    CRASH      (program, code, blamed text): ends badly in its own code; the whole program is blamed where no place
               is told
    HANG       never ends
    FUNCTION   defines `f`, which adds one to an integer
    WRONG      defines `f` that is right for 1 alone
    RAISES     (program, code, blamed text): defines `f` that ends badly when it is called
    LEAVES     ends the process with status 0 when it is loaded or when `f` is called
    NOISY      as FUNCTION, but prints 250 KB on standard output, and on standard error the words
               "ERROR SyntaxError AssertionError FAIL"
    TESTS      code to append: two assertions, f(1) = 2 and f(2) = 3, in the manner of the published data sets
    PREFIX     lines that come before the program (optional)
    SAYS       what the language's own test runner prints when all is well (optional)
"""

import runpy
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from analyzers import runtime
from analyzers.runtime.tests import parse
from analyzers.types import Outcome, Source, Status, TestStatus

FOLDER = Path(__file__).with_name("languages")
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))
UNHURRIED_S = 20.0
"""Compilers of some languages take seconds on a machine that does other work, too."""
SUM = {"stdio": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "40 2\n", "stdout": "42\n"}]}


@pytest.fixture(scope="module", autouse=True)
def end_pool():
    yield
    runtime.close()


@pytest.fixture(params=NAMES, scope="module")
def language(request):
    found = SimpleNamespace(name=request.param, **runpy.run_path(str(FOLDER / f"{request.param}.py")))
    run(found, found.ADD, SUM, timeout_s=60.0)  # reads compilers and libraries from the disk once, however slow it is
    return found


@dataclass
class Got:
    report: object
    program: str

    @property
    def outcome(self):
        return self.report.verdict.outcome

    @property
    def statuses(self):
        return [test.status for test in self.report.verdict.tests]

    def blames(self, code, text):
        first = self.report.diagnostics[0]
        assert (first.code, self.program[first.span.start : first.span.end]) == (code, text or self.program), first


def run(language, program, tests, timeout_s=UNHURRIED_S):
    report = runtime.submit(Source(program, language.name), parse(tests), runtime.Limits(timeout_s=timeout_s)).result()
    if report.status is Status.UNAVAILABLE:
        pytest.skip(report.detail)
    assert report.status is Status.OK, report
    return Got(report, program)


def appended(language, program, timeout_s=UNHURRIED_S):
    tests = {"append": language.TESTS, "prefix": getattr(language, "PREFIX", "")}
    return run(language, program, tests, timeout_s)


def test_what_is_printed_is_compared_outside(language):
    right, wrong = (
        run(language, language.ADD, SUM),
        run(language, language.ADD, {"stdio": [{"stdin": "1 2\n", "stdout": "4\n"}]}),
    )
    assert (right.outcome, right.report.verdict.passed, right.report.verdict.forgeable) == (Outcome.PASS, 2, False)
    assert (wrong.outcome, wrong.report.diagnostics) == (Outcome.FAILURE, ())


def test_what_does_not_compile_is_told_where(language):
    program, code, text = language.BROKEN
    got = run(language, program, SUM)
    assert got.outcome is Outcome.SYNTAX_ERROR, got
    got.blames(code, text)


def test_a_bad_end_is_told_where(language):
    program, code, text = language.CRASH
    got = run(language, program, SUM)
    assert got.outcome is Outcome.ERROR, got
    got.blames(code, text)


def test_what_hangs_is_a_timeout(language):
    assert run(language, language.HANG, SUM, timeout_s=0.5).outcome is Outcome.TIMEOUT


def test_appended_tests_pass(language):
    got = appended(language, language.FUNCTION)
    assert (got.outcome, got.report.verdict.forgeable) == (Outcome.PASS, True), got
    assert len(got.statuses) == 2
    assert got.report.verdict.stdout.strip() == getattr(language, "SAYS", "")


def test_an_assertion_that_fails_is_a_failure_of_that_test(language):
    got = appended(language, language.WRONG)
    assert got.outcome is Outcome.FAILURE, got
    assert got.statuses == [TestStatus.PASSED, TestStatus.FAILED]
    assert got.report.diagnostics == ()


def test_a_bad_end_in_a_function_is_told_where(language):
    program, code, text = language.RAISES
    got = appended(language, program)
    assert got.outcome is Outcome.ERROR, got
    assert got.statuses == [TestStatus.ERROR, TestStatus.NOT_RUN]
    got.blames(code, text)


def test_leaving_early_with_status_0_is_no_pass(language):
    got = appended(language, language.LEAVES)
    assert got.outcome is Outcome.ERROR, got
    assert got.report.verdict.passed == 0


def test_neither_much_output_nor_words_on_standard_error_fail_a_program(language):
    got = appended(language, language.NOISY)
    assert got.outcome is Outcome.PASS, got
    assert len(got.report.verdict.stdout) >= 250_000


@pytest.mark.parametrize(("name", "command"), [("julia", "julia"), ("swift", "swiftc"), ("dart", "dart")])
def test_a_language_without_its_commands_is_unavailable_and_says_what_to_install(name, command):
    if shutil.which(command):
        pytest.skip(f"{command} is installed")
    report = runtime.submit(Source("", name), parse(SUM), runtime.Limits()).result()
    assert (report.status, report.verdict) == (Status.UNAVAILABLE, None)
    assert f"'{command}'" in report.detail
    assert f"upstream:{name}" in report.detail
