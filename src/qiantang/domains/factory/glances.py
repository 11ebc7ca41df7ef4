"""Short looks at a batch, compiled, that keep the interpreter: who lets it go waits for every other thread to come back.

NumPy lets it go at each step over more than a few hundred numbers, and the way back takes many times as long as the look.
"""

from __future__ import annotations

import numba
import numpy as np

_I4, _I8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.uint8))


@numba.njit((_I8, numba.int64), cache=True)
def first_from(instants, bound):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The place of the first instant at or after a bound; how many there are where there is none."""
    for i in range(len(instants)):
        if instants[i] >= bound:
            return i
    return len(instants)


@numba.njit((_I4, _I8, numba.int64, numba.int64), cache=True)
def counted(signal, instants, asked, newest):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """How many of the signals are the one asked for, and the newest of the instants and ``newest``."""
    many = 0
    for i in range(len(signal)):
        many += signal[i] == asked
        newest = max(newest, instants[i])
    return many, newest


@numba.njit((_I8,), cache=True)
def newest(instants):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The newest of some instants."""
    return instants.max()


@numba.njit((_I4,), cache=True)
def bounds(numbers):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The least and the largest of numbers; 0 and -1 of none."""
    if len(numbers) == 0:
        return np.int32(0), np.int32(-1)
    least = most = numbers[0]
    for i in range(len(numbers)):
        least, most = min(least, numbers[i]), max(most, numbers[i])
    return least, most


@numba.njit((_U1, numba.uint8), cache=True)
def any_has(marks, bit):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Whether any of the marks has this bit."""
    found = False
    for i in range(len(marks)):
        found |= marks[i] & bit != 0
    return found
