"""slime: a custom reward, and advantages that charge the tokens.

    # my_rewards.py
    from rewards.adapters.slime import spanwise_reward

    reward = spanwise_reward(analyzers=["runtime", "pylint"], columns={"tests": "label"}, dense_weight=0.3)

    --custom-rm-path my_rewards.reward --group-rm
    --custom-reward-post-process-path rewards.adapters.slime.post_process
    --custom-advantage-function-path rewards.adapters.slime.advantages      # with dense_weight
    --custom-rollout-log-function-path rewards.adapters.slime.log           # if you like

With `--group-rm` a group is scored as one batch; without it, what is asked for at the same time is. A sample is worth
`Score.value`, or with `dense_weight` `Score.base`: then outcomes are compared within groups, and every token gets the
advantage of the outcome, where that says anything of it, plus `dense_weight` times what charges put on it. The fields
of an Item are looked for in a sample's metadata, and its `label`.

A sample that the harness failed to judge is removed from the loss (`remove_sample`) and from its group's baseline.
"""

from __future__ import annotations

import asyncio
import logging
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import rewards
from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import summary
from rewards.adapters.gathered import Gathered
from rewards.adapters.sampled import Charged, Sampled, last_turn, of_ids
from rewards.adapters.settings import checked, refuse_groups, runs_tests, weight_of_charges
from rewards.tokens import TokenBytes
from rewards.types import Item, Score

__all__ = ["NAME", "TESTED", "SeamMoved", "SpanwiseReward", "advantages", "log", "post_process", "spanwise_reward"]

TESTED = ("0.3.1",)
"""Versions of slime that this adapter is known to work with."""
NAME = "spanwise"
"""The key of a sample's metadata that holds its score, and what logs call it."""
NORMALISED = ("grpo", "gspo", "cispo", "reinforce_plus_plus_baseline")
"""The estimators for which slime compares the rewards of a group."""
PER_TOKEN = ("grpo", "cispo", "reinforce_plus_plus_baseline")
"""Those whose losses weigh each token by itself."""
SCALED = ("grpo", "gspo", "cispo")
"""Those for which slime divides by the standard deviation of the group."""
_READ = ("tokens", "response", "response_length", "loss_mask", "status", "metadata", "group_index", "remove_sample")

logger = logging.getLogger(__name__)


class SeamMoved(seams.SeamMoved):
    """The installed slime is not what this adapter was written for."""

    package, tested = "slime", TESTED


def spanwise_reward(
    *,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    dense_weight: float | None = None,
    tokenizer: Any = None,
    after: str = "</think>",
    **settings: Any,
) -> SpanwiseReward:
    """A custom reward model, for samples one by one and for groups.

    `columns` are the keys of the metadata by field of an Item, where they are not called alike, or `label`; `language`
    is that of samples that name none. With `dense_weight` charges are put on tokens, of the ids that were sampled;
    `tokenizer` is that of `--hf-checkpoint` where none is given. Of a response only what comes after the last `after`
    is the program. `settings` are those of `rewards.score_batch`: analyzers, scheme, limits, isolation, workers.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names, or a weight that is
            none.
        rewards.tokens.UnsupportedTokenizer: the tokenizer's pieces do not determine the bytes of the text.
    """
    tables.complete(columns)
    weight = None if dense_weight is None else weight_of_charges(dense_weight)
    table = None if tokenizer is None else TokenBytes.of(tokenizer)
    return SpanwiseReward(checked(settings), columns, language=language, dense_weight=weight, table=table, after=after)


