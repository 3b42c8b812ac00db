"""What is learned: families of tasks, each with a model to begin with and tasks for training, tuning and measuring.

`short` is the embedded family with the embedded model. `long` has programs of four or five steps, at which that model
fails nearly always: it begins with the same weights after some supervised steps on longer programs, with the mistakes
of `trainer.slips` in them. Everything else is a task set by its name, as `trainer.tasks` reads them.

No task of one part is in another: what is tuned on is never measured, and neither is trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from trainer import slips, tasks
from trainer.tasks import BadTasks, builtin, jsonl
from trainer.types import Task

EMBEDDED = ("short", "long")
PARTS = {"train": "train", "tuning": "test", "test": "test"}
"""The parts of a family, and the split that the trainer reads each as."""
TUNING_TASKS = 150
"""Tasks of the embedded family's training split that are tuned on instead."""
LONG_STEPS = (4, 5)
"""Steps of a long program."""
LONG_TASKS = {"train": 600, "test": 150}
LONG_TRAINING = 300
"""Supervised steps, 32 examples each, from the embedded model to the one that writes long programs."""
SHORT_SHARE = 0.2
"""Share of short programs among those examples."""
FEW = 10
"""Fewest tasks that a part may have."""

Told = Callable[[int, int], None]
"""Takes (done, total)."""


@dataclass(frozen=True, slots=True)
class Family:
    """Tasks, and the model that begins with them."""

    name: str
    """Of its folder and its tables."""
    model: str
    """As `trainer.run --model` takes it."""
    folder: Path
    """Holds a folder with one task file for each part."""

    @property
    def embedded(self) -> bool:
        """Whether it is of small programs for the embedded model."""
        return self.name in EMBEDDED

    def spec(self, part: str) -> str:
        """The task set of a part."""
        return f"jsonl:{self.folder / part}"

    def file(self, part: str) -> Path:
        """Where the tasks of a part are."""
        return self.folder / part / f"{PARTS[part]}.jsonl"


def prepare(name: str, *, model: str, out: Path, told: Told | None = None) -> Family:
    """The family, whose files are written to `out` unless they are there; `model` is for task sets of others.

    `told` hears of the supervised training that `long` begins with.

    Raises:
        BadTasks: the task set cannot be used as asked, or is too small for three parts.
    """
    label = name if name in EMBEDDED else _label(name)
    family = Family(label, "tiny" if name in EMBEDDED else model, out.resolve() / "tasks" / label)
    if not all(family.file(part).exists() for part in PARTS):
        for part, found in _parts(name).items():
            _write(family.file(part), found)
    if name != "long":
        return family
    place = out.resolve() / "models" / "long"
    if not place.exists():
        _make_long_model(place, told)
    return replace(family, model=str(place))


def long_compositions(split: str) -> Iterator[builtin.Composition]:
    """Endless different compositions of `LONG_STEPS` steps that the hash of the family puts into `split`."""
    rng = random.Random(f"long:{split}")
    seen = set()
    while True:
        middle = rng.choices(builtin.MIDDLE, k=rng.choice(LONG_STEPS) - 1)
        composition = (*middle, rng.choice(builtin.FINAL))
        if builtin.split_of(composition) == split and composition not in seen:
            seen.add(composition)
            yield composition


def _label(spec: str) -> str:
    """The name of the set and a mark of its path and options, which other files of the same set do not have."""
    return f"{spec.partition(':')[0].partition('?')[0]}-{hashlib.sha256(spec.encode()).hexdigest()[:6]}"


def _parts(name: str) -> dict[str, list[Task]]:
    if name == "short":
        trained, test = tasks.load("builtin", "train"), tasks.load("builtin", "test")
        return {"train": trained[:-TUNING_TASKS], "tuning": trained[-TUNING_TASKS:], "test": test}
    if name == "long":
        trained = _long_tasks("train", LONG_TASKS["train"] + TUNING_TASKS)
        parts = {"train": trained[:-TUNING_TASKS], "tuning": trained[-TUNING_TASKS:]}
        return {**parts, "test": _long_tasks("test", LONG_TASKS["test"])}
    return _parts_of_others(name)


def _parts_of_others(spec: str) -> dict[str, list[Task]]:
    """The splits train, validation and test; a fifth of the training tasks where there is no validation split."""
    trained, test = tasks.load(spec, "train"), tasks.load(spec, "test")
    try:
        tuning = tasks.load(spec, "validation")
    except BadTasks:
        kept = len(trained) - len(trained) // 5
        trained, tuning = trained[:kept], trained[kept:]
    parts = {"train": trained, "tuning": tuning, "test": test}
    if any(len(found) < FEW for found in parts.values()):
        counts = ", ".join(f"{len(found)} for {part}" for part, found in parts.items())
        raise BadTasks(f"{spec!r} is too small: each part needs {FEW} tasks or more, and there are {counts}")
    return parts


def _long_tasks(split: str, count: int) -> list[Task]:
    made = (builtin.task(composition, split=split) for composition in long_compositions(split))
    return list(islice((task for task in made if task is not None), count))


def _write(path: Path, found: Sequence[Task]) -> None:
    """In one move, so that a file that is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(json.dumps(jsonl.row(task)) + "\n" for task in found), encoding="utf-8")
    os.replace(fresh, path)


def _make_long_model(place: Path, told: Told | None) -> None:
    import torch

    from trainer import tiny, weights

    torch.set_num_threads(1)
    model, tokenizer = weights.load("tiny")
    schedule = tiny.Schedule(steps=LONG_TRAINING, learning_rate=1.5e-3, warmup=20)
    data = tiny.batches(_long_examples(), tokenizer, size=schedule.batch, seed=0)
    for done, _ in enumerate(tiny.train(model, data, schedule), start=1):
        if told is not None:
            told(done, schedule.steps)
    fresh = place.with_suffix(".new")
    tiny.save(model, tokenizer, fresh)
    os.replace(fresh, place)


def _long_examples() -> Iterator[slips.Example]:
    rng, rates = random.Random("corpus:long"), slips.Rates()
    short, long = builtin.compositions("supervised"), long_compositions("supervised")
    while True:
        composition = rng.choice(short) if rng.random() < SHORT_SHARE else next(long)
        yield slips.Example(builtin.prompt(composition, rng), slips.spoil(composition, rng, rates))
