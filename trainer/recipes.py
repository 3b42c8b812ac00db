"""Algorithms by name: which advantage, which loss, and which rules of sampling belong together.

    python -m trainer.run --algorithm dapo
    python -m trainer.recipes                 # what there is

A recipe is a layer of the configuration below that of the file and the flags, so every key of it can be set otherwise.
It says nothing of sizes and step sizes. What is charged on tokens is part of every one of them; `--set
objective.dense_weight=0` leaves the published algorithm. docs/algorithms.md has the equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EPOCHS = {"refresh": 4, "staleness": 3}
"""Four optimiser steps with each round of rollouts; with one, all ratios are 1 and nothing is ever clipped."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A published algorithm."""

    title: str
    source: str
    """The paper: an arXiv number, or a journal."""
    settings: Mapping[str, Mapping[str, Any]]
    """Tables of the configuration."""
    differences: str
    """Where it departs from the paper, beside the charges."""


RECIPES: Mapping[str, Recipe] = {
    "reinforce": Recipe(
        title="REINFORCE with the mean of the round as its baseline",
        source="Williams 1992, Machine Learning 8:229",
        settings={
            "advantage": {"name": "reinforce", "baseline": True},
            "loss": {"name": "reinforce", "average": "limit"},
        },
        differences="The gradient is divided by the token limit, a constant.",
    ),
    "rltf": Recipe(
        title="RLTF: best program so far as the baseline, fine feedback on tokens, half supervised",
        source="arXiv 2307.04349",
        settings={
            "scheme": {"name": "rltf"},
            "advantage": {"name": "rltf"},
            "loss": {"name": "reinforce", "average": "tokens"},
            "objective": {"dense_weight": 1.0, "supervised_weight": 1.0},
        },
        differences="On-policy unless [buffer] says otherwise; each step has both terms instead of one of the two.",
    ),
    "coderl": Recipe(
        title="CodeRL: above the greedy answer, weighed by a critic that sees the outcome coming, half supervised",
        source="arXiv 2207.01780",
        settings={
            "scheme": {"name": "rltf", "fine": False, "adaptive": False},
            "advantage": {"name": "greedy"},
            "loss": {"name": "reinforce", "average": "tokens"},
            "objective": {"supervised_weight": 1.0},
            "critic": {"weight": 1.0, "predicts": "outcome"},
            "rollout": {"greedy": True},
        },
        differences="The critic is a head on the policy's own hidden states that learns with it, from its samples and "
        "the references; the paper trains a smaller model first (critic.lead_steps) and freezes it.",
    ),
    "ppocoder": Recipe(
        title="PPOCoder: PPO on what the compiler says and how far trees and data flow match, KL kept near a target",
        source="arXiv 2301.13816; the target of the KL: arXiv 1909.08593, section 2.2",
        settings={
            "scheme": {"name": "reference", "bounded": False},
            "advantage": {"name": "gae", "gamma": 1.0, "lam": 0.95},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "tokens"},
            "objective": {
                "kl_weight": 0.1,
                "kl_place": "reward",
                "kl_estimator": "k1",
                "kl_target": 1.0,
                "kl_horizon": 10000,
            },
            "critic": {"weight": 1e-3, "clip": 0.2, "shared": True},
            "buffer": EPOCHS,
        },
        differences="Matches are Dice's coefficients. Four optimiser steps with each round, where the authors' code "
        "makes one with each sample; it samples from the few likeliest tokens, this from all.",
    ),
    "ppo": Recipe(
        title="PPO with GAE, a value head and the KL penalty in the reward",
        source="arXiv 1707.06347, 1506.02438 and 2203.02155",
        settings={
            "advantage": {"name": "gae", "gamma": 1.0, "lam": 0.95},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "tokens"},
            "objective": {"kl_weight": 0.02, "kl_place": "reward", "kl_estimator": "k1"},
            "critic": {"weight": 0.5, "clip": 0.2},
            "buffer": EPOCHS,
        },
        differences="The critic is a linear head on the policy's own hidden states. Charges are rewards of their "
        "tokens, so the advantages of the tokens before them feel them.",
    ),
    "grpo": Recipe(
        title="GRPO: normalised within the group, each completion counts the same, KL in the loss",
        source="arXiv 2402.03300",
        settings={
            "advantage": {"name": "grpo", "std": True},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "sequences"},
            "objective": {"kl_weight": 0.04, "kl_place": "loss", "kl_estimator": "k3"},
        },
        differences="None; like the paper, one optimiser step with each round.",
    ),
    "dr_grpo": Recipe(
        title="Dr. GRPO: GRPO without the normalisation by length and standard deviation, without KL",
        source="arXiv 2503.20783",
        settings={
            "advantage": {"name": "grpo", "std": False},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "limit"},
        },
        differences="None.",
    ),
    "dapo": Recipe(
        title="DAPO: higher upper clip, token mean, silent groups replaced, soft price of length",
        source="arXiv 2503.14476",
        settings={
            "advantage": {"name": "grpo", "std": True},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.28, "average": "tokens"},
            "rollout": {"replace": "silent", "overlong": "punish", "overlong_share": 0.2},
            "buffer": EPOCHS,
        },
        differences="A group whose outcomes are alike stays where charges or lengths tell its completions apart; "
        "rollout.replace = alike is the paper's rule. Further rounds are bounded by rollout.extra_rounds.",
    ),
    "rloo": Recipe(
        title="RLOO: the mean of the other samples as the baseline, the completion as one action, KL in the reward",
        source="arXiv 2402.14740",
        settings={
            "advantage": {"name": "rloo"},
            "loss": {"name": "reinforce", "average": "limit"},
            "objective": {"kl_weight": 0.05, "kl_place": "reward", "kl_estimator": "k1"},
        },
        differences="The gradient is divided by the token limit, a constant.",
    ),
    "reinforce++": Recipe(
        title="REINFORCE++: normalised over all tokens of the round, KL in the reward token by token",
        source="arXiv 2501.03262",
        settings={
            "advantage": {"name": "reinforce++", "group_baseline": False},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "tokens"},
            "objective": {"kl_weight": 0.01, "kl_place": "reward", "kl_estimator": "k1"},
        },
        differences="Charges are added after normalising.",
    ),
    "reinforce++-baseline": Recipe(
        title="REINFORCE++ w/ baseline: the group's mean taken off first, KL in the loss",
        source="arXiv 2501.03262",
        settings={
            "advantage": {"name": "reinforce++", "group_baseline": True},
            "loss": {"name": "clipped", "clip_low": 0.2, "clip_high": 0.2, "average": "tokens"},
            "objective": {"kl_weight": 0.01, "kl_place": "loss", "kl_estimator": "k2"},
        },
        differences="Charges are added after normalising.",
    ),
    "gspo": Recipe(
        title="GSPO: one importance ratio for the whole sequence",
        source="arXiv 2507.18071",
        settings={
            "advantage": {"name": "grpo", "std": True},
            "loss": {"name": "gspo", "clip_low": 3e-4, "clip_high": 4e-4, "average": "sequences"},
            "buffer": EPOCHS,
        },
        differences="Charges make advantages differ within a completion: the form of section 4.3, GSPO-token.",
    ),
    "cispo": Recipe(
        title="CISPO: the importance weight is clipped, no token loses its gradient",
        source="arXiv 2506.13585",
        settings={
            "advantage": {"name": "grpo", "std": True},
            "loss": {"name": "cispo", "clip_low": 1.0, "clip_high": 4.0, "average": "tokens"},
            "buffer": EPOCHS,
        },
        differences="The upper bound of the weight, 5, is that of arXiv 2510.13786; the paper does not give its own.",
    ),
}


def described() -> str:
    """All recipes in words."""
    return "\n\n".join(
        f"{name}: {recipe.title}\n    {recipe.source}\n    {recipe.differences}" for name, recipe in RECIPES.items()
    )


if __name__ == "__main__":
    print(described())
