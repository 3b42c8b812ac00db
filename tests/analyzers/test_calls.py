import threading

import pytest

from analyzers.calls import AHEAD, Calls


class Sent:
    """Keeps the calls that were sent, and which jobs nobody wants any more."""

    def __init__(self, workers=1):
        self.calls, self.unwanted = [], set()
        self.of = Calls(self.send, wanted=lambda job: job not in self.unwanted, workers=workers)

    def send(self, analyzer, jobs):
        self.calls.append((analyzer, "".join(jobs)))

    def add(self, jobs, analyzer="a", batch_size=3):
        self.of.add(analyzer, jobs, batch_size=batch_size)


def test_what_waits_together_goes_together():
    assert AHEAD == 2
    sent = Sent()
    for job in "abcdefg":
        sent.add(job)
    assert sent.calls == [("a", "a"), ("a", "b")]  # there is no room for a third
    sent.of.done()
    assert sent.calls[2:] == [("a", "cde")]
    sent.of.done()
    assert sent.calls[3:] == [("a", "fg")]
    sent.of.done()
    sent.of.done()
    assert len(sent.calls) == 4


def test_what_comes_at_once_is_shared_among_the_workers():
    sent = Sent(workers=2)
    sent.add("abcdefgh", batch_size=100)
    assert [jobs for _, jobs in sent.calls] == ["abcd", "efgh"]


def test_analyzers_take_turns():
    sent = Sent()
    sent.add("ab", batch_size=1)
    sent.add("cde", "x", batch_size=1)
    sent.add("f", "y", batch_size=1)
    assert sent.calls == [("a", "a"), ("a", "b")]
    for _ in range(4):
        sent.of.done()
    assert sent.calls[2:] == [("x", "c"), ("y", "f"), ("x", "d"), ("x", "e")]


def test_jobs_that_nobody_wants_any_more_are_dropped_and_take_no_room():
    sent = Sent()
    sent.add("abcdefg")
    sent.unwanted |= set("ghi")
    sent.add("hi")
    sent.add("j")
    assert sent.calls == [("a", "abc"), ("a", "def")]
    sent.of.done()
    assert sent.calls[2:] == [("a", "j")]
    sent.of.done()
    sent.of.done()
    assert len(sent.calls) == 3


def test_calls_that_end_at_once_are_sent_one_after_the_other():
    calls = []

    def send(analyzer, jobs):
        calls.append("".join(jobs))
        of.done()

    of = Calls(send, wanted=lambda job: True, workers=1)
    of.add("a", "x" * 5000, batch_size=1)  # deeper than the interpreter recurses
    assert calls == ["x"] * 5000


def test_after_an_interruption_others_are_sent():
    calls, interrupted = [], [True]

    def send(analyzer, jobs):
        if interrupted:
            raise interrupted.pop() and KeyboardInterrupt
        calls.extend(jobs)

    of = Calls(send, wanted=lambda job: True, workers=2)
    with pytest.raises(KeyboardInterrupt):
        of.add("a", "a", batch_size=1)
    of.add("a", "b", batch_size=1)
    assert calls == ["b"]


def test_threads_send_each_job_once():
    sent = Sent(workers=2)

    def work(number):
        for job in range(200):
            sent.add([f"{number}.{job} "])
            sent.of.done()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs = " ".join(jobs for _, jobs in sent.calls).split()
    assert sorted(jobs) == sorted(f"{number}.{job}" for number in range(4) for job in range(200))
