"""The tiny model, from nothing: tokenizer, supervised training, a folder that transformers loads.

    python -m trainer.tiny --out FOLDER
    python -m trainer.evaluate --model FOLDER --tasks builtin
    python -m trainer.run --model FOLDER

The model is a Llama of 0.7 million parameters that reads a docstring of steps and writes the body of the function
(`trainer.tasks.builtin`). Its corpus has mistakes planted on purpose (`trainer.slips`): about 40% of its samples are
right, and the online loop has something to mend. `trainer/tiny_model` is what this script writes with its defaults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from trainer import slips
from trainer.slips import Example
from trainer.weights import quietly

BOS, EOS, PAD = "<|begin|>", "<|end|>", "<|pad|>"
MAX_LENGTH = 512
"""Tokens of prompt and completion together that the model is made for."""
_SMALLEST_VOCABULARY = 256 + 3
_HEAD = 32
_TOKENIZER_EXAMPLES = 4000
_SORT_BATCHES = 32  # so many batches are drawn at once and sorted by length: little padding


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the decoder."""

    vocabulary: int = 400
    hidden: int = 128
    """Width; a multiple of 32, which is the width of a head."""
    layers: int = 3

    def __post_init__(self) -> None:
        if self.hidden % _HEAD:
            raise ValueError(f"the hidden size must be a multiple of {_HEAD}, got {self.hidden}")
        if self.vocabulary < _SMALLEST_VOCABULARY:
            raise ValueError(
                f"a byte-level vocabulary has at least {_SMALLEST_VOCABULARY} tokens (256 bytes, 3 marks), "
                f"got {self.vocabulary}"
            )


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast it learns: linear warm-up, then linear decay to a tenth."""

    steps: int = 750
    batch: int = 32
    learning_rate: float = 3e-3
    warmup: int = 100

    def factor(self, step: int) -> float:
        """What the learning rate is multiplied by at a step from 0."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        return 1.0 - 0.9 * (step - self.warmup) / max(1, self.steps - self.warmup)


_SHAPE, _SCHEDULE = Shape(), Schedule()


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of B examples, padded on the right to S tokens."""

    ids: Tensor
    """[B, S]"""
    mask: Tensor
    """[B, S - 1], true where the token one further on was written by the model: the completion and the end mark."""


def make_tokenizer(texts: Sequence[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer: any text goes through it and comes back unchanged."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        clean_up_tokenization_spaces=False,
        model_max_length=MAX_LENGTH,
        padding_side="left",
    )


def make_model(tokenizer: PreTrainedTokenizerFast, shape: Shape, *, seed: int) -> LlamaForCausalLM:
    """A Llama of this shape with fresh weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        intermediate_size=3 * shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.hidden // _HEAD,
        num_key_value_heads=shape.hidden // _HEAD,
        max_position_embeddings=MAX_LENGTH,
        tie_word_embeddings=True,
        initializer_range=1.0 / math.sqrt(shape.hidden),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def batches(
    examples: Iterator[Example], tokenizer: PreTrainedTokenizerFast, *, size: int, seed: int
) -> Iterator[Batch]:
    """Endless batches of examples of about the same length, in random order."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        drawn = [_encoded(example, tokenizer) for example in islice(examples, size * _SORT_BATCHES)]
        drawn.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        for place in torch.randperm(_SORT_BATCHES, generator=generator).tolist():
            yield _padded(drawn[place * size : (place + 1) * size], tokenizer.pad_token_id)


def train(model: LlamaForCausalLM, data: Iterator[Batch], schedule: Schedule) -> Iterator[float]:
    """Trains in place with AdamW; yields the loss of each step, in nats per token."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, schedule.factor)
    model.train()
    for _ in range(schedule.steps):
        loss = completion_loss(model, next(data))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad(set_to_none=True)
        yield float(loss.detach())
    model.eval()


def completion_loss(model: LlamaForCausalLM, batch: Batch) -> Tensor:
    """Mean cross-entropy over the tokens of the completions; padding to the right is hidden by causal attention."""
    hidden = model.model(input_ids=batch.ids[:, :-1], use_cache=False).last_hidden_state
    logits = model.lm_head(hidden[batch.mask])
    return torch.nn.functional.cross_entropy(logits, batch.ids[:, 1:][batch.mask])


