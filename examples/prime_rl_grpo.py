"""prime-rl's GRPO with charges on the tokens that caused them.

    python examples/prime_rl_grpo.py                     # what the algorithm assigns to the tokens of three programs
    python examples/prime_rl_grpo.py @ orchestrator.toml   # prime-rl's orchestrator, with this algorithm as its `grpo`

Needs prime-rl and the verifiers that it pins, in one environment with spanwise[train]. `rl @ rl.toml` starts whatever
is called `orchestrator` on the PATH, which may be a script that runs this file with its arguments.
"""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import verifiers.v1 as vf
from prime_rl.configs.algorithm import GRPOAlgoConfig
from prime_rl.orchestrator.algo import build_algorithm

from rewards.adapters.prime_rl import install
from rewards.adapters.verifiers import spanwise_reward
from trainer import weights

PROGRAMS = (
    "def largest(values):\n    return max(values)\n",
    "def largest(values):\n    count = len(values)\n    return max(values)\n",
    "def largest(values):\n    return value\n",
)
DENSE_WEIGHT = 0.3


class CodeData(vf.TaskData):
    """A prompt and the assert statements that its program is tried with."""

    tests: list[str]


class CodeTask(vf.Task[CodeData]):
    """A task that asks for a program; its charges are left to the trainer."""

    spanwise = spanwise_reward(analyzers=["runtime", "pylint"], dense=True)


async def played(task: CodeTask, tokenizer, program: str) -> vf.Episode:
    """The episode in which the model answers with this program."""
    record = vf.TraceTask(type="CodeTask", data=task.data, key=task.key)
    trace = vf.Trace(task=record, agent=vf.AgentInfo(config=vf.AgentConfig(model="tiny")), ok=True)
    ids = [*tokenizer.encode(program, add_special_tokens=False), tokenizer.eos_token_id]
    asked = vf.MessageNode(message=vf.UserMessage(content=task.data.prompt))
    answer = vf.AssistantMessage(content=program)
    sampled = vf.MessageNode(parent=0, message=answer, sampled=True, token_ids=ids, mask=[True] * len(ids))
    trace.nodes = [asked, sampled]
    await task.score(trace)
    return vf.Episode(task=record, traces=[trace], ok=True)


async def main() -> None:
    """Scores three programs as one group, and prints the advantages of their tokens."""
    tokenizer = weights.load("tiny")[1]
    install("grpo", dense_weight=DENSE_WEIGHT, tokenizer=tokenizer)
    algorithm = build_algorithm(GRPOAlgoConfig(), policy_pool=SimpleNamespace(model_name="tiny"))
    await algorithm.setup()
    task = CodeTask(CodeData(prompt="Write largest(values).", tests=["assert largest([3, 1]) == 3"]))
    episodes = await asyncio.gather(*(played(task, tokenizer, program) for program in PROGRAMS))
    await algorithm.finalize_group(list(episodes))
    for trace in (episode.traces[0] for episode in episodes):
        print(f"reward {trace.reward:+.2f}  charges {trace.metrics['spanwise/charges']:+.2f}")
        node = trace.nodes[-1]
        for id_, advantage in zip(node.token_ids, node.advantages, strict=True):
            print(f"  {advantage:+.3f}  {tokenizer.decode([id_])!r}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        install("grpo", dense_weight=DENSE_WEIGHT)
        from prime_rl.entrypoints.orchestrator import main as orchestrate

        orchestrate()
    else:
        asyncio.run(main())
