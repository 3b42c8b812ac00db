"""What the comparison at equal FLOPs counts, by hand."""

from __future__ import annotations

from transformers import LlamaConfig

from benchmarks.compute_matched_table import (
    FINDINGS,
    Drawn,
    Kind,
    Measured,
    Spent,
    Timed,
    decoding,
    layer_weights,
    scoring,
    written,
)
from rewards.reranking.pools import Candidate, Pool

SMALL = LlamaConfig(
    hidden_size=4, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
    vocab_size=10, head_dim=2,
)  # fmt: skip
LARGE = LlamaConfig(
    hidden_size=4, intermediate_size=6, num_hidden_layers=5, num_attention_heads=2, num_key_value_heads=2,
    vocab_size=10, head_dim=2,
)  # fmt: skip
SPENT = Spent(prompt=6, completion=4)


def drawn(passes: list[list[bool | None]], scores: list[list[float]] | None = None) -> Drawn:
    pools = [
        Pool(str(place), "p", tuple(Candidate(str(i), each) for i, each in enumerate(row)))
        for place, row in enumerate(passes)
    ]
    return Drawn(
        pools, SPENT, {} if scores is None else {FINDINGS: scores, Kind(1): scores, Kind(2, static=True): scores}
    )


def test_every_weight_is_two_operations_for_each_token_that_goes_through_it() -> None:
    # four matrices of 4 x 4 and three of 4 x 6
    assert layer_weights(SMALL) == 4 * 16 + 3 * 24 == 136
    # a token: two layers, and attention over half of the ten tokens, 4 x 4 x 5 in each layer
    token = 2 * (2 * 136 + 80)
    # the prompt once, three of four tokens of each sample, and a head of 4 x 10 for each that is written
    assert decoding(SMALL, SPENT, 1) == (6 + 3) * token + 4 * 80
    assert decoding(SMALL, SPENT, 8) == (6 + 24) * token + 32 * 80
    # a scorer reads the last token, too, in one of the two layers
    assert scoring(SMALL, 1, SPENT, 8) == (6 + 32) * token / 2


def test_rows_are_means_over_seeds_and_intervals_pair_tasks() -> None:
    right, wrong = [True, False], [False, False]
    small = [drawn([right, wrong, wrong, [None, None]], [[1.0, 0.0]] * 4), drawn([right] * 4, [[0.0, 1.0]] * 4)]
    large = [drawn([right, right, wrong, right], [[0.0, 0.0]] * 4)]
    measured = [
        Measured("S", SMALL, drawn([[True], [True], [False], [False]]), small),
        Measured("L", LARGE, drawn([[True]] * 4), large),
        Measured("L tuned", LARGE, drawn([[True]] * 4), large),
    ]
    text = written(measured, [Timed("S", 2, Kind(1), 0.0123, 0.0456)], said="Said.")
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in text.splitlines() if line[:1] == "|"}
    # of the first seed the best is right on the first task alone, of the second on none; the fourth was not judged
    assert rows["S, best of 2 by a scorer of 1 layer"][2:4] == ["12", "46"]
    assert rows["S, best of 2 by a scorer of 1 layer"][4].startswith("16.7%")
    assert rows["S, one sample"][4].startswith("33.3%")
    assert rows["S, greedy"][4].startswith("66.7%")
    # one sample of L passes half of the first two tasks, greedily it solves all three
    assert rows["S, one sample"][5].startswith("+0.0")
    assert rows["S, one sample"][6].startswith("-66.7")
    assert rows["S, greedy"][5].startswith("+33.3")
    assert rows["S, greedy"][6].startswith("-33.3")
    assert float(rows["L, one sample"][1]) == 1.0
    assert rows["S, best of 2 by findings"][1] == f"{decoding(SMALL, SPENT, 2) / decoding(LARGE, SPENT, 1):.2f}"
    assert "2.50 times as many. Said. Left out, because nobody could judge them: 1." in text
    scored = [name for name in rows if "scorer of 2 layers with findings" in name]
    assert scored == [f"{name}, best of 2 by a scorer of 2 layers with findings" for name in ("S", "L", "L tuned")]
    assert not any("scorer of 1" in name for name in rows if not name.startswith("S,"))


def test_no_task_that_everybody_could_judge_is_no_figure() -> None:
    nobody = [drawn([[None, None]], [[0.0, 0.0]])]
    measured = [Measured(name, SMALL, drawn([[None]]), nobody) for name in ("S", "L", "L tuned")]
    assert "| - |" in written(measured, [], said="")


def test_a_pool_with_fewer_judged_samples_is_chosen_from_as_it_is() -> None:
    seeds = [drawn([[True, None]], [[0.0, 1.0]])]
    measured = [Measured(name, SMALL, drawn([[True]]), seeds) for name in ("S", "L", "L tuned")]
    [row] = [line for line in written(measured, [], said="").splitlines() if "S, best of 2 by findings" in line]
    assert "| 100.0%" in row
