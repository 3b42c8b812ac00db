"""Rewards from a trained scorer in place of the outcome of tests: `[reward] model = FOLDER`.

The outcome part of a reward is 2 p - 1, where p is how likely the scorer thinks a program is to pass: from -1 to 1, as
the outcomes of RLTF are, so that charges weigh as they do beside tests. Analyzers that are named charge what they find
as on a program that nobody ran. `runtime` among them runs the tests for the record alone: whoever reads the log sees
how many programs pass beside how they are rated, and so whether the policy pleases the scorer or solves the tasks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path

from numpy.typing import ArrayLike

from rewards import Scorer, schemes
from rewards.reranking import known
from rewards.reranking.pools import Candidate, Pool
from rewards.scorer import SCHEME
from rewards.types import Item, Score
from trainer.reranker.calibration import Scale
from trainer.types import Task

RATING = "rating"
"""The part of a score that the scorer gives."""
SCALE = "scale.json"
"""File beside a scorer that says how its scores become probabilities."""
AS_IT_IS = Scale(1.0, 0.0)


class Rated:
    """Scores of programs by a trained scorer; in place of a `rewards.Scorer`, where a group is rated as one pool."""

    def __init__(
        self,
        rate: Callable[[Pool], ArrayLike],
        prompts: Mapping[str, str],
        analysing: Scorer,
        *,
        scale: Scale = AS_IT_IS,
    ) -> None:
        """`rate` gives scores [N] of a pool, `prompts` are those of the tasks by id; `analysing` says what analyzers
        find, and ends with this."""
        self._rate, self._prompts, self._analysing, self._scale = rate, prompts, analysing, scale

    def submit(self, item: Item) -> Future[Score]:
        """What analyzers find, later; the rating comes with the group."""
        return self._analysing.submit(item)

    def grouped(self, items: Sequence[Item], scores: Sequence[Score]) -> list[Score]:
        """The scores of programs for one task, with their ratings; a rating that is no number is None.

        Raises:
            KeyError: the task is none of those whose prompts are known.
        """
        rated = list(scores)
        for task in dict.fromkeys(item.task_id for item in items):
            places = [place for place, item in enumerate(items) if item.task_id == task]
            candidates = tuple(self._candidate(items[place], scores[place]) for place in places)
            found = self._rate(Pool(task, self._prompts[task], candidates, items[places[0]].language))
            for place, chance in zip(places, self._scale(found), strict=True):
                rated[place] = self._settled(scores[place], 2.0 * float(chance) - 1.0)
        return rated

    def close(self) -> None:
        """Ends the processes that analyse."""
        self._analysing.close()

    def _candidate(self, item: Item, score: Score) -> Candidate:
        """What a scorer may know: nothing of the tests."""
        found = known.findings(score, schemes.resolve(SCHEME))
        return Candidate(item.completion, findings=found, truncated=item.truncated)

    def _settled(self, score: Score, rating: float) -> Score:
        """The score with a rating as its outcome part."""
        if not math.isfinite(rating):
            return replace(score, value=None, base=None, charges=(), parts={})
        charges = known.findings(score, self._analysing.scheme) or ()
        value = rating + sum(charge.amount for charge in charges)
        return replace(score, value=value, base=rating, charges=charges, parts={RATING: rating})


def load(folder: str, tasks: Sequence[Task], *, device: str, analysing: Scorer) -> Rated:
    """The scorer in a folder that `RewardModel.save` wrote, with the scale beside it where there is one.

    Raises:
        ValueError: there is no scorer in the folder, or no scale can be read from its file.
    """
    from trainer.reranker.model import DESCRIPTION, RewardModel  # nothing else of the trainer needs a scorer

    if not (Path(folder).expanduser() / DESCRIPTION).is_file():
        raise ValueError(
            f"reward.model takes the folder of a trained scorer, and {folder!r} holds none; "
            "`python -m trainer.reranker run` makes them"
        )
    model = RewardModel.load(folder, device=device)
    return Rated(model, {task.id: task.prompt for task in tasks}, analysing, scale=read_scale(Path(folder)))


def read_scale(folder: Path) -> Scale:
    """How the scores of a scorer become probabilities; as they are where nobody has found out.

    Raises:
        ValueError: the file is there, and is something else.
    """
    path = folder / SCALE
    if not path.is_file():
        return AS_IT_IS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Scale(float(found["temperature"]), float(found["shift"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no scale of a scorer: temperature and shift are expected ({error})") from error


def write_scale(folder: Path, scale: Scale) -> None:
    """Keeps how the scores of a scorer become probabilities."""
    (folder / SCALE).write_text(json.dumps(asdict(scale)) + "\n", encoding="utf-8")
