"""Choosing among several samples: what a scorer learns from, how it is trained, and how well it chooses.

The method is RewardRanker's (arXiv 2504.09643): a scorer picks the best of several samples, PPO against it exposes what
it overrates, and that is what it is trained on next.
"""
