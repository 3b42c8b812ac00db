"""Starlark for spanwise."""
