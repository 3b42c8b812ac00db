"""Doors to what people train and store with; each imports its framework only when it is used."""
