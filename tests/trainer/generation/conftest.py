"""A server on the loopback that answers in vLLM's documented format, with a policy behind it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from trainer.policy import Policy
from trainer.types import Sampling


@dataclass
class VllmLike:
    """What it does, which a test may change while it runs, and what it was asked."""

    policy: Policy
    logprobs: str = "raw"
    """"raw", "processed" or "none"."""
    ids: bool = True
    reloads: bool = True
    """Whether it takes new weights that it says it took."""
    broken: list[int] = field(default_factory=list)
    """Statuses of the next answers."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    most_at_once: int = 0
    url: str = ""

    def app(self) -> FastAPI:
        app, lock, under_way = FastAPI(), threading.Lock(), [0]

        @app.get("/v1/models")
        def models() -> dict[str, Any]:
            return {"object": "list", "data": [{"id": "learner", "object": "model"}]}

        @app.post("/v1/completions")
        def completions(body: dict[str, Any]) -> Any:
            under_way[0] += 1
            self.most_at_once = max(self.most_at_once, under_way[0])
            try:
                with lock:
                    if self.broken:
                        return JSONResponse({"error": "busy"}, self.broken.pop(0))
                    self.asked.append(body)
                    return self.complete(body)
            finally:
                under_way[0] -= 1

        @app.post("/collective_rpc")
        def collective_rpc(body: dict[str, Any]) -> dict[str, Any]:
            assert body["method"] == "reload_weights"
            folder = body["kwargs"]["weights_path"]
            self.loaded.append(folder)
            if self.reloads:
                self.policy = Policy.load(folder)
            return {"results": [None]}

        @app.post("/reset_prefix_cache")
        async def reset_prefix_cache(request: Request) -> None:
            assert await request.body() == b""

        return app

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt = self.policy.token_bytes.text(body["prompt"], start=True)
        sampling = Sampling(body["temperature"], body["top_p"], body["max_tokens"])
        ((rollout,),) = self.policy.generate([prompt], samples=1, sampling=sampling, seed=body["seed"])
        assert rollout.prompt_ids.tolist() == body["prompt"]
        if self.logprobs == "raw":
            rollout = self.policy.with_logprobs(rollout, Sampling(1.0))
        ids, logprobs, stop = rollout.completion_ids.tolist(), rollout.logprobs.tolist(), None
        search = self.policy.codec.search(body.get("stop", []))
        for place, token in enumerate(ids):
            if token not in self.policy.eos and search.push(token) is not None:
                # vLLM's ids go on to the end of the stop string; its text ends before it.
                ids, logprobs = ids[: place + 1], logprobs[: place + 1]
                text = self.policy.token_bytes.text(ids)
                stop = min((each for each in body["stop"] if each in text), key=text.index)
                break
        text = self.policy.token_bytes.text(ids)
        choice: dict[str, Any] = {
            "index": 0,
            "text": text.partition(stop)[0] if stop else text,
            "finish_reason": "stop" if stop or not rollout.truncated else "length",
            "stop_reason": stop,
            "logprobs": None,
        }
        if self.ids and body.get("return_token_ids"):
            choice |= {"token_ids": ids, "prompt_token_ids": body["prompt"]}
        if self.logprobs != "none" and body.get("logprobs") is not None:
            choice["logprobs"] = {"tokens": ["?"] * len(ids), "token_logprobs": logprobs, "top_logprobs": []}
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": len(ids)}
        return {"id": "cmpl-1", "object": "text_completion", "model": "learner", "choices": [choice], "usage": usage}


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The URL of an app while it runs in a thread."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def learner(policy: Policy) -> Policy:
    copy = policy.frozen_copy()
    copy.model.requires_grad_(True)
    return copy


@pytest.fixture
def vllm_like(policy: Policy) -> Iterator[VllmLike]:
    """A server with the weights of `learner`."""
    server = VllmLike(policy.frozen_copy())
    with serving(server.app()) as server.url:
        yield server
