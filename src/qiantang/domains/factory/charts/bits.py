"""The bits of rules and of the words of the past, as the kernels take them.

What meets a word has no sign: of a word and a signed whole number numba would make a floating-point number. The rules that
readings break by themselves are held in a signed whole number, and so are their bits.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from qiantang.domains.factory.charts import rules

NONE: Final = np.uint64(0)
ONE: Final = np.uint64(1)
TWO: Final = np.uint64(2)
THREE: Final = np.uint64(3)
FOUR: Final = np.uint64(4)

# The rules of charts, and their places, of which that of drift is the last.
N1, N2, N3, N4, N5, N6, N7, N8 = (np.uint64(rules.BIT[f"nelson_{k}"]) for k in range(1, 9))
EWMA, CUSUM, DRIFT = (np.uint64(rules.BIT[name]) for name in ("ewma", "cusum", "drift"))
N1_AT, N2_AT, N3_AT, N4_AT, N5_AT, N6_AT, N7_AT, N8_AT = (rules.RULES.index(f"nelson_{k}") for k in range(1, 9))
EWMA_AT, CUSUM_AT, DRIFT_AT = (rules.RULES.index(name) for name in ("ewma", "cusum", "drift"))

# The rules of readings, and their places.
STUCK, RANGE, RATE, QUALITY, DOWN = (rules.BIT[name] for name in ("stuck", "range", "rate", "quality", "down"))
STUCK_AT, RANGE_AT, RATE_AT, QUALITY_AT, DOWN_AT = (rules.RULES.index(name) for name in ("stuck", "range", "rate", "quality", "down"))

# The word of the past: what a new reading sets, what stays of those before it, and the two ways of alternating.
IS_ABOVE, IS_BELOW, IS_RISE, IS_FALL = (np.uint64(1 << at) for at in (rules.ABOVE_AT, rules.BELOW_AT, rules.RISE_AT, rules.FALL_AT))
PAST_KEPT: Final = np.uint64(rules.KEEP)
ALTERNATE: Final = np.uint64(rules.ALTERNATE_MASK)
ALTERNATE_UP: Final = np.uint64(rules.ALTERNATE_UP)
ALTERNATE_DOWN: Final = np.uint64(rules.ALTERNATE_DOWN)

# The word of zones: what a new point sets, what stays of those before it, where a field begins, and how many points are looked at.
IS_OVER1, IS_UNDER1, IS_OVER2, IS_UNDER2, IS_WITHIN = (
    np.uint64(1 << at) for at in (rules.OVER1_AT, rules.UNDER1_AT, rules.OVER2_AT, rules.UNDER2_AT, rules.WITHIN_AT))
ZONES_KEPT: Final = np.uint64(rules.ZONES_KEEP)
UNDER1_AT: Final = np.uint64(rules.UNDER1_AT)
OVER2_AT: Final = np.uint64(rules.OVER2_AT)
UNDER2_AT: Final = np.uint64(rules.UNDER2_AT)
THREE_POINTS: Final = np.uint64((1 << 3) - 1)
FIVE_POINTS: Final = np.uint64((1 << 5) - 1)
EIGHT_POINTS: Final = np.uint64((1 << 8) - 1)
FIFTEEN_WITHIN: Final = np.uint64(((1 << rules.WITHIN_BITS) - 1) << rules.WITHIN_AT)
