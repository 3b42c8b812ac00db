"""Hand-made scores, a hand-made vocabulary, and a stand-in for the scoring."""

import inspect
import threading
from types import SimpleNamespace

import pytest

import rewards
from analyzers.types import (
    Diagnostic,
    Kind,
    Outcome,
    Report,
    Severity,
    Source,
    Span,
    Status,
    TestResult,
    TestStatus,
    Verdict,
)
from rewards.tokens import TokenBytes
from rewards.types import Charge, Score

FINDING = Diagnostic("pylint", "unused-variable", Severity.LOW, "unused", Span(0, 1), Kind.STYLE)


class Pieces:
    """A tokenizer over a handful of pieces, as `TokenBytes.of` reads one; the last id ends a sequence."""

    pieces = ("x", " =", " y", "\n", "plan", "</think>", "")
    all_special_ids = (6,)
    backend_tokenizer = SimpleNamespace(to_str=lambda: '{"decoder": {"type": "ByteLevel"}}')

    def convert_ids_to_tokens(self, ids):
        return [self.pieces[id_].replace(" ", "Ġ").replace("\n", "Ċ") for id_ in ids]

    def __len__(self):
        return len(self.pieces)


def scored(text, base=1.0, *charges, exempt=()):
    """The score of a program that passes its only test, or, without a base, of one that the harness failed on."""
    outcome = Outcome.INFRASTRUCTURE if base is None else Outcome.PASS
    verdict = Verdict(outcome, (TestResult(TestStatus.PASSED),), detail="no worker left" if base is None else "")
    return Score(
        value=None if base is None else base + sum(charge.amount for charge in charges),
        base=base,
        outcome=outcome,
        source=Source(text),
        completion=text,
        reports=(Report("runtime", Status.OK, verdict=verdict),),
        charges=charges,
        exempt=exempt,
    )


def charge(start, end, amount=-0.25):
    """A charge on this part of a completion."""
    return Charge(FINDING, Span(start, end), amount)


@pytest.fixture
def make():
    """What scores and tokens are made with: `scored`, `charge`, a `tokenizer` and its `table`."""
    return SimpleNamespace(scored=scored, charge=charge, tokenizer=Pieces(), table=TokenBytes.of(Pieces()))


@pytest.fixture
def given(monkeypatch):
    """Stands in for `rewards.score_batch`: keeps the items and the thread of each batch.

    Programs get the `scores` in turn, or the one `of` their text; the others pass.
    """
    seen = SimpleNamespace(batches=[], threads=[], scores=[], of={})

    def score_batch(items, **_):
        seen.batches.append(list(items))
        seen.threads.append(threading.current_thread())
        texts = [item.completion for item in seen.batches[-1]]
        return [seen.scores.pop(0) if seen.scores else seen.of.get(text) or scored(text) for text in texts]

    # The settings are read from the signature of the real one.
    score_batch.__signature__ = inspect.signature(rewards.score_batch)
    monkeypatch.setattr(rewards, "score_batch", score_batch)
    return seen
