import time
from dataclasses import replace

import pytest

import grammars
from analyzers import runtime
from analyzers.findings import Finding
from analyzers.positions import Convention
from analyzers.runtime import programs, service, verdict
from analyzers.runtime.compilers import Compilers
from analyzers.runtime.programs import Machine
from analyzers.runtime.sandbox.base import Limits, SandboxBroken
from analyzers.runtime.tests import BadTests, parse
from analyzers.types import Outcome, Severity, Source, Status, TestStatus
from grammars import Toolchain

SH = Toolchain(
    run=("sh", "{file}"),
    packages=("debian:dash",),
    file="main.sh",
    messages="bash",
    record="printf '\\n%s\\n' {nonce}",
    assertion=((r"(?m)^check .*$", r"\g<0> || exit 1; {record}"),),
)
"""A language that starts quickly and says nothing of itself: what is tested here is the harness."""

CHECKS = "check() { [ $(f $1) = $2 ]; }\ncheck 1 2\ncheck 2 3\n"
GOOD = "f() { echo $(($1 + 1)); }"


@pytest.fixture
def go(sandbox, monkeypatch):
    """Runs a program of a made-up language: its report, and how long it took."""

    def run(source, tests, toolchain=SH, **limits):
        language = replace(grammars.get("bash"), toolchain=toolchain)
        monkeypatch.setattr(programs.grammars, "get", lambda name: language)
        machine = Machine(sandbox, Compilers(lambda: sandbox))
        job = {"source": source, "language": "made-up", "warm": False, "tests": service.pack_tests(parse(tests))}
        job["limits"] = {name: getattr(Limits(), name) for name in Limits.__slots__} | limits
        return verdict.report(Source(source), service.answer(job, sandbox, lambda: machine), 0.0)

    return run


def append(code, prefix=""):
    return {"append": code, "prefix": prefix}


def statuses(report):
    return [test.status.value for test in report.verdict.tests]


def test_each_assertion_is_a_test(go):
    report = go(GOOD, append(CHECKS))
    assert (report.verdict.outcome, statuses(report)) == (Outcome.PASS, ["passed", "passed"])
    report = go("f() { echo 2; }", append(CHECKS))
    assert statuses(report) == ["passed", "error"]  # plain sh does not say that an assertion failed
    report = go("f() { echo 3; }", append(CHECKS))
    assert statuses(report) == ["error", "not_run"]


def test_tests_without_known_assertions_are_one_test(go):
    report = go(GOOD, append("[ $(f 1) = 2 ] || exit 1\n"))
    assert (report.verdict.outcome, statuses(report)) == (Outcome.PASS, ["passed"])


@pytest.mark.parametrize("leave", ["exit 0", "f() { kill -9 $$; }", "exec true", "trap 'exit 0' EXIT; exit 0"])
def test_a_program_that_ends_before_its_tests_has_not_passed(go, leave):
    report = go(leave, append(CHECKS))
    assert report.verdict.outcome is Outcome.ERROR
    assert report.verdict.passed == 0


def test_records_of_an_earlier_run_prove_nothing(go):
    first = go("cat $0", append(CHECKS)).verdict.stdout
    record = next(line for line in first.splitlines() if "-end" in line)
    report = go(f"cat <<'.'\n{record}\n.\nexit 0", append(CHECKS))
    assert report.verdict.outcome is Outcome.ERROR


def test_records_are_no_output_of_the_program(go):
    report = go("printf abc\n" + GOOD, append(CHECKS + "printf def\n"))
    assert report.verdict.stdout == "abcdef"


def test_status_0_is_needed_beside_the_record(go):
    assert go(GOOD + "\ntrap 'exit 3' EXIT", append(CHECKS)).verdict.outcome is Outcome.ERROR


def test_a_compiler_that_takes_too_long_is_a_timeout(go):
    toolchain = replace(SH, compile=("sleep", "20"), compile_timeout_s=0.3)
    start = time.monotonic()
    report = go(GOOD, append(CHECKS), toolchain)
    assert report.verdict.outcome is Outcome.TIMEOUT
    assert statuses(report) == ["timed_out", "timed_out"]
    assert time.monotonic() - start < 15


def test_a_compiler_that_fails_without_a_word_is_the_programs_fault(go):
    report = go(GOOD, append(CHECKS), replace(SH, compile=("false",)))
    assert report.verdict.outcome is Outcome.SYNTAX_ERROR
    assert [(found.code, len(found.span)) for found in report.diagnostics] == [("CompileError", len(GOOD))]


def test_a_compiler_that_leaves_nothing_to_run_is_the_programs_fault(go):
    report = go(GOOD, append(CHECKS), replace(SH, compile=("true",), run=("{built}/main",)))
    assert report.verdict.outcome is Outcome.ERROR
    assert report.verdict.exception == "NothingBuilt"


