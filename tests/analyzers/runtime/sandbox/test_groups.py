"""Control groups: found where this process stands, bounded together, and gone afterwards."""

import os
import select

import pytest

from analyzers.runtime.sandbox import groups, tiers
from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.sandbox.local import ForkServer


def described(monkeypatch, cgroup, mountinfo):
    texts = {"/proc/self/cgroup": cgroup.splitlines(), "/proc/self/mountinfo": mountinfo.splitlines()}
    monkeypatch.setattr(groups, "lines", texts.__getitem__)
    return groups.own_folders()


def test_version_1_has_a_tree_for_each_controller(monkeypatch):
    cgroup = "9:pids:/jobs/a\n4:cpu,memory:/docker/abc\n0::/"
    mountinfo = (
        "30 20 0:26 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
        "31 20 0:27 /docker/abc /sys/fs/cgroup/memory ro shared:1 - cgroup cgroup rw,cpu,memory\n"
        "32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    )
    assert described(monkeypatch, cgroup, mountinfo) == {
        "pids": "/sys/fs/cgroup/pids/jobs/a",
        "memory": "/sys/fs/cgroup/memory",
    }


def test_version_2_has_one_tree(monkeypatch):
    cgroup = "0::/user.slice/user-1000.slice"
    mountinfo = "24 19 0:22 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
    folder = "/sys/fs/cgroup/user.slice/user-1000.slice"
    assert described(monkeypatch, cgroup, mountinfo) == {"pids": folder, "memory": folder}


def test_a_tree_that_is_seen_from_elsewhere_is_left_alone(monkeypatch):
    mountinfo = "24 19 0:22 /other /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
    assert described(monkeypatch, "0::/mine", mountinfo) == {}


def test_nothing_that_can_be_entered_is_no_failure(monkeypatch, tmp_path):
    monkeypatch.setattr(groups, "own_folders", lambda: {"pids": str(tmp_path), "memory": "/nowhere"})
    proc = os.open("/proc", os.O_RDONLY)
    made = groups.Groups(proc)
    assert made.names == []
    assert list(tmp_path.iterdir()) == []  # what was tried is gone
    made.limit(pids=5, memory=100)
    made.expose()
    made.leave()
    os.close(proc)


def test_groups_of_servers_that_are_no_more_are_removed(tmp_path):
    for name in (f"spanwise-{os.getpid()}", "spanwise-1", "spanwise-4194304", "spanwise-x", "other"):
        (tmp_path / name).mkdir()
    folder = os.open(tmp_path, os.O_RDONLY)
    groups.tidy(folder)
    os.close(folder)
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left == {f"spanwise-{os.getpid()}", "spanwise-1", "spanwise-x", "other"}


@pytest.fixture
def server():
    attempt = tiers.attempt(Tier.STRICT)
    if not attempt.works or any("control group" in part for part in attempt.lacking):
        pytest.skip(f"needs control groups: {attempt.reason or attempt.lacking}")
    server = ForkServer(tier=Tier.STRICT)
    yield server
    server.close()


def run(server, source, **limits):
    candidate = server.start(source, mode="main", stdin=b"", limits=Limits(**limits))
    select.select([candidate.ended], [], [], 30)
    return candidate.end()


TOGETHER = """
import os
children = []
for _ in range(14):
    child = os.fork()
    if not child:
        held = b'x' * (56 << 20)
        os.read(0, 1) or __import__('time').sleep(2)
        os._exit(0)
    children.append(child)
print(sorted({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}))
"""


def test_memory_is_bounded_for_all_together(server):
    # Each keeps below its own limit of 80 MiB; together they would take 784, of 80 and what a server needs itself.
    done = run(server, TOGETHER, memory_bytes=80 << 20)
    assert (done.output, done.code) == (b"[-9, 0]\n", 0)
    assert run(server, "print(1)").output == b"1\n"  # the server itself was spared


def test_groups_vanish_with_their_server(server):
    name = f"spanwise-{server._process.pid}"
    folders = [os.path.join(folder, name) for folder in groups.own_folders().values()]
    assert all(map(os.path.isdir, folders))
    server._control.close()
    server._process.wait(20)
    assert not any(map(os.path.isdir, folders))
