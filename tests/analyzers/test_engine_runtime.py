"""The engine and programs that are run: what is asked of the runtime, what is kept, what is refused."""

from concurrent.futures import Future

import pytest

from analyzers import runtime
from analyzers.engine import Engine
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.tests import Asserts, Call, Calls
from analyzers.types import Outcome, Report, Source, Status, TestResult, TestStatus, Verdict

TESTS = Asserts(("assert x",))


@pytest.fixture
def fake_runtime(monkeypatch):
    """Stands for the runtime: futures that a test settles, and whether the pool was closed."""
    asked, closed = [], []

    def submit(source, tests, limits=None, *, isolation):
        asked.append((source, tests, limits, isolation, Future()))
        return asked[-1][-1]

    monkeypatch.setattr(runtime, "submit", submit)
    monkeypatch.setattr(runtime, "close", lambda: closed.append(True))
    return asked, closed


def test_runtime_runs_the_tests_under_the_limits(fake_runtime):
    asked, closed = fake_runtime
    limits = runtime.Limits(timeout_s=1.0)
    report = Report("runtime", Status.OK, verdict=Verdict(Outcome.PASS))
    with Engine(["runtime", "syntax"], workers=1, limits=limits, isolation="weak") as engine:
        future = engine.submit(Source("x = 1"), TESTS)
        assert [entry[:4] for entry in asked] == [(Source("x = 1"), TESTS, limits, runtime.Tier.WEAK)]
        asked[0][-1].set_result(report)
        assert future.result(60)[0] is report
        assert not closed
    assert closed == [True]


def verdict(outcome, status):
    return Report("runtime", Status.OK, verdict=Verdict(outcome, (TestResult(status),)))


def test_a_program_is_run_once_on_its_tests(fake_runtime):
    asked, _ = fake_runtime
    passed = verdict(Outcome.PASS, TestStatus.PASSED)
    with Engine(["runtime"]) as engine:
        futures = [engine.submit(Source("x = 1", offset=offset), TESTS) for offset in (0, 7)]
        assert len(asked) == 1  # the second waits for the first
        asked[0][-1].set_result(passed)
        assert [future.result(60) for future in futures] == [(passed,), (passed,)]
        assert engine.submit(Source("x = 1"), TESTS).result(60) == (passed,)
        assert len(asked) == 1
        engine.submit(Source("x = 1"), Asserts(("assert x == 2",)))
        engine.submit(Source("x = 2"), TESTS)
        assert len(asked) == 3


def test_what_closing_cuts_short_is_reported_and_not_warned_of(fake_runtime, caplog):
    with Engine(["runtime"]) as engine:
        future = engine.submit(Source("x = 1"), TESTS)
    (report,) = future.result(60)
    assert (report.status, report.detail) == (Status.FAILED, "the engine was closed")
    assert caplog.records == []


def test_tests_that_nobody_waits_for_any_more_are_cancelled(fake_runtime):
    asked, _ = fake_runtime
    passed = verdict(Outcome.PASS, TestStatus.PASSED)
    with Engine(["runtime"]) as engine:
        first, second = (engine.submit(Source("x = 1"), TESTS) for _ in range(2))
        assert first.cancel()
        assert not asked[0][-1].cancelled()  # the second waits on
        assert second.cancel()
        assert asked[0][-1].cancelled()
        again = engine.submit(Source("x = 1"), TESTS)
        assert len(asked) == 2
        asked[1][-1].set_result(passed)
        assert again.result(60) == (passed,)


def test_tests_that_run_already_are_not_interrupted(fake_runtime):
    asked, _ = fake_runtime
    passed = verdict(Outcome.PASS, TestStatus.PASSED)
    with Engine(["runtime"]) as engine:
        one = engine.submit(Source("x = 1"), TESTS)
        asked[0][-1].set_running_or_notify_cancel()
        assert one.cancel()
        again = engine.submit(Source("x = 1"), TESTS)
        asked[0][-1].set_result(verdict(Outcome.FAILURE, TestStatus.FAILED))
        asked[1][-1].set_result(passed)
        assert again.result(60) == (passed,)