def test_an_interpreter_that_cannot_be_started_is_not(go):
    with pytest.raises(SandboxBroken, match=r"could not be started.*Permission denied"):
        go(GOOD, append(CHECKS), replace(SH, run=("/etc/passwd", "{file}")))


def test_a_program_cannot_pass_itself_off_as_a_broken_sandbox(go):
    report = go("echo 'sandbox: OSError: broken' >&2; echo x >&3; exit 70", append(CHECKS))
    assert report.verdict.outcome is Outcome.ERROR


def test_a_missing_command_is_unavailable_and_says_what_to_install(go):
    report = go(GOOD, append(CHECKS), replace(SH, run=("no-such-command", "{file}")))
    assert (report.status, report.verdict) == (Status.UNAVAILABLE, None)
    assert report.detail == "the command 'no-such-command' is not installed: install debian:dash"
    assert go(GOOD, append(CHECKS), None).status is Status.UNAVAILABLE


def test_suites_of_values_are_for_python(go):
    report = go(GOOD, ["assert f(1) == 2"])
    assert report.verdict.outcome is Outcome.INFRASTRUCTURE
    assert "Asserts tests are for Python" in report.detail


def test_tests_without_a_place_for_the_record_are_broken(go):
    report = go(GOOD, append(CHECKS), replace(SH, completion=((r"nowhere", "{record}"),)))
    assert report.verdict.outcome is Outcome.INFRASTRUCTURE
    assert "no place for the record" in report.detail


def test_the_first_place_that_matches_takes_the_record(go):
    completion = ((r"nowhere", ""), (r"# here", "{record}"), (r"\Z", "exit 9"))
    assert go(GOOD, append(CHECKS + "# here\n"), replace(SH, completion=completion)).verdict.outcome is Outcome.PASS


def test_programs_of_another_kind_have_another_toolchain(go):
    other = replace(SH, alternatives=(("(?m)^# say", replace(SH, run=("echo", "hello"))),))
    tests = {"stdio": [{"stdin": "", "stdout": "hello"}]}
    assert go("echo bye", tests, other).verdict.outcome is Outcome.FAILURE
    assert go("# say\necho bye", tests, other).verdict.outcome is Outcome.PASS


# What evaluators of such tests are known to get wrong.


@pytest.mark.parametrize("size", [1_500, 120_000, 250_000, 900_000])
def test_much_output_neither_hangs_nor_fails(go, size):
    loud = f"head -c {size} /dev/zero | tr '\\0' x; head -c {size} /dev/zero | tr '\\0' y >&2\n" + GOOD
    report = go(loud, append(CHECKS))
    assert report.verdict.outcome is Outcome.PASS
    assert len(report.verdict.stdout) == size


def test_what_is_said_after_much_output_is_read(go):
    loud = "head -c 200000 /dev/zero | tr '\\0' y >&2\nf() { echo >&2; echo 'main.sh: line 2: no' >&2; exit 4; }\nf"
    report = go(loud, append(CHECKS))
    assert report.verdict.outcome is Outcome.ERROR
    assert report.diagnostics[0].message == "no"


def test_lines_that_are_hard_to_read_do_not_hold_up_the_harness(go):
    start = time.monotonic()
    loud = "head -c 900000 /dev/zero | tr '\\0' y >&2\nf() { exit 4; }\nf"
    assert go(loud, append(CHECKS)).verdict.outcome is Outcome.ERROR
    assert time.monotonic() - start < 30


def test_a_signal_without_a_name_is_an_end_like_others(go):
    report = go("kill -37 $$", append(CHECKS))
    assert (report.verdict.outcome, report.verdict.exception) == (Outcome.ERROR, "signal 37")


def test_a_flood_is_cut_off(go):
    start = time.monotonic()
    report = go("while :; do echo 0123456789012345678901234567890123456789; done", append(CHECKS), timeout_s=30.0)
    assert report.verdict.outcome is Outcome.ERROR
    assert len(report.verdict.stdout) <= Limits().output_bytes
    assert time.monotonic() - start < 30


def test_words_on_either_stream_fail_nothing(go):
    words = "ERROR SyntaxError Traceback Assertion failed FAIL Unhandled Exception [build failed] unexpected"
    assert go(f"echo '{words}'\necho '{words}' >&2\n{GOOD}", append(CHECKS)).verdict.outcome is Outcome.PASS


def test_input_that_is_not_read_blocks_nothing(go):
    tests = {"stdio": [{"stdin": "x" * 5_000_000, "stdout": "done"}]}
    assert go("echo done", tests).verdict.outcome is Outcome.PASS


