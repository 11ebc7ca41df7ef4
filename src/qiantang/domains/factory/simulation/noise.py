"""Random numbers that need no memory: a normal deviate for each (signal, instant), the same however the time is cut into pieces.

A counter is mixed to 64 random bits (finaliser of splitmix64: G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014), and these are
turned into a standard normal deviate by the inverse of its distribution, tabulated at 4,097 quantiles and once more that finely
inside the first and the last of its steps.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

BITS = 12
STEPS = 1 << BITS
BLOCK_S = 7200
RUN_IN_S = 1800
"""Autocorrelated deviations of a block of so many seconds are begun, from their stationary distribution, a run-in before it. So any
instant can be computed without the whole past, and as the deviates are the same, nothing is seen where two blocks meet: of what a
beginning was off, a share of at most 0.99^1800, about 1e-8, is left."""


@cache
def quantiles() -> NDArray[np.float64]:
    """The table, shape (2, STEPS + 1): the quantiles i / STEPS, and i / STEPS² for the lower tail."""
    normal = NormalDist()
    least = normal.inv_cdf(2.0 ** -36)
    whole = [least, *(normal.inv_cdf(i / STEPS) for i in range(1, STEPS)), -least]
    tail = [least, *(normal.inv_cdf(i / STEPS**2) for i in range(1, STEPS + 1))]
    return np.array([whole, tail])


@nb.njit(cache=True, inline="always")
def mixed(word: Any) -> Any:
    """64 random bits of a 64-bit counter."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@nb.njit(cache=True, inline="always")
def deviate(key: Any, counter: Any, table: Any) -> Any:
    """A standard normal deviate of a key and a counter."""
    bits = mixed(key + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15))
    place = np.int64(bits >> np.uint64(64 - BITS))
    rest = np.float64(bits & np.uint64(0xFFFFFFFFFFFFF)) * (1.0 / 4503599627370496.0)
    if 0 < place < STEPS - 1:
        low = table[0, place]
        return low + rest * (table[0, place + 1] - low)
    inner = rest * STEPS
    step = np.int64(inner)
    low = table[1, step]
    value = low + (inner - step) * (table[1, step + 1] - low)
    return value if place == 0 else -value


@nb.njit(cache=True)
def deviates(keys: Any, counters: Any, table: Any) -> Any:
    """Deviates of several keys at their counters; shape (n,)."""
    found = np.empty(len(keys))
    for i in range(len(keys)):
        found[i] = deviate(keys[i], counters[i], table)
    return found


def keys_of(seed: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A key for each number, different for each seed."""
    with np.errstate(over="ignore"):
        words = numbers.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + np.uint64(seed % 2**32) * np.uint64(0x2545F4914F6CDD1D) + np.uint64(1)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
        found: NDArray[np.uint64] = words ^ (words >> np.uint64(31))
        return found
