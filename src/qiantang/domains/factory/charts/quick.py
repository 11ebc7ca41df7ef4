"""The quick kernels: limits, Nelson's rules 1 to 4, EWMA and two-sided CUSUM on readings in any order, or tick by tick.

Both do the same arithmetic in the same order, so both give the same alarms, bit for bit, however the readings are split
into batches and however the signals are interleaved. No sum is re-associated and no multiply-add is fused.
"""

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import bits, policy, rules, state
from qiantang.domains.factory.charts.bits import (
    ALTERNATE,
    ALTERNATE_DOWN,
    ALTERNATE_UP,
    CUSUM,
    EWMA,
    IS_ABOVE,
    IS_BELOW,
    IS_FALL,
    IS_RISE,
    N1,
    N2,
    N3,
    N4,
    NONE,
    ONE,
    PAST_KEPT,
)
from qiantang.domains.factory.charts.compiled import forget_older
from qiantang.domains.factory.charts.policy import (
    ABOVE,
    BELOW,
    CEILING,
    DECISION,
    EWMA_LIMIT,
    FALLING,
    IN_FORCE,
    LIMIT,
    RELEASE,
    RISING,
    SLACK,
    WEIGHT,
)
from qiantang.domains.factory.charts.state import (
    AVERAGE,
    HIGH,
    INVERSE,
    LANES,
    LAST,
    LOW,
    MEAN,
    NOW,
    PAST,
    POLICY_AT,
    RULES_HELD,
)

forget_older(__file__, bits.__file__, policy.__file__, rules.__file__, state.__file__)

# Where each word of a block begins, for its 64 lanes; unsigned, so that an index needs no test for the end of the array.
_MEAN: Final = np.uint64(MEAN * LANES)
_INVERSE: Final = np.uint64(INVERSE * LANES)
_LAST: Final = np.uint64(LAST * LANES)
_AVERAGE: Final = np.uint64(AVERAGE * LANES)
_HIGH: Final = np.uint64(HIGH * LANES)
_LOW: Final = np.uint64(LOW * LANES)
_HELD: Final = np.uint64(LANES)

_FLOATS: Final = "float64[:,::1]"
_WORDS: Final = "uint64[:,::1]"
_RAISED: Final = "int64[::1],int32[::1],uint32[::1],uint32[::1]"


@nb.njit(cache=True, inline="always")
def past_with(past: Any, z: Any, last: Any) -> Any:
    """The word of the past with one more reading."""
    return ((past << ONE) & PAST_KEPT) | (IS_ABOVE if z > 0.0 else NONE) | (IS_BELOW if z < 0.0 else NONE) \
        | (IS_RISE if z > last else NONE) | (IS_FALL if z < last else NONE)


@nb.njit(cache=True, inline="always")
def broken(z: Any, past: Any, average: Any, high: Any, low: Any, limit: Any, ewma_limit: Any, decision: Any,
           above: Any, below: Any, rising: Any, falling: Any) -> Any:
    """The bits of the six rules that hold with this reading."""
    turns = past & ALTERNATE
    return (N1 if abs(z) > limit else NONE) \
        | (N2 if (past & above) == above or (past & below) == below else NONE) \
        | (N3 if (past & rising) == rising or (past & falling) == falling else NONE) \
        | (N4 if turns in (ALTERNATE_UP, ALTERNATE_DOWN) else NONE) \
        | (EWMA if abs(average) > ewma_limit else NONE) \
        | (CUSUM if max(high, low) > decision else NONE)


@nb.njit(cache=True, inline="always")
def lingering(held: Any, average: Any, high: Any, low: Any, ewma_limit: Any, decision: Any, release: Any) -> Any:
    """Which of EWMA and CUSUM held and are not yet back within their part of the limit."""
    return (held & EWMA if abs(average) > release * ewma_limit else NONE) | (held & CUSUM if max(high, low) > release * decision else NONE)


@nb.njit(f"int64(int32[::1],float64[::1],{_FLOATS},{_WORDS},{_FLOATS},{_WORDS},{_RAISED})",
         cache=True, nogil=True)
