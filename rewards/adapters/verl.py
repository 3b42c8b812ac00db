"""verl: a reward function, a reward manager, and trainers that charge the tokens.

    reward.custom_reward_function.path=pkg://rewards.adapters.verl    # its name is verl's default, compute_score

    reward.reward_manager.source=importlib
    reward.reward_manager.name=SpanwiseRewardManager
    reward.reward_manager.module.path=pkg://rewards.adapters.verl

With either of them a completion is worth `Score.value`. The manager reads the sampled ids, and scores what verl asks
for at the same time in one batch. With `trainer.v1.trainer_mode=spanwise_sync` besides (and the environment variable
`VERL_USE_EXTERNAL_MODULES=rewards.adapters.span_verl`, which registers it) a group compares `Score.base`, and the
charges are added to the advantages of the tokens that caused them.

Tests are the `ground_truth` of a row, as `rewards.score` takes them or JSON text of that; the other fields of an Item
are looked for in its `extra_info`. verl and torch are imported with the manager, and never for the function alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import figures, listed, outcome_of, unjudged
from rewards.adapters.gathered import Gathered
from rewards.adapters.settings import configured, plain, refuse_groups, runs_tests
from rewards.types import Score

if TYPE_CHECKING:
    from rewards.adapters.span_verl import SpanwiseRewardManager

__all__ = ["TESTED", "NoVerdict", "SeamMoved", "SpanwiseRewardManager", "compute_score"]

TESTED = ("0.9.1",)
"""Versions of verl that this adapter is known to work with."""
_TESTS = "ground_truth"


class SeamMoved(seams.SeamMoved):
    """The installed verl is not what this adapter was written for."""

    package, tested = "verl", TESTED


class NoVerdict(RuntimeError):
    """The harness failed on a completion, so that there is no reward to give.

    verl has no reward that says so: one that is not a number makes the advantages of its whole group not numbers. Of a
    completion whose reward raises, verl's trainer keeps no trajectory: `sync` trains with the others of its group, the
    asynchronous modes replace the group, and validation counts it as `acc` 0 and leaves it out of `acc_success_only`.
    """


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    reward_router_address: str | None = None,
    reward_model_tokenizer: Any = None,
    **reward_kwargs: Any,
) -> dict[str, float | str]:
    """A completion's reward as verl's custom reward functions give it: `score`, and what is logged beside it.

    Called by verl with a row's fields and with `reward.custom_reward_function.reward_kwargs`, which are those of
    `reading`; a reward model's address and tokenizer are not needed. The keys of the result are always the same.

    Raises:
        NoVerdict: the harness failed on the completion.
        ValueError: as `reading`, or the tests are missing or no test suite.
    """
    how = _kept(json.dumps(plain(reward_kwargs), sort_keys=True))
    return told(await how.score(solution_str, _row(data_source, ground_truth, extra_info)))


@dataclass(frozen=True, slots=True)
class Reading:
    """How rows of verl's tables become items, and what scores those: all that is asked for at a time by the batch."""

    columns: tables.Names
    language: str
    after: str
    """What ends the reasoning of a completion: of the text only what comes after the last of it is the program."""
    runs_tests: bool
    scoring: Gathered

    async def score(self, text: str, row: Mapping[str, Any], *, truncated: bool = False) -> Score:
        """The score of a completion.

        Raises:
            ValueError: the row has no tests, or they are no test suite.
        """
        [item] = tables.row_items(
            [text.rpartition(self.after)[2] if self.after else text],
            [row],
            self.columns,
            language=self.language,
            tests=self.runs_tests,
            task_ids=[f"{row['data_source']}/{row['index']}" if "index" in row else ""],
            truncated=[truncated],
        )
        return await self.scoring.score(item)


def reading(
    *, columns: tables.Names = tables.SAME, language: str = "python", after: str = "</think>", **settings: Any
) -> Reading:
    """What a configuration says of rows and of scoring.

    `columns` are the keys of `extra_info` by field of an Item, where they are not called alike (`tests` are the
    `ground_truth` unless another is named); `language` is that of rows that name none. Of a completion only what comes
    after the last `after` is the program. `settings` are those of `rewards.score_batch`: analyzers, scheme, limits (a
    mapping), isolation, workers.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names; or a scheme that
            compares the completions of a task, which verl hands on one by one.
    """
    found = configured(settings)
    refuse_groups(found, "verl")
    names = {"tests": _TESTS, **columns}
    tables.complete(names)
    return Reading(names, language, after, runs_tests(found), Gathered(found))


@cache
def _kept(text: str) -> Reading:
    """The reading of settings in JSON, one for all rows."""
    return reading(**json.loads(text))


def row_of(sample: Mapping[str, Any]) -> dict[str, Any]:
    """The row that a sample's non-tensor fields describe, as verl's own managers read them."""
    return _row(sample["data_source"], sample["reward_model"]["ground_truth"], sample.get("extra_info"))


def _row(data_source: str, ground_truth: Any, extra_info: Mapping[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = plain({**(extra_info or {}), "data_source": data_source, _TESTS: ground_truth})
    return row


def told(score: Score) -> dict[str, float | str]:
    """What verl logs of a score. Its validation averages numbers and leaves text out.

    Raises:
        NoVerdict: there is none.
    """
    if score.value is None:
        raise NoVerdict(unjudged(score))
    found = figures(score)
    return {
        "score": found["value"],
        "acc": found["passed"],
        "spanwise_base": found["base"],
        "spanwise_charges": found["charges"],
        "spanwise_tests": found["tests"],
        "spanwise_outcome": outcome_of(score),
        "spanwise_findings": listed(score),
    }


def __getattr__(name: str) -> Any:
    if name != "SpanwiseRewardManager":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if seams.installed("verl") is None:
        raise ImportError("SpanwiseRewardManager needs verl: pip install verl")
    try:
        from rewards.adapters.span_verl import SpanwiseRewardManager
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "its reward loop and its v1 trainers") from error
    return SpanwiseRewardManager
