"""CONTRIBUTING.md shows a complete analyzer, language and loss: here each of them runs."""

import re
from pathlib import Path

import pytest

import grammars
from analyzers.types import Source

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL))


@pytest.fixture
def shown():
    def run(path):
        namespace = {"__name__": "shown"}
        exec(compile(BLOCKS[path], f"CONTRIBUTING.md: {path}", "exec"), namespace)
        return namespace

    return run


def test_each_of_the_three_is_shown():
    assert set(BLOCKS) == {"analyzers/inprocess/evals.py", "grammars/lua.py", "trainer/losses.py"}


def test_the_analyzer(shown):
    module = shown("analyzers/inprocess/evals.py")
    analyzer = module["ANALYZER"]
    assert analyzer.run([Source(text) for text in module["GOOD"]]) == [()] * len(module["GOOD"])
    for text, code, marked in module["BAD"]:
        ((found,),) = analyzer.run([Source(text)])
        assert (found.code, text[found.span.start : found.span.end]) == (code, marked)


def test_the_language(shown):
    language = shown("grammars/lua.py")["LANGUAGE"]
    assert isinstance(language, grammars.Language)
    assert "lua" not in grammars.names() or grammars.get("lua").suffixes == language.suffixes


def test_the_loss(shown, monkeypatch):
    torch = pytest.importorskip("torch")
    from trainer import losses

    monkeypatch.setattr(losses.LOSSES, "_functions", dict(losses.LOSSES._functions))  # what it registers goes again
    shown("trainer/losses.py")
    inputs = losses.LossInputs(
        logprobs=torch.tensor([[-1.0, -2.0]]),
        generator_logprobs=torch.tensor([[-1.0, -2.0]]),
        advantages=torch.tensor([[1.0, -1.0]]),
        mask=torch.ones(1, 2, dtype=torch.bool),
        step_tokens=2,
    )
    # tanh(1) = 0.76159; the mean of (0.76159 * 1, -0.76159 * 2) is -0.76159 / 2
    assert losses.bind("tempered")(inputs).loss.item() == pytest.approx(-0.380797, abs=1e-5)
