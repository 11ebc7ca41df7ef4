"""Benchmarks: ratios between this project and its peers, measured side by side in one run."""
