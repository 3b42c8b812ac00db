import pytest

from analyzers.cache import ReportCache, key
from analyzers.types import Report, Source, Status


def report(name):
    return Report(name, Status.OK)


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
