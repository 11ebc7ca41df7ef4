"""Benchmarks of the factory: each part of a plant's node against its bar, ratios and peers in one run."""

import qiantang.district.plant as plant

__all__ = ["plant"]
"""Imported first, for what it says to BLAS before numpy is there."""
