"""What a batch of programs looks like, beside its rewards: where a policy that games them shows first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from analyzers.types import Outcome, Report, Severity, Status
from rewards.schemes.regions import sampled
from rewards.types import Score

if TYPE_CHECKING:
    from rewards.anatomy import Anatomy

MISSING = (Status.FAILED, Status.TIMED_OUT, Status.UNAVAILABLE)


def batch_metrics(scores: Iterable[Score], *, tokens: Iterable[int | None] | None = None) -> Mapping[str, float]:
    """Figures of a batch by name, of programs of any language; one that the batch says nothing of is left out.

    `tokens` are the tokens of each completion, None where they are not known. Means are over programs:

    - `length/characters`: code points of the completion; `length/tokens`: its tokens; `length/nodes`: nodes of the
      program's syntax tree (`rewards.anatomy`).
    - `comments`: share of the sampled code points that lie in comments.
    - `suppressions`: comments, pragmas and attributes that tell tools to say nothing, in number.
    - `findings/SEVERITY`: findings of each severity in the sampled part, those that cost nothing included.
    - `charges/gated`, `charges/capped`: share of all charges of the batch that the gate waived, or a cap reduced.
    - `near_duplicates`: of the programs that are not alone for their `task_id`, the share with a near-duplicate among
      the others: the sets of their runs of 3 tokens have a Jaccard index of at least 0.8. Comments, blanks and the
      names of variables do not matter.
    - `special_cased`: of the programs that pass their tests and were judged by hold-out tests, the share that fails
      those: right on what the tests show, and on nothing else.
    - `crashed`: share of the judged programs that end with an error; `unjudged`: share of those with tests of which the
      harness could not tell.
    - `analyses/failed`, `analyses/timed_out`, `analyses/unavailable`: share of the reports, without those of analyzers
      that do not apply; `analyses/provoked`: share that failed through the program's doing.

    Pure: the scores are all that is looked at. A program whose grammar is not installed has no part in figures that
    need its tree.

    Raises:
        ValueError: there are not as many numbers of tokens as scores.
    """
    batch = list(scores)
    counts = [None] * len(batch) if tokens is None else list(tokens)
    if len(counts) != len(batch):
        raise ValueError(
            f"expected the number of tokens of each of {len(batch)} completions, got {len(counts)} numbers"
        )
    figures = {
        "length/characters": _mean(len(score.completion) for score in batch),
        "length/tokens": _mean(count for count in counts if count is not None),
        **_by_tree(batch),
        **_findings(batch),
        **_charges(batch),
        **_outcomes(batch),
        **_analyses([report for score in batch for report in score.reports]),
    }
    return {name: figure for name, figure in figures.items() if figure is not None}


def _by_tree(batch: Sequence[Score]) -> dict[str, float | None]:
    from rewards.anatomy import anatomy, near_duplicates  # loads a parser, which `import rewards` does not need

    known = [(score.task_id, program) for score in batch if (program := anatomy(score.source)) is not None]
    groups: dict[str, list[Anatomy]] = {}
    for task, program in known:
        groups.setdefault(task, []).append(program)
    grouped = [members for task, members in groups.items() if task and len(members) > 1]
    programs = [program for _, program in known]
    return {
        "length/nodes": _mean(program.nodes for program in programs),
        "comments": _mean(program.comments for program in programs),
        "near_duplicates": _share(sum(map(near_duplicates, grouped)), sum(map(len, grouped))),
        "suppressions": _mean(program.suppressions for program in programs),
    }


def _findings(batch: Sequence[Score]) -> dict[str, float | None]:
    found = Counter(severity for score in batch for severity in _severities(score))
    return {f"findings/{severity.name.lower()}": _share(found[severity], len(batch)) for severity in Severity}


def _severities(score: Score) -> Iterator[Severity]:
    for report in score.reports:
        if report.status is Status.OK:
            for diagnostic in report.diagnostics:
                if sampled(score.source, diagnostic.span) is not None:
                    yield diagnostic.severity


def _charges(batch: Sequence[Score]) -> dict[str, float | None]:
    notes = [charge.note.split(", ") for score in batch for charge in score.charges]
    return {f"charges/{word}": _share(sum(word in note for note in notes), len(notes)) for word in ("gated", "capped")}


def _outcomes(batch: Sequence[Score]) -> dict[str, float | None]:
    outcomes = Counter(score.outcome for score in batch if score.outcome is not None)
    unjudged, tested = outcomes[Outcome.INFRASTRUCTURE], outcomes.total()
    beyond = [score.holdout for score in batch if score.holdout not in (None, Outcome.INFRASTRUCTURE)]
    return {
        "special_cased": _share(sum(outcome is not Outcome.PASS for outcome in beyond), len(beyond)),
        "crashed": _share(outcomes[Outcome.ERROR], tested - unjudged),
        "unjudged": _share(unjudged, tested),
    }


def _analyses(reports: Sequence[Report]) -> dict[str, float | None]:
    applied = [report for report in reports if report.status is not Status.NOT_APPLICABLE]
    ended = Counter(report.status for report in applied)
    return {
        **{f"analyses/{status.value}": _share(ended[status], len(applied)) for status in MISSING},
        "analyses/provoked": _share(sum(report.provoked for report in applied), len(applied)),
    }


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return _share(sum(known), len(known))


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
