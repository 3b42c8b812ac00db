"""Scoring over HTTP: `python -m rewards.serve` (docs/serving.md); `rewards.client` is the other end.

Needs `pip install 'spanwise[serve]'`. Requests of all clients share one engine, through one line in front of it.
"""
