"""What candidates are ordered by beside a scorer: what they answer, and which shown tests they fail.

Every function takes what is known of the N candidates of one problem and gives scores [N], higher for better. Answers
are those to inputs whose right answers nobody knows, one tuple for each candidate; None is no answer, and agrees with
none.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores = NDArray[np.float64]
Answers = Sequence[Sequence[Hashable | None]]


def filtered(scores: ArrayLike, public: Sequence[bool | None]) -> Scores:
    """Those that fail the tests that the problem shows come last, in their order; None was not tried on any.

    Where all fail the order stays as it is.
    """
    array = np.asarray(scores, dtype=np.float64)
    fails = np.array([passes is False for passes in public], dtype=np.bool_)
    if fails.all() or not fails.any():
        return array
    ranks = np.unique(array, return_inverse=True)[1].astype(np.float64)
    return ranks - np.where(fails, ranks.max() + 1.0, 0.0)


def agreeing(answers: Answers) -> Scores:
    """How many candidates, itself among them, answer everything alike: the vote of the majority. 0 without answers."""
    return np.array([_equal(answers, row).sum() for row in range(len(answers))], dtype=np.float64)


def mbr_exec(answers: Answers) -> Scores:
    """Less the number of others that answer anything otherwise: least expected loss, where the others stand for what is
    right (MBR-Exec, arXiv 2204.11454, with 0/1 loss over all inputs)."""
    return agreeing(answers) - len(answers)


def code_t(verdicts: ArrayLike) -> Scores:
    """sqrt(number of candidates) * number of tests of the group that passes the same made-up tests (CodeT, arXiv
    2207.10397, with the square root of its released code).

    `verdicts` [N, M] tells which candidate passes which test.
    """
    passes = np.asarray(verdicts, dtype=np.bool_)
    same = (passes[:, None, :] == passes[None, :, :]).all(-1).sum(-1)
    found: Scores = np.sqrt(same) * passes.sum(-1)
    return found


def s_rank(answers: Answers) -> Scores:
    """Of the cluster of equal answers: the sizes of all clusters, each weighted by the share of the inputs on which the
    two agree (SRank, arXiv 2311.03366, with sizes as features)."""
    found: Scores = _overlaps(answers).sum(-1)
    return found


def summed(scores: ArrayLike, answers: Answers) -> Scores:
    """Log of the summed exp(scores) of all that answer everything alike (LEVER's aggregation, arXiv 2302.08468): what
    many candidates come to, none of them need be rated highly. One without answers stands for itself."""
    array = np.asarray(scores, dtype=np.float64)
    itself = np.eye(len(array), dtype=np.bool_)
    alike = [array[_equal(answers, row) | itself[row]] for row in range(len(array))]
    return np.array([np.logaddexp.reduce(mine) for mine in alike], dtype=np.float64)


def at_random(count: int, *, seed: int = 0) -> Scores:
    """Any order, the same for the same seed."""
    return np.random.default_rng(seed).permutation(count).astype(np.float64)


def _equal(answers: Answers, row: int) -> NDArray[np.bool_]:
    """[N], which candidates answer everything as that one does; without any answer none does, not even itself."""
    mine = tuple(answers[row])
    if all(answer is None for answer in mine):
        return np.zeros(len(answers), dtype=np.bool_)
    return np.array([tuple(theirs) == mine for theirs in answers], dtype=np.bool_)


def _overlaps(answers: Answers) -> Scores:
    """[N, N], the share of the inputs on which two candidates give the same answer."""
    found = np.zeros((len(answers), len(answers)))
    columns = list(zip(*answers, strict=True))
    for column in columns:
        numbers = {answer: number for number, answer in enumerate(dict.fromkeys(column)) if answer is not None}
        codes = np.array([numbers.get(answer, -1) for answer in column])
        found += (codes[:, None] == codes[None, :]) & (codes >= 0)
    return found / max(1, len(columns))
