"""Low-rank adapters: the weights stay as they are, and a small product of matrices beside each of them is learned.

LoRA, arXiv 2106.09685, through peft; a saved policy is then an adapter as peft writes it, which names its base model.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safetensors import safe_open

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def check() -> None:
    """Raises ValueError: the package that it takes is not installed."""
    if find_spec("peft") is None:
        raise ValueError("model.lora_rank needs peft, which is not installed: pip install 'spanwise[lora]'")


def add(model: Any, *, rank: int, alpha: float | None = None) -> None:
    """Puts an adapter beside every linear layer but the output embeddings; nothing else is learned from now on.

    Its product is scaled by `alpha / rank`, 2 by default. At first it is 0.
    """
    from peft import LoraConfig

    scale = 2 * rank if alpha is None else alpha
    model.add_adapter(LoraConfig(r=rank, lora_alpha=scale, target_modules="all-linear"))


def base_of(folder: Path) -> str | None:
    """Folder or name of the model that the adapter in `folder` is for; None where there is no adapter.

    Raises:
        ValueError: the adapter does not say it.
    """
    if not (folder / CONFIG).is_file():
        return None
    try:
        base = json.loads((folder / CONFIG).read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{folder / CONFIG} is no JSON object: {error}") from error
    if not isinstance(base, str) or not base:
        raise ValueError(f"{folder / CONFIG} does not name the model that it adapts")
    return base


def put_back(model: Any, folder: Path) -> None:
    """Puts the adapter in `folder` beside the weights of its base model, ready to be learned further.

    Raises:
        ValueError: it is for another model.
    """
    model.load_adapter(str(folder))
    with safe_open(folder / WEIGHTS, "pt") as file:
        saved = {name.removeprefix("base_model.model.") for name in file.keys()}  # noqa: SIM118 - no mapping
    found = {name.replace(".default.", ".") for name, _ in model.named_parameters() if "lora_" in name}
    if saved != found:
        raise ValueError(
            f"{len(saved - found)} of its {len(saved)} matrices have no place there, {len(found - saved)} are missing"
        )
    for name, weight in model.named_parameters():
        weight.requires_grad_("lora_" in name)
