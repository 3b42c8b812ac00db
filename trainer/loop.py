"""The online loop: rollouts, rewards, advantages, one optimiser step; and the state that a checkpoint holds.

On-policy, every step samples a round with the weights of its moment and learns from it once. With a buffer, a round is
sampled every `refresh` steps, and the steps draw from what is kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator

from rewards.stream import Scores
from trainer import advantages, checkpoint, losses
from trainer.buffer import Buffer
from trainer.config import Config
from trainer.curriculum import Curriculum
from trainer.experience import Shaping, alike, experiences, silent
from trainer.generation import Generator
from trainer.generation.roles import Roles, Sample
from trainer.kl_control import adapted
from trainer.parts import Part, joined
from trainer.policy import Policy
from trainer.prompts import render, taught
from trainer.ranks import Ranks, dealt
from trainer.rollout import Round, collect, improve, metrics, with_greedy
from trainer.step import Learner, Objective
from trainer.types import Experience, Rollout, Sampling, Task

HOPELESS_ROUNDS = 3


class HarnessFailed(RuntimeError):
    """Round after round nothing could be judged: the fault lies with the harness, not with the programs."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was sampled before an optimiser step, and what follows from it."""

    rounds: tuple[Round, ...]
    samples: tuple[Experience, ...]
    best: Mapping[str, float]
    """Best outcome reward by task, these rounds included."""
    hopeless: int
    """Rounds in a row, up to the last one, that could not be judged."""
    replaced: int = 0
    """Groups that were sampled and are not learned from, because they say nothing."""
    seconds: float = 0.0
    """Spent on what the learner thinks of the rollouts."""


