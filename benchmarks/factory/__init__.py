"""Benchmarks of the factory: each part of a plant's node against its bar, ratios and peers in one run."""
