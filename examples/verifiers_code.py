"""A verifiers environment whose tasks are rewarded by spanwise.

    pip install verifiers==0.4.0
    python examples/verifiers_code.py
    python examples/verifiers_code.py --base-url http://localhost:8000/v1 --model Qwen/Qwen3-4B

The module is a taskset and a harness, as `env.taskset.id = "verifiers_code"` finds them. Run as a program, it plays one
episode of every task and prints what its trace records. Without an endpoint a server on this machine answers with one
right program, one with an unused variable and one that is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
from collections.abc import Iterable
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import verifiers.v1 as vf

from rewards.adapters.verifiers import spanwise_reward

__all__ = ["CodeTaskset", "Once"]

RIGHT = "def mean(values):\n    return sum(values) / len(values)\n"
UNUSED = "def largest(values):\n    count = len(values)\n    return max(values)\n"
WRONG = "def last(values):\n    return values[0]\n"
ROWS = (
    ("Write mean(values).", ["assert mean([1, 3]) == 2"], RIGHT),
    ("Write largest(values).", ["assert largest([3, 1]) == 3"], UNUSED),
    ("Write last(values).", ["assert last([3, 1]) == 1", "assert last([2]) == 2"], WRONG),
)


class CodeData(vf.TaskData):
    """A prompt and the assert statements that its program is tried with."""

    tests: list[str]


class CodeTask(vf.Task[CodeData]):
    """A task that asks for a program."""

    spanwise = spanwise_reward(analyzers=["runtime", "pylint"])


class CodeTaskset(vf.Taskset[CodeTask]):
    """The tasks of this example."""

    def load(self) -> Iterable[CodeTask]:
        """Called by verifiers."""
        for prompt, tests, _ in ROWS:
            yield CodeTask(CodeData(prompt=prompt, tests=tests), self.config.task)


class Once(vf.Harness[vf.HarnessConfig]):
    """Asks the model once."""

    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data, tool_interception_url=None):
        """Called by verifiers, whose `endpoint` records what is said."""
        body = {"model": ctx.model, "messages": [{"role": "user", "content": data.prompt}]}
        async with httpx.AsyncClient(timeout=120) as client:
            answer = await client.post(
                f"{endpoint}/chat/completions", json=body, headers={"Authorization": f"Bearer {secret}"}
            )
        return vf.ProgramResult(0 if answer.is_success else 1, answer.text, "")


class Scripted(BaseHTTPRequestHandler):
    """An endpoint that knows the answers of this example."""

    def do_POST(self) -> None:
        """Answers a chat completion."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
        program = next(program for prompt, _, program in ROWS if prompt == asked)
        message = {"role": "assistant", "content": f"```python\n{program}```"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        reply = {"id": "1", "object": "chat.completion", "created": 0, "model": "scripted", "choices": [choice]}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Says nothing of requests."""


@contextmanager
def scripted():
    """The base URL of a server with the answers of this example."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


async def played(base_url: str, model: str, **agent: Any) -> list[vf.Episode]:
    """One episode of every task; `agent` is what the configuration says of the one that plays."""
    env = vf.SingleAgentEnv(
        vf.SingleAgentEnvConfig(taskset={"id": "verifiers_code"}, agent={"runtime": {"type": "subprocess"}, **agent})
    )
    context = vf.ModelContext(model=model, client=vf.EvalClientConfig(base_url=base_url))
    async with env.serving():
        return await asyncio.gather(*(env.run_episode(task, context) for task in env.taskset))


def main() -> None:
    """Plays and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-url", help="an OpenAI-compatible endpoint (default: one with prepared answers)")
    parser.add_argument("--model", default="scripted", help="the model to ask for")
    options = parser.parse_args()
    with ExitStack() as stack:
        base_url = options.base_url or stack.enter_context(scripted())
        episodes = asyncio.run(played(base_url, options.model))
    for trace in (trace for episode in episodes for trace in episode.traces):
        metrics = trace.metrics
        said = trace.last_error.message if trace.last_error else f"charges {metrics['spanwise/charges']:+.2f}"
        print(f"{trace.task.data.prompt:24}  reward {trace.reward:+.2f}  ok {trace.ok!s:5}  {said}")


if __name__ == "__main__":
    main()