class SpanwiseReward:
    """What `spanwise_reward` makes. The processes that score are shared, and started by the first call."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        columns: tables.Names,
        *,
        language: str,
        dense_weight: float | None,
        table: TokenBytes | None,
        after: str,
    ) -> None:
        """As `spanwise_reward`, which checks `settings`."""
        self._settings = dict(settings)
        self._columns = columns
        self._language = language
        self._dense_weight = dense_weight
        self._bytes = table
        self._after = after
        self._gathered = Gathered(settings)

    async def __call__(self, args: Any, samples: Any, **_: Any) -> Any:
        """The reward of a sample, or of each sample of a group; called by slime.

        Raises:
            ValueError: tests are missing or no test suite, or `args` are not those that this reward needs.
            SeamMoved: the installed slime has other samples.
        """
        group = samples if isinstance(samples, list) else [samples]
        for sample in group:
            missing = [name for name in _READ if not hasattr(sample, name)]
            if missing:
                raise SeamMoved(f"a sample has no {', '.join(missing)}", "one")
        self._check(args, together=group is samples)
        sampled = [self._sampled(args, sample) for sample in group]
        items = self._items(sampled, group)
        if group is samples:
            scores = await asyncio.to_thread(rewards.score_batch, items, **self._settings)
        else:
            scores = [await self._gathered.score(item) for item in items]
        for sample, one, score in zip(group, sampled, scores, strict=True):
            sample.metadata = {**(sample.metadata or {}), NAME: self._told(one, score)}
            sample.remove_sample = sample.remove_sample or score.value is None
        values = [score.base if self._dense_weight is not None else score.value for score in scores]
        if group is not samples:
            return math.nan if values[0] is None else values[0]
        judged = [value for value in values if value is not None]
        mean = statistics.fmean(judged) if judged else 0.0
        return [mean if value is None else value for value in values]

    def _check(self, args: Any, *, together: bool) -> None:
        processed = getattr(args, "custom_reward_post_process_path", None)
        if not together:
            refuse_groups(self._settings, "slime without --group-rm")
        if processed is None and (self._dense_weight is not None or not together):
            raise ValueError(
                "--custom-reward-post-process-path is not set: without --group-rm, and with dense_weight, this reward"
                f" needs {__name__}.post_process there"
            )
        if self._dense_weight is None:
            return
        if args.advantage_estimator not in PER_TOKEN:
            raise ValueError(
                f"--advantage-estimator {args.advantage_estimator} does not go with charges on tokens:"
                f" use {', '.join(PER_TOKEN)}"
            )
        if getattr(args, "custom_advantage_function_path", None) is None:
            raise ValueError(
                f"--custom-advantage-function-path is not set: with dense_weight it must be {__name__}.advantages"
            )

    def _sampled(self, args: Any, sample: Any) -> Sampled:
        cut = sample.status.value == "truncated"
        if self._dense_weight is None:
            return Sampled(sample.response.rpartition(self._after)[2] if self._after else sample.response, cut)
        if self._bytes is None:
            from slime.utils.processing_utils import load_tokenizer

            self._bytes = TokenBytes.of(load_tokenizer(args.hf_checkpoint, trust_remote_code=True))
        answer = _response(sample)[_answer(sample)]
        return replace(of_ids(self._bytes, answer, after=self._after), truncated=cut)

    def _items(self, sampled: Sequence[Sampled], group: Sequence[Any]) -> list[Item]:
        return tables.row_items(
            [one.text for one in sampled],
            [{"label": sample.label, **(sample.metadata or {})} for sample in group],
            self._columns,
            language=self._language,
            tests=runs_tests(self._settings),
            task_ids=[str(sample.group_index) for sample in group],
            truncated=[one.truncated for one in sampled],
        )

    def _told(self, sampled: Sampled, score: Score) -> dict[str, Any]:
        told: dict[str, Any] = {"judged": score.value is not None, "score": rewards.jsonable(score)}
        if self._dense_weight is not None:
            charged = sampled.charged(score)
            told["dense"] = (self._dense_weight * charged.dense).tolist()
            told["credited"] = None if charged.credited is None else charged.credited.tolist()
        return told


def post_process(args: Any, samples: Sequence[Any]) -> tuple[list[float], list[Any]]:
    """The rewards of all samples of a rollout, as they are logged and as they are trained on; called by slime.

    Outcomes are compared as slime does it with these `args`, without the samples that the harness failed to judge;
    those are logged with the mean of the others. With `dense_weight` what is trained on are advantages per token.

    Raises:
        ValueError: a sample has no score of spanwise.
    """
    groups: dict[Any, list[int]] = defaultdict(list)
    for row, sample in enumerate(samples):
        if _told(sample)["judged"]:
            groups[sample.group_index].append(row)
    raw = {row: float(samples[row].get_reward_value(args)) for rows in groups.values() for row in rows}
    outcomes = dict(raw)
    if args.advantage_estimator in NORMALISED and args.rewards_normalization:
        scaled = args.advantage_estimator in SCALED and args.grpo_std_normalization
        for rows in groups.values():
            outcomes |= zip(rows, _compared([raw[row] for row in rows], scaled=scaled), strict=True)
    mean = statistics.fmean(raw.values()) if raw else 0.0
    logged = [raw.get(row, mean) for row in range(len(samples))]
    return logged, [_trained_on(sample, outcomes.get(row, 0.0)) for row, sample in enumerate(samples)]


def _compared(values: Sequence[float], *, scaled: bool) -> list[float]:
    """The values without their mean; `scaled` to their standard deviation, as slime does it."""
    mean = statistics.fmean(values)
    spread = statistics.stdev(values) + 1e-6 if scaled and len(values) > 1 else 1.0
    return [(value - mean) / spread for value in values]


def _trained_on(sample: Any, outcome: float) -> float | list[float]:
    """An advantage for each token of a response, where its charges are known; 0 where the harness failed."""
    told = _told(sample)
    if "dense" not in told:
        return outcome
    row = np.full(sample.response_length, outcome)
    if told["judged"]:
        answer = _answer(sample)
        if told["credited"] is not None:
            row[answer] *= told["credited"]
        row[answer] += told["dense"]
    return [float(value) for value in row]


def advantages(args: Any, rollout_data: dict[str, Any]) -> None:
    """Takes the advantages of `post_process` for those of the tokens; called by slime on its training ranks.

    Each rank gets its part of the tokens under context parallelism. What is logged of them as rewards are their means.

    Raises:
        ValueError: there is one reward for a whole response.
        SeamMoved: the installed slime slices responses in another way.
    """
    try:
        from slime.backends.megatron_utils.cp_utils import slice_log_prob_with_cp
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "slice_log_prob_with_cp in cp_utils") from error
    rows = rollout_data["rewards"]
    if not all(isinstance(row, list) for row in rows):
        raise ValueError(
            "rewards are one number for a response, advantages are per token: make the reward with dense_weight,"
            f" and set --custom-reward-post-process-path to {__name__}.post_process"
        )
    found = [
        like.new_tensor(slice_log_prob_with_cp(row, int(total), int(length)))
        for row, total, length, like in zip(
            rows, rollout_data["total_lengths"], rollout_data["response_lengths"], rollout_data["kl"], strict=True
        )
    ]
    rollout_data["advantages"], rollout_data["returns"] = found, list(found)
    rollout_data["rewards"] = [statistics.fmean(row) if row else 0.0 for row in rows]


def log(
    rollout_id: int,
    args: Any,
    samples: Sequence[Any],
    rollout_extra_metrics: dict[str, Any] | None,
    rollout_time: float,
) -> bool:
    """Adds figures of a rollout to those that slime logs; called by slime, which then does as ever.

    Raises:
        ValueError: a sample has no score of spanwise.
    """
    told = [_told(sample) for sample in samples]
    scores = [rewards.from_jsonable(one["score"]) for one in told]
    charged = [
        Charged(np.zeros(len(one["dense"]), dtype=np.int64), np.array(one["dense"])) for one in told if "dense" in one
    ]
    programs = rewards.batch_metrics(scores, tokens=[sample.response_length for sample in samples])
    found = summary(scores, charged) | {f"programs/{key}": value for key, value in programs.items()}
    figures = {f"{NAME}/{key}": value for key, value in found.items()}
    if rollout_extra_metrics is None:
        logger.info("rollout %s: %s", rollout_id, figures)
    else:
        rollout_extra_metrics |= figures
    return False


def _response(sample: Any) -> list[int]:
    return list(sample.tokens[len(sample.tokens) - sample.response_length :])


def _answer(sample: Any) -> slice:
    """The tokens of the response that are scored."""
    return last_turn([1] * sample.response_length if sample.loss_mask is None else sample.loss_mask)


def _told(sample: Any) -> dict[str, Any]:
    found: dict[str, Any] | None = (sample.metadata or {}).get(NAME)
    if found is None:
        raise ValueError(
            f"sample {sample.index} of group {sample.group_index} has no score of spanwise in its metadata:"
            " its reward must be made by rewards.adapters.slime.spanwise_reward"
        )
    return found
