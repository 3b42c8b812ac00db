"""A run from its first measurement to its report; stopped anywhere, it goes on exactly."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from torch import Tensor

from analyzers.types import Status
from rewards import Scorer
from trainer import checkpoint, nonfinite, report
from trainer.config import Config
from trainer.display import Display, summary
from trainer.evaluate import evaluate
from trainer.evaluation import Evaluation, Graded, summarise
from trainer.generation import GenerationFailed
from trainer.interrupts import Elsewhere, Interrupts
from trainer.log import METRICS, Log, read
from trainer.loop import Drawn, HarnessFailed, Loop
from trainer.nonfinite import NotFinite
from trainer.parts import measured
from trainer.ranks import Deserted, Ranks, dealt
from trainer.rollout import Round
from trainer.run_folder import EVALUATIONS, evaluations
from trainer.sections import Run
from trainer.tracking import Trackers
from trainer.types import Sampling, Scored, Task

if TYPE_CHECKING:
    from trainer.learned import Rated

CHECKPOINTS = "checkpoints"
BEST_BY = "held_out/pass@1"
"""The metric by which the best checkpoint is known."""
DONE, FAILED, INTERRUPTED = 0, 1, 130


@dataclass
class Session:
    """Everything a run works with. A context manager, which ends the worker processes."""

    settings: Config
    folder: Path
    loop: Loop
    scorer: Scorer | Rated
    judge: Scorer
    """Who measures; it runs the tests, whatever the rewards are made of."""
    held_out: Sequence[Task]
    display: Display
    resumed: bool
    ranks: Ranks = field(default_factory=Ranks)
    """The processes that learn as one; the first of them writes and speaks."""
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    goes_on_with: str = ""
    """The command that goes on with what the run is part of; empty where it stands alone."""

    @property
    def interrupts(self) -> Interrupts:
        """When Ctrl-C and SIGTERM may break off what is done."""
        return self.ranks.interrupts

    def __enter__(self) -> Session:
        self.interrupts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(KeyboardInterrupt), self.interrupts.deferred():  # it is ending already
            self.loop.roles.close()
            self.scorer.close()
            self.judge.close()
        self.interrupts.__exit__(kind, error, trace)

    def train(self) -> int:
        """Runs what is left of the run. Returns the exit status: 0, 1 where it could not go on, 130 after Ctrl-C.

        After SIGTERM it is 0: that is how a machine is taken away, and no fault of the run.
        """
        try:
            self._run()
        except KeyboardInterrupt as error:
            with suppress(KeyboardInterrupt), self.interrupts.deferred():  # impatience; it is written all the same
                saved = self._save()
                self.display.say(f"\nstopped after step {self.loop.step}; go on with: {self._resume_command()}")
            return INTERRUPTED if type(error) is KeyboardInterrupt else DONE if saved else FAILED
        except (Elsewhere, Deserted) as error:
            self.display.say(f"error: {error}; {self._kept()}. Go on with: {self._resume_command()}")
            return FAILED
        except (HarnessFailed, GenerationFailed) as error:
            self._save()
            self.display.say(f"error: {error}; when that is mended, go on with: {self._resume_command()}")
            return FAILED
        except NotFinite as error:
            self.display.say(f"error: {error}. {self._begin_again()}")
            return FAILED
        except OSError as error:
            # The log ends before this step, and so must the checkpoint: what came after the last one is done again.
            self.display.say(
                f"error: {error}; {self._kept()}. When that is mended, go on with: {self._resume_command()}"
            )
            return FAILED
        status = self.ranks.from_first(self._conclude)
        self.ranks.leave()
        return status

    def _run(self) -> None:
        self.evaluations = self.ranks.from_first(lambda: dict(evaluations(self.folder)))
        started_at = self.loop.step
        if self.loop.step == 0:
            self._evaluate("before")
        with self._trackers() as trackers, self._log() as log:
            self._learn(log, trackers)
        if self.loop.step > started_at or "after" not in self.evaluations:
            self._evaluate("after", again=True)
        elif self.resumed:
            self.display.say(f"all {self.loop.step} steps were done before; --steps makes the run longer")

    def _log(self) -> AbstractContextManager[Log | None]:
        if not self.ranks.first:
            return nullcontext()
        return Log(self.folder, resume_from=self.loop.step if self.resumed else None)

    def _trackers(self) -> Trackers:
        settings = self.settings.model_dump(mode="json")
        told = self.settings.run.trackers if self.ranks.first else ()
        return Trackers(told, folder=self.folder, settings=settings)

    def _learn(self, log: Log | None, trackers: Trackers) -> None:
        run = self.settings.run
        if self._is_measured(self.loop.step) and not self.ranks.from_first(self._was_measured):
            self._measure_on_the_way(log, trackers)
        with self.display.training(self.loop.step, run.steps) as show:
            while self.loop.step < run.steps:
                drawn = self.loop.sample()
                # Weights, log and checkpoint change together, or Ctrl-C would leave a step out of one of them.
                with self.interrupts.deferred():
                    values = self._learned(drawn)
                    step = self.loop.step
                    if log is not None:
                        log.metrics(step, values)
                        log.samples(step, self._records(drawn.rounds))
                    if step % run.save_every == 0 or step == run.steps:
                        self._save()
                trackers.metrics(step, values)
                show(step, values)
                if self._is_measured(step):
                    self._measure_on_the_way(log, trackers)
                for scored in (scored for each in drawn.rounds for scored in each.scored):
                    self._notice(scored)

    def _learned(self, drawn: Drawn) -> dict[str, Any]:
        """The metrics of a step; a batch whose loss is no number is kept for whoever looks into it."""
        try:
            return self.loop.learn(drawn)
        except NotFinite as error:
            scored = [scored for each in drawn.rounds for scored in each.scored]
            place = nonfinite.save(error, self.folder, step=self.loop.step + 1, scored=scored)
            self.display.say(f"\nstep {self.loop.step + 1} cannot be learned; its batch is in {place}")
            raise

    def _is_measured(self, step: int) -> bool:
        every = self.settings.evaluation.every
        return bool(every and self.held_out) and step % every == 0 and 0 < step < self.settings.run.steps

    def _was_measured(self) -> bool:
        """Whether the last step of a run that goes on was measured before it stopped."""
        return any(line["step"] == self.loop.step and BEST_BY in line for line in read(self.folder / METRICS))

    def _measure_on_the_way(self, log: Log | None, trackers: Trackers) -> None:
        """Logs how well the policy does now, and keeps its checkpoint if it never did better."""
        found = self._measured(f"step {self.loop.step}")
        figures = {"held_out": held_out_figures(found)}
        with self.interrupts.deferred():
            best = self.ranks.from_first(self._best)
            # Logged last: a run that is killed in between measures again, and marks again.
            if figures["held_out"].get("pass@1", 0.0) > best and self._save() and self.ranks.first:
                checkpoint.mark_best(self._checkpoint())
            if log is not None:
                log.metrics(self.loop.step, figures)
        trackers.metrics(self.loop.step, figures)

    def _best(self) -> float:
        return max((line.get(BEST_BY) or 0.0 for line in read(self.folder / METRICS)), default=0.0)

    def _evaluate(self, name: str, *, again: bool = False) -> None:
        if not self.held_out or (name in self.evaluations and not again):
            return
        self.evaluations[name] = self._measured(name)
        with self.interrupts.deferred():
            plain = {key: evaluation.to_json() for key, evaluation in self.evaluations.items()}
            if self.ranks.first:
                replace_text(self.folder / EVALUATIONS, json.dumps(plain, indent=2))

    def _measured(self, name: str) -> Evaluation:
        places = dealt([task.id for task in self.held_out], self.ranks.count)[self.ranks.number]
        mine = [self.held_out[place] for place in places]
        with self.display.evaluating(f"held-out tasks, {name}") as progress, self.loop.learner.whole():
            found = self.ranks.gather(lambda: self._measured_part(mine, progress), breakable=True)
        return found[0][0] if len(found) == 1 else measured([task.id for task in self.held_out], found)

    def _measured_part(
        self, tasks: Sequence[Task], progress: Callable[[int, int], None]
    ) -> tuple[Evaluation, list[Graded]]:
        if not tasks:
            return summarise([]), []
        settings = self.settings.evaluation
        graded: list[Graded] = []
        found = evaluate(
            self.loop.policy,
            tasks,
            self.judge,
            samples=settings.samples,
            sampling=Sampling(settings.temperature, settings.top_p, self.settings.rollout.max_new_tokens),
            # The same random numbers before and after: the difference between the two is then the training.
            seed=self.settings.run.seed,
            greedy=settings.greedy,
            progress=progress,
            on_score=lambda each, rollout, score: graded.append(each),
        )
        return found, graded

    def _save(self) -> bool:
        """Writes the checkpoint of this step; False, and a warning, where that fails. All processes call it."""
        loop = self.loop
        if not nonfinite.numbers(loop.policy.model.parameters()):
            self.display.warn(f"the weights after step {loop.step} are no numbers and are not kept; {self._kept()}")
            return False
        with self.interrupts.deferred():
            state, weights = {**loop.state(), "settings": lasting(self.settings)}, loop.learner.weights()
            return self.ranks.from_first(lambda: self._written(state, weights))

    def _written(self, state: Mapping[str, Any], weights: Mapping[str, Tensor] | None) -> bool:
        loop = self.loop
        try:
            checkpoint.save(
                self.folder / CHECKPOINTS,
                loop.step,
                state=state,
                write_model=lambda folder: loop.policy.save(folder, weights),
                keep=self.settings.run.keep,
            )
        except OSError as error:
            self.display.warn(f"the checkpoint of step {loop.step} could not be written ({error}); {self._kept()}")
            return False
        return True

    def _checkpoint(self) -> Path:
        """The place of the checkpoint of this step."""
        return checkpoint.place(self.folder / CHECKPOINTS, self.loop.step)

    def _kept(self) -> str:
        last = checkpoint.latest(self.folder / CHECKPOINTS)
        return f"the last whole one is {last.name}" if last else "there is none yet"

    def _records(self, rounds: Sequence[Round]) -> list[dict[str, Any]]:
        """A few scored rollouts, evenly spread over the tasks."""
        everything = [scored for each in rounds for scored in each.scored]
        wanted = self.settings.run.log_samples
        stride = max(1, len(everything) // wanted) if wanted else 1
        spans = self.loop.policy.token_bytes.spans
        return [
            report.sample_record(scored.score, spans(scored.rollout.completion_ids))
            for scored in islice(everything, 0, stride * wanted, stride)
        ]

    def _notice(self, scored: Scored) -> None:
        for found in scored.score.reports:
            if found.status not in (Status.OK, Status.NOT_APPLICABLE):
                self.display.warn(
                    f"analyzer {found.analyzer}: {found.status.value.replace('_', ' ')} ({found.detail}); "
                    "rewards are computed without it where that happens",
                    once=f"{found.analyzer} {found.status}",
                )

    def _conclude(self) -> int:
        """Tables and report. Returns the exit status, which is 1 where the last weights are not kept."""
        kept = self._checkpoint().exists() or not self.loop.step
        try:
            for table in summary(self.evaluations, list(read(self.folder / METRICS))):
                self.display.console.print(table)
            best = self.folder / CHECKPOINTS / checkpoint.BEST
            if best.exists():
                self.display.say(f"best on the way: {best}/ -> {best.resolve().name}")
            page = report.write(self.folder) if self.settings.run.report else None
        except KeyboardInterrupt as error:
            self.display.say(f"\nall is done but the report: python -m trainer.report {self.folder}")
            return INTERRUPTED if type(error) is KeyboardInterrupt else DONE
        except OSError as error:
            self.display.warn(f"no report ({error}); later: python -m trainer.report {self.folder}")
            page = None
        if not kept:
            self.display.say(
                f"error: the weights of the last step are not kept; {self._kept()}. "
                f"When that is mended, go on with: {self._resume_command()}"
            )
            return FAILED
        self.display.say(f"run: {self.folder}/" + (f"   report: {page}" if page else ""))
        return DONE

    def _begin_again(self) -> str:
        """How to get past a step that cannot be learned."""
        last = checkpoint.latest(self.folder / CHECKPOINTS)
        if last is None:
            return "There is no checkpoint yet: begin anew, with a smaller optimizer.learning_rate for example"
        return (
            f"{last.name} is the last whole checkpoint. Go on with: {self._resume_command()} - or begin a run with "
            f"a smaller optimizer.learning_rate and --model {last / checkpoint.MODEL}"
        )

    def _resume_command(self) -> str:
        if self.goes_on_with:
            return self.goes_on_with
        run = self.settings.run
        elsewhere = "" if run.out == Path("runs") else f" --out {run.out}"
        return f"python -m trainer.run --resume {self.folder.name}{elsewhere}"


def held_out_figures(found: Evaluation) -> dict[str, float]:
    """The shares of an evaluation that are logged on the way."""
    figures = {
        "pass@1": found.pass_at.get(1), "greedy": found.greedy, "correct_and_clean": found.correct_and_clean,
    }  # fmt: skip
    return {name: figure.mean for name, figure in figures.items() if figure is not None}


def lasting(settings: Config) -> dict[str, Any]:
    """What has to stay as it is for a run to go on exactly, as plain values."""
    passing = {
        "model": {"device", "threads"},
        "reward": {"workers"},
        "run": set(Run.model_fields) - {"seed"},
        "evaluation": True,
    }
    return settings.model_dump(mode="json", exclude=passing)  # type: ignore[arg-type]


def replace_text(path: Path, text: str) -> None:
    """Writes a file in one move, so that a crash leaves the old one or the new one."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
