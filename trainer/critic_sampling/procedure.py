"""Algorithm 1 of CodeRL (arXiv 2207.01780, appendix A): sample, repair where all fail, refine what passes; each once.

Only public tests are run in here, on tasks that hold no others (`trainer.critic_sampling.public`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rewards.stream import Scores
from rewards.types import Outcome, Score
from trainer.critic_sampling import fault, seeds
from trainer.critic_sampling.critic import Critic
from trainer.items import item
from trainer.outcomes import PASSED
from trainer.policy import Policy
from trainer.prompts import by_stops, render
from trainer.types import Rollout, Sampling, Task

SAMPLED, REPAIRED, REFINED = "sampled", "repaired", "refined"
_STEPS = {SAMPLED: 0, REPAIRED: 1, REFINED: 2}
"""What tells the random numbers of the rounds apart."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was written for a task."""

    completion: str
    tokens: int
    public: Outcome | None
    """What the public tests say of it; None where nobody could judge."""
    origin: str
    """SAMPLED, REPAIRED or REFINED."""
    begun: int = 0
    """Tokens that it was given to begin with."""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task: N programs without the critic, and N with it."""

    task_id: str
    sampled: tuple[Program, ...]
    final: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    rollout: Rollout
    score: Score
    origin: str
    begun: int = 0

    @property
    def passes(self) -> bool:
        return self.score.outcome is Outcome.PASS

    @property
    def judged(self) -> bool:
        return self.score.outcome not in (None, Outcome.INFRASTRUCTURE)

    def program(self) -> Program:
        rollout, outcome = self.rollout, self.score.outcome if self.judged else None
        length = len(rollout.completion_ids)
        return Program(rollout.completion, length, outcome, self.origin, self.begun, rollout.truncated)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A completion that is wanted, or several of them."""

    place: int
    """Of its task."""
    note: str = ""
    begun: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CriticSampler:
    """Everything that the procedure works with."""

    policy: Policy
    critic: Critic
    mender: Policy
    """Who repairs: a model that was taught to, or the policy itself."""
    scorer: Scores
    """Runs the public tests."""
    sampling: Sampling
    samples: int
    """N: programs of each task."""
    candidates: int = 1
    """M: failing programs that are repaired where all fail; the paper found 1 best."""
    seed: int = 0

    def answer(self, tasks: Sequence[Task], on_round: Callable[[str], None] = lambda _: None) -> list[Answer]:
        """The programs of each task, which depend on nothing but the task, the models and the seed.

        `on_round` is told of each round that has begun.

        Raises:
            ValueError: a prompt is too long for the model.
        """
        on_round(SAMPLED)
        everything = [_Wish(place) for place in range(len(tasks)) for _ in range(self.samples)]
        sampled = self._written(self.policy, tasks, everything, SAMPLED)
        on_round(REPAIRED)
        repaired = self._written(self.mender, tasks, self._repairs(tasks, sampled), REPAIRED)
        after = [new or old for new, old in zip(repaired, sampled, strict=True)]
        on_round(REFINED)
        refined = self._written(self.policy, tasks, self._refinements(tasks, after), REFINED)
        final = [new or old for new, old in zip(refined, after, strict=True)]
        return [
            Answer(task.id, *(tuple(draft.program() for draft in drafts) for drafts in pair))
            for task, pair in zip(tasks, zip(sampled, final, strict=True), strict=True)
        ]

    def _repairs(self, tasks: Sequence[Task], drafts: Sequence[list[_Draft]]) -> list[_Wish]:
        """Where all programs fail, what is wrong with those that are likeliest to pass (eq. 12)."""
        wishes = []
        for place, found in enumerate(drafts):
            failing = [draft for draft in found if draft.judged and len(draft.rollout.completion_ids)]
            if not failing or any(draft.passes for draft in found):
                continue
            values = [told[-1, PASSED] for told in self.critic.told([draft.rollout for draft in failing])]
            best = np.argsort(-np.array(values), kind="stable")[: self.candidates]
            notes = [self._fitting(tasks[place], fault.note(failing[index].score)) for index in best]
            wishes += [_Wish(place, note) for note in seeds.stacked(notes, self.samples)]
        return wishes

    def _refinements(self, tasks: Sequence[Task], drafts: Sequence[list[_Draft]]) -> list[_Wish]:
        """Where some programs pass, what of them is to be gone on from (eq. 11)."""
        wishes = []
        for place, found in enumerate(drafts):
            prompt = self.policy.encode(render(tasks[place], self.policy.tokenizer))
            # A mended program answers the task, too: the critic is to read it as such.
            passing = [replace(draft.rollout, prompt_ids=prompt) for draft in found if draft.passes]
            if passing:
                kept = [seeds.cut(told) for told in self.critic.told(passing)]
                begun = [tuple(r.completion_ids[:cut].tolist()) for r, cut in zip(passing, kept, strict=True)]
                wishes += [_Wish(place, begun=ids) for ids in seeds.stacked(begun, self.samples)]
        return wishes

    def _fitting(self, task: Task, note: str) -> str:
        """The note, unless the model could not see it and its answer at a time."""
        context = self.mender.context
        prompt = self.mender.encode(render(task, self.mender.tokenizer, note=note))
        return note if context is None or len(prompt) + self.sampling.max_new_tokens <= context else ""

    def _written(
        self, model: Policy, tasks: Sequence[Task], wishes: Sequence[_Wish], origin: str
    ) -> list[list[_Draft]]:
        """The completions that are wanted of each task, judged by its public tests."""
        waiting = [
            (
                wish,
                rollout,
                self.scorer.submit(item(tasks[wish.place], rollout.completion, truncated=rollout.truncated)),
            )
            for wish, rollouts in self._completed(model, tasks, Counter(wishes), step=_STEPS[origin])
            for rollout in rollouts
        ]
        drafts: list[list[_Draft]] = [[] for _ in tasks]
        for wish, rollout, score in waiting:
            drafts[wish.place].append(_Draft(rollout, score.result(), origin, len(wish.begun)))
        return drafts

    def _completed(
        self, model: Policy, tasks: Sequence[Task], wishes: Mapping[_Wish, int], *, step: int
    ) -> Iterator[tuple[_Wish, list[Rollout]]]:
        """As many completions of each wish as are wanted, with random numbers of their own."""
        names, counts = dict[_Wish, str](), Counter[int]()
        for wish in wishes:
            number, task = counts[wish.place], tasks[wish.place]
            counts[wish.place] += 1
            names[wish] = f"{task.id}#{number}" if number else task.id
        for samples in sorted(set(wishes.values())):
            alike = [wish for wish, wanted in wishes.items() if wanted == samples]
            for members, stop in by_stops([tasks[wish.place] for wish in alike], model.tokenizer):
                group = [alike[index] for index in members]
                found = model.generate(
                    [render(tasks[wish.place], model.tokenizer, note=wish.note) for wish in group],
                    samples=samples,
                    sampling=self.sampling,
                    seed=self.seed,
                    step=step,
                    stop=stop,
                    task_ids=[names[wish] for wish in group],
                    begun=[np.array(wish.begun, dtype=np.int64) for wish in group],
                )
                yield from zip(group, found, strict=True)
