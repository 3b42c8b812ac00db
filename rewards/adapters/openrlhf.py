"""OpenRLHF: a reward function for `--reward.remote_url`.

    # reward.py
    from rewards.adapters.openrlhf import spanwise_reward

    reward_func = spanwise_reward(analyzers=["runtime", "pylint"])

    # python -m openrlhf.cli.train_ppo_ray --reward.remote_url reward.py --data.label_key tests ...

A completion is worth `Score.value`. OpenRLHF puts that number on the last token, whatever the estimator, and offers no
place for rewards of single tokens. The column of the labels holds tests, as `rewards.score` takes them or JSON text of
that; or a mapping (or JSON text of one) with the key `tests` and further fields of an Item, `prefix` or `language`.

torch is imported with the first reward.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import rewards
from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import figures, unjudged
from rewards.adapters.settings import checked, refuse_groups, runs_tests
from rewards.types import Item, Score

__all__ = ["ENDS", "TESTED", "NoVerdict", "SeamMoved", "SpanwiseReward", "spanwise_reward"]

TESTED = ("0.11.2",)
"""Versions of OpenRLHF that this adapter is known to work with."""
ENDS = (
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<|return|>",
    "<｜end▁of▁sentence｜>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
)
"""What the end of a completion is in the text of common models."""
FIGURES = ("value", "base", "charges", "passed", "tests")
Scoring: TypeAlias = Callable[[Sequence[Item]], list[Score]]


class SeamMoved(seams.SeamMoved):
    """The installed OpenRLHF is not what this adapter was written for."""

    package, tested = "openrlhf", TESTED


class NoVerdict(RuntimeError):
    """The harness failed on a completion, so that there is no reward to give.

    OpenRLHF has no reward that says so: it logs the error, leaves the reward out and ends at its next step.
    """


def spanwise_reward(
    *,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    ends: Sequence[str] = ENDS,
    after: str = "</think>",
    failed: Literal["raise", "nan"] = "raise",
    score_batch: Scoring | None = None,
    **settings: Any,
) -> SpanwiseReward:
    """What a file for `--reward.remote_url` calls `reward_func`.

    `columns` are the keys of a label that is a mapping by field of an Item, where they are not called alike; `language`
    is that of labels that name none. A completion ends with one of `ends` (special tokens are part of the text that
    OpenRLHF hands on), or it was cut off; of its text only what comes after the last `after` is the program.

    Of a completion that the harness `failed` on, the function raises NoVerdict, which ends the training; or it gives
    `nan`, for runs with `--algo.dynamic_filtering_enable` alone: those replace the prompt. Without it one such reward
    makes the advantages of its whole group not numbers.

    `settings` are those of `rewards.score_batch`: analyzers, scheme, limits, isolation, workers. `score_batch` scores
    in its place, with settings of its own: `rewards.client.Client(...).score_batch` for a service.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names; or a scheme that
            compares the completions of a task, which OpenRLHF hands on one by one.
        SeamMoved: the installed OpenRLHF calls reward functions in another way.
    """
    if failed not in ("raise", "nan"):
        raise ValueError(f"failed must be 'raise' or 'nan', got {failed!r}")
    if score_batch is not None and settings:
        raise ValueError(f"score_batch has settings of its own: leave out {', '.join(sorted(settings))}")
    found = checked(settings)
    refuse_groups(found, "OpenRLHF")
    tables.complete(columns)
    check_seam()
    scoring = score_batch or partial(rewards.score_batch, **found)
    reader = Reader(columns, language, tuple(ends), after, runs_tests(found))
    return SpanwiseReward(scoring, reader, nan=failed == "nan")


@dataclass(frozen=True, slots=True)
class Reader:
    """How what OpenRLHF hands on becomes items; the fields are those of `spanwise_reward`."""

    columns: tables.Names
    language: str
    ends: tuple[str, ...]
    after: str
    tests: bool
    """Whether tests are to be run."""

    def items(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]) -> list[Item]:
        """An item for each query.

        Raises:
            ValueError: a query does not begin with its prompt, or a label is no test suite.
        """
        written = [completion(query, prompt) for query, prompt in zip(queries, prompts, strict=True)]
        ended = [next((end for end in self.ends if text.rstrip().endswith(end)), "") for text in written]
        whole = [text.rstrip().removesuffix(end) if end else text for text, end in zip(written, ended, strict=True)]
        return tables.row_items(
            [text.rpartition(self.after)[2] if self.after else text for text in whole],
            [row_of(label) for label in labels],
            self.columns,
            language=self.language,
            tests=self.tests,
            task_ids=[""] * len(whole),
            truncated=[not end for end in ended],
        )


class SpanwiseReward:
    """What `spanwise_reward` makes. The processes that score are shared, and started by the first call."""

    def __init__(self, scoring: Scoring, reader: Reader, *, nan: bool) -> None:
        """As `spanwise_reward`, which checks everything."""
        self._scoring = scoring
        self._reader = reader
        self._nan = nan

    def __call__(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any
    ) -> dict[str, Any]:
        """Rewards as OpenRLHF wants them: `rewards` and `scores` [B], and `extra_logs` of [B] by name.

        `queries` are prompts with their completions; `scores`, which dynamic filtering looks at, are 1 for programs
        that pass all of their tests and 0 for others. Called by OpenRLHF in a thread, with one sample at a time.

        Raises:
            NoVerdict: the harness failed on a completion.
            ValueError: a query does not begin with its prompt, or a label is no test suite.
        """
        import torch  # whoever calls this has it

        scores = self._scoring(self._reader.items(queries, prompts, labels))
        rows = [self._figures(score) for score in scores]
        found = {name: torch.tensor([row[name] for row in rows], dtype=torch.float32) for name in FIGURES}
        logs = {f"spanwise_{name}": values for name, values in found.items() if name != "value"}
        return {"rewards": found["value"], "scores": found["passed"], "extra_logs": logs}

    def _figures(self, score: Score) -> dict[str, float]:
        if score.value is not None:
            return figures(score)
        if not self._nan:
            raise NoVerdict(unjudged(score))
        return dict.fromkeys(FIGURES, math.nan)


def check_seam() -> None:
    """Refuses an OpenRLHF that is installed and does not call reward functions as the ones that were tested.

    Raises:
        SeamMoved: with what came and what was expected.
    """
    if seams.installed("openrlhf") is None:
        return
    try:
        from openrlhf.utils.agent import SingleTurnAgentExecutor
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "openrlhf.utils.agent") from error
    method = getattr(SingleTurnAgentExecutor, "_fetch_rewards_via_func", None)
    takes = list(inspect.signature(method).parameters) if method else []
    expected = ["self", "queries_list", "prompts_list", "labels_list"]
    if takes != expected:
        raise SeamMoved(f"reward functions are called with ({', '.join(takes)})", f"({', '.join(expected)})")


def completion(query: str, prompt: str) -> str:
    """What the model wrote: the query without its prompt, of which OpenRLHF may have cut the beginning.

    Where decoding changed blanks of the prompt, blanks between the two do not count as written.

    Raises:
        ValueError: the query does not begin with the prompt.
    """
    if query.startswith(prompt):
        return query[len(prompt) :]
    start = prompt.find(query[:32])
    while start >= 0:
        if query.startswith(prompt[start:]):
            return query[len(prompt) - start :]
        start = prompt.find(query[:32], start + 1)
    end = 0
    for character in "".join(prompt.split()):
        while end < len(query) and query[end].isspace():
            end += 1
        if not query.startswith(character, end):
            raise ValueError(f"a query does not begin with its prompt: {query[:80]!r} with the prompt {prompt[:80]!r}")
        end += 1
    return query[end:].lstrip()


def row_of(label: Any) -> Mapping[str, Any]:
    """The fields of a label: tests alone, or a mapping with them among others."""
    if isinstance(label, str) and label.lstrip().startswith("{"):
        try:
            found = json.loads(label)
        except json.JSONDecodeError:
            return {"tests": label}  # and whoever reads that says what is wrong with it
        return found if "tests" in found else {"tests": found}
    return label if isinstance(label, Mapping) and "tests" in label else {"tests": label}
