"""What training at scale takes: memory, time and network by arithmetic, for three models on 8, 64 and 512 GPUs.

    python benchmarks/scale_model.py

Nothing is run. Shapes of models are those of their configurations, the GPU's figures those of its data sheet, the cost
of a program that of docs/performance.md; the two assumptions are options. Times are lower bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

GB = 1e9
SCORE_MS = 4.434
"""CPU per program, tests and analyzers: "Scoring" in docs/performance.md, one call in one process."""
SCORE_BYTES = 1519
"""A score as processes send it: "Scale-out" there, pickled alone."""
TOKEN_BYTES = 8 + 4 + 8 + 1 + 4
"""Of a completion as processes send it: id, log-prob, charge, credit, and about four letters of text."""
MASTER, MOMENTS, GRADIENT, HALF = 4, 8, 4, 2
"""Bytes per weight: in float32, the two moments of Adam, the gradient, and in bf16."""


@dataclass(frozen=True)
class Model:
    """Shape of a decoder with grouped key-value heads and gated feed-forward layers (Llama, Qwen2)."""

    name: str
    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    vocabulary: int
    tied: bool
    bias: bool = True
    """Of queries, keys and values."""

    @property
    def parameters(self) -> int:
        """Weights, embeddings and norms included."""
        head = self.hidden // self.heads
        read = (self.heads + 2 * self.kv_heads) * head
        attention = self.hidden * read + read * self.bias + self.heads * head * self.hidden
        layer = attention + 3 * self.hidden * self.inner + 2 * self.hidden
        return self.layers * layer + self.hidden + self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def cache_bytes(self) -> int:
        """Keys and values of one token in bf16."""
        return 2 * self.layers * self.kv_heads * (self.hidden // self.heads) * HALF


@dataclass(frozen=True)
class Machine:
    """A GPU with its share of its node."""

    memory_gb: float = 80.0
    bandwidth_gb_s: float = 3350.0
    tflops: float = 989.0
    """bf16, dense."""
    inside_gb_s: float = 450.0
    """To the other GPUs of the node, one way."""
    outside_gb_s: float = 50.0
    """To other nodes, one way."""
    host_gb_s: float = 3.1
    """TCP between hosts, for all GPUs of a node together: 25 Gbit/s."""
    cores: int = 14
    per_node: int = 8


@dataclass(frozen=True)
class Load:
    """What each GPU has to do in a step."""

    completions: int = 32
    prompt: int = 512
    written: int = 1024
    spare_gb: float = 10.0
    """For activations and what the allocator wastes."""
    reached: float = 0.4
    """Assumed share of the peak that learning reaches."""
    fraction: float = 0.5
    """Assumed share of the memory bandwidth that generation reaches."""

    @property
    def length(self) -> int:
        """Tokens of prompt and completion."""
        return self.prompt + self.written


@dataclass(frozen=True)
class Plan:
    """A way to spread a model over GPUs, and what it takes."""

    name: str
    states_gb: float
    """Weights, gradients and moments of the learner on each GPU."""
    sampling_gb: float
    """Weights in whole that sampling needs beside them."""
    cache_gb: float
    """Left for keys and values."""
    rows: int
    """Completions of full length that fit in there at a time."""
    read: int
    """Bytes of each weight that a token reads in sampling."""


def replicas(model: Model, machine: Machine, load: Load) -> Plan:
    """The whole model on each GPU (configs/accelerate/ddp-gpu.yaml), with bf16 in the arithmetic."""
    states = (MASTER + MOMENTS + GRADIENT) * model.parameters / GB
    return _plan("DDP", states, 0.0, MASTER, model, machine, load)


def shards(model: Model, machine: Machine, load: Load, gpus: int) -> Plan:
    """Spread over all GPUs (configs/accelerate/fsdp2.yaml); sampling gathers the weights in bf16."""
    states = (MASTER + MOMENTS + GRADIENT) * model.parameters / gpus / GB
    return _plan("FSDP2", states, HALF * model.parameters / GB, HALF, model, machine, load)


def _plan(name: str, states: float, sampling: float, read: int, model: Model, machine: Machine, load: Load) -> Plan:
    cache = machine.memory_gb - load.spare_gb - states - sampling
    rows = max(0, int(cache * GB / (model.cache_bytes * load.length)))
    return Plan(name, states, sampling, cache, rows, read)


def generating_s(model: Model, machine: Machine, load: Load, plan: Plan) -> float:
    """Seconds to write the completions of a GPU: a token of each reads the weights once, and its cache."""
    middle = load.prompt + load.written / 2
    a_token = plan.read * model.parameters + load.completions * middle * model.cache_bytes
    return load.written * a_token / (machine.bandwidth_gb_s * GB * load.fraction)


def learning_s(model: Model, machine: Machine, load: Load) -> float:
    """Seconds of forward and backward pass: 6 operations for each weight and token."""
    tokens = load.completions * load.length
    return 6 * model.parameters * tokens / (machine.tflops * 1e12 * load.reached)


def syncing_s(model: Model, machine: Machine, gpus: int, *, sharded: bool, passes: int) -> float:
    """Seconds that gradients, and shards of weights, spend between GPUs in a step."""
    speed = machine.inside_gb_s if gpus <= machine.per_node else machine.outside_gb_s
    each = model.parameters * (gpus - 1) / gpus / GB / speed
    if not sharded:
        return 2 * GRADIENT * each  # a ring sends every gradient twice
    return (passes * (2 * HALF + GRADIENT) + HALF) * each  # forward, backward, reduce; once more for sampling


def scoring_cores(load: Load, seconds: float) -> float:
    """Cores that score the completions of a GPU while it writes them."""
    return load.completions * SCORE_MS / 1000 / seconds


def scoring_ms(machine: Machine, load: Load, seconds: float) -> float:
    """CPU that a program may take for all cores of a GPU to be done when it has written."""
    return 1000 * machine.cores * seconds / load.completions


def told_s(machine: Machine, load: Load, gpus: int) -> float:
    """Seconds until each process of a node has the scored rollouts of all others."""
    total = gpus * load.completions * (SCORE_BYTES + load.written * TOKEN_BYTES + load.prompt * 8)
    return min(gpus, machine.per_node) * total / GB / machine.host_gb_s


def engine(model: Model, machine: Machine, load: Load, gpus: int) -> Plan | None:
    """The first way of this trainer in which a GPU writes all its completions at a time; None where there is none."""
    plans = (replicas(model, machine, load), shards(model, machine, load, gpus))
    return next((plan for plan in plans if plan.rows >= load.completions), None)


MODELS = (
    Model("Qwen2.5-Coder-1.5B", 28, 1536, 8960, 12, 2, 151936, tied=True),
    Model("Qwen2.5-Coder-7B", 28, 3584, 18944, 28, 4, 152064, tied=False),
    Model("Qwen2.5-Coder-32B", 64, 5120, 27648, 40, 8, 152064, tied=False),
)
GPUS = (8, 64, 512)


def memory_table(machine: Machine, load: Load) -> Table:
    """What a GPU holds."""
    columns = ("model", "weights, 10^9", "GPUs", "spread", "states, GB", "to sample, GB", "cache, GB", "rows")
    table = Table(*columns, box=box.MARKDOWN)
    for model in MODELS:
        for gpus in GPUS:
            plans = [shards(model, machine, load, gpus)]
            if gpus == GPUS[0]:
                plans.insert(0, replicas(model, machine, load))
            for plan in plans:
                table.add_row(
                    model.name, f"{model.parameters / 1e9:.2f}", "any" if plan.name == "DDP" else str(gpus), plan.name,
                    f"{plan.states_gb:.1f}", f"{plan.sampling_gb:.1f}", f"{max(0.0, plan.cache_gb):.1f}",
                    str(plan.rows),
                )  # fmt: skip
    return table


def time_table(machine: Machine, load: Load) -> Table:
    """What a step takes."""
    columns = ("model", "GPUs", "carried by", "tokens a step", "write, s", "learn, s", "talk, s", "tell, s")
    table = Table(*columns, "cores a GPU", "ms a program", box=box.MARKDOWN)
    passes = -(-load.completions * load.length // 65536)
    for model in MODELS:
        for gpus in GPUS:
            plan = engine(model, machine, load, gpus)
            tokens = f"{gpus * load.completions * load.written / 1e6:.2f} M"
            if plan is None:
                table.add_row(model.name, str(gpus), "verl, SkyRL", tokens, *["-"] * 6)
                continue
            write = generating_s(model, machine, load, plan)
            talk = syncing_s(model, machine, gpus, sharded=plan.name == "FSDP2", passes=passes)
            table.add_row(
                model.name, str(gpus), plan.name, tokens, f"{write:.1f}", f"{learning_s(model, machine, load):.1f}",
                f"{talk:.2f}", f"{told_s(machine, load, gpus):.2f}", f"{scoring_cores(load, write):.2f}",
                f"{scoring_ms(machine, load, write):,.0f}",
            )  # fmt: skip
    return table


app = typer.Typer(add_completion=False)


@app.command()
def main(
    reached: Annotated[float, typer.Option(help="Share of the peak that learning reaches.")] = Load.reached,
    fraction: Annotated[float, typer.Option(help="Share of the bandwidth that generation reaches.")] = Load.fraction,
    memory: Annotated[float, typer.Option(help="Memory of a GPU, GB.")] = Machine.memory_gb,
) -> None:
    """Print both tables."""
    machine = replace(Machine(), memory_gb=memory)
    load = replace(Load(), reached=reached, fraction=fraction)
    console = Console(width=150)
    console.print(memory_table(machine, load), time_table(machine, load))


if __name__ == "__main__":
    app()
