from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from trainer.command_line import bar, torch_device


@pytest.mark.parametrize(
    ("there", "asked", "meant"),
    [
        (True, "auto", "cuda"),
        (True, "cpu", "cpu"),
        (True, "cuda", "cuda"),
        (False, "auto", "cpu"),
        (False, "cpu", "cpu"),
    ],
)
def test_the_device_that_is_meant(monkeypatch: pytest.MonkeyPatch, there: bool, asked: str, meant: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert torch_device(asked) == meant  # type: ignore[arg-type]


def test_a_gpu_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"--device cuda needs a GPU .*; use --device cpu"):
        torch_device("cuda")


def test_a_bar_shows_how_far_it_is_and_leaves_nothing() -> None:
    out = io.StringIO()
    with bar(Console(file=out, force_terminal=True, width=80), "problems") as told:
        told(1, 0)
        told(2, 4)
    assert "problems" in out.getvalue()
    assert "2/4" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")
