"""What a scorer reads candidates with: the states of a language model, whatever its kind, without its last layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, MODEL_FOR_MASKED_LM_MAPPING_NAMES

from trainer import lora, passes, weights
from trainer.codec import Codec
from trainer.passes import Written
from trainer.reranker.rows import Row


class Trunk(nn.Module):
    """A model that makes states of tokens: a decoder, an encoder, or the encoder of an encoder-decoder."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """`model` is one without a head, as AutoModel loads it."""
        super().__init__()
        self.causal = is_causal(model.config)
        self.model = model.get_encoder() if model.config.is_encoder_decoder else model
        if getattr(self.model, "pooler", None) is not None:  # of BERT: drawn anew where the weights are of another task
            self.model.pooler = None
        self.model.eval()
        self.lora_rank = 0
        self.config = self.model.config
        self.tokenizer = tokenizer
        self.codec = Codec.of(tokenizer, model.config)
        self.shares_prompts = self.causal and passes.can_share(self.model)

    @classmethod
    def load(cls, name: str, *, dtype: str, layers: int | None = None) -> Trunk:
        """Of "tiny", "smollm2", a folder, or a hub name; `layers` keeps the first so many alone.

        Raises:
            trainer.weights.ModelNotFound: it is not there; the message says what works offline.
            ValueError: it does not have so many layers.
        """
        trunk = cls(*weights.load_trunk(name, dtype=dtype))
        if layers is not None:
            cut(trunk.model, layers)
        return trunk

    @classmethod
    def described(cls, folder: Path, *, dtype: str) -> Trunk:
        """One of the shape that `describe` wrote, its weights still to be put in.

        Raises:
            OSError or ValueError: the folder holds none.
        """
        with weights.quietly(), torch.random.fork_rng(devices=[]):
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            model = AutoModel.from_config(config, dtype=getattr(torch, dtype))
            return cls(model, AutoTokenizer.from_pretrained(folder, local_files_only=True))

    def describe(self, folder: Path) -> None:
        """Writes what `described` needs."""
        with weights.quietly():
            self.config.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)

    def adapt(self, rank: int, *, seed: int = 0) -> None:
        """Puts low-rank adapters, drawn by `seed`, beside the weights; they alone learn from now on (`trainer.lora`).

        Raises:
            ValueError: peft is not installed.
        """
        lora.check()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            lora.add(self.model, rank=rank)
        self.lora_rank = rank

    def learn(self, *, wanted: bool) -> None:
        """Whether the weights are to have gradients: the adapters where there are any, else all."""
        for name, weight in self.model.named_parameters():
            weight.requires_grad_(wanted and ("lora_" in name or not self.lora_rank))

    @property
    def width(self) -> int:
        """H, of the states."""
        return int(self.config.hidden_size)

    @property
    def context(self) -> int | None:
        """Most tokens that it can read at a time; None where it sets no limit."""
        limits = [getattr(self.config, "max_position_embeddings", None)]
        for name, module in self.model.named_modules():
            # RoBERTa and its kin count positions from behind the padding.
            if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
                limits.append(module.num_embeddings - module.padding_idx - 1)
        return min((int(limit) for limit in limits if limit is not None and limit > 0), default=None)

    def states(self, rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
        """[B, T + 1, H], before each token of the candidates and after the last one; and [B, T], which are tokens.

        A prompt is computed once for all of its candidates where the model allows that (`trainer.passes`).
        """
        written = self._written(rows)
        if not self.causal:
            return self._whole(written), written.mask
        run = passes.shared if self.shares_prompts else passes.separate
        found = run(self, written, hidden=True).hidden
        assert found is not None
        return found, written.mask

    def forward(self, ids: Tensor, **options: Any) -> SimpleNamespace:
        """The last states as `trainer.passes` asks a language model for them; there are no logits to compute."""
        options.pop("output_hidden_states", None)
        found = self.model(ids, **options).last_hidden_state
        return SimpleNamespace(logits=found, hidden_states=(found,))

    def _written(self, rows: Sequence[Row]) -> Written:
        width = max(len(row.ids) for row in rows)
        ids = torch.full((len(rows), width), self.codec.pad)
        mask = torch.zeros((len(rows), width), dtype=torch.bool)
        for place, row in enumerate(rows):
            ids[place, : len(row.ids)] = torch.from_numpy(row.ids)
            mask[place, : len(row.ids)] = True
        device = self.model.device
        return Written([row.prompt for row in rows], ids.to(device), mask.to(device), self.codec.pad)

    def _whole(self, written: Written) -> Tensor:
        """Of prompts and candidates as one sequence, from the left, as encoders count."""
        lengths = written.mask.sum(1).tolist()
        device = written.ids.device
        rows = [
            torch.cat([torch.tensor(prompt, device=device), ids[:length]])
            for prompt, ids, length in zip(written.prompts, written.ids, lengths, strict=True)
        ]
        ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=written.pad)
        ends = torch.tensor([len(row) for row in rows], device=device)
        mask = torch.arange(ids.shape[1], device=device) < ends[:, None]
        states = self.model(ids, attention_mask=mask.long()).last_hidden_state
        before = torch.tensor([len(prompt) - 1 for prompt in written.prompts], device=device)
        places = before[:, None] + torch.arange(written.ids.shape[1] + 1, device=device)
        places = places.clamp(max=ids.shape[1] - 1)
        found: Tensor = states.gather(1, places[..., None].expand(-1, -1, states.shape[-1]))
        return found


def is_causal(config: Any) -> bool:
    """Whether the states of a token are of what stands before it alone."""
    kind = config.model_type
    if config.is_encoder_decoder or kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        return False
    return kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES or bool(getattr(config, "is_decoder", False))


def cut(model: Any, layers: int) -> None:
    """Leaves the first layers of a model alone, and says so in its configuration.

    Raises:
        ValueError: it does not have so many.
    """
    depth = int(model.config.num_hidden_layers)
    if not 1 <= layers <= depth:
        raise ValueError(f"layers must be from 1 to the {depth} that the model has, got {layers}")
    stacks = [
        (parent, name)
        for parent in model.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.ModuleList) and len(child) == depth
    ]
    if not stacks:
        raise ValueError(f"cannot cut a {model.config.model_type} model: its layers are in no list")
    parent, name = stacks[0]
    setattr(parent, name, getattr(parent, name)[:layers])
    model.config.num_hidden_layers = layers
    if isinstance(kinds := getattr(model.config, "layer_types", None), Sequence):
        model.config.layer_types = list(kinds[:layers])
