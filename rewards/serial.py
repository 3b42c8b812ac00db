"""Scores as JSON trees and back; see `analyzers.serial` for how records travel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzers import serial
from rewards.types import Score


def jsonable(score: Score) -> dict[str, Any]:
    """A tree of dicts, lists, strings and numbers that `from_jsonable` turns back into an equal score."""
    tree: dict[str, Any] = serial.encode(score)
    return tree


def from_jsonable(tree: Mapping[str, Any]) -> Score:
    """The score of a tree.

    Raises:
        ValueError: the tree is none of a score; the message names the place.
    """
    score: Score = serial.decode(Score, tree, "score")
    return score
