"""A run from its first measurement to its report; stopped anywhere, it goes on exactly."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from analyzers.types import Status
from rewards import Scorer
from trainer import checkpoint, report
from trainer.config import Config
from trainer.display import Display, summary
from trainer.evaluate import Evaluation, evaluate
from trainer.interrupts import Interrupts, Terminated
from trainer.log import METRICS, Log, read
from trainer.loop import HarnessFailed, Loop
from trainer.rollout import Round
from trainer.run_folder import EVALUATIONS
from trainer.tracking import Trackers
from trainer.types import Sampling, Scored, Task

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
    scorer: Scorer
    judge: Scorer
    """Who measures; it runs the tests, whatever the rewards are made of."""
    held_out: Sequence[Task]
    display: Display
    resumed: bool
    interrupts: Interrupts = field(default_factory=Interrupts)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)

    def __enter__(self) -> Session:
        self.interrupts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.scorer.close()
        self.judge.close()
        self.interrupts.__exit__(kind, error, trace)

    def train(self) -> int:
        """Runs what is left of the run. Returns the exit status: 0, 1 if the harness failed, 130 after Ctrl-C.

        After SIGTERM it is 0: that is how a machine is taken away, and no fault of the run.
        """
        self.evaluations = _read_evaluations(self.folder)
        started_at = self.loop.step
        try:
            if self.loop.step == 0:
                self._evaluate("before")
            with self._trackers() as trackers, self._log() as log:
                self._learn(log, trackers)
            if self.loop.step > started_at or "after" not in self.evaluations:
                self._evaluate("after", again=True)
        except KeyboardInterrupt as error:
            with suppress(KeyboardInterrupt):  # impatience; the checkpoint is written all the same
                self._save()
            self.display.say(f"\nstopped after step {self.loop.step}; go on with: {self._resume_command()}")
            return DONE if isinstance(error, Terminated) else INTERRUPTED
        except HarnessFailed as error:
            self._save()
            self.display.say(f"error: {error}; when that is mended, go on with: {self._resume_command()}")
            return FAILED
        self._conclude()
        return DONE

    def _log(self) -> Log:
        return Log(self.folder, resume_from=self.loop.step if self.resumed else None)

    def _trackers(self) -> Trackers:
        settings = self.settings.model_dump(mode="json")
        return Trackers(self.settings.run.trackers, folder=self.folder, settings=settings)

    def _learn(self, log: Log, trackers: Trackers) -> None:
        run = self.settings.run
        if self._is_measured(self.loop.step) and not self._was_measured():
            self._measure_on_the_way(log, trackers)
        with self.display.training(self.loop.step, run.steps) as show:
            while self.loop.step < run.steps:
                drawn = self.loop.sample()
                # Weights, log and checkpoint change together, or Ctrl-C would leave a step out of one of them.
                with self.interrupts.deferred():
                    values = self.loop.learn(drawn)
                    step = self.loop.step
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

    def _is_measured(self, step: int) -> bool:
        every = self.settings.evaluation.every
        return bool(every and self.held_out) and step % every == 0 and 0 < step < self.settings.run.steps

    def _was_measured(self) -> bool:
        """Whether the last step of a run that goes on was measured before it stopped."""
        return any(line["step"] == self.loop.step and BEST_BY in line for line in read(self.folder / METRICS))

    def _measure_on_the_way(self, log: Log, trackers: Trackers) -> None:
        """Logs how well the policy does now, and keeps its checkpoint if it never did better."""
        found = self._measured(f"step {self.loop.step}")
        figures = {"held_out": held_out_figures(found)}
        with self.interrupts.deferred():
            best = max((line.get(BEST_BY) or 0.0 for line in read(self.folder / METRICS)), default=0.0)
            log.metrics(self.loop.step, figures)
            if figures["held_out"].get("pass@1", 0.0) > best:
                self._save()
                saved = checkpoint.latest(self.folder / CHECKPOINTS)
                if saved is not None:
                    checkpoint.mark_best(saved)
        trackers.metrics(self.loop.step, figures)

    def _evaluate(self, name: str, *, again: bool = False) -> None:
        if not self.held_out or (name in self.evaluations and not again):
            return
        self.evaluations[name] = self._measured(name)
        with self.interrupts.deferred():
            plain = {key: evaluation.to_json() for key, evaluation in self.evaluations.items()}
            replace_text(self.folder / EVALUATIONS, json.dumps(plain, indent=2))

    def _measured(self, name: str) -> Evaluation:
        settings = self.settings.evaluation
        with self.display.evaluating(f"held-out tasks, {name}") as progress:
            return evaluate(
                self.loop.policy,
                self.held_out,
                self.judge,
                samples=settings.samples,
                sampling=Sampling(settings.temperature, settings.top_p, self.settings.rollout.max_new_tokens),
                # The same random numbers before and after: the difference between the two is then the training.
                seed=self.settings.run.seed,
                greedy=settings.greedy,
                progress=progress,
            )

    def _save(self) -> None:
        run, loop = self.settings.run, self.loop
        try:
            with self.interrupts.deferred():
                checkpoint.save(
                    self.folder / CHECKPOINTS,
                    loop.step,
                    state=loop.state(),
                    write_model=loop.policy.save,
                    keep=run.keep,
                )
        except OSError as error:
            last = checkpoint.latest(self.folder / CHECKPOINTS)
            kept = f"the last whole one is {last.name}" if last else "there is none yet"
            self.display.warn(f"the checkpoint of step {loop.step} could not be written ({error}); {kept}")

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

    def _conclude(self) -> None:
        for table in summary(self.evaluations, list(read(self.folder / METRICS))):
            self.display.console.print(table)
        best = self.folder / CHECKPOINTS / checkpoint.BEST
        if best.exists():
            self.display.say(f"best on the way: {best}/ -> {best.resolve().name}")
        page = report.write(self.folder)
        self.display.say(f"run: {self.folder}/   report: {page}")

    def _resume_command(self) -> str:
        run = self.settings.run
        elsewhere = "" if run.out == Path("runs") else f" --out {run.out}"
        return f"python -m trainer.run --resume {self.folder.name}{elsewhere}"


def held_out_figures(found: Evaluation) -> dict[str, float]:
    """The shares of an evaluation that are logged on the way."""
    figures = {
        "pass@1": found.pass_at.get(1), "greedy": found.greedy, "correct_and_clean": found.correct_and_clean,
    }  # fmt: skip
    return {name: figure.mean for name, figure in figures.items() if figure is not None}


def _read_evaluations(folder: Path) -> dict[str, Evaluation]:
    try:
        plain = json.loads((folder / EVALUATIONS).read_text(encoding="utf-8"))
        return {name: Evaluation.from_json(value) for name, value in plain.items()}
    except FileNotFoundError:
        return {}


def replace_text(path: Path, text: str) -> None:
    """Writes a file in one move, so that a crash leaves the old one or the new one."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
