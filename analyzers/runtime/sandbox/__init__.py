"""Processes in which programs run."""
