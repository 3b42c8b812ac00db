"""What an evaluation found: graded completions in, estimates, comparisons, files and pages out.

`graded` is one scored completion, `counts` sums them, `figures` makes estimates of the sums, `comparison` sets two of
them side by side; `results` is the file of samples that an interrupted evaluation goes on from; `samples` reads what
other tools have generated, `formats` what they have judged; `sampling` draws completions of a policy, and `given` takes
them from a file.
"""

from __future__ import annotations

from trainer.evaluation.counts import Counts, Totals
from trainer.evaluation.figures import Evaluation, described, figures, gain, summarise
from trainer.evaluation.graded import Graded

__all__ = ["Counts", "Evaluation", "Graded", "Totals", "described", "figures", "gain", "summarise"]
