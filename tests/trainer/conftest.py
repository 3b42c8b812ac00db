"""Random models of a few thousand weights, made from configurations: nothing is downloaded, nothing is shipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from trainer.policy import Policy


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def byte_tokenizer() -> Any:
    """Byte-level BPE without merges but for two: ids 0 <pad>, 1 <eos>, then 256 bytes, then "xy" and "xyz"."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<pad>", "<eos>", *alphabet, "xy", "xyz"]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("x", "y"), ("xy", "z")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")


@pytest.fixture(scope="session")
def llama_model() -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=260, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, eos_token_id=1, pad_token_id=0, bos_token_id=None,
        initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def policy(llama_model: Any, byte_tokenizer: Any) -> Policy:
    return Policy(llama_model, byte_tokenizer)


@pytest.fixture(scope="session")
def seq2seq_policy(byte_tokenizer: Any) -> Policy:
    """More decoder than encoder layers, on purpose: `generate` fails there with its default cache."""
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=260, d_model=32, d_kv=8, d_ff=64, num_layers=1, num_decoder_layers=2, num_heads=4,
        eos_token_id=1, pad_token_id=0, decoder_start_token_id=0, dropout_rate=0.1,
    )  # fmt: skip
    return Policy(T5ForConditionalGeneration(config), byte_tokenizer)
