"""TRL's GRPO on the embedded model, with charges on the tokens that caused them.

    pip install 'spanwise[train,trl]'
    python examples/trl_grpo.py --steps 20

Every step samples eight completions of each of two tasks. Printed are its reward, the share of programs that pass and
the share of tokens that a charge lies on; at the end one completion, with its advantage token by token.
"""

from __future__ import annotations

import argparse
import json
import tempfile

from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig

from analyzers.runtime.tests import to_json
from rewards.adapters.trl import SpanGRPOTrainer, spanwise_reward
from trainer import weights
from trainer.tasks import load


class Shown(TrainerCallback):
    """Prints a line for every step."""

    def on_log(self, args, state, control, logs=None, **_):
        """Called by the trainer with the metrics of a step."""
        if "reward" in logs:
            print(
                f"step {state.global_step:3d}  reward {logs['reward']:+.3f}"
                f"  pass {logs['spanwise/outcome/pass']:4.0%}  charges {logs['spanwise/charges']:+.3f}"
                f"  charged tokens {logs['spanwise/charged_tokens']:5.1%}  gradient {logs['grad_norm']:.2f}",
                flush=True,
            )


def main() -> None:
    """Trains and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20, help="optimiser steps (20: about two minutes on two cores)")
    parser.add_argument("--dense-weight", type=float, default=0.3, help="of the charges; 0 is plain GRPO")
    options = parser.parse_args()

    # Tests are JSON text: a column of a table holds one type, and arguments are numbers, lists and strings.
    rows = [
        {"prompt": task.prompt, "prefix": task.prefix, "tests": json.dumps(to_json(task.tests)), "task_id": task.id}
        for task in load("builtin", "train")[:256]
    ]
    model, tokenizer = weights.load("tiny")
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            max_steps=options.steps,
            per_device_train_batch_size=16,
            num_generations=8,
            max_completion_length=96,
            learning_rate=5e-4,
            temperature=1.0,
            logging_steps=1,
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
        )
        trainer = SpanGRPOTrainer(
            model,
            spanwise_reward(analyzers=["runtime", "pylint"]),
            config,
            dense_weight=options.dense_weight,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=[Shown()],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        show(trainer, rows)


def show(trainer: SpanGRPOTrainer, rows: list[dict[str, str]]) -> None:
    """Prints the most heavily charged of 16 fresh completions, one token per line."""
    batch = trainer._generate_and_score_completions([row for row in rows[:2] for _ in range(8)])
    row = int(batch["advantages"].std(dim=1).argmax())
    length = int(batch["completion_mask"][row].sum())
    print("\nadvantage  token")
    for token, advantage in zip(batch["completion_ids"][row][:length], batch["advantages"][row], strict=False):
        print(f"{float(advantage):+9.3f}  {trainer.processing_class.decode([int(token)])!r}")


if __name__ == "__main__":
    main()
