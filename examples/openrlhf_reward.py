"""A reward function for OpenRLHF: programs run on their tests, and what linters find in them.

    python -m openrlhf.cli.train_ppo_ray --reward.remote_url examples/openrlhf_reward.py --data.label_key tests ...
    python examples/openrlhf_reward.py

The first command is OpenRLHF's own: its dataset has a column `tests`, which holds JSON text. The second one prints the
rewards of three completions as OpenRLHF gets them.
"""

from __future__ import annotations

import json

from rewards.adapters.openrlhf import spanwise_reward

reward_func = spanwise_reward(analyzers=["runtime", "pylint"])

PROMPT = "<|im_start|>user\nWrite double(x).<|im_end|>\n<|im_start|>assistant\n"
COMPLETIONS = (
    "```python\ndef double(x):\n    return 2 * x\n```<|im_end|>",
    "```python\ndef double(x):\n    twice = 2 * x\n    return x + x\n```<|im_end|>",
    "```python\ndef double(x):\n    return x * x\n```<|im_end|>",
)


def main() -> None:
    """Scores and prints."""
    tests = json.dumps({"tests": ["assert double(2) == 4", "assert double(3) == 6"], "language": "python"})
    for completion in COMPLETIONS:
        print(completion.removesuffix("<|im_end|>"))
        found = reward_func([PROMPT + completion], [PROMPT], [tests])
        print(f"rewards {found['rewards'].tolist()}  scores {found['scores'].tolist()}")
        for name, values in found["extra_logs"].items():
            print(f"  {name} {values.tolist()}")


if __name__ == "__main__":
    main()
