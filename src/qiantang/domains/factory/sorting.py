"""Readings in one order, each once: by source time, then signal, then sequence; a repeated one is dropped."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings

_I4, _I8, _F8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.float64, numba.uint8))
"""Arrays that are only read, be they writable or not: one compilation serves both."""
_DIGIT = 11
_TICKS = 1 << 13


def in_order(readings: Readings, *, first_stays: bool = False) -> tuple[Readings, int, int]:
    """The readings by (time, signal, sequence), each such key once; how many were repeated, and how many of those bore another value.

    Of repeated readings with different values the one whose value has the least bits stays, so that the order of arrival
    does not decide; with ``first_stays`` the first to arrive does, and differing ones are not counted. Cost: one pass where
    they are in order already; a table of time × signal where few instants are shared by many signals; else counting sorts.
    """
    if not len(readings):
        return readings, 0, 0
    bits = readings.sequence if first_stays else readings.value.view(np.int64)
    order, repeated, differing, as_is = order_of(readings.signal, readings.at, readings.sequence, bits)
    if as_is:
        return readings, 0, 0
    return _gathered(readings, order), int(repeated), int(differing)


def merged(readings: Readings, as_they_came: NDArray[np.bool_]) -> Readings:
    """All the readings by time; of one instant those marked stay as they came, the others are by (signal, sequence)."""
    if not len(readings):
        return readings
    signal = np.where(as_they_came, -1, readings.signal).astype(np.int32)
    sequence = np.where(as_they_came, 0, readings.sequence)
    at = readings.at
    order, _, _ = _by_counting(signal, at, sequence, sequence, int(at.min()), int(at.max()), int(signal.min()), int(signal.max()), False)
    return _gathered(readings, order)


def _gathered(r: Readings, order: NDArray[np.int32]) -> Readings:
    return Readings(*_gather(order, r.signal, r.at, r.received, r.value, r.quality, r.sequence))


@numba.njit((_I4, _I4, _I8, _I8, _F8, _U1, _I8), cache=True, nogil=True)
def _gather(order, signal, at, received, value, quality, sequence):  # type: ignore[no-untyped-def]  # numba
    n = len(order)
    s, a, r = np.empty(n, np.int32), np.empty(n, np.int64), np.empty(n, np.int64)
    v, q, c = np.empty(n, np.float64), np.empty(n, np.uint8), np.empty(n, np.int64)
    for k in range(n):
        s[k] = signal[order[k]]
    for k in range(n):
        a[k] = at[order[k]]
    for k in range(n):
        r[k] = received[order[k]]
    for k in range(n):
        v[k] = value[order[k]]
    for k in range(n):
        q[k] = quality[order[k]]
    for k in range(n):
        c[k] = sequence[order[k]]
    return s, a, r, v, q, c


@numba.njit((_I4, _I8, _I8, _I8, numba.int64, numba.int64, numba.int64, numba.int64), cache=True, nogil=True)
def _by_table(signal, at, sequence, bits, least, most, first, last):  # type: ignore[no-untyped-def]  # numba
    """A cell for every instant and signal: filled in one pass, read off in one pass. Not done where the instants are too many
    or too close, or where a signal has two sequences at one instant."""
    n, width = len(signal), last - first + 1
    nothing = np.empty(0, np.int32)
    shift = 0
    while (most - least) >> shift >= _TICKS:
        shift += 1
    instant = np.full(((most - least) >> shift) + 1, -1, np.int64)
    ticks = 0
    for i in range(n):
        b = (at[i] - least) >> shift
        if instant[b] < 0:
            instant[b] = at[i] - least
            ticks += 1
            if ticks * width > 4 * n + 65536:
                return nothing, 0, 0, False
        elif instant[b] != at[i] - least:
            return nothing, 0, 0, False
    row = np.zeros(len(instant), np.int64)
    ticks = 0
    for b in range(len(instant)):
        row[b] = ticks * width
        ticks += instant[b] >= 0
    table = np.full(ticks * width, -1, np.int32)
    repeated = differing = 0
    for i in range(n):
        cell = row[(at[i] - least) >> shift] + signal[i] - first
        j = table[cell]
        if j < 0:
            table[cell] = i
            continue
        if sequence[i] != sequence[j]:
            return nothing, 0, 0, False
        repeated += 1
        if bits[i] != bits[j]:
            differing += 1
            if bits[i] < bits[j]:
                table[cell] = i
    order = np.empty(n - repeated, np.int32)
    k = 0
    for cell in range(len(table)):
        if table[cell] >= 0:
            order[k] = table[cell]
            k += 1
    return order, repeated, differing, True


@numba.njit((_I4, _I8, _I8, _I8, numba.int64, numba.int64, numba.int64, numba.int64, numba.bool_), cache=True, nogil=True)
def _by_counting(signal, at, sequence, bits, least, most, first, last, once):  # type: ignore[no-untyped-def]  # numba
    """Stable counting sorts, by signal and then by each digit of the time; what is left equal is put by sequence; with ``once``
    only one of equal keys stays."""
    n = len(signal)
    place = np.zeros(last - first + 2, np.int64)
    for i in range(n):
        place[signal[i] - first + 1] += 1
    for s in range(1, len(place)):
        place[s] += place[s - 1]
    key, order = np.empty(n, np.int64), np.empty(n, np.int32)
    for i in range(n):
        s = signal[i] - first
        key[place[s]], order[place[s]] = at[i] - least, i
        place[s] += 1
    key_to, order_to = np.empty(n, np.int64), np.empty(n, np.int32)
    shift = 0
    while (most - least) >> shift:
        counts = np.zeros((1 << _DIGIT) + 1, np.int64)
        for i in range(n):
            counts[((key[i] >> shift) & ((1 << _DIGIT) - 1)) + 1] += 1
        for d in range(1, len(counts)):
            counts[d] += counts[d - 1]
        for i in range(n):
            d = (key[i] >> shift) & ((1 << _DIGIT) - 1)
            key_to[counts[d]], order_to[counts[d]] = key[i], order[i]
            counts[d] += 1
        key, key_to, order, order_to = key_to, key, order_to, order
        shift += _DIGIT
    repeated = differing = k = 0
    for i in range(n):
        o = order[i]
        p = k
        while p and at[order[p - 1]] == at[o] and signal[order[p - 1]] == signal[o] and sequence[order[p - 1]] > sequence[o]:
            p -= 1
        same = once and p and at[order[p - 1]] == at[o] and signal[order[p - 1]] == signal[o] and sequence[order[p - 1]] == sequence[o]
        if same:
            repeated += 1
            if bits[order[p - 1]] != bits[o]:
                differing += 1
                if bits[o] < bits[order[p - 1]]:
                    order[p - 1] = o
            continue
        for q in range(k, p, -1):
            order[q] = order[q - 1]
        order[p] = o
        k += 1
    return order[:k].copy(), repeated, differing


@numba.njit((_I4, _I8, _I8, _I8), cache=True, nogil=True)
def order_of(signal, at, sequence, bits):  # type: ignore[no-untyped-def]  # numba
    """Places in order, how many were repeated, how many of those differ in their bits, and whether all were in order already."""
    n = len(signal)
    least, most, first, last = at[0], at[0], signal[0], signal[0]
    ordered = True
    for i in range(n):
        a, s = at[i], signal[i]
        least, most = min(least, a), max(most, a)
        first, last = min(first, s), max(last, s)
        if i and ordered:
            b = at[i - 1]
            ordered = a > b or (a == b and (s > signal[i - 1] or (s == signal[i - 1] and sequence[i] > sequence[i - 1])))
    if ordered:
        return np.empty(0, np.int32), 0, 0, True
    order, repeated, differing, done = _by_table(signal, at, sequence, bits, least, most, first, last)
    if not done:
        order, repeated, differing = _by_counting(signal, at, sequence, bits, least, most, first, last, True)
    return order, repeated, differing, False
