from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trainer.codec import Codec
from trainer.policy import Policy
from trainer.weights import ModelNotFound


def test_it_is_the_policys_without_the_weights(policy: Policy, tmp_path: Path) -> None:
    policy.save(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    codec = Codec.load(str(tmp_path / "model"))
    assert (codec.eos, codec.pad) == (policy.eos, policy.pad) == (frozenset({1}), 0)
    for text in ("ab", "xyz é", ""):
        assert codec.encode(text).tolist() == policy.encode(text).tolist()
    assert codec.teach("a", "bc").completion_ids.tolist() == policy.teach("a", "bc").completion_ids.tolist()
    (tmp_path / "model" / "generation_config.json").unlink()
    assert Codec.load(str(tmp_path / "model")).eos == frozenset({1})


def test_a_prompt_is_left_open_and_never_empty(byte_tokenizer: Any) -> None:
    codec = Codec(byte_tokenizer, eos=frozenset({1}), pad=0)
    letter = codec.written("a")
    assert codec.encode("a<eos><eos>").tolist() == letter
    assert codec.encode("").tolist() == [0]
    closed = Codec(byte_tokenizer, eos=frozenset({1}), pad=0, seq2seq=True)
    assert closed.encode("a<eos>").tolist() == [*letter, 1]


def test_the_ends_of_generation_count_too(byte_tokenizer: Any) -> None:
    codec = Codec.of(byte_tokenizer, None, SimpleNamespace(eos_token_id=[5, 6]))
    assert codec.eos == frozenset({1, 5, 6})
    assert codec.search(["xy"]).push(codec.written("xy")[0]) == 0


def test_a_model_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no such folder"):
        Codec.load(str(tmp_path / "nothing"))
