"""What a process gives up, tried in processes of its own; as an ordinary user too, and in what containers allow."""

import pytest

from analyzers.runtime.sandbox import confine

TIERS = """
import json
from analyzers.runtime.sandbox import tiers
print(json.dumps({tier.name: tiers.attempt(tier).reason for tier in tiers.Tier}))
"""


def test_every_tier_that_a_user_is_given_works(as_user):
    reasons = as_user(TIERS)
    assert reasons["WEAK"] == ""
    if confine.landlock_version():
        assert reasons["STANDARD"] == ""
    if reasons["STRICT"]:
        assert "unshare" in reasons["STRICT"] or "uid_map" in reasons["STRICT"] or "mount" in reasons["STRICT"]


CONTAINER = """
from analyzers.runtime.sandbox import confine, seccomp
from analyzers.runtime.sandbox.seccomp import Instruction, LOAD, EQUAL, ANY_BIT, RETURN, ALLOW, NOT_PERMITTED
# What the default profile of Docker refuses without CAP_SYS_ADMIN.
numbers = seccomp.ARCHITECTURES[os.uname().machine].numbers
program = [Instruction(LOAD, 0)]
refused = "unshare setns mount umount2 pivot_root mount_setattr open_tree move_mount fsopen bpf keyctl ptrace".split()
program += [Instruction(EQUAL, numbers[name], "refused") for name in refused]
program += [Instruction(EQUAL, numbers["clone3"], "absent"), Instruction(EQUAL, numbers["clone"], "clone")]
program += [Instruction(RETURN, ALLOW), "clone", seccomp.argument(0)]
program += [Instruction(ANY_BIT, seccomp.NAMESPACES, "refused"), Instruction(RETURN, ALLOW)]
program += ["refused", Instruction(RETURN, NOT_PERMITTED), "absent", Instruction(RETURN, seccomp.NO_SUCH_CALL)]
confine.forbid(seccomp.assemble(program))
"""


def test_an_ordinary_container_gives_standard_and_says_why_not_strict(as_user):
    if not confine.landlock_version():
        pytest.skip("the kernel has no Landlock")
    reasons = as_user(f"import os\n{CONTAINER}\n{TIERS}")
    assert reasons["STANDARD"] == reasons["WEAK"] == ""
    assert reasons["STRICT"].startswith("no tier 'strict' here: unshare with a user namespace: Operation not permitted")


GUARDED = """
import json, os, signal, time
from analyzers.runtime.sandbox import confine, seccomp
guard = confine.Guard(seccomp.guard_program(), seccomp.OWN_PID)
victim = os.fork()
if not victim:
    time.sleep(60); os._exit(0)
theirs, ours = os.pipe()
child = os.fork()
if not child:
    confine.prctl(confine.PR_SET_NO_NEW_PRIVS, 1)
    guard.install()
    done = []
    for target in (victim, os.getppid(), 1, -1, -os.getppid()):
        try: os.kill(target, 0); done.append(target)
        except OSError: pass
    os.kill(os.getpid(), 0); os.kill(0, 0)
    os.write(ours, json.dumps(done).encode())
    os.abort()
_, status = os.waitpid(child, 0)
os.kill(victim, signal.SIGKILL)
os.waitpid(victim, 0)
print(json.dumps([json.loads(os.read(theirs, 1000)), os.waitstatus_to_exitcode(status)]))
"""


def test_a_guard_stands_between_processes_of_one_user(as_user):
    # The program itself may still end, by its own hand as well.
    assert as_user(GUARDED.replace("victim = os.fork()", "os.setsid()\nvictim = os.fork()")) == [[], -6]


def test_without_the_guard_a_signal_arrives(as_user):
    reached, _ = as_user(
        GUARDED.replace("    guard.install()\n", "").replace(
            "(victim, os.getppid(), 1, -1, -os.getppid())", "(victim,)"
        )
    )
    assert len(reached) == 1


LANDLOCKED = """
import json, os
from analyzers.runtime.sandbox import confine
confine.landlock_version = lambda: VERSION
os.mkdir(f"/var/tmp/spanwise-{os.getpid()}")
folder = f"/var/tmp/spanwise-{os.getpid()}"
rules = confine.landlock_ruleset(confine.readable(), folder)
confine.prctl(confine.PR_SET_NO_NEW_PRIVS, 1)
theirs, ours = os.pipe()
child = os.fork()
if not child:
    confine.drop(None if os.geteuid() else confine.FIRST_UID, ruleset=rules, read_all=False)
    done = []
    for path in ("/etc/passwd", "/usr/bin/env", "/var/tmp", folder):
        try: os.close(os.open(path, os.O_RDONLY)); done.append(path)
        except OSError: pass
    os.write(ours, json.dumps(done).encode()); os._exit(0)
os.waitpid(child, 0)
os.rmdir(folder)
print(os.read(theirs, 1000).decode().replace(folder, "folder"))
"""


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_older_versions_of_landlock_keep_to_the_granted_folders(as_user, version):
    if confine.landlock_version() < version:
        pytest.skip(f"Landlock {confine.landlock_version()}")
    assert as_user(LANDLOCKED.replace("VERSION", str(version))) == [
        "/usr/bin/env",
        "folder",
    ]


def test_without_landlock_there_are_no_rules(monkeypatch):
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    with pytest.raises(OSError, match="Landlock is absent: it needs Linux 5"):
        confine.landlock_ruleset(["/usr"], "/tmp")