def test_what_a_child_holds_open_does_not_hang(go):
    start = time.monotonic()
    assert go("sleep 20 &\n" + GOOD, append(CHECKS)).verdict.outcome is Outcome.PASS
    assert time.monotonic() - start < 15


def test_after_two_timeouts_in_a_row_the_rest_is_not_run(go):
    tests = {"stdio": [{"stdin": "", "stdout": "3"}] * 4}
    assert statuses(go("sleep 20", tests, timeout_s=0.2)) == ["timed_out", "timed_out", "not_run", "not_run"]
    assert statuses(go("sleep 20", tests, timeout_s=0.2, timeouts=1)) == ["timed_out", *["not_run"] * 3]


def test_each_case_is_a_run_of_its_own(go):
    count = "read -r n; [ -e seen ] && echo again; touch seen; echo $n"
    tests = {"stdio": [{"stdin": f"{n}\n", "stdout": f"{n}\n"} for n in range(3)]}
    report = go(count, tests)
    assert (report.verdict.outcome, report.verdict.forgeable) == (Outcome.PASS, False)


def test_what_was_built_cannot_be_changed_by_a_run(go):
    tests = {"stdio": [{"stdin": "", "stdout": "3\n"}] * 2}
    report = go("echo 'echo 3' > $0 2>/dev/null || :\nchmod 777 $0 2>/dev/null\nrm -f $0 2>/dev/null\necho 4", tests)
    assert statuses(report) == ["failed", "failed"]


def test_lone_surrogates_do_not_break_the_harness(go):
    assert go("# \ud800\n" + GOOD, append(CHECKS)).verdict.outcome is Outcome.PASS


# Findings on the file, diagnostics of the program.


class Said:
    """Messages of a run time that says what a test wants."""

    CONVENTION = Convention()
    FAILED = programs.re.compile("an assertion failed")

    def __init__(self, *found):
        self.found = found

    def run_findings(self, output, errors, file):
        return list(self.found)


def at(line, column=None, *, file="", code="E"):
    return Finding(code, "no", line=line, column=column, severity=Severity.FATAL, file=file)


@pytest.fixture
def ends(go, monkeypatch):
    """The report of a program that ends badly with these findings; the prefix has two lines, the program two."""

    def run(*found, stderr=""):
        monkeypatch.setattr(programs, "import_module", lambda name: Said(*found))
        source = f"f() {{ echo '{stderr}' >&2; exit 5; }}\n# é😀 last"
        return source, go(source, append(CHECKS + "f\n", prefix=": one\n: two\n"))

    return run


def test_places_are_those_of_the_programs_own_text(ends):
    source, report = ends(at(3, 1))
    assert report.verdict.outcome is Outcome.ERROR
    (found,) = report.diagnostics
    assert (found.span.start, source[found.span.start : found.span.end]) == (0, "f")
    source, report = ends(at(4, 6))
    (found,) = report.diagnostics
    assert source[found.span.start : found.span.end] == "last"


def test_the_first_frame_in_the_program_is_charged(ends):
    source, report = ends(at(6, 1), at(1), at(3, file="other.sh"), at(4, 6), at(3, 1))
    (found,) = report.diagnostics
    assert source[found.span.start : found.span.end] == "last"


def test_an_end_in_the_tests_alone_is_a_failed_assertion(ends):
    _, report = ends(at(6, 1))
    assert (report.verdict.outcome, report.diagnostics) == (Outcome.FAILURE, ())
    assert [test.status for test in report.verdict.tests][:1] == [TestStatus.FAILED]


def test_an_assertion_that_says_so_is_one_wherever_it_stands(ends):
    _, report = ends(at(3, 1), stderr="an assertion failed")
    assert report.verdict.outcome is Outcome.FAILURE


def test_an_end_without_a_place_is_the_whole_programs(ends):
    source, report = ends(at(None))
    (found,) = report.diagnostics
    assert (found.span.start, found.span.end) == (0, len(source))
    source, report = ends()
    assert (report.verdict.exception, report.diagnostics[0].message) == ("SystemExit", "exit status 1")


def test_the_pool_answers_for_other_languages_too():
    try:
        tests = parse({"append": "[[ $(f 1) = 2 ]]\n"})
        report = runtime.submit(Source(GOOD, "sh"), tests, Limits()).result()
        assert (report.status, report.verdict.outcome, report.verdict.forgeable) == (Status.OK, Outcome.PASS, True)
    finally:
        runtime.close()


def test_a_suite_of_another_kind_is_refused(sandbox):
    machine = Machine(sandbox, Compilers(lambda: sandbox))
    with pytest.raises(BadTests):
        programs.run(parse(["assert f(1)"]), "", "bash", Limits(), machine)
