"""prime-rl: charges on the tokens that caused them, added to the advantages of its algorithms.

    from rewards.adapters.prime_rl import install

    install("grpo", dense_weight=0.3)  # in the process of the orchestrator, before it builds its environments

The tasks have a reward made by `rewards.adapters.verifiers.spanwise_reward(dense=True)`. prime-rl's algorithm compares
their outcomes as ever and gives every token the advantage of its trace. What is installed takes that from the tokens of
which the outcome says nothing, and adds `dense_weight` times the charges to the sampled tokens of the last message.

A trace that the harness failed to judge is an errored one, which no algorithm of prime-rl sees.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewards.adapters import seams
from rewards.adapters.sampled import Charged, of_ids
from rewards.adapters.settings import weight_of_charges
from rewards.adapters.verifiers import NAME, dense_score
from rewards.registry import did_you_mean
from rewards.tokens import TokenBytes

__all__ = ["TESTED", "SeamMoved", "charged_answer", "install", "per_token", "spanwise_algorithm"]

TESTED = ("0.8.0",)
"""Versions of prime-rl that this adapter is known to work with."""
_LOSS = "rl"


class SeamMoved(seams.SeamMoved):
    """The installed prime-rl is not what this adapter was written for."""

    package, tested = "prime-rl", TESTED


def install(algorithm: str = "grpo", *, dense_weight: float = 1.0, name: str = NAME, tokenizer: Any = None) -> None:
    """From now on `orchestrator.algo.type = ALGORITHM` charges tokens; prime-rl's configuration has no other names.

    `name` is that of the reward, and `tokenizer` the policy's, which is loaded by the name of its model where none is
    given.

    Raises:
        ValueError: prime-rl has no such algorithm, or it takes no advantages; or a weight that is none.
        SeamMoved: the installed prime-rl is unlike the one that this was tested with.
        ImportError: prime-rl is not installed.
    """
    classes = _seam().classes
    if algorithm not in classes:
        raise ValueError(f"prime-rl has no algorithm {algorithm!r}; {did_you_mean(algorithm, list(classes))}")
    classes[algorithm] = spanwise_algorithm(
        classes[algorithm], dense_weight=dense_weight, name=name, tokenizer=tokenizer
    )


def spanwise_algorithm(base: Any, *, dense_weight: float = 1.0, name: str = NAME, tokenizer: Any = None) -> type:
    """An algorithm of prime-rl made of another one, whose advantages are those of `per_token`.

    Every trace gets the metrics `NAME/charged_tokens`, the share of the answer's tokens with a charge, and
    `NAME/unaligned`, 1 where the answer is not what its ids spell, so that none could be charged.

    Raises:
        ValueError, SeamMoved, ImportError: as `install`.
    """
    weight = weight_of_charges(dense_weight)
    if base.action_loss_type != _LOSS:
        raise ValueError(f"{base.__name__} feeds the loss {base.action_loss_type!r}, which takes no advantages")
    seam = _seam()

    class SpanwiseAlgorithm(base):
        async def setup(self) -> None:
            await super().setup()
            self._bytes = TokenBytes.of(tokenizer or seam.load_tokenizer(self.policy_pool.model_name))

        async def score_group(self, episodes: list[Any]) -> None:
            await super().score_group(episodes)
            traces = [trace for _, trace in seam.trainable(episodes)]
            # Agents that write no programs have no score; that nobody has one is a mistake, and `dense_score` says so.
            for trace in [trace for trace in traces if name in trace.info] or traces:
                charged = charged_answer(trace, self._bytes, name)
                seam.assign(trace, per_token(trace, charged, dense_weight=weight))
                trace.record_metric(f"{name}/unaligned", charged is None)
                if charged is not None and len(charged.ids):
                    trace.record_metric(f"{name}/charged_tokens", np.count_nonzero(charged.dense) / len(charged.ids))

    return SpanwiseAlgorithm


def charged_answer(trace: Any, table: TokenBytes, name: str = NAME) -> Charged | None:
    """What the score of a trace says of the sampled tokens of its last message; None where they spell something else.

    Raises:
        ValueError: the trace has no score, or the charges are in its reward already.
    """
    score = dense_score(trace, name)
    answer = trace.nodes[_answer(trace)]
    ids = [id_ for id_, sampled in zip(answer.token_ids, answer.mask, strict=True) if sampled]
    found = of_ids(table, ids, score.completion)
    return found.charged(score) if found.text.startswith(score.completion) else None


def per_token(trace: Any, charged: Charged | None, *, dense_weight: float) -> list[float]:
    """The advantages of all sampled tokens of a trace, in the order of `prime_rl`'s `assign_advantages`.

    Each is the one that the algorithm has assigned, where the outcome says anything of the token, plus `dense_weight`
    times what charges put on it.
    """
    nodes = [node for node in trace.nodes if any(node.mask)]
    advantages = np.array([value for node in nodes for value in node.advantages], dtype=np.float64)
    if charged is None:
        return advantages.tolist()
    start = sum(sum(node.mask) for node in trace.nodes[: _answer(trace)])
    answer = slice(start, start + len(charged.ids))
    if charged.credited is not None:
        advantages[answer] *= charged.credited
    advantages[answer] += dense_weight * charged.dense
    return advantages.tolist()


def _answer(trace: Any) -> int:
    """The node of the message that is scored, the last one that the model wrote."""
    return max(index for index, node in enumerate(trace.nodes) if node.sampled)


@dataclass(frozen=True, slots=True)
class _Seam:
    """What is used of prime-rl."""

    classes: dict[str, Any]
    assign: Callable[..., None]
    trainable: Callable[..., Any]
    load_tokenizer: Callable[[str], Any]


def _seam() -> _Seam:
    if importlib.util.find_spec("prime_rl") is None:
        raise ImportError("the algorithms of prime-rl need prime-rl: https://github.com/PrimeIntellect-ai/prime-rl")
    try:
        from prime_rl.orchestrator.algo import ALGORITHM_CLASSES, Algorithm, assign_advantages
        from prime_rl.orchestrator.algo.base import iter_trainable_traces
        from renderers.base import load_tokenizer
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "prime_rl.orchestrator.algo") from error
    for function, expected in ((Algorithm.score_group, ["self", "episodes"]), (assign_advantages, ["trace", "values"])):
        takes = list(inspect.signature(function).parameters)
        if takes != expected:
            raise SeamMoved(f"{function.__qualname__} takes ({', '.join(takes)})", f"({', '.join(expected)})")
    return _Seam(ALGORITHM_CLASSES, assign_advantages, iter_trainable_traces, load_tokenizer)
