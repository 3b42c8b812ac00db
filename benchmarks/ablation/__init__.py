"""Does finer feedback help? See `benchmarks.ablation.__main__`."""
