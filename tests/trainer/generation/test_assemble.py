from __future__ import annotations

import pytest

from trainer.generation.assemble import assemble
from trainer.generation.dialects import Ask, Choice
from trainer.policy import Policy
from trainer.types import Sampling

END = 1


def _ask() -> Ask:
    return Ask("p", (9, 8), Sampling(max_new_tokens=8), 0)


def _ids(policy: Policy, text: str) -> tuple[int, ...]:
    return tuple(policy.codec.written(text))


@pytest.mark.parametrize(
    ("text", "finish", "stopped_at", "kept", "ended", "truncated"),
    [
        ("ab#cd", "length", None, "ab", False, False),  # the stop string in the middle
        ("ab#", "stop", "#", "ab", False, False),
        ("abcd", "length", None, "abcd", False, True),
        ("abcd", "stop", None, "abcd", True, False),  # an end token that the server kept to itself
        ("abcd", "stop", "else", "abcd", False, False),  # a stop string that is not in what it gave
        ("", "stop", None, "", True, False),
    ],
)
def test_a_completion_ends_where_the_policy_would_end_it(
    policy: Policy, text: str, finish: str, stopped_at: str | None, kept: str, ended: bool, truncated: bool
) -> None:
    ids = _ids(policy, text)
    values = tuple(-float(place) for place in range(len(ids)))
    given = Choice("?", finish, ids, values, stopped_at=stopped_at, tells_stops=True)
    rollout, known = assemble(given, _ask(), policy.codec, stop=["#"], task_id="t", step=4)
    expected = [*_ids(policy, kept), *([END] if ended else [])]
    assert rollout.completion_ids.tolist() == expected
    assert (rollout.completion, rollout.truncated, rollout.task_id, rollout.step) == (kept, truncated, "t", 4)
    assert rollout.prompt_ids.tolist() == [9, 8]
    assert known == (not ended)
    assert rollout.logprobs.tolist() == ([0.0] * len(expected) if ended else list(values[: len(expected)]))
    told = Choice(text, finish, stopped_at=stopped_at)
    same, known = assemble(told, _ask(), policy.codec, stop=["#"])
    assert (same.completion_ids.tolist(), same.truncated, known) == (expected, truncated, False)


def test_nothing_comes_after_the_end_token(policy: Policy) -> None:
    ids = (*_ids(policy, "ab"), END, *_ids(policy, "cd"))
    rollout, known = assemble(Choice("abcd", "length", ids, (-1.0,) * 5), _ask(), policy.codec, stop=["#"])
    assert (rollout.completion_ids.tolist(), rollout.truncated, known) == ([*_ids(policy, "ab"), END], False, True)
    assert rollout.logprobs.tolist() == [-1.0] * 3


def test_ids_are_never_tokenised_anew(policy: Policy) -> None:
    """ "xyz" in three tokens, which the tokenizer would write in one."""
    ids = tuple(policy.codec.written(letter)[0] for letter in "xyz")
    assert len(_ids(policy, "xyz")) == 1
    choice = Choice("xyz", "length", ids, (-1.0, -2.0, -3.0), prompt_ids=(3,))
    rollout, known = assemble(choice, _ask(), policy.codec)
    assert (tuple(rollout.completion_ids), rollout.completion, known) == (ids, "xyz", True)
    assert rollout.prompt_ids.tolist() == [3]


def test_text_is_cut_at_the_token_limit(policy: Policy) -> None:
    rollout, _ = assemble(Choice("abcdef", "stop"), _ask(), policy.codec, limit=4)
    assert (rollout.completion, rollout.truncated) == ("abcd", True)
    rollout, _ = assemble(Choice("abcdef", "stop"), _ask(), policy.codec)
    assert (rollout.completion, rollout.truncated) == ("abcdef", False)
