"""A process that forked: its child analyses with processes of its own, and ends none of its parent's."""

import multiprocessing
import os

from analyzers.engine import Engine
from analyzers.runtime.tests import Asserts
from analyzers.types import Outcome, Source

TESTS = Asserts(("assert f(1) == 1",))


def results(engine, sources):
    """Outcome, and codes of pyflakes, of each source."""
    reports = engine.analyze_batch(sources, [TESTS] * len(sources))
    return [(run.verdict.outcome, [finding.code for finding in flakes.diagnostics]) for run, flakes in reports]


def programs(mark):
    return [Source(f"def f(x):\n    return x  # {mark}\n"), Source(f"def f(x):\n    return y  # {mark}\n")]


EXPECTED = [(Outcome.PASS, []), (Outcome.ERROR, ["UndefinedName"])]


def children():
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children", encoding="ascii") as listed:
        return set(listed.read().split())


def test_a_child_has_its_own_processes_and_leaves_those_of_its_parent():
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    with Engine(["runtime", "pyflakes"], workers=2) as engine:
        assert results(engine, programs("parent")) == EXPECTED
        before = children()

        def work():
            sender.send(results(engine, programs("child")))
            engine.close()

        child = context.Process(target=work)
        child.start()
        assert receiver.poll(60)
        assert receiver.recv() == EXPECTED
        child.join(60)
        assert child.exitcode == 0
        assert before <= children()
        assert results(engine, programs("parent again")) == EXPECTED
