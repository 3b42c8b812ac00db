"""Which stages of a run are finished, and what they came to; written in one move, so that a crash leaves it whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.log import METRICS, flat
from trainer.session import replace_text

JOURNAL = "journal.json"


class Journal:
    """The finished stages of a run, in order, with their figures."""

    def __init__(self, folder: Path) -> None:
        """Reads what is there.

        Raises:
            ValueError: the file is no journal.
        """
        self._path, self._metrics = folder / JOURNAL, folder / METRICS
        self.stages: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            try:
                found = json.loads(self._path.read_text(encoding="utf-8"))
                self.stages = {str(name): dict(figures) for name, figures in found.items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(f"{self._path} is no journal of a run ({error}); begin anew with --name") from error

    def note(self, stage: str, figures: Mapping[str, Any]) -> None:
        """Says that a stage is finished.

        Raises:
            OSError: it cannot be written; the stage is then done again.
        """
        self.stages[stage] = dict(figures)
        replace_text(self._path, json.dumps(self.stages, indent=1))
        lines = [{"step": number(name), "stage": name, **dict(flat(figures))} for name, figures in self.stages.items()]
        replace_text(self._metrics, "".join(json.dumps(line) + "\n" for line in lines))


def number(stage: str) -> int:
    """The iteration that a stage belongs to."""
    first = stage.partition("/")[0]
    return int(first) if first.isdigit() else 0