@pytest.mark.parametrize(
    "report",
    [
        verdict(Outcome.TIMEOUT, TestStatus.TIMED_OUT),
        Report("runtime", Status.FAILED, verdict=Verdict(Outcome.INFRASTRUCTURE)),
        Report("runtime", Status.UNAVAILABLE),
    ],
)
def test_what_may_come_out_otherwise_is_run_again(fake_runtime, report):
    asked, _ = fake_runtime
    with Engine(["runtime"]) as engine:
        for count in (1, 2):
            future = engine.submit(Source("x = 1"), TESTS)
            assert len(asked) == count
            asked[-1][-1].set_result(report)
            assert future.result(60) == (report,)


def test_results_in_a_folder_are_there_for_other_engines(fake_runtime, tmp_path):
    asked, _ = fake_runtime
    passed = verdict(Outcome.PASS, TestStatus.PASSED)
    with Engine(["runtime"], cache_folder=tmp_path) as engine:
        future = engine.submit(Source("x = 1"), TESTS)
        asked[0][-1].set_result(passed)
        future.result(60)
    with Engine(["runtime"], cache_folder=tmp_path) as engine:
        assert engine.submit(Source("x = 1"), TESTS).result(60) == (passed,)
    assert len(asked) == 1


def test_tests_that_cannot_be_sent_are_not_kept(fake_runtime):
    asked, _ = fake_runtime
    tests = Calls("f", (Call((object(),), 1),))
    with Engine(["runtime"]) as engine:
        for count in (1, 2):
            engine.submit(Source("x = 1"), tests)
            assert len(asked) == count


def test_a_machine_that_does_not_isolate_so_well_is_refused(monkeypatch):
    def choose(minimum):
        raise tiers.TierRefused(f"no {minimum.name}")

    monkeypatch.setattr(tiers, "choose", choose)
    with pytest.raises(tiers.TierRefused, match="no STRICT"):
        Engine(["runtime"], isolation="strict")
    with pytest.raises(ValueError, match="did you mean 'strict'"):
        Engine(["runtime"], isolation="strickt")
    Engine(["syntax"], isolation="strict").close()  # nothing is run


def test_the_shared_pool_of_runtime_ends_with_the_last_engine(fake_runtime):
    _, closed = fake_runtime
    first, second, third = (Engine(["runtime"]) for _ in range(3))
    first.submit(Source("x"), TESTS)
    second.submit(Source("x"), TESTS)
    first.close()
    third.close()  # never ran a test
    assert closed == []
    second.close()
    assert closed == [True]


def test_without_tests_runtime_does_not_apply(fake_runtime):
    asked, _ = fake_runtime
    with Engine(["runtime"]) as engine:
        (report,) = engine.submit(Source("x = 1")).result(5)
    assert (report.status, report.verdict, asked) == (Status.NOT_APPLICABLE, None, [])


def test_a_harness_that_fails_is_infrastructure(fake_runtime, caplog):
    asked, _ = fake_runtime
    with Engine(["runtime"]) as engine:
        future = engine.submit(Source("x"), TESTS)
        asked[0][-1].set_exception(OSError("no more processes"))
        (report,) = future.result(5)
        cancelled = engine.submit(Source("x"), TESTS)
        asked[1][-1].cancel()
        asked[1][-1].set_running_or_notify_cancel()
        assert cancelled.result(5)[0].verdict.outcome is Outcome.INFRASTRUCTURE
    assert (report.status, report.verdict.outcome) == (Status.FAILED, Outcome.INFRASTRUCTURE)
    assert "no more processes" in report.verdict.detail


def test_a_harness_that_cannot_even_start_is_infrastructure(fake_runtime, monkeypatch):
    def submit(*arguments):
        raise RuntimeError("the pool is closed")

    monkeypatch.setattr(runtime, "submit", submit)
    with Engine(["runtime"]) as engine:
        (report,) = engine.submit(Source("x"), TESTS).result(5)
    assert (report.status, report.verdict.outcome) == (Status.FAILED, Outcome.INFRASTRUCTURE)


def test_the_real_runtime_answers_beside_the_others():
    with Engine(["runtime", "pyflakes"], workers=1) as engine:
        reports = engine.analyze_batch([Source("x = 1\n"), Source("x = missing\n")], [TESTS, TESTS])
    assert [report.verdict.outcome for report, _ in reports] == [Outcome.PASS, Outcome.ERROR]
    text = "x = missing\n"
    assert [text[item.span.start : item.span.end] for report in reports[1] for item in report.diagnostics] == [
        "missing"
    ] * 2
