"""The house rules that a tool can check: imports run one way, and nothing below the trainer needs torch."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["grammars", "analyzers", "rewards"])
def test_no_torch_below_the_trainer(package):
    code = f"import sys, {package}; print(sorted({{'torch', 'transformers', 'accelerate'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
