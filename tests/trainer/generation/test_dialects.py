from __future__ import annotations

import json
from typing import Any

import pytest

from trainer.generation.dialects import FORMS, Ask, NotUnderstood, read
from trainer.policy import Policy
from trainer.types import Sampling

ASK = Ask("def f", (70, 71), Sampling(0.5, 0.9, 7), 11, ("\n",))


def _completion(**choice: Any) -> dict[str, Any]:
    return {"choices": [{"text": "ab", "finish_reason": "stop", **choice}], "usage": {"prompt_tokens": 2}}


def test_vllm_names_ids_log_probs_and_the_stop_string() -> None:
    logprobs = {"tokens": ["a", "b"], "token_logprobs": [-1.5, -2.0], "top_logprobs": [{"a": -1.5}, {"c": -0.1}]}
    answer = _completion(token_ids=[5, 6], prompt_token_ids=[1, 2], logprobs=logprobs, stop_reason="\n")
    found = read(answer)
    assert (found.ids, found.logprobs, found.prompt_ids) == ((5, 6), (-1.5, -2.0), (1, 2))
    assert (found.text, found.finish, found.stopped_at, found.tells_stops) == ("ab", "stop", "\n", True)
    assert found.prompt_tokens == 2
    # An end token is named by its id, or not at all.
    assert [read(_completion(stop_reason=reason)).stopped_at for reason in (2, None)] == [None, None]


def test_older_vllm_names_ids_in_place_of_tokens() -> None:
    logprobs = {"tokens": ["token_id:5", "token_id:6"], "token_logprobs": [-1.5, -2.0]}
    assert read(_completion(logprobs=logprobs)).ids == (5, 6)
    chat = {"content": [{"token": "token_id:7", "logprob": -0.5}]}
    answer = {"choices": [{"message": {"content": "x"}, "finish_reason": "length", "logprobs": chat}]}
    found = read(answer)
    assert (found.text, found.ids, found.logprobs, found.finish, found.tells_stops) == (
        "x",
        (7,),
        (-0.5,),
        "length",
        False,
    )


def test_llama_cpp_names_ids_beside_log_probs() -> None:
    content = [{"id": 5, "token": "a", "logprob": -1.5}, {"id": 6, "token": "b", "logprob": -2.0}]
    found = read(_completion(logprobs={"content": content}))
    assert (found.ids, found.logprobs) == ((5, 6), (-1.5, -2.0))


@pytest.mark.parametrize(
    "logprobs",
    [None, {}, {"tokens": ["a", "b"], "token_logprobs": [-1.5, -2.0]}, {"content": [{"token": "a", "logprob": -1.0}]}],
)
def test_text_alone_has_neither(logprobs: Any) -> None:
    found = read(_completion(logprobs=logprobs))
    assert (found.ids, found.logprobs, found.prompt_ids) == (None, None, None)


@pytest.mark.parametrize("values", [[-1.0], [-1.0, None], []])
def test_log_probs_that_do_not_fit_the_ids_are_none(values: list[Any]) -> None:
    assert read(_completion(token_ids=[5, 6], logprobs={"token_logprobs": values})).logprobs is None


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"choices": []}, {"choices": [{"text": "a"}]}, _completion(token_ids=["x"]), "502 Bad Gateway"],
)
def test_anything_else_is_not_understood(answer: Any) -> None:
    with pytest.raises(NotUnderstood):
        read(answer)


def test_what_is_asked(policy: Policy) -> None:
    exact, of_transformers, plain = (form.body(ASK, policy.codec) for form in FORMS["completions"])
    drawn = {"max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 11, "stop": ["\n"]}
    assert plain == {"prompt": "def f", **drawn}
    assert exact.items() >= {"prompt": [70, 71], "logprobs": 1, "return_token_ids": True, "top_k": -1, **drawn}.items()
    assert exact["stop_token_ids"] == [1]
    config = json.loads(of_transformers["generation_config"])
    assert config.items() >= {"do_sample": True, "temperature": 0.5, "top_k": 0, "eos_token_id": [1]}.items()
    chat = FORMS["chat"][2].body(ASK, policy.codec)
    assert chat == {"messages": [{"role": "user", "content": "def f"}], **drawn}
    greedy = Ask("x", (1,), Sampling(0.0, max_new_tokens=3), 0)
    config = json.loads(FORMS["completions"][1].body(greedy, policy.codec)["generation_config"])
    assert (config["do_sample"], "temperature" in config) == (False, False)
