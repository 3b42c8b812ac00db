from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from numpy.testing import assert_allclose

from analyzers.runtime.tests import Asserts
from tests.trainer.generation.conftest import VllmLike, serving
from trainer.generation import GenerationFailed
from trainer.generation.remote import Remote
from trainer.generation.sections import Server
from trainer.policy import Policy
from trainer.types import Rollout, Sampling, Task

TASKS = [
    Task("a", "ab", Asserts(("assert True",)), stops=("q", "7")),
    Task("b", "def f(x):", Asserts(("assert True",)), stops=("\n",)),
]
SHORT = Sampling(max_new_tokens=12)


def _remote(policy: Policy, url: str, folder: Path, *, trailing: bool = False, **settings: Any) -> Remote:
    said: list[str] = []
    server = Server(url=url, patience_s=1.0, **settings)
    remote = Remote(policy.codec, server, folder=folder / "weights", trailing=trailing, say=said.append)
    remote.said = said  # type: ignore[attr-defined]
    return remote


def _answers(remote: Remote, sampling: Sampling = SHORT, *, seed: int = 5, samples: int = 4) -> dict[int, Rollout]:
    found: dict[int, Rollout] = {}
    remote.answer(TASKS, samples=samples, sampling=sampling, seed=seed, step=3, on_done=found.__setitem__)
    assert sorted(found) == list(range(len(TASKS) * samples))
    return found


def _moved(policy: Policy) -> None:
    with torch.no_grad():
        for weight in policy.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)) * 0.1)


