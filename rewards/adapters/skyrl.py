"""SkyRL: a generator whose rewards lie on the tokens, `list[list[float]]`.

    from rewards.adapters.skyrl import spanwise_generator

    class CodeExp(BasePPOExp):
        def get_generator(self, cfg, tokenizer, inference_engine_client):
            generator = super().get_generator(cfg, tokenizer, inference_engine_client)
            return spanwise_generator(generator, tokenizer=tokenizer, columns={"tests": "reward_spec.ground_truth"})

What the wrapped generator samples is scored as one batch, and its rewards are replaced: each charge lies evenly on the
tokens that caused it, the outcome on the last token, so that a response's rewards add up to `Score.value` (with
`dense_weight` 1). The fields of an Item are looked for in `env_extras`, with dots into the mappings there.

A response that the harness failed to judge is left out of the loss (its mask is 0), and of the baseline of its group
(its reward is their mean). Tokens of which the outcome says nothing are left out of the loss unless they are charged.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import rewards
from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import summary
from rewards.adapters.sampled import Sampled, last_turn, of_ids
from rewards.adapters.settings import checked, runs_tests, weight_of_charges
from rewards.tokens import TokenBytes
from rewards.types import Score

__all__ = ["TESTED", "SeamMoved", "SpanwiseGenerator", "spanwise_generator"]

TESTED = ("0.3.0", "0.4.0")
"""Versions of skyrl that this adapter is known to work with."""
_READ = ("response_ids", "rewards", "loss_masks", "stop_reasons", "rollout_metrics")


class SeamMoved(seams.SeamMoved):
    """The installed SkyRL is not what this adapter was written for."""

    package, tested = "skyrl", TESTED


def spanwise_generator(
    generator: Any,
    *,
    tokenizer: Any,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    dense_weight: float = 1.0,
    after: str = "</think>",
    name: str = "spanwise",
    **settings: Any,
) -> SpanwiseGenerator:
    """A SkyRL generator that samples with another one and gives the rewards itself.

    `columns` are the keys of `env_extras` by field of an Item, where they are not called alike; `language` is that of
    rows that name none. Of a response only what comes after the last `after` is the program. `name` is what logs call
    it, and `settings` are those of `rewards.score_batch`: analyzers, scheme, limits, isolation, workers.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names; a weight that is
            none; or a generator that is configured to change rewards, or to train single steps.
        SeamMoved: the installed SkyRL is unlike those that this was tested with.
        ImportError: SkyRL is not installed.
        rewards.tokens.UnsupportedTokenizer: the tokenizer's pieces do not determine the bytes of the text.
    """
    found = checked(settings)
    tables.complete(columns)
    weight = weight_of_charges(dense_weight)
    for option in ("step_wise_trajectories", "zero_reward_on_non_stop"):
        if getattr(getattr(generator, "generator_cfg", None), option, False):
            raise ValueError(f"generator.{option} does not go with rewards of spanwise: leave it out")
    interface = _interface()
    interface.register(SpanwiseGenerator)
    return SpanwiseGenerator(
        generator,
        TokenBytes.of(tokenizer),
        found,
        columns,
        language=language,
        dense_weight=weight,
        after=after,
        name=name,
    )


def _interface() -> Any:
    if seams.installed("skyrl") is None:
        raise ImportError("spanwise_generator needs SkyRL: pip install skyrl")
    try:
        from skyrl.train.generators.base import GeneratorInterface, GeneratorOutput
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "skyrl.train.generators.base") from error
    fields = GeneratorOutput.__annotations__
    missing = [field for field in _READ if field not in fields]
    if missing:
        raise SeamMoved(f"what a generator gives has no {', '.join(missing)}", f"{', '.join(_READ)} in it")
    if "List[List[float]]" not in str(fields["rewards"]).replace("typing.", ""):
        raise SeamMoved(f"rewards are {fields['rewards']}", "a List[List[float]] among them")
    return GeneratorInterface


class SpanwiseGenerator:
    """What `spanwise_generator` makes; what it lacks itself is that of the wrapped generator."""

    def __init__(
        self,
        generator: Any,
        table: TokenBytes,
        settings: Mapping[str, Any],
        columns: tables.Names,
        *,
        language: str,
        dense_weight: float,
        after: str,
        name: str,
    ) -> None:
        """As `spanwise_generator`, which checks `settings`."""
        self._generator = generator
        self._bytes = table
        self._settings = dict(settings)
        self._columns = columns
        self._language = language
        self._dense_weight = dense_weight
        self._after = after
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name == "_generator":  # while it is copied or unpickled
            raise AttributeError(name)
        return getattr(self._generator, name)

    async def generate(self, input_batch: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """What the wrapped generator gives, with rewards, loss masks and metrics of spanwise. Called by SkyRL.

        Raises:
            ValueError: a column is missing, or its tests are no test suite.
            SeamMoved: there is not one response for each prompt.
        """
        output: dict[str, Any] = await self._generator.generate(input_batch, *args, **options)
        responses, prompts = output["response_ids"], input_batch["prompts"]
        if len(responses) != len(prompts):
            raise SeamMoved(f"{len(responses)} responses to {len(prompts)} prompts", "a response to each prompt")
        asked = [self._asked(ids, mask) for ids, mask in zip(responses, output["loss_masks"], strict=True)]
        scores = await asyncio.to_thread(self._scores, asked, input_batch, output)
        rewarded = [one.rewarded(score, self._dense_weight) for one, score in zip(asked, scores, strict=True)]
        rows = [row for row, _ in rewarded]
        _even_out(rows, scores, _groups(input_batch))
        metrics = {**(output.get("rollout_metrics") or {}), **self._metrics(asked, scores)}
        return {
            **output,
            "rewards": [row.tolist() for row in rows],
            "loss_masks": [mask for _, mask in rewarded],
            "rollout_metrics": metrics,
        }

    def _asked(self, ids: Sequence[int], mask: Sequence[int]) -> _Asked:
        answer = last_turn(mask)
        return _Asked(mask, answer, of_ids(self._bytes, ids[answer], after=self._after))

    def _scores(self, asked: Sequence[_Asked], given: Mapping[str, Any], output: Mapping[str, Any]) -> list[Score]:
        reasons = output.get("stop_reasons")
        cut = [reason == "length" for reason in reasons] if reasons else [one.sampled.truncated for one in asked]
        items = tables.row_items(
            [one.sampled.text for one in asked],
            given.get("env_extras") or [{}] * len(asked),
            self._columns,
            language=self._language,
            tests=runs_tests(self._settings),
            task_ids=_groups(given),
            truncated=cut,
        )
        return rewards.score_batch(items, **self._settings)

    def _metrics(self, asked: Sequence[_Asked], scores: Sequence[Score]) -> dict[str, float]:
        charged = [one.sampled.charged(score) for one, score in zip(asked, scores, strict=True)]
        programs = rewards.batch_metrics(scores, tokens=[len(one.ids) for one in charged])
        found = summary(scores, charged) | {f"programs/{key}": value for key, value in programs.items()}
        # SkyRL averages what it finds the word "mean" in, and adds up the rest, where it joins batches.
        return {f"{self._name}/mean/{key}": value for key, value in found.items()}


@dataclass(frozen=True, slots=True)
class _Asked:
    """A response, and the part of it that is scored."""

    mask: Sequence[int]
    """[T] 1 for tokens in the loss."""
    answer: slice
    sampled: Sampled

    def rewarded(self, score: Score, dense_weight: float) -> tuple[NDArray[np.float64], list[int]]:
        """The rewards of the tokens and their loss mask, [T] each."""
        row, kept = np.zeros(len(self.mask)), np.array(self.mask, dtype=np.int64)
        if score.value is None or score.base is None or not len(row):
            return row, [0] * len(row)
        found = self.sampled.rewards(score)
        row[self.answer] = dense_weight * found.shares
        if found.credited is not None:
            kept[self.answer] *= found.credited | (found.shares != 0)
        row[-1] += score.base
        return row, kept.tolist()


def _groups(given: Mapping[str, Any]) -> list[str]:
    """What the responses to one prompt have in common."""
    ids = given.get("trajectory_ids")
    return [str(prompt) for prompt in given["prompts"]] if ids is None else [str(one.instance_id) for one in ids]


def _even_out(rows: Sequence[NDArray[np.float64]], scores: Sequence[Score], groups: Sequence[str]) -> None:
    """Gives responses without a verdict the mean of their group, so that its baseline is that of the others."""
    judged: dict[str, list[float]] = defaultdict(list)
    for row, score, group in zip(rows, scores, groups, strict=True):
        if score.value is not None:
            judged[group].append(math.fsum(row))
    for row, score, group in zip(rows, scores, groups, strict=True):
        if score.value is None and judged[group] and len(row):
            row[-1] = math.fsum(judged[group]) / len(judged[group])
