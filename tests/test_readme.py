"""What the README shows is so: its Python block runs, and every path that it names exists."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_block_runs_and_gives_what_its_comment_says():
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    completion = "def add(a, b):\n    return a + c\n"
    places = np.arange(len(completion), dtype=np.int64)
    namespace = {"byte_spans": np.stack([places, places + 1], axis=1)}
    exec(compile(block, "README.md", "exec"), namespace)
    score = namespace["score"]
    # coarse -0.6, adaptive -0.3 + 1.3 * 0 / 1, and one charge of -0.3 for `c`, which runtime and pylint both found
    assert score.value == pytest.approx(-1.2)
    assert score.outcome == "error"
    (charge,) = [charge for charge in score.charges if charge.amount]
    assert completion[charge.span.start : charge.span.end] == "c"


def test_every_path_that_it_names_exists():
    tree = README.split("## What is where")[1].split("```")[1]
    paths = [line.split()[0] for line in tree.strip().splitlines()] + re.findall(r"\]\(([\w./]+)\)", README)
    assert [path for path in paths if not (ROOT / path).exists()] == []
