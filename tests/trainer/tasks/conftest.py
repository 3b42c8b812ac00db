"""Where the published data sets lie; they are no part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Path:
    folder = Path(os.environ.get("SPANWISE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; set SPANWISE_DATA to their folder")
    return folder
