"""Lets every attack of this folder loose: on a careless harness, where it must work, and on ours, where it must not."""

import importlib.util
import os
import time
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest
from hostile import SETTLE_S, Attack, Scene, works

from analyzers.runtime.sandbox.base import Tier
from analyzers.types import Outcome, Status

TRIES = 8
"""How often a careless harness is attacked: some of its time limits ring too early where the machine is busy."""
HERE = Path(__file__).parent
KINDS = ("resources", "escape", "forging")
ATTACKS = {f"{kind}/{path.stem}": path for kind in KINDS for path in sorted((HERE / kind).glob("*.py"))}


def load(name: str) -> Attack:
    path = ATTACKS[name]
    spec = importlib.util.spec_from_file_location(f"attack_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__doc__, "say what the attack does and why it matters"
    return module.ATTACK


def test_there_are_sixty():
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("name", ATTACKS)
def test_it_works_against_a_careless_harness(name):
    attack = load(name)
    if attack.needs_root and os.geteuid():
        pytest.skip("works for root alone")
    for _ in range(TRIES):
        worked, seen = works(attack)
        if worked:
            break
    if not worked and attack.needs:
        pytest.skip(f"needs {attack.needs}: {seen}")
    assert worked, f"stopping it would prove nothing, it does not work anyway: {seen}"


def where(name: str) -> list[Tier]:
    """The tiers that an attack is tried at: who writes verdicts does not depend on them."""
    attack = load(name)
    lowest = (os.geteuid() and attack.unprivileged) or attack.tier
    return [lowest] if name.startswith("forging/") else [tier for tier in Tier if tier >= lowest]


@pytest.mark.parametrize(
    ("name", "tier"),
    sorted(((name, tier) for name in ATTACKS for tier in where(name)), key=lambda pair: -pair[1]),
    ids=lambda value: value.name.lower() if isinstance(value, Tier) else value,
)
def test_it_is_stopped(name, tier, places):
    attack, place = load(name), places(tier)
    before = place.state()
    if attack.before:
        place.report(attack.before, attack.suites[0], **attack.limits)
    for suite in attack.suites:
        with Scene() as scene:
            report = place.report(scene.furnished(attack.program), suite, language=attack.language, **attack.limits)
            if report.status is Status.UNAVAILABLE:
                pytest.skip(report.detail)
            check(attack, report)
            if attack.replaces_judge:
                place.renew()
                before, earlier = place.state(), before
                assert not alive(set(earlier["processes"]) - set(before["processes"]))
            assert settled(place, before) == before
            assert scene.touched() == []
    report = place.honest()
    assert report.verdict.outcome is Outcome.PASS, f"an honest program after it: {report}"
    assert place.state()["processes"] == before["processes"], "the slot is another one"


def check(attack, report):
    presentable(asdict(report))
    verdict = report.verdict
    if attack.forgeable:
        assert verdict.forgeable
        return
    assert verdict.outcome in attack.outcomes, report
    if Outcome.PASS not in attack.outcomes:
        assert verdict.passed == 0, report
    if attack.exceptions:
        assert verdict.exception in attack.exceptions, report


def alive(processes):
    """Those of the processes that have not ended."""
    found = [each for each in psutil.process_iter() if (each.pid, each.create_time()) in processes]
    return [each for each in found if each.status() != psutil.STATUS_ZOMBIE]


def settled(place, before):
    """The state of a slot, once what was killed has vanished."""
    deadline = time.monotonic() + SETTLE_S
    while (state := place.state()) != before and time.monotonic() < deadline:
        time.sleep(0.01)
    return state


def presentable(part, name=""):
    """What is said of a program can be written to a file and shown on a terminal, whatever the program says."""
    if isinstance(part, dict):
        for key, value in part.items():
            presentable(value, key)
    elif isinstance(part, (list, tuple)):
        for value in part:
            presentable(value, name)
    elif isinstance(part, str):
        part.encode()
        assert name == "stdout" or part.isprintable() or part.replace("\n", "").replace("\t", "").isprintable(), part
