"""Analyzers that are Python calls."""