def scattered(signal: Any, value: Any, rows: Any, row_words: Any, numbers: Any, words: Any,
              at: Any, of: Any, raised: Any, cleared: Any) -> Any:
    """Readings in the order they come. ``row_words`` is the same memory as ``rows``. Writes the place in the batch, the
    signal, the rules that began to hold and those that ceased; gives how many such events there are. NaN is passed over."""
    found = 0
    for i in range(len(signal)):
        s = np.uint64(signal[i])
        now = row_words[s, NOW]
        p = now >> POLICY_AT
        x = value[i]
        if x != x:
            continue
        z = (x - rows[s, MEAN]) * rows[s, INVERSE]
        past = past_with(row_words[s, PAST], z, rows[s, LAST])
        average = rows[s, AVERAGE]
        average = average + numbers[p, WEIGHT] * (z - average)
        slack, ceiling = numbers[p, SLACK], numbers[p, CEILING]
        high = min(max(rows[s, HIGH] + (z - slack), 0.0), ceiling)
        low = min(max(rows[s, LOW] - (z + slack), 0.0), ceiling)
        holds = broken(z, past, average, high, low, numbers[p, LIMIT], numbers[p, EWMA_LIMIT], numbers[p, DECISION],
                       words[p, ABOVE], words[p, BELOW], words[p, RISING], words[p, FALLING]) & words[p, IN_FORCE]
        rows[s, LAST] = z
        rows[s, AVERAGE] = average
        rows[s, HIGH] = high
        rows[s, LOW] = low
        row_words[s, PAST] = past
        held = now & RULES_HELD
        if holds != held:
            holds |= lingering(held, average, high, low, numbers[p, EWMA_LIMIT], numbers[p, DECISION], numbers[p, RELEASE])
            if holds == held:
                continue
            at[found] = i
            of[found] = signal[i]
            raised[found] = np.uint32(holds & ~held)
            cleared[found] = np.uint32(held & ~holds)
            found += 1
            row_words[s, NOW] = (now ^ held) | holds
    return found


@nb.njit("int64(float64[:,::1],float64[:,::1],uint64[:,::1],int64[:,::1],float64[:,::1],uint64[:,::1],"
         f"{_RAISED})", cache=True, nogil=True)
def dense(ticks: Any, floats: Any, block_words: Any, segments: Any, numbers: Any, words: Any,
          at: Any, of: Any, raised: Any, cleared: Any) -> Any:
    """Ticks × signals, every signal once a tick, all finite. ``segments`` are (block, first lane, beyond, policy) of
    neighbours that share a policy. Otherwise like ``scattered``; the place is tick · signals + signal."""
    found = 0
    s: Any
    many = ticks.shape[1]
    fresh = np.zeros(LANES, np.uint64)
    for t in range(ticks.shape[0]):
        for segment in range(segments.shape[0]):
            b, first, beyond, p = segments[segment, 0], segments[segment, 1], segments[segment, 2], segments[segment, 3]
            start = b * LANES
            values = ticks[t, start:start + beyond]
            weight, slack, ceiling = numbers[p, WEIGHT], numbers[p, SLACK], numbers[p, CEILING]
            limit, ewma_limit, decision = numbers[p, LIMIT], numbers[p, EWMA_LIMIT], numbers[p, DECISION]
            above, below, rising, falling = words[p, ABOVE], words[p, BELOW], words[p, RISING], words[p, FALLING]
            in_force, release = words[p, IN_FORCE], numbers[p, RELEASE]
            block, packed = floats[b], block_words[b]
            for s in range(np.uint64(first), np.uint64(beyond)):
                z = (values[s] - block[s + _MEAN]) * block[s + _INVERSE]
                past = past_with(packed[s], z, block[s + _LAST])
                average = block[s + _AVERAGE]
                average = average + weight * (z - average)
                high = min(max(block[s + _HIGH] + (z - slack), 0.0), ceiling)
                low = min(max(block[s + _LOW] - (z + slack), 0.0), ceiling)
                fresh[s] = broken(z, past, average, high, low, limit, ewma_limit, decision, above, below, rising, falling) & in_force
                block[s + _LAST] = z
                block[s + _AVERAGE] = average
                block[s + _HIGH] = high
                block[s + _LOW] = low
                packed[s] = past
            for lane in range(first, beyond):
                s = np.uint64(lane)
                now = packed[s + _HELD]
                held = now & RULES_HELD
                holds = fresh[s]
                if holds != held:
                    holds |= lingering(held, block[s + _AVERAGE], block[s + _HIGH], block[s + _LOW], ewma_limit, decision, release)
                    if holds == held:
                        continue
                    at[found] = t * many + start + lane
                    of[found] = start + lane
                    raised[found] = np.uint32(holds & ~held)
                    cleared[found] = np.uint32(held & ~holds)
                    found += 1
                    packed[s + _HELD] = (now ^ held) | holds
    return found


class Events:
    """Room for what a batch of n readings may raise."""

    def __init__(self, n: int) -> None:
        self.at: NDArray[np.int64] = np.empty(n, np.int64)
        self.of: NDArray[np.int32] = np.empty(n, np.int32)
        self.raised: NDArray[np.uint32] = np.empty(n, np.uint32)
        self.cleared: NDArray[np.uint32] = np.empty(n, np.uint32)
