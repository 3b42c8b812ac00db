import logging
import sqlite3

import pytest

from analyzers import cache as module
from analyzers.cache import ReportCache, content_of, key_of, lasting
from analyzers.types import (
    Diagnostic,
    Kind,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)


def report(name):
    return Report(name, Status.OK)


def key(source, analyzer, fingerprint):
    return key_of(content_of(source), analyzer, fingerprint)


@pytest.mark.parametrize(
    ("source", "analyzer", "fingerprint"),
    [
        (Source("y"), "a", "1"),
        (Source("x", prefix=1), "a", "1"),
        (Source("x", truncated=True), "a", "1"),
        (Source("x", "py"), "a", "1"),
        (Source("x"), "b", "1"),
        (Source("x"), "a", "2"),
        (Source("x\ud800"), "a", "1"),
    ],
)
def test_everything_that_a_report_depends_on_is_in_the_key(source, analyzer, fingerprint):
    assert key(source, analyzer, fingerprint) != key(Source("x"), "a", "1")


def test_the_place_in_the_completion_is_not():
    assert key(Source("x", offset=5), "a", "1") == key(Source("x"), "a", "1")


def test_fields_cannot_run_into_one_another():
    assert key(Source("x", "python"), "ab", "c") != key(Source("x", "python"), "a", "bc")


def test_the_least_recently_used_report_goes_first():
    cache = ReportCache(2)
    cache.put(b"1", report("1"))
    cache.put(b"2", report("2"))
    assert cache.get(b"1") == report("1")
    cache.put(b"3", report("3"))
    assert (cache.get(b"1"), cache.get(b"2"), cache.get(b"3"), len(cache)) == (report("1"), None, report("3"), 2)


def test_a_cache_of_no_size_keeps_nothing():
    cache = ReportCache(0)
    cache.put(b"1", report("1"))
    assert (cache.get(b"1"), len(cache)) == (None, 0)


def verdict(outcome, *statuses):
    return Report("runtime", Status.OK, verdict=Verdict(outcome, tuple(map(TestResult, statuses))))


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (report("pylint"), True),
        (Report("pylint", Status.FAILED), False),
        (Report("pylint", Status.TIMED_OUT), False),
        (verdict(Outcome.PASS, TestStatus.PASSED), True),
        (verdict(Outcome.FAILURE, TestStatus.FAILED), True),
        (verdict(Outcome.SYNTAX_ERROR), True),
        (verdict(Outcome.TIMEOUT, TestStatus.TIMED_OUT), False),
        (verdict(Outcome.ERROR, TestStatus.ERROR, TestStatus.TIMED_OUT), False),
        (verdict(Outcome.INFRASTRUCTURE), False),
    ],
)
def test_only_what_would_come_out_the_same_again_is_lasting(found, kept):
    assert lasting(found) is kept


FULL = Report(
    "runtime",
    Status.OK,
    (Diagnostic("runtime", "TypeError", Severity.FATAL, "é\ud800", Span(1, 2), Kind.RUNTIME),),
    seconds=0.25,
    verdict=Verdict(Outcome.ERROR, (TestResult(TestStatus.ERROR, 0.1, "x"),), stdout="\0\x1e", forgeable=True),
)


def test_reports_on_disk_outlive_the_process(tmp_path):
    first = ReportCache(10, tmp_path / "new" / "folder")
    first.put(b"1", FULL)
    first.close()
    second = ReportCache(10, tmp_path / "new" / "folder")
    assert second.get(b"1") == FULL
    assert second.get(b"2") is None
    second.close()


def test_two_may_share_a_folder(tmp_path):
    first, second = ReportCache(10, tmp_path), ReportCache(10, tmp_path)
    first.put(b"1", FULL)
    assert second.get(b"1") == FULL
    second.put(b"1", report("other"))
    assert first.get(b"1") == FULL  # from memory


def test_other_code_makes_reports_anew(tmp_path, monkeypatch):
    ReportCache(10, tmp_path).put(b"1", FULL)
    monkeypatch.setattr(module, "_code", lambda: b"other")
    assert ReportCache(10, tmp_path).get(b"1") is None


def test_what_on_disk_is_spoilt_is_made_again(tmp_path, caplog):
    ReportCache(10, tmp_path).put(b"1", FULL)
    with sqlite3.connect(tmp_path / module.FILE) as table:
        table.execute("UPDATE reports SET report = '{}'")
    with caplog.at_level(logging.WARNING):
        assert ReportCache(10, tmp_path).get(b"1") is None
    assert "cannot be read" in caplog.text


def test_the_oldest_on_disk_go_first(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROWS", 3)
    monkeypatch.setattr(module, "PRUNE_EVERY", 1)
    shared = ReportCache(0, tmp_path)
    for number in range(5):
        shared.put(bytes([number]), FULL)
    assert [shared.get(bytes([number])) is not None for number in range(5)] == [False, False, True, True, True]


def test_a_folder_that_cannot_be_used_is_said_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"reports cannot be kept in '.*file'"):
        ReportCache(10, tmp_path / "file")
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt" / module.FILE).write_text("no table" * 1000)
    with pytest.raises(OSError, match=r"reports cannot be kept in '.*spoilt'"):
        ReportCache(10, tmp_path / "spoilt")
