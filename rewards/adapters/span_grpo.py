"""SpanGRPOTrainer: TRL's GRPOTrainer with the charges on the tokens. Imports torch; see `rewards.adapters.trl`."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from trl import GRPOTrainer

from rewards.adapters.sampled import Charged
from rewards.adapters.settings import weight_of_charges
from rewards.adapters.trl import SeamMoved, SpanwiseReward

LOSSES = ("grpo", "dr_grpo", "bnpo", "dapo", "cispo", "sapo")
"""The losses of TRL that weigh each token by itself."""
_METHOD = "_generate_and_score_completions"
_ACCEPTS = "advantages.dim() == 1"


class SpanGRPOTrainer(GRPOTrainer):
    """GRPO whose advantages are those of the outcome plus `dense_weight` times the dense term, token by token.

    One method of TRL is overridden. Outcomes are compared within groups as TRL is told to; the dense term
    (`TokenRewards.values`) is added after that, without a baseline per position, which would be biased. Does not
    support tools, environments, the fused Liger loss, and losses or importance weights of whole sequences.
    """

    def __init__(
        self, model: Any, reward_funcs: Any, args: Any = None, *, dense_weight: float = 1.0, **options: Any
    ) -> None:
        """As GRPOTrainer; one of `reward_funcs` is made by `spanwise_reward`.

        Raises:
            SeamMoved: the installed TRL is unlike those that this was tested with.
            ValueError: no reward function of spanwise, or two; or something that cannot take advantages per token.
            rewards.tokens.UnsupportedTokenizer: the tokenizer's pieces do not determine the bytes of the text.
        """
        check_seam(GRPOTrainer)
        refuse_sequences(args, options)
        self.dense_weight = weight_of_charges(dense_weight)
        given = list(reward_funcs) if isinstance(reward_funcs, (list, tuple)) else [reward_funcs]
        found = the_one(given)
        self.spanwise = copy(found)  # what the caller holds still serves another trainer
        functions = [self.spanwise if function is found else function for function in given]
        super().__init__(model, functions, args, **options)
        self.spanwise.read(getattr(self.processing_class, "tokenizer", self.processing_class))
        self.spanwise.charge_tokens()

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        dense, credited = padded(self.spanwise.take(), output)
        advantages = output["advantages"]
        outcome = advantages.unsqueeze(1) * advantages.new_tensor(credited)
        output["advantages"] = outcome + self.dense_weight * advantages.new_tensor(dense)
        return output


def check_seam(trainer: type) -> None:
    """Refuses a GRPOTrainer that is not built as the ones that were tested.

    Raises:
        SeamMoved: with what came and what was expected.
    """
    method, loss = getattr(trainer, _METHOD, None), getattr(trainer, "_compute_loss", None)
    if method is None or loss is None:
        missing = _METHOD if method is None else "_compute_loss"
        raise SeamMoved(f"{trainer.__name__} has no {missing}", "one")
    takes = list(inspect.signature(method).parameters)
    if takes != ["self", "inputs"]:
        raise SeamMoved(f"{trainer.__name__}.{_METHOD} takes ({', '.join(takes)})", "(self, inputs)")
    # Were [B, T] advantages given a third axis, they would be broadcast over the batch without any error.
    if _ACCEPTS not in inspect.getsource(loss):
        raise SeamMoved(
            f"{trainer.__name__}._compute_loss does not tell advantages [B, T] from [B]", f"`if {_ACCEPTS}` in it"
        )


def refuse_sequences(args: Any, options: dict[str, Any]) -> None:
    """Refuses settings under which advantages per token mean nothing.

    Raises:
        ValueError: with the setting and what to set instead.
    """
    loss = getattr(args, "loss_type", LOSSES[0])
    if loss not in LOSSES:
        raise ValueError(
            f"loss_type {loss!r} weighs whole sequences, advantages are per token: use {', '.join(LOSSES)}"
        )
    level = getattr(args, "importance_sampling_level", "token")
    if level != "token":
        raise ValueError(f"importance_sampling_level must be 'token' with advantages per token, got {level!r}")
    for setting in ("use_liger_kernel", "off_policy_mask_threshold"):
        if value := getattr(args, setting, None):
            raise ValueError(f"{setting} takes one advantage per sequence: leave it out, got {value!r}")
    for option in ("tools", "environment_factory"):
        if options.get(option):
            raise ValueError(f"the dense term needs completions of one turn: leave {option} out")


def the_one(given: Sequence[Any]) -> SpanwiseReward:
    """The reward function of spanwise among those of a trainer.

    Raises:
        ValueError: there is none, or more than one.
    """
    found = [function for function in given if isinstance(function, SpanwiseReward)]
    if len(found) != 1:
        raise ValueError(f"one of reward_funcs must be a spanwise_reward(...), {len(found)} of {len(given)} are")
    return found[0]


def padded(charged: Sequence[Charged], output: dict[str, Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """[B, T] dense terms, 0 on padding, and [B, T] 1 where the outcome says anything of a token, 0 where it does not.

    Both in the order and the padding of TRL's output.

    Raises:
        SeamMoved: the output is not that of the completions that were scored.
    """
    if "tool_mask" in output:
        raise SeamMoved("completions have more than one turn (tool_mask)", "completions of one turn")
    ids, advantages = output["completion_ids"], output["advantages"]
    if ids.dim() != 2 or tuple(advantages.shape) != (len(charged),) or len(ids) != len(charged):
        raise SeamMoved(
            f"completion_ids {tuple(ids.shape)} and advantages {tuple(advantages.shape)}",
            f"[{len(charged)}, T] and [{len(charged)}]",
        )
    rows = ids.cpu().numpy()
    dense, credited = np.zeros(rows.shape, dtype=np.float32), np.ones(rows.shape, dtype=np.float32)
    for row, one in enumerate(charged):
        if not np.array_equal(rows[row, : len(one.ids)], one.ids):
            raise SeamMoved(f"completion {row} has other ids than the reward function was given", "the same ids")
        dense[row, : len(one.ids)] = one.dense
        if one.credited is not None:
            credited[row, : len(one.ids)] = one.credited
    return dense, credited
