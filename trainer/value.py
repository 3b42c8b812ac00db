"""The critic: a linear head that reads, from the policy's own hidden states, what reward is to be expected.

Sharing the trunk keeps the cost of a critic at one row of weights, for decoder-only and encoder-decoder models alike.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.policy import Policy


class ValueHead(torch.nn.Module):
    """V [B, T] from hidden states [B, T, H]; 0 everywhere before it has learned."""

    def __init__(self, width: int) -> None:
        """`width` is H."""
        super().__init__()
        self.linear = torch.nn.Linear(width, 1)
        torch.nn.init.zeros_(self.linear.weight)
        torch.nn.init.zeros_(self.linear.bias)

    @classmethod
    def of(cls, policy: Policy) -> ValueHead:
        """A head for the hidden states of a policy, on its device, in float32."""
        return cls(int(policy.model.config.hidden_size)).to(policy.model.device)

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, T], in float32 whatever the type of the trunk."""
        values: Tensor = self.linear(hidden.float())[..., 0]
        return values