def _exact(found: dict[int, Rollout], policy: Policy, sampling: Sampling) -> None:
    """Every rollout is what the policy would have made of the same tokens."""
    for index, rollout in found.items():
        task = TASKS[index // 4]
        assert (rollout.task_id, rollout.step) == (task.id, 3)
        assert rollout.prompt_ids.tolist() == policy.encode(task.prompt).tolist()
        assert rollout.completion == policy.token_bytes.text(rollout.completion_ids)
        assert_allclose(rollout.logprobs, policy.with_logprobs(rollout, sampling).logprobs, atol=1e-5)
        search = policy.codec.search(task.stops)
        assert all(search.push(token) is None for token in rollout.completion_ids.tolist() if token not in policy.eos)
        assert len(rollout.completion_ids) <= sampling.max_new_tokens
        assert not (rollout.truncated and rollout.completion_ids[-1] in policy.eos)


@pytest.mark.parametrize(
    ("logprobs", "sampling", "said"),
    [
        ("raw", SHORT, []),
        ("processed", Sampling(0.7, max_new_tokens=12), []),
        ("raw", Sampling(0.7, max_new_tokens=12), ["gives raw log-probs"]),
        ("processed", Sampling(0.7, 0.9, max_new_tokens=12), ["gives scaled log-probs"]),
        ("none", SHORT, ["gives no log-probs"]),
    ],
)
def test_ids_are_the_servers_and_log_probs_those_of_sampling(
    vllm_like: VllmLike, learner: Policy, tmp_path: Path, logprobs: str, sampling: Sampling, said: list[str]
) -> None:
    vllm_like.logprobs = logprobs
    remote = _remote(learner, vllm_like.url, tmp_path)
    remote.load(learner, 3)
    found = _answers(remote, sampling)
    _exact(found, learner, sampling)
    _answers(remote, sampling)
    assert [line for line in remote.said if said and said[0] in line] == remote.said  # type: ignore[attr-defined]
    assert len(remote.said) == len(said)  # type: ignore[attr-defined]
    assert len({rollout.completion for rollout in found.values()}) > 4
    body = vllm_like.asked[-1]
    assert (body["model"], body["top_k"], body["min_p"], body["stop_token_ids"]) == ("learner", -1, 0.0, [1])
    assert any(rollout.completion_ids[-1:].tolist() == [1] or not rollout.truncated for rollout in found.values())


def test_the_same_seed_asks_for_the_same_random_numbers(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    remote = _remote(learner, vllm_like.url, tmp_path, in_flight=3)
    remote.load(learner, 0)
    first, again, other = (
        {index: rollout.completion for index, rollout in _answers(remote, seed=seed).items()} for seed in (5, 5, 6)
    )
    assert first == again != other
    assert 1 <= vllm_like.most_at_once <= 3


def test_new_weights_reach_the_server_by_way_of_the_folder(
    vllm_like: VllmLike, learner: Policy, tmp_path: Path
) -> None:
    remote = _remote(learner, vllm_like.url, tmp_path, sync="vllm")
    remote.load(learner, 0)
    _moved(learner)
    remote.load(learner, 1)
    assert vllm_like.loaded == [str(tmp_path / "weights")] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]
    _exact(_answers(remote), learner, SHORT)


def test_a_server_that_keeps_its_old_weights_is_noticed(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    vllm_like.reloads = False
    remote = _remote(learner, vllm_like.url, tmp_path, sync="vllm")
    remote.load(learner, 0)
    _moved(learner)
    with pytest.raises(
        GenerationFailed, match=r"log-probs are [\d.]+ nats off the learner's on average: it has another"
    ):
        remote.load(learner, 1)


@pytest.mark.parametrize("logprobs", ["raw", "none"])
def test_without_log_probs_of_sampling_nothing_corrects_for_old_weights(
    vllm_like: VllmLike, learner: Policy, tmp_path: Path, logprobs: str
) -> None:
    vllm_like.logprobs = logprobs
    remote = _remote(learner, vllm_like.url, tmp_path, trailing=True)
    remote.load(learner, 0)
    with pytest.raises(GenerationFailed, match=r"nothing could correct for that.*--logprobs-mode processed_logprobs"):
        _answers(remote, Sampling(0.7, max_new_tokens=12))


def test_text_is_tokenised_here_where_the_server_gives_no_ids(
    vllm_like: VllmLike, learner: Policy, tmp_path: Path
) -> None:
    vllm_like.ids = False
    vllm_like.logprobs = "none"
    remote = _remote(learner, vllm_like.url, tmp_path)
    remote.load(learner, 0)
    _exact(_answers(remote), learner, SHORT)
    assert [line.partition(":")[0] for line in remote.said] == [  # type: ignore[attr-defined]
        "the server gives no token ids",
        "the server gives no log-probs",
    ]


def test_a_busy_server_is_asked_again(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    remote = _remote(learner, vllm_like.url, tmp_path)
    remote.load(learner, 0)
    vllm_like.broken = [503, 429]
    _answers(remote)
    vllm_like.broken = [503] * 1000
    with pytest.raises(GenerationFailed, match=r"no answer to POST http.*/v1/completions for 1 s \(status 503: .*busy"):
        _answers(remote)


def test_a_dead_server_is_one_clear_line(learner: Policy, tmp_path: Path) -> None:
    remote = _remote(learner, "http://127.0.0.1:9", tmp_path)
    with pytest.raises(GenerationFailed, match=r"no answer to GET http://127.0.0.1:9/v1/models for 1 s .*running\?"):
        remote.load(learner, 0)


def test_a_refusal_says_why(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    vllm_like.broken = [400] * 6
    with pytest.raises(GenerationFailed, match=r"the server takes no request: POST .* refused with status 400: .*busy"):
        _remote(learner, vllm_like.url, tmp_path).load(learner, 0)
    with pytest.raises(GenerationFailed, match=r"does not take new weights: .*status 404.*$"):
        _remote(learner, vllm_like.url, tmp_path, sync="sglang").load(learner, 0)


def test_what_is_under_way_can_be_given_up(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    remote = _remote(learner, vllm_like.url, tmp_path)
    remote.load(learner, 0)
    ended: list[BaseException] = []
    begun = threading.Event()

    def work() -> None:
        try:
            remote.answer(TASKS, samples=500, sampling=SHORT, seed=0, on_done=lambda index, rollout: begun.set())
        except GenerationFailed as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(timeout=60)
    remote.close()
    thread.join(timeout=60)
    assert [str(error) for error in ended] == ["the rollouts were given up"]


def test_a_hook_that_fails_says_its_last_word(vllm_like: VllmLike, learner: Policy, tmp_path: Path) -> None:
    script = tmp_path / "hook"
    script.write_text(
        "#!/bin/sh\ntest -f $1/config.json && echo $2 > $1/../told\necho starting >&2\necho no room >&2\nexit 3\n"
    )
    script.chmod(0o755)
    remote = _remote(learner, vllm_like.url, tmp_path, sync="hook", hook=f"{script} {{folder}} {{step}}")
    with pytest.raises(GenerationFailed, match=r"server\.hook ended with status 3: no room"):
        remote.load(learner, 7)
    assert (tmp_path / "told").read_text() == "7\n"
    with pytest.raises(GenerationFailed, match=r"server\.hook cannot be run: .*nothing-here"):
        _remote(learner, vllm_like.url, tmp_path, sync="hook", hook="/nothing-here").load(learner, 7)
    script.write_text("#!/bin/sh\nexit 0\n")
    remote.load(learner, 8)


def _fixed(answer: dict[str, Any], path: str = "/v1/completions", *, texts: Sequence[str] = ()) -> FastAPI:
    """A server that always gives the same answer, or the same but for its text."""
    app, coming = FastAPI(), cycle(texts)
    app.get("/v1/models")(lambda: {"data": [{"id": "only"}]})
    app.post(path)(lambda: {**answer, "choices": [{**answer["choices"][0], "text": next(coming)}]} if texts else answer)
    return app


def test_an_answer_of_something_else_is_not_understood(learner: Policy, tmp_path: Path) -> None:
    with (
        serving(_fixed({"detail": "hello"})) as url,
        pytest.raises(GenerationFailed, match=r"answer is not understood: .*hello"),
    ):
        _remote(learner, url, tmp_path).load(learner, 0)


def test_a_server_that_does_not_sample_is_refused(learner: Policy, tmp_path: Path) -> None:
    same = {"choices": [{"text": "always", "finish_reason": "length"}]}
    with serving(_fixed(same)) as url, pytest.raises(GenerationFailed, match=r"does not sample.*'always'"):
        _remote(learner, url, tmp_path).load(learner, 0)


def test_chats_are_used_where_completions_are_missing(learner: Policy, tmp_path: Path) -> None:
    message = {"role": "assistant", "content": "```python\nx = 1\n```"}
    answer = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"prompt_tokens": 40}}
    with serving(_fixed(answer, "/v1/chat/completions")) as url:
        remote = Remote(learner.codec, Server(url=url), folder=tmp_path, learns=False)
        found = _answers(remote)
    assert {rollout.completion for rollout in found.values()} == {message["content"]}
    assert found[0].completion_ids[-1] == 1
    assert not np.any(found[0].logprobs)


def test_another_tokenizer_is_noticed(learner: Policy, tmp_path: Path) -> None:
    answer = {"choices": [{"finish_reason": "stop"}], "usage": {"prompt_tokens": 999}}
    with serving(_fixed(answer, texts=("x", "y", "z"))) as url:
        remote = _remote(learner, url, tmp_path)
        remote.load(learner, 0)
        with pytest.raises(GenerationFailed, match=r"makes 999 tokens of the prompt of '[ab]', which are \d+ here"):
            _answers(remote)
