from __future__ import annotations

import subprocess
import sys

import rewards


def test_importing_rewards_is_light() -> None:
    heavy = "torch transformers tokenizers pylint astroid tree_sitter jinja2 rich pebble loky pydantic typer".split()
    code = f"import sys, rewards; print(*(name for name in {heavy} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_all_is_there() -> None:
    assert all(hasattr(rewards, name) for name in rewards.__all__)
