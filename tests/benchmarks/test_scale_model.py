"""The arithmetic of docs/scale.md, against numbers worked out by hand."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from benchmarks import scale_model
from benchmarks.scale_model import GPUS, MODELS, Load, Machine, Model

SMALL = Model("small", layers=2, hidden=8, inner=16, heads=4, kv_heads=2, vocabulary=10, tied=True)
MACHINE, LOAD = Machine(), Load(completions=4, prompt=10, written=20)


def test_weights_are_counted_from_the_shape() -> None:
    # A layer: 8 x 16 read, 16 biases, 8 x 8 back, 3 x 8 x 16, two norms of 8; then the last norm and 10 x 8 embeddings.
    assert SMALL.parameters == 2 * (128 + 16 + 64 + 384 + 16) + 8 + 80
    published = {"Qwen2.5-Coder-1.5B": 1.54e9, "Qwen2.5-Coder-7B": 7.61e9, "Qwen2.5-Coder-32B": 32.5e9}
    assert {model.name: model.parameters for model in MODELS} == pytest.approx(published, rel=0.01)


def test_a_cached_token_is_keys_and_values_of_all_layers() -> None:
    assert SMALL.cache_bytes == 2 * 2 * 2 * 2 * 2  # keys and values, layers, heads, width, bytes


def test_a_gpu_holds_sixteen_bytes_of_each_weight_that_it_learns() -> None:
    weights = SMALL.parameters
    assert scale_model.replicas(SMALL, MACHINE, LOAD).states_gb == pytest.approx(16 * weights / 1e9)
    spread = scale_model.shards(SMALL, MACHINE, LOAD, 8)
    assert spread.states_gb == pytest.approx(2 * weights / 1e9)
    assert spread.sampling_gb == pytest.approx(2 * weights / 1e9)


def test_what_does_not_fit_is_left_to_others() -> None:
    assert scale_model.engine(SMALL, MACHINE, LOAD, 8) == scale_model.replicas(SMALL, MACHINE, LOAD)
    large = Model("large", layers=80, hidden=8192, inner=29568, heads=64, kv_heads=8, vocabulary=152064, tied=False)
    assert scale_model.engine(large, MACHINE, LOAD, 512) is None  # 145 GB of weights in bf16 alone


def test_times_are_bytes_and_operations_over_speed() -> None:
    weights, whole = SMALL.parameters, Load(completions=4, prompt=10, written=20, reached=1.0, fraction=1.0)
    plan = scale_model.replicas(SMALL, MACHINE, whole)
    a_token = 4 * weights + 4 * 20 * SMALL.cache_bytes
    assert scale_model.generating_s(SMALL, MACHINE, whole, plan) == pytest.approx(20 * a_token / 3350e9)
    assert scale_model.learning_s(SMALL, MACHINE, whole) == pytest.approx(6 * weights * 4 * 30 / 989e12)
    ring = scale_model.syncing_s(SMALL, MACHINE, 8, sharded=False, passes=1)
    assert ring == pytest.approx(2 * 4 * weights * 7 / 8 / 450e9)
    assert scale_model.scoring_cores(LOAD, 2.0) == pytest.approx(4 * 0.004434 / 2)
    assert scale_model.scoring_ms(MACHINE, LOAD, 2.0) == pytest.approx(14 * 2000 / 4)


def test_both_tables_are_printed() -> None:
    shown = CliRunner().invoke(scale_model.app, [])
    assert shown.exit_code == 0
    rows = [line for line in shown.output.splitlines() if line.startswith("| Qwen")]
    assert len(rows) == len(MODELS) * (1 + len(GPUS)) + len(MODELS) * len(GPUS)