class Loop:
    """A run as far as it has come."""

    def __init__(
        self,
        settings: Config,
        policy: Policy,
        tasks: Sequence[Task],
        scorer: Scores,
        *,
        accelerator: Accelerator | None = None,
        reference: Policy | None = None,
        ranks: Ranks | None = None,
        roles: Roles | None = None,
    ) -> None:
        """`reference` is the frozen policy of the KL term, `ranks` are the processes that learn as one, `roles` who
        samples where it is not the policy itself."""
        self.step = 0
        """Optimiser steps done."""
        self.rounds = 0
        """Rounds of rollouts done."""
        self.best: dict[str, float] = {}
        """Best outcome reward so far, by task."""
        self.kl_weight = settings.objective.kl_weight
        """Scale of the KL penalty in the reward by now."""
        self.policy = policy
        self.roles = roles or Roles(policy)
        self.buffer = Buffer(settings.buffer.setup())
        self._settings = settings
        self._tasks = {task.id: task for task in tasks}
        self._curriculum = Curriculum(tasks, settings.curriculum)
        self._scorer = scorer
        self._hopeless = 0
        self._ranks = ranks or Ranks()
        self._advantage = advantages.bind(settings.advantage.name, **settings.advantage.options)
        self.learner = Learner(
            policy,
            objective=_objective(settings),
            settings=settings.optimizer,
            steps=settings.run.steps,
            accelerator=accelerator,
            reference=reference,
            ranks=self._ranks,
        )

    def sample(self) -> Drawn:
        """The rounds of rollouts that are due; none between refreshes. Changes nothing, so it may break off anywhere.

        Raises:
            HarnessFailed: several rounds in a row could not be judged at all.
        """
        rounds: list[Round] = []
        samples: list[Experience] = []
        best, hopeless, replaced, seconds = dict(self.best), self._hopeless, 0, 0.0
        while self.buffer.wants_rollouts(self.step, coming=len(samples) if rounds else None):
            kept: list[list[Experience]] = []
            for _ in range(1 + self._extra_rounds):
                part = self._collect(self.rounds + len(rounds))
                rounds.append(part.collected)
                hopeless = _hopeless(rounds[-1], before=hopeless)
                begin = time.perf_counter()
                told = self._told(part, best)
                seconds += part.seconds + time.perf_counter() - begin
                improve(best, rounds[-1])
                kept.extend(told)
                replaced += len(rounds[-1].groups) - len(told)
                if len(kept) >= self._settings.rollout.tasks:
                    break
            samples.extend(chain.from_iterable(kept[: self._settings.rollout.tasks]))
        return Drawn(tuple(rounds), tuple(samples), best, hopeless, replaced, seconds)

    def learn(self, drawn: Drawn) -> dict[str, Any]:
        """Takes what was sampled in, and makes one optimiser step; the metrics of both. Must not be broken off."""
        begin = time.perf_counter()
        settings, rounds = self._settings, drawn.rounds
        if rounds:
            self.buffer.add(drawn.samples, step=self.step)
            for collected in rounds:
                self._curriculum.note(collected.passed(), round_number=self.rounds)
                self.rounds += 1
            self.best, self._hopeless = dict(drawn.best), drawn.hopeless
            self._steer_kl(drawn.samples)
            self._begin_ahead()
        batch = self.buffer.draw(settings.buffer.batch, step=self.step, seed=settings.run.seed)
        with self._all_threads():
            learned = self.learner.step(batch, self._given([sample.rollout for sample in batch]))
        ages = [self.step - sample.rollout.step for sample in batch]
        self.step += 1
        staleness = {"staleness": float(np.mean(ages))} if ages and settings.buffer.staleness != 0 else {}
        seconds = {phase: sum(each.seconds[phase] for each in rounds) for phase in ("generate", "score")}
        seconds["learn"] = drawn.seconds + time.perf_counter() - begin
        sampled = {**_together(rounds), **self._replacements(drawn), **self._curriculum.figures(self.rounds)}
        steered = {"kl_weight": self.kl_weight} if settings.objective.kl_target else {}
        return {**sampled, **learned, **staleness, **steered, "seconds": seconds}

    def state(self) -> dict[str, Any]:
        """Everything but the weights, for `trainer.checkpoint.save`."""
        return {
            "step": self.step,
            "rounds": self.rounds,
            "best": dict(self.best),
            "kl_weight": self.kl_weight,
            "hopeless": self._hopeless,
            "curriculum": self._curriculum.state(),
            "buffer": self.buffer.state(),
            "learner": self.learner.state(),
            "generator": self.roles.state(step=self.step, rounds=self.rounds),
            "random": checkpoint.random_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state` returned; the policy must hold the weights of the same checkpoint."""
        self.step, self.rounds = state["step"], state["rounds"]
        self.best = dict(state["best"])
        self.kl_weight = state.get("kl_weight", self.kl_weight)
        self._hopeless = state["hopeless"]
        self._curriculum.restore(state.get("curriculum", {}))
        self.buffer.restore(state["buffer"])
        self.learner.restore(state["learner"])
        self.roles.restore(state.get("generator", {}))
        checkpoint.restore_random_state(state["random"])

    def _collect(self, number: int) -> Part:
        """A round, of which each process samples, scores and weighs up some of the groups."""
        tasks = self._chosen(number)
        places = dealt([task.id for task in tasks], self._ranks.count)

        def part() -> Part:
            collected = self._sampled([tasks[place] for place in places[self._ranks.number]], number)
            begin = time.perf_counter()
            rollouts = [scored.rollout for scored in collected.scored]
            with self._all_threads():  # nothing is scored any more
                beliefs = self.learner.believe(rollouts, record_logprobs=self._settings.buffer.staleness != 0)
            return Part(collected, beliefs, time.perf_counter() - begin)

        with self.learner.whole():
            return joined(places, self._ranks.gather(part, breakable=True))

    @contextmanager
    def _all_threads(self) -> Iterator[None]:
        """Computes with `model.threads`, where these are set: fewer sample, beside programs that are scored."""
        sampling = torch.get_num_threads()
        torch.set_num_threads(self._settings.model.threads or sampling)
        try:
            yield
        finally:
            torch.set_num_threads(sampling)

    def _chosen(self, number: int) -> list[Task]:
        """The tasks of a round."""
        return self._curriculum.choose(self._settings.rollout.tasks, round_number=number, seed=self._settings.run.seed)

    def _sampled(self, tasks: Sequence[Task], number: int) -> Round:
        return self.roles.round(number, first=self.rounds, step=self.step, sample=self._sampling(tasks, number))

    def _sampling(self, tasks: Sequence[Task], number: int) -> Sample:
        """How a round is sampled and scored, by whoever does it."""
        rollout, seed = self._settings.rollout, self._settings.run.seed

        def sample(generator: Generator, step: int) -> Round:
            collected = collect(
                generator,
                tasks,
                self._scorer,
                samples=rollout.samples,
                sampling=Sampling(rollout.temperature, rollout.top_p, rollout.max_new_tokens),
                # Several rounds may belong to one step (warm-up), so the round has a part in the seed.
                seed=int(np.random.SeedSequence((seed, number)).generate_state(1)[0]),
                step=step,
            )
            if not rollout.greedy:
                return collected
            limit = rollout.max_new_tokens
            return with_greedy(collected, generator, self._scorer, max_new_tokens=limit, step=step)

        return sample

    def _begin_ahead(self) -> None:
        """Has the round that is due next begun, where the generator samples while the policy learns."""
        refresh = self._settings.buffer.refresh
        if self.roles.ahead and refresh != "never" and self.step + refresh < self._settings.run.steps:
            sample = self._sampling(self._chosen(self.rounds), self.rounds)
            self.roles.begin(self.rounds, step=self.step, sample=sample)

    def _steer_kl(self, samples: Sequence[Experience]) -> None:
        """Brings the scale of the KL penalty nearer to what keeps the policy at the wanted distance."""
        objective = self._settings.objective
        found = [float(sample.beliefs.kl.sum()) for sample in samples if sample.beliefs.kl is not None]
        if objective.kl_target and found:
            self.kl_weight = adapted(
                self.kl_weight,
                float(np.mean(found)),
                target=objective.kl_target,
                samples=len(found),
                horizon=objective.kl_horizon,
            )

    def _told(self, part: Part, best: Mapping[str, float]) -> list[list[Experience]]:
        """The groups of a round that are learned from."""
        groups = experiences(
            part.collected,
            advantage=self._advantage,
            best=best,
            shaping=_shaping(self._settings, self.kl_weight),
            beliefs=part.beliefs,
        )
        rule = self._settings.rollout.replace
        return [
            group
            for group, scored in zip(groups, part.collected.groups, strict=True)
            if group and not (rule == "alike" and alike(scored)) and not (rule == "silent" and silent(group))
        ]

    @property
    def _extra_rounds(self) -> int:
        rollout = self._settings.rollout
        return 0 if rollout.replace == "never" else rollout.extra_rounds

    def _replacements(self, drawn: Drawn) -> dict[str, int]:
        """How many groups said nothing, and what it cost to replace them."""
        if not drawn.rounds or not self._extra_rounds:
            return {}
        extra = sum(len(collected.scored) for collected in drawn.rounds[1:])
        return {"replaced_groups": drawn.replaced, "extra_rollouts": extra}

    def _given(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """The reference completions of the tasks of a batch, where there is a supervised term."""
        if not self._settings.objective.supervised_weight:
            return []
        tasks = [self._tasks[name] for name in dict.fromkeys(rollout.task_id for rollout in rollouts)]
        tokenizer = self.policy.tokenizer
        return [
            self.policy.teach(render(task, tokenizer), answer, task_id=task.id)
            for task in tasks
            if (answer := taught(task, tokenizer)) is not None
        ]


def _objective(settings: Config) -> Objective:
    objective = settings.objective
    return Objective(
        policy_loss=losses.bind(settings.loss.name, **settings.loss.options),
        kl_weight=objective.kl_weight,
        kl_place=objective.kl_place,
        kl_estimator=objective.kl_estimator,
        entropy_weight=objective.entropy_weight,
        supervised_weight=objective.supervised_weight,
        importance_cap=objective.importance_cap,
        critic=settings.critic,
        temperature=settings.rollout.temperature,
        token_limit=settings.rollout.max_new_tokens,
    )


def _shaping(settings: Config, kl_weight: float) -> Shaping:
    """`kl_weight` is the scale of the KL penalty by now, where that is in the reward."""
    objective, rollout = settings.objective, settings.rollout
    return Shaping(
        dense_weight=objective.dense_weight,
        dense_in_unsolved_only=objective.dense_groups == "unsolved",
        kl_weight=kl_weight if objective.kl_place == "reward" else 0.0,
        overlong=rollout.overlong,
        token_limit=rollout.max_new_tokens,
        overlong_share=rollout.overlong_share,
    )


def _together(collected: Sequence[Round]) -> dict[str, Any]:
    """The metrics of the rounds of one step as of a single one."""
    if not collected:
        return {}
    tasks = tuple(task for drawn in collected for task in drawn.tasks)
    return metrics(Round(tasks, tuple(group for drawn in collected for group in drawn.groups)))


def _hopeless(collected: Round, *, before: int) -> int:
    """Rounds in a row, up to this one, that could not be judged."""
    if collected.judged:
        return 0
    if before + 1 >= HOPELESS_ROUNDS:
        raise HarnessFailed(
            f"none of the programs of {before + 1} rounds in a row could be judged; "
            f"the last reason: {_reason(collected)}"
        )
    return before + 1


def _reason(drawn: Round) -> str:
    for scored in drawn.scored:
        for report in scored.score.reports:
            detail = (report.verdict.detail if report.verdict else "") or report.detail
            if detail:
                return f"{report.analyzer}: {detail}"
    return "none was given"
