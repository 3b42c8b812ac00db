"""What analyzers find in a candidate, as numbers that a scorer can take in beside the text: free when it chooses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzers.types import Kind, Severity
from rewards.reranking.pools import Candidate
from rewards.types import Charge

FEATURES = (
    "unasked",
    "unjudged",
    *(f"amount:{kind.value}" for kind in Kind),
    *(f"count:{kind.value}" for kind in Kind),
    *(f"amount:{severity.name.lower()}" for severity in Severity),
    *(f"count:{severity.name.lower()}" for severity in Severity),
)
"""F names: whether the analyzers were not asked, and of how many the program made an end (log(1 + n)); then for each
kind and each severity of finding what its findings cost, from 0 up, and how many there are (log(1 + n))."""

_SAME = ("merged", "follow-on")
_UNJUDGED = "unjudged"


def features(candidate: Candidate) -> NDArray[np.float32]:
    """[F], in the order of `FEATURES`; all 0 but the first where the analyzers were not asked: missing is not clean.

    A finding costs what it would by itself, before gates and caps; what another finding already says does not count.
    """
    found = dict.fromkeys(FEATURES, 0.0)
    if candidate.findings is None:
        found["unasked"] = 1.0
        return np.array(list(found.values()), dtype=np.float32)
    for charge in candidate.findings:
        if _UNJUDGED in charge.note:
            found["unjudged"] += 1.0
        elif not (charge.amount == 0.0 and any(word in charge.note for word in _SAME)):
            for name in (charge.diagnostic.kind.value, charge.diagnostic.severity.name.lower()):
                found[f"amount:{name}"] += _cost(charge)
                found[f"count:{name}"] += 1.0
    for name in FEATURES:
        if name.startswith("count:") or name == "unjudged":
            found[name] = float(np.log1p(found[name]))
    return np.array(list(found.values()), dtype=np.float32)


def _cost(charge: Charge) -> float:
    return -(charge.amount if charge.due is None else charge.due)
