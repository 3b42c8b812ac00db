"""What the learner is told of a round: outcome advantages first, then the dense term; and which groups are worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rewards.types import Outcome
from trainer.advantages import AdvantageInputs, Floats, TokenAdvantages, TokenInputs, per_token
from trainer.outcomes import class_of
from trainer.rollout import Round
from trainer.types import Beliefs, Experience, Scored

NOTHING = Beliefs()


@dataclass(frozen=True, slots=True)
class Shaping:
    """What becomes of rewards before they are compared."""

    dense_weight: float = 1.0
    """Scale of the charges on tokens, relative to the outcome advantage."""
    dense_in_unsolved_only: bool = False
    """Charge tokens only in groups where no sample passes."""
    kl_weight: float = 0.0
    """Scale of the KL penalty in the reward."""
    overlong: Literal["keep", "drop", "punish"] = "keep"
    """What becomes of long completions: nothing; those that were cut off are not learned from; or they pay for it."""
    token_limit: int = 1
    """Longest completion that sampling allows."""
    overlong_share: float = 0.2
    """The share of it over which the price of length rises from 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A rollout with a reward."""

    group: int
    scored: Scored
    beliefs: Beliefs
    dense_weight: float
    reward: float
    """Of the outcome, less the price of length."""

    @property
    def length(self) -> int:
        return len(self.scored.rollout.completion_ids)

    @property
    def outcome(self) -> int | None:
        return class_of(self.scored.score.outcome)


def experiences(
    collected: Round,
    *,
    advantage: Callable[[AdvantageInputs], Floats | TokenAdvantages],
    best: Mapping[str, float],
    shaping: Shaping | None = None,
    beliefs: Sequence[Beliefs] = (),
) -> list[list[Experience]]:
    """What the learner is told of each group: P lists of up to G.

    `best` holds the best outcome reward of earlier rounds by task; `beliefs` one entry for each rollout of
    `collected.scored`. Rollouts that the harness failed to judge are left out, of the statistics of their group too.
    """
    shaping = shaping or Shaping()
    groups: list[list[Experience]] = [[] for _ in collected.groups]
    judged = _judged(collected, shaping, beliefs)
    if not judged:
        return groups
    earlier = [best.get(collected.tasks[each.group].id, np.nan) for each in judged]
    found = advantage(_inputs(judged, earlier, _greedy(collected, judged), shaping))
    for row, each in enumerate(judged):
        if not (shaping.overlong == "drop" and each.scored.rollout.truncated):
            groups[each.group].append(_experience(each, row, found))
    return groups


def overlong_penalty(length: int, *, limit: int, share: float) -> float:
    """0 for the first part of the token limit; over its last `share` it falls to -1 (DAPO, arXiv 2503.14476, eq. 13).

    A completion that was cut off at the limit has its length and gets -1.
    """
    stretch = share * limit
    return -min(1.0, max(0.0, length - (limit - stretch)) / stretch)


def alike(group: Sequence[Scored]) -> bool:
    """Whether all judged outcomes of a group earned the same; DAPO's rule (arXiv 2503.14476, eq. 11) for any reward."""
    return len({scored.score.base for scored in group} - {None}) < 2


def silent(group: Sequence[Experience]) -> bool:
    """Whether no token of a group has an advantage, charges included; also that of a group nobody could judge."""
    return not any(sample.advantages.any() for sample in group)


def _judged(collected: Round, shaping: Shaping, beliefs: Sequence[Beliefs]) -> list[_Judged]:
    believed = iter(beliefs or [NOTHING] * len(collected.scored))
    judged = []
    for number, group in enumerate(collected.groups):
        solved = any(scored.score.outcome is Outcome.PASS for scored in group)
        weight = 0.0 if shaping.dense_in_unsolved_only and solved else shaping.dense_weight
        for scored in group:
            belief = next(believed)
            if (base := scored.score.base) is not None:
                judged.append(_Judged(number, scored, belief, weight, base + _price_of_length(scored, shaping)))
    return judged


def _price_of_length(scored: Scored, shaping: Shaping) -> float:
    if shaping.overlong != "punish":
        return 0.0
    length = len(scored.rollout.completion_ids)
    return overlong_penalty(length, limit=shaping.token_limit, share=shaping.overlong_share)


def _greedy(collected: Round, judged: Sequence[_Judged]) -> Floats | None:
    if not collected.greedy:
        return None
    rewards = [collected.greedy[each.group].score.base for each in judged]
    return np.array([np.nan if reward is None else reward for reward in rewards], dtype=np.float64)


def _inputs(
    judged: Sequence[_Judged], best: Sequence[float], greedy: Floats | None, shaping: Shaping
) -> AdvantageInputs:
    tokens = _token_inputs(judged, shaping)
    return AdvantageInputs(
        rewards=tokens.outcome - tokens.kl.sum(axis=1),
        groups=np.array([each.group for each in judged], dtype=np.int64),
        best=np.array(best, dtype=np.float64),
        tokens=tokens,
        greedy=greedy,
    )


def _token_inputs(judged: Sequence[_Judged], shaping: Shaping) -> TokenInputs:
    shape = len(judged), max(each.length for each in judged)
    dense, kl, values = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    mask, credited = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for row, each in enumerate(judged):
        here = row, slice(0, each.length)
        mask[here] = True
        credited[here] = True if each.scored.credited is None else each.scored.credited
        dense[here] = each.dense_weight * each.scored.dense
        if shaping.kl_weight and each.beliefs.kl is not None:
            kl[here] = shaping.kl_weight * each.beliefs.kl
        if each.beliefs.values is not None:
            values[here] = each.beliefs.values
    return TokenInputs(
        outcome=np.array([each.reward for each in judged], dtype=np.float64),
        dense=dense,
        kl=kl,
        mask=mask,
        credited=credited,
        values=values if any(each.beliefs.values is not None for each in judged) else None,
    )


def _experience(each: _Judged, row: int, found: Floats | TokenAdvantages) -> Experience:
    rollout, beliefs = each.scored.rollout, each.beliefs
    if isinstance(found, TokenAdvantages):
        returns = None if found.returns is None else _row(found.returns, row, each.length)
        return Experience(rollout, _row(found.values, row, each.length), beliefs, returns, each.outcome)
    advantages = per_token(
        float(found[row]), each.scored.dense, weight=each.dense_weight, credited=each.scored.credited
    )
    return Experience(rollout, advantages, beliefs, outcome=each.outcome)


def _row(values: Floats, row: int, length: int) -> NDArray[np.float32]:
    return np.asarray(values[row, :length], dtype=np.float32)
