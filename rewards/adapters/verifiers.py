"""verifiers: a reward for its tasks.

    from rewards.adapters.verifiers import spanwise_reward

    class CodeTask(vf.Task[CodeData]):
        spanwise = spanwise_reward(analyzers=["runtime", "pylint"])

Or, without a line of code in the task, `env.taskset.task.rewards.spanwise.fn = "my_rewards:spanwise"`, the path of what
`spanwise_reward` made. The task's data have a field `tests`, and where they apply `language`, `prefix` and `reference`;
other names are told with `columns`. The program is looked for in the model's last message.

A trace that the harness failed to judge is an errored one: it is not trained on, and tried again where the retries of
its agent say so. With `dense=True` the reward is `Score.base`, and `rewards.adapters.prime_rl` puts the charges on the
tokens that caused them; `trace.info` holds the whole score.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rewards
from rewards.adapters import columns as tables
from rewards.adapters import seams
from rewards.adapters.figures import summary, unjudged
from rewards.adapters.gathered import Gathered
from rewards.adapters.settings import checked, refuse_groups, runs_tests
from rewards.types import Item, Score

__all__ = ["NAME", "TESTED", "NoVerdict", "SeamMoved", "SpanwiseReward", "dense_score", "spanwise_reward"]

TESTED = ("0.4.0",)
"""Versions of verifiers that this adapter is known to work with."""
NAME = "spanwise"


class SeamMoved(seams.SeamMoved):
    """The installed verifiers is not what this adapter was written for."""

    package, tested = "verifiers", TESTED


class NoVerdict(RuntimeError):
    """The harness failed on a program, so that there is no reward to give; verifiers records it on the trace."""


def spanwise_reward(
    *,
    columns: tables.Names = tables.SAME,
    language: str = "python",
    dense: bool = False,
    weight: float = 1.0,
    name: str = NAME,
    **settings: Any,
) -> SpanwiseReward:
    """A reward for a `verifiers.v1.Task`, decorated as `vf.reward` does it.

    `columns` are the names of the fields of the task's data by field of an Item, where they are not called alike;
    `language` is that of tasks that name none. `weight` is that of the reward among others of the task, and `name` what
    the trace calls it, and its metrics. `settings` are those of `rewards.score_batch`: analyzers, scheme, limits,
    isolation, workers.

    Raises:
        ValueError: an unknown analyzer, scheme, option, setting or field, with the closest names; or a scheme that
            compares the completions of a task, which verifiers hands on one by one.
        SeamMoved: the installed verifiers has no such rewards.
        ImportError: verifiers is not installed.
    """
    found = checked(settings)
    refuse_groups(found, "verifiers")
    tables.complete(columns)
    if seams.installed("verifiers") is None:
        raise ImportError("spanwise_reward needs verifiers: pip install verifiers")
    try:
        from verifiers.v1 import Trace, reward
    except ImportError as error:
        raise SeamMoved(f"it cannot be imported as it was ({error})", "verifiers.v1 with Trace and reward") from error
    for method in ("assistant_messages", "record_metrics", "is_truncated"):
        if not hasattr(Trace, method):
            raise SeamMoved(f"a trace has no {method}", "one")
    made = SpanwiseReward(found, columns, language=language, dense=dense, name=name)
    reward(made, weight=weight)
    return made


class SpanwiseReward:
    """What `spanwise_reward` makes. The processes that score are shared, and started by the first call."""

    def __init__(
        self, settings: Mapping[str, Any], columns: tables.Names, *, language: str, dense: bool, name: str
    ) -> None:
        """As `spanwise_reward`, which checks `settings`."""
        self.__name__ = name
        self._columns = columns
        self._language = language
        self._dense = dense
        self._tests = runs_tests(settings)
        self._gathered = Gathered(settings)

    async def __call__(self, task: Any, trace: Any) -> float:
        """The reward of a trace, called by verifiers with the data of its task.

        Raises:
            NoVerdict: the harness failed on the program.
            ValueError: the data have no tests, or they are no test suite.
        """
        score = await self._gathered.score(self._item(task, trace))
        trace.info[self.__name__] = {"dense": self._dense, "score": rewards.jsonable(score)}
        found = summary([score]) | {f"programs/{key}": value for key, value in rewards.batch_metrics([score]).items()}
        trace.record_metrics({f"{self.__name__}/{key}": value for key, value in found.items()})
        reward = score.base if self._dense else score.value
        if reward is None:
            raise NoVerdict(f"{unjudged(score)}: trace {trace.id} has no reward")
        return reward

    def _item(self, task: Any, trace: Any) -> Item:
        written = trace.assistant_messages
        [item] = tables.row_items(
            [(written[-1].content if written else None) or ""],
            [dict(task)],
            self._columns,
            language=self._language,
            tests=self._tests,
            task_ids=[trace.task.key or ""],
            truncated=[trace.is_truncated],
        )
        return item


def dense_score(trace: Any, name: str = NAME) -> Score:
    """The score of a trace whose charges wait for a trainer that puts them on tokens.

    Raises:
        ValueError: there is none, or its charges are in the reward already.
    """
    found = trace.info.get(name)
    if found is None:
        raise ValueError(
            f"trace {trace.id} has no score {name!r} in its info ({', '.join(trace.info) or 'nothing'} is there):"
            " its task needs a reward made by rewards.adapters.verifiers.spanwise_reward"
        )
    if not found["dense"]:
        raise ValueError(f"the charges of trace {trace.id} are in its reward: make that with dense=True")
    return rewards.from_jsonable(found["score"])
