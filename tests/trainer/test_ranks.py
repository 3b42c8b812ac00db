"""How processes hear of each other: this file is also the program that two of them run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from trainer import ranks as module
from trainer.interrupts import Elsewhere
from trainer.ranks import Deserted, Ranks, dealt, shares


def test_shares_are_even_and_each_thing_is_in_one() -> None:
    assert shares([5, 1, 4, 2], 2) == [[0, 1], [2, 3]]
    assert shares([3, 3, 3], 2) == [[0, 2], [1]]
    assert shares([7], 3) == [[0], [], []]
    assert shares([2, 9, 4], 1) == [[0, 1, 2]]
    assert shares([], 2) == [[], []]


def test_groups_are_dealt_in_turn_and_those_of_one_task_stay_together() -> None:
    assert dealt(["a", "b", "a", "c"], 2) == [[0, 2, 3], [1]]
    assert dealt(["a", "b"], 1) == [[0, 1]]
    assert dealt(["a"], 3) == [[0], [], []]


def test_by_itself_a_process_is_all_of_them() -> None:
    ranks = Ranks()
    assert ranks.first
    assert ranks.gather(lambda: 5) == [5]
    assert ranks.from_first(lambda: "x") == "x"
    weight = torch.ones(2, requires_grad=True)
    ranks.add_up([weight])
    assert weight.grad is None
    with pytest.raises(ZeroDivisionError):
        ranks.together(lambda: 1 // 0)


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """What each of two processes saw."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {
        **os.environ,
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    started = [
        subprocess.Popen(
            [sys.executable, __file__], env={**common, "RANK": str(number)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for number in range(2)
    ]  # fmt: skip
    try:
        outputs = [process.communicate(timeout=200) for process in started]
    finally:
        for process in started:
            process.kill()
    assert started[1].returncode == 3, outputs[1][1].decode()[-2000:]
    assert started[0].returncode == 0, outputs[0][1].decode()[-2000:]
    return [json.loads(out.decode().splitlines()[-1]) for out, _ in outputs]


def test_all_hear_what_each_found(told: list[dict[str, Any]]) -> None:
    for found in told:
        assert found["gather"] == [0, 10]
        assert found["from_first"] == "process 0"
        assert found["added"] == [[3.0, 3.0], [5.0], None]
        assert found["here"] == 2


def test_a_failure_ends_all_and_its_own_process_says_why(told: list[dict[str, Any]]) -> None:
    assert told[0]["failure"] == "Elsewhere: process 1 of 2 failed (ValueError: no)"
    assert told[1]["failure"] == "ValueError: no"
    # Within another exchange, too: told once, and afterwards they still understand each other.
    assert told[0]["nested"] == "ValueError: first"
    assert told[1]["nested"] == "Elsewhere: process 0 of 2 failed (ValueError: first)"
    assert [found["after"] for found in told] == [[0, 1], [0, 1]]


def test_different_beginnings_are_refused_everywhere(told: list[dict[str, Any]]) -> None:
    for found in told:
        assert found["agree"] == "ValueError: process 1 has other weights than process 0: give all processes the same"


def test_signals_break_off_all_processes_and_only_where_they_may(told: list[dict[str, Any]]) -> None:
    for found in told:
        assert found["terminated"] == "Terminated: "
        assert found["held"] == [True, True]
        assert found["interrupted"] == "KeyboardInterrupt: "


def test_a_process_that_is_gone_is_noticed(told: list[dict[str, Any]]) -> None:
    assert told[0]["gone"].startswith("Deserted: another process of the run has ended or does not answer")


def main() -> None:
    module.HEAD_START_S = 0.0
    ranks = Ranks.connect()
    me = ranks.number
    found: dict[str, Any] = {"here": ranks.here}

    def tried(call: Callable[[], Any]) -> str:
        try:
            return f"nothing: {call()}"
        except (ValueError, Elsewhere, Deserted, KeyboardInterrupt) as error:
            return f"{type(error).__name__}: {error}"

    def fail(text: str, when: bool) -> None:
        if when:
            raise ValueError(text)

    def killed(number: signal.Signals, when: bool) -> bool:
        if when:
            os.kill(os.getpid(), number)
        return True

    with ranks.interrupts:
        found["gather"] = ranks.gather(lambda: 10 * me)
        found["from_first"] = ranks.from_first(lambda: f"process {me}")
        weights = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True), torch.zeros(4)]
        weights[0].grad = torch.full((2,), 1.0 + me)
        weights[1].grad = torch.tensor([5.0]) if me else None
        ranks.add_up(weights)
        found["added"] = [None if weight.grad is None else weight.grad.tolist() for weight in weights]
        found["failure"] = tried(lambda: ranks.gather(lambda: fail("no", me == 1)))
        found["nested"] = tried(lambda: ranks.together(lambda: ranks.from_first(lambda: fail("first", True))))
        found["after"] = ranks.gather(lambda: me)
        found["agree"] = tried(lambda: ranks.agree(me, "weights"))
        found["terminated"] = tried(lambda: ranks.gather(lambda: killed(signal.SIGTERM, me == 1), breakable=True))
        found["held"] = ranks.gather(lambda: killed(signal.SIGINT, me == 0))
        found["interrupted"] = tried(lambda: ranks.gather(lambda: me, breakable=True))
        if me == 1:
            print(json.dumps(found), flush=True)
            os._exit(3)
        found["gone"] = tried(lambda: ranks.gather(lambda: me))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
