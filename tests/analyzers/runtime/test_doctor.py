import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

import grammars
from analyzers.runtime import doctor, programs
from analyzers.runtime.sandbox import tiers
from analyzers.runtime.sandbox.base import Tier
from analyzers.runtime.sandbox.tiers import Attempt


@pytest.fixture
def machine(monkeypatch):
    """A machine whose tiers are given by reasons why not; the languages are not looked for."""
    monkeypatch.setattr(doctor.grammars, "names", lambda: ("python", "c"))
    monkeypatch.setattr(doctor, "toolchain_version", lambda language: f"{language} 1.0\nmore")

    def go(*arguments, lacking=(), **reasons):
        attempts = {tier: Attempt(tier, reasons.get(tier.name.lower(), ""), lacking) for tier in Tier}
        monkeypatch.setattr(tiers, "attempt", attempts.__getitem__)
        tiers.choose.cache_clear()
        app = doctor.typer.Typer()
        app.command()(doctor.doctor)
        return CliRunner().invoke(app, list(arguments))

    yield go
    tiers.choose.cache_clear()


def test_a_machine_that_gives_everything(machine):
    done = machine()
    assert done.exit_code == 0
    assert "Programs run at tier standard; the best one here is strict." in done.output
    assert "c 1.0" in done.output


def test_what_a_container_gives_and_how_to_get_more(machine):
    done = machine("--json", strict="no tier 'strict' here: unshare with a user namespace: Operation not permitted")
    found = json.loads(done.output)
    assert (done.exit_code, found["best"], found["runs_at"]) == (0, "standard", "standard")
    assert found["tiers"]["strict"]["works"] is False
    assert "--cap-add SYS_ADMIN" in found["tiers"]["strict"]["advice"][0]
    assert found["attacks"][next(iter(found["attacks"]))].keys() == {"none", "weak", "standard", "strict"}


def test_below_the_floor_the_exit_status_is_1(machine):
    reasons = {"standard": "no tier 'standard' here: Landlock is absent", "strict": "/proc/self/uid_map: denied"}
    done = machine(**reasons)
    assert done.exit_code == 1
    assert "Programs are not run" in done.output
    assert machine("--isolation", "weak", **reasons).exit_code == 0
    assert machine("--isolation", "strict", strict="x").exit_code == 1


def test_what_a_tier_lacks_is_shown(machine):
    done = machine("--json", lacking=("a control group for memory",))
    assert json.loads(done.output)["tiers"]["strict"]["advice"] == [doctor.advice("a control group for memory")]


def test_bad_usage_is_one_line(machine):
    done = machine("--isolation", "stric")
    assert (done.exit_code, done.output) == (2, "error: no isolation tier 'stric'; did you mean 'strict'?\n")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("/proc/self/uid_map: Permission denied", "apparmor_restrict_unprivileged_userns"),
        ("unshare with a user namespace: No space left on device", "max_user_namespaces"),
        ("mount_setattr (Linux 5.12): Function not implemented", "5.12"),
        ("mount of tmpfs on /: Permission denied", "SYS_ADMIN"),
        ("Landlock is absent: it needs Linux 5.13", "lsm="),
        ("seccomp filters are not allowed here", "CONFIG_SECCOMP_FILTER"),
        ("something else", ""),
    ],
)
def test_advice(reason, words):
    assert words in doctor.advice(reason)
    assert bool(words) == bool(doctor.advice(reason))


def test_a_missing_command_names_what_to_install(monkeypatch):
    def located(word, toolchain):
        raise programs.Unavailable(f"the command {word!r} is not installed: install {' or '.join(toolchain.packages)}")

    monkeypatch.setattr(doctor.programs, "located", located)
    assert (
        doctor.tools("c").missing
        == f"the command 'gcc' is not installed: install {' or '.join(grammars.get('c').toolchain.packages)}"
    )
    assert doctor.tools("python").missing == ""


def test_a_page_for_people_is_never_cut(machine, monkeypatch):
    monkeypatch.setattr(doctor, "Console", lambda: Console(width=60))
    reason = "no tier 'standard' here: " + "a long reason " * 20
    done = machine(standard=reason, strict=reason)
    assert done.output.replace("\n", " ").count("a long reason") >= 40
