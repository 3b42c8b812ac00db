"""Analyzers that are commands."""
