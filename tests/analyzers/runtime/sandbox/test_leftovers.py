"""Nothing is left of a fork server, whoever is killed, and nothing of a living one is touched."""

import os
import pwd
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.sandbox.local import ForkServer

DAEMON = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        os.write(3, b"up")
        time.sleep(300)
    os._exit(0)
time.sleep(300)
"""

JUDGE = """
import sys
from analyzers.runtime.sandbox.base import Limits, Tier
from analyzers.runtime.sandbox.local import ForkServer
server = ForkServer(tier=Tier[sys.argv[1]])
candidate = server.start(sys.argv[2], mode="main", stdin=b"", limits=Limits())
print(server._process.pid, candidate.channel.recv(2).decode(), server.work, flush=True)
input()
"""

TIERS = [Tier.STANDARD, Tier.STRICT]


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def judge(tier):
    """A process that has started a program which has forked away; it, its fork server, the programs, their folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", JUDGE, tier.name, DAEMON], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    words = process.stdout.readline().split()
    if not words:
        pytest.skip(f"no tier {tier.name} here")
    assert words[1] == "up"
    server = psutil.Process(int(words[0]))
    programs = server.children(recursive=True)
    assert len(programs) >= 2
    return process, server, programs, Path(words[2]).parents[1]


@pytest.fixture(params=TIERS, ids=lambda tier: tier.name.lower())
def started(request):
    process, server, programs, folder = judge(request.param)
    yield process, server, programs, folder, request.param
    for each in (process, server, *programs):
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.communicate()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_judge_that_is_killed_takes_programs_and_folder_along(started, end):
    process, server, programs, folder, tier = started
    assert folder.exists() or tier is Tier.STRICT
    process.send_signal(end)
    process.wait(20)
    assert wait_for(lambda: not any(each.is_running() for each in (server, *programs)))
    assert wait_for(lambda: not folder.exists())


def test_ctrl_c_is_not_for_the_fork_server(started):
    _, server, _, _, _ = started
    assert os.getsid(server.pid) == server.pid


def test_the_next_server_clears_away_what_a_killed_one_left(started):
    process, server, programs, folder, tier = started
    server.kill()
    process.kill()
    process.wait(20)
    with_namespaces = tier is Tier.STRICT
    if with_namespaces:  # else any server that starts on this machine meanwhile may have cleared away already
        assert wait_for(lambda: not any(each.is_running() for each in programs), 5)
    if os.geteuid() and not with_namespaces:
        pytest.skip("programs without an id of their own are not told from others of the user")
    ForkServer().close()
    assert wait_for(lambda: not any(each.is_running() for each in programs))
    assert wait_for(lambda: not folder.exists())


def test_a_living_server_is_left_alone():
    server = ForkServer()
    try:
        code = "import os, time\nos.write(3, b'up')\ntime.sleep(300)"
        candidate = server.start(code, mode="main", stdin=b"", limits=Limits())
        assert candidate.channel.recv(2) == b"up"
        ForkServer().close()
        assert os.path.isdir(server.work)
        assert candidate.end().code == -signal.SIGKILL
    finally:
        server.close()
    assert not os.path.exists(server.work)


def folder_without_a_lock(number, *, old):
    path = Path(f"/tmp/spanwise-{number}-test{os.getpid()}")
    (path / "open" / "work").mkdir(parents=True)
    if old:
        os.utime(path, (0, 0))
    return path


def remove(path):
    for each in (path / "open" / "work", path / "open", path):
        if each.is_dir():
            each.rmdir()


def test_a_folder_without_a_lock_goes_when_it_is_old_and_its_server_is_not_there():
    free = 2**22 + 1
    paths = {
        "forsaken": folder_without_a_lock(free, old=True),
        "young": folder_without_a_lock(free + 1, old=False),
        "with a process": folder_without_a_lock(os.getpid(), old=True),
    }
    try:
        ForkServer().close()
        assert {name for name, path in paths.items() if path.exists()} == {"young", "with a process"}
    finally:
        for path in paths.values():
            remove(path)


def test_what_looks_like_a_folder_and_is_none_is_left_alone(tmp_path):
    link, file = Path(f"/tmp/spanwise-link{os.getpid()}"), Path(f"/tmp/spanwise-file{os.getpid()}")
    target = tmp_path / "mine"
    target.mkdir()
    link.symlink_to(target)
    file.write_text("x")
    try:
        ForkServer().close()
        assert link.is_symlink()
        assert file.exists()
        assert target.exists()
    finally:
        link.unlink()
        file.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folders_of_other_users_are_left_alone():
    path = folder_without_a_lock(2**22 + 2, old=False)
    try:
        os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
        os.utime(path, (0, 0))
        ForkServer().close()
        assert path.exists()
    finally:
        remove(path)