def _encoded(example: Example, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """Ids of prompt and completion; encoded apart, since the model is prompted with the ids of the prompt alone."""
    backend = tokenizer.backend_tokenizer
    return backend.encode(example.prompt).ids, [*backend.encode(example.completion).ids, tokenizer.eos_token_id]


def _padded(pairs: Sequence[tuple[list[int], list[int]]], pad: int) -> Batch:
    longest = max(len(prompt) + len(completion) for prompt, completion in pairs)
    ids = torch.full((len(pairs), longest), pad)
    mask = torch.zeros((len(pairs), longest - 1), dtype=torch.bool)
    for row, (prompt, completion) in enumerate(pairs):
        end = len(prompt) + len(completion)
        ids[row, :end] = torch.tensor(prompt + completion)
        mask[row, len(prompt) - 1 : end - 1] = True
    return Batch(ids, mask)


def make(
    shape: Shape, schedule: Schedule, *, seed: int, progress: Callable[[float], None] | None = None
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Model and tokenizer, trained; the same for the same arguments on the same machine with as many threads.

    `progress` is told the loss after every step.
    """
    sample = islice(slips.examples(seed=seed), _TOKENIZER_EXAMPLES)
    tokenizer = make_tokenizer([example.prompt + example.completion for example in sample], shape.vocabulary)
    model = make_model(tokenizer, shape, seed=seed)
    data = batches(slips.examples(seed=seed), tokenizer, size=schedule.batch, seed=seed)
    for loss in train(model, data, schedule):
        if progress is not None:
            progress(loss)
    return model, tokenizer


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> int:
    """Writes the folder that `AutoModelForCausalLM` and `AutoTokenizer` load; returns its size in bytes.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with quietly():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def main() -> None:
    """The command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    app()


def command(
    out: Annotated[Path, typer.Option(help="Folder for the model; files of the same name are replaced.")],
    seed: Annotated[int, typer.Option(help="Seed of the weights and of the corpus.", min=0)] = 0,
    steps: Annotated[int, typer.Option(help="Optimiser steps; more makes fewer slips of its own.", min=1)] = (
        _SCHEDULE.steps
    ),
    batch: Annotated[int, typer.Option(help="Examples per step.", min=1)] = _SCHEDULE.batch,
    learning_rate: Annotated[float, typer.Option(help="Peak, after the warm-up.", min=0.0)] = _SCHEDULE.learning_rate,
    hidden: Annotated[int, typer.Option(help="Width of the decoder, a multiple of 32.", min=32)] = _SHAPE.hidden,
    layers: Annotated[int, typer.Option(help="Layers of the decoder.", min=1)] = _SHAPE.layers,
    vocabulary: Annotated[int, typer.Option(help="Tokens of the byte-level BPE.")] = _SHAPE.vocabulary,
    threads: Annotated[int, typer.Option(help="Threads; part of what makes a run repeatable.", min=1)] = 1,
) -> None:
    """Make the tiny model: about two minutes on one core.

    It learns to write small functions from a corpus with mistakes planted in it, so that about 40% of its samples are
    right and `python -m trainer.run --model FOLDER` has something to mend.

    What it knows: `python -m trainer.evaluate --model FOLDER --tasks builtin --temperature 1 --top-p 1`.
    """
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        if out.exists() and not out.is_dir():
            raise ValueError(f"--out takes a folder, and {str(out)!r} is a file")
        shape = Shape(vocabulary=vocabulary, hidden=hidden, layers=layers)
        out.mkdir(parents=True, exist_ok=True)  # better refused now than after the training
        schedule = Schedule(steps=steps, batch=batch, learning_rate=learning_rate)
        torch.set_num_threads(threads)
        with _bar(steps) as step:
            model, tokenizer = make(shape, schedule, seed=seed, progress=step)
        size = save(model, tokenizer, out)
    except (ValueError, OSError) as error:
        errors.print(f"error: {' '.join(str(error).split())}", style="red", markup=False)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        errors.print("interrupted; nothing was written", style="red")
        raise typer.Exit(130) from None
    parameters = sum(weight.numel() for weight in model.parameters())
    Console().print(
        f"{parameters:,} parameters, {len(tokenizer)} tokens, {size / 1e6:.1f} MB in {out}",
        soft_wrap=True,
        markup=False,
    )


@contextmanager
def _bar(steps: int) -> Iterator[Callable[[float], None]]:
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as shown:
        task = shown.add_task("", total=steps, loss=float("nan"))
        smooth: list[float] = []

        def step(loss: float) -> None:
            smooth.append(loss)
            shown.update(task, advance=1, loss=sum(smooth[-20:]) / len(smooth[-20:]))

        yield step


if __name__ == "__main__":
    main()
