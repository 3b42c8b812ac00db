"""TRL: a reward function for its trainers, and a GRPO trainer that charges the tokens.

    from rewards.adapters.trl import SpanGRPOTrainer, spanwise_reward

    GRPOTrainer(model, spanwise_reward(analyzers=["runtime", "pylint"]), args, train_dataset=dataset)
    SpanGRPOTrainer(model, spanwise_reward(analyzers=["runtime", "pylint"]), args, train_dataset=dataset)

With GRPOTrainer a completion is worth `Score.value`. With SpanGRPOTrainer its group compares `Score.base`, and the
charges are added to the advantages of the tokens that caused them. A completion that the harness failed to judge is
None in both, which TRL masks. The dataset has a column `tests`, and where they apply `language`, `prefix`,
`task_id` and `reference`; other names are told with `columns`.

Needs `pip install 'spanwise[trl]'`. TRL and torch are imported with SpanGRPOTrainer, and never for the reward alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import rewards
from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import listed, outcome_of, summary
from rewards.adapters.sampled import Charged, Sampled, of_ids
from rewards.adapters.settings import checked, runs_tests
from rewards.tokens import TokenBytes
from rewards.types import Score

if TYPE_CHECKING:
    from rewards.adapters.span_grpo import SpanGRPOTrainer

__all__ = ["TESTED", "SeamMoved", "SpanGRPOTrainer", "SpanwiseReward", "spanwise_reward"]

TESTED = ("1.14.2", "1.16.0")
"""Versions of TRL that this adapter is known to work with."""
_OLDEST = (1, 14)
_NOT_COLUMNS = ("trainer_state", "environments")


class SeamMoved(seams.SeamMoved):
    """The installed TRL is not what this adapter was written for."""

    package, tested = "trl", TESTED


def spanwise_reward(
    *,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    tokenizer: Any = None,
    name: str = "spanwise",
    **settings: Any,
) -> SpanwiseReward:
    """A reward function for GRPOTrainer, RLOOTrainer and SpanGRPOTrainer.

    `columns` are the names of the dataset's columns by field of an Item, where they are not called alike; `language` is
    that of rows that name none. With the model's `tokenizer` the sampled ids are scored, not TRL's text of them
    (SpanGRPOTrainer brings its own). `name` is what logs call it, and `settings` are those of `rewards.score_batch`:
    analyzers, scheme, limits, isolation, workers.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names.
        SeamMoved: the installed TRL would not await the function.
        rewards.tokens.UnsupportedTokenizer: its pieces do not determine the bytes of the text.
    """
    found = seams.installed("trl")
    if found and tuple(int(part) for part in found.split(".")[:2] if part.isdigit()) < _OLDEST:
        raise SeamMoved("it does not await callable objects", "a GRPOTrainer that does")
    reward = SpanwiseReward(checked(settings), columns, language=language, name=name)
    if tokenizer is not None:
        reward.read(tokenizer)
    return reward


class SpanwiseReward:
    """What `spanwise_reward` makes. Picklable; the processes that score are shared, and started by the first call."""

    def __init__(self, settings: Mapping[str, Any], columns: tables.Names, *, language: str, name: str) -> None:
        """As `spanwise_reward`, which checks `settings`."""
        self.__name__ = name
        self._settings = dict(settings)
        self._given = dict(columns)
        self._columns = tables.complete(columns)
        self._language = language
        self._bytes: TokenBytes | None = None
        self._dense = False
        self._charged: list[Charged] = []

    def read(self, tokenizer: Any) -> None:
        """From now on scores the ids that were sampled, by the bytes that `tokenizer` gives them."""
        self._bytes = TokenBytes.of(tokenizer)

    def charge_tokens(self) -> None:
        """From now on gives `Score.base`, and keeps the charges for `take`; needs `read`."""
        self._dense = True

    def take(self) -> list[Charged]:
        """The completions of the last call, in order; only once."""
        taken, self._charged = self._charged, []
        return taken

    async def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **table: Any,
    ) -> list[float | None]:
        """A reward for each completion, None where the harness failed; `table` are the columns of the dataset.

        Raises:
            ValueError: a column is missing, or its tests are no test suite.
            TypeError: a completion is neither text nor a conversation.
        """
        sampled = self._sampled(completions, completion_ids)
        scores = await asyncio.to_thread(self._scores, sampled, prompts, table)
        if self._dense and self._bytes is not None:
            self._charged = [one.charged(score) for one, score in zip(sampled, scores, strict=True)]
        if log_metric is not None:
            tokens = None if completion_ids is None else [len(ids) for ids in completion_ids]
            programs = rewards.batch_metrics(scores, tokens=tokens)
            metrics = summary(scores, self._charged) | {f"programs/{key}": value for key, value in programs.items()}
            for metric, value in metrics.items():
                log_metric(f"{self.__name__}/{metric}", value)
        if log_extra is not None:
            log_extra(f"{self.__name__}/outcome", [outcome_of(score) for score in scores])
            log_extra(f"{self.__name__}/charges", [listed(score) for score in scores])
        return [score.base if self._dense and score.value is not None else score.value for score in scores]

    def _sampled(self, completions: Sequence[Any], ids: Sequence[Sequence[int]] | None) -> list[Sampled]:
        texts = [tables.text_of(completion) for completion in completions]
        if self._bytes is None:
            return [Sampled(text) for text in texts]
        if ids is None or len(ids) != len(texts):
            came = "no completion_ids" if ids is None else f"{len(ids)} completion_ids for {len(texts)} completions"
            raise SeamMoved(f"a reward function gets {came}", "the sampled ids of each completion")
        return [of_ids(self._bytes, row, text) for row, text in zip(ids, texts, strict=True)]

    def _scores(self, sampled: Sequence[Sampled], prompts: Sequence[Any], table: Mapping[str, Any]) -> list[Score]:
        table = {column: values for column, values in table.items() if column not in _NOT_COLUMNS}
        more: dict[str, Sequence[Any]] = {"truncated": [one.truncated for one in sampled]}
        if self._columns["task_id"] not in table:
            more["task_id"] = [f"prompt {prompts.index(prompt)}" for prompt in prompts]
        tables.check(self._columns, table, given=self._given, tests=runs_tests(self._settings))
        items = tables.items(
            [one.text for one in sampled],
            table,
            self._columns,
            language=self._language,
            **more,
        )
        return rewards.score_batch(items, **self._settings)


def __getattr__(name: str) -> Any:
    if name != "SpanGRPOTrainer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from rewards.adapters.span_grpo import SpanGRPOTrainer
    except ModuleNotFoundError as error:
        raise ImportError(f"SpanGRPOTrainer needs TRL ({error}): pip install 'spanwise[trl]'") from error
    return SpanGRPOTrainer
