"""Rules that cannot tell right programs from wrong ones, so that they cost nothing unless they are asked to.

The table beside this file is written by `benchmarks/rules.py`, which counts how often each rule fires on programs that
pass their tests and on programs that fail them; `docs/rules.md` shows the counts. Their findings stay visible.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("noise.toml")


def is_noise(analyzer: str, code: str) -> bool:
    """Whether a rule fires on right programs as often as on wrong ones."""
    return code in _table().get(analyzer, ())


def read(text: str) -> Mapping[str, frozenset[str]]:
    """Codes by analyzer.

    Raises:
        ValueError: the text is no such table.
    """
    table = tomllib.loads(text)
    for analyzer, codes in table.items():
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ValueError(f"expected a list of codes for analyzer {analyzer!r}, got {codes!r:.80}")
    return {analyzer: frozenset(codes) for analyzer, codes in table.items()}


@cache
def _table() -> Mapping[str, frozenset[str]]:
    return read(TABLE.read_text(encoding="utf-8"))
