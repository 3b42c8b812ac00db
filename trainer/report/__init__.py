"""Pages of runs: one run, or several side by side. `python -m trainer.report RUN...`."""

from trainer.report.curves import times
from trainer.report.many import compare
from trainer.report.one import comparison, write
from trainer.report.programs import sample_record

__all__ = ["compare", "comparison", "sample_record", "times", "write"]
