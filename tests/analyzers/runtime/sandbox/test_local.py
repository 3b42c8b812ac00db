"""Judge, fork server and candidate share a processor for as long as answers come at once."""

import os
import select
import time
from dataclasses import replace

import pytest

from analyzers.runtime import suite
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Limits, SandboxBroken, Tier
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import parse

ALL = len(os.sched_getaffinity(0))
WHERE = """
import os, subprocess, threading, time

def now():
    return len(os.sched_getaffinity(0))

def later(s):
    known, ready = [], threading.Event()
    other = threading.Thread(target=lambda: (ready.wait(), known.append(now())))
    other.start()
    child = subprocess.Popen(["/bin/sh", "-c", "sleep 0.3; taskset -p $$ || true"], stdout=subprocess.PIPE)
    time.sleep(s)
    ready.set()
    other.join()
    own, mask = now(), child.communicate()[0].decode().split()[-1]
    return [own, known[0], int(mask, 16).bit_count()]
"""

pytestmark = pytest.mark.skipif(ALL < 2, reason="there is only one processor")


@pytest.fixture(scope="module", params=[Tier.STRICT, Tier.STANDARD, Tier.WEAK, Tier.NONE], ids=lambda tier: tier.name)
def server(request):
    if not tiers.attempt(request.param).works:
        pytest.skip(f"this machine does not give the tier {request.param.name.lower()}")
    server = ForkServer(tier=request.param, gathers=True)
    yield server
    server.close()


def order_of_letters(**settings):
    server = ForkServer(**settings)
    try:
        candidate = server.start("print(*set('abcdefgh'))", mode="main", stdin=b"", limits=Limits())
        candidate.channel.recv(100)
        return candidate.end().output
    finally:
        server.close()


def test_the_order_of_a_set_of_strings_is_that_of_the_hash_seed():
    assert order_of_letters() == order_of_letters(hash_seed=0)
    assert order_of_letters(hash_seed=1) == order_of_letters(hash_seed=1) != order_of_letters()


def outcome(server, test):
    return suite.run(parse([test]), WHERE, replace(Limits(), processes=8), server).tests[0]


def test_a_program_starts_where_its_judge_is(server):
    candidate = server.start(WHERE + "print(now())", mode="main", stdin=b"", limits=Limits())
    candidate.channel.recv(100)
    assert (candidate.end().output, len(os.sched_getaffinity(0))) == (b"1\n", ALL)


def test_one_that_takes_longer_may_use_every_processor_with_all_that_it_started(server):
    status, _, message = outcome(server, f"assert later(0.2) == {[ALL, ALL, ALL]}")
    assert (status, message) == ("passed", "")


def test_judge_and_fork_server_are_as_free_afterwards_as_before(server):
    for test in ("assert now()", "assert later(0.1)", "assert now()"):
        outcome(server, test)
        assert len(os.sched_getaffinity(0)) == ALL
        assert len(os.sched_getaffinity(server._process.pid)) == ALL


def test_a_candidate_that_is_ended_while_it_runs_leaves_them_free(server):
    candidate = server.start("import time; time.sleep(60)", mode="main", stdin=b"", limits=Limits())
    assert len(os.sched_getaffinity(0)) == 1
    time.sleep(0.05)
    candidate.end()
    assert len(os.sched_getaffinity(0)) == ALL


ORPHANS = """
import os, time
ended, held = os.pipe()
if not os.fork():
    for _ in range(3):
        if not os.fork():
            while time.process_time() < 0.15: pass
            os._exit(0)
    os._exit(0)
os.wait()
os.close(held)
print("left", flush=True)
if WAITS: os.read(ended, 1)
"""


@pytest.mark.parametrize("waits", [False, True])
def test_what_daemons_use_is_told_apart_whether_they_ended_or_are_ended(server, waits):
    """A program that let them work for it, or against it, must not look idle."""
    candidate = server.start(ORPHANS.replace("WAITS", str(waits)), mode="main", stdin=b"", limits=Limits())
    select.select([candidate.ended], [], [], 20)
    ended = candidate.end()
    assert ended.output == b"left\n"
    assert ended.cpu_s < 0.15
    assert 0 <= ended.left_cpu_s < 0.7
    assert not waits or ended.left_cpu_s > 0.4


def test_who_is_no_judge_is_never_moved():
    server = ForkServer()
    try:
        candidate = server.start(WHERE + "print(now())", mode="main", stdin=b"", limits=Limits())
        candidate.channel.recv(100)
        assert len(os.sched_getaffinity(0)) == ALL
        assert candidate.end().output == f"{ALL}\n".encode()
    finally:
        server.close()


def test_a_broken_server_leaves_its_judge_free():
    server = ForkServer(gathers=True)
    candidate = server.start("import time; time.sleep(60)", mode="main", stdin=b"", limits=Limits())
    server._process.kill()
    with pytest.raises(SandboxBroken):
        candidate.end()
    assert len(os.sched_getaffinity(0)) == ALL
    server.close()


CROWDED = """
import json, threading, time
from analyzers.runtime import suite
from analyzers.runtime.sandbox.base import Limits
from analyzers.runtime.sandbox.local import ForkServer
from analyzers.runtime.tests import parse
PROGRAM = '''
import threading
def f(count):
    threads = [threading.Thread(target=threading.Event().wait, args=(1,), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    return count
'''
server, limits, stay = ForkServer(), Limits(processes=8), threading.Event()
outcomes = [suite.run(parse(["assert f(4) == 4"]), PROGRAM, limits, server).tests[0][0]]
others = [threading.Thread(target=stay.wait) for _ in range(60)]
for other in others:
    other.start()
time.sleep(0.2)
outcomes += [suite.run(parse([f"assert f({n}) == {n}"]), PROGRAM, limits, server).tests[0][0] for n in (4, 30)]
stay.set()
server.close()
print(json.dumps(outcomes))
"""


def test_what_else_the_user_runs_takes_no_process_from_a_program(as_user):
    assert as_user(CROWDED) == ["passed", "passed", "error"]
