"""Readings by signal: put in order, gathered to steps, and the last of each; the compiled loops of the history."""

from __future__ import annotations

import numba
import numpy as np

_I4, _I8, _F8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.float64, numba.uint8))


@numba.njit((_I4, numba.int64), cache=True, nogil=True)
def by_signal(signal, numbers):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Places by signal, those of one signal as they lie, for signals from 0 up to ``numbers``: counted, not compared."""
    begin = np.zeros(numbers + 1, np.int32)
    for k in range(len(signal)):
        begin[signal[k] + 1] += 1
    for s in range(numbers):
        begin[s + 1] += begin[s]
    order = np.empty(len(signal), np.int32)
    for k in range(len(signal)):
        s = signal[k]
        order[begin[s]] = k
        begin[s] += 1
    return order


@numba.njit((numba.int32[::1], _I4, _I8, _I8), cache=True, nogil=True)
def by_time_within(order, signal, at_us, sequence):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Puts an order by signal into the order (signal, time, sequence) where little is amiss; False, and no order, where much is."""
    n = len(order)
    left = 8 * n
    for k in range(1, n):
        one, j = order[k], k
        while j and signal[order[j - 1]] == signal[one] and (
                at_us[order[j - 1]] > at_us[one] or (at_us[order[j - 1]] == at_us[one] and sequence[order[j - 1]] > sequence[one])):
            order[j] = order[j - 1]
            j -= 1
        order[j] = one
        left -= k - j
        if left < 0:
            return False
    return True


@numba.njit((_I4, _I4, _I8, _F8, numba.int64), cache=True, nogil=True)
def gathered(order, signal, at_us, value, length):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Readings in order of signal and time gathered to steps of this length: signal, slot, n, n that are finite, their total, least and
    most (NaN where none is)."""
    rows = np.empty(len(order), np.int64)
    many, of_before, begin = 0, np.int32(0), np.int64(0)
    for k in range(len(order)):
        one = order[k]
        if not k or signal[one] != of_before or not 0 <= at_us[one] - begin < length:
            of_before, begin = signal[one], at_us[one] // length * length
            rows[many] = k
            many += 1
    of, slot, n, n_value = np.empty(many, np.int32), np.empty(many, np.int64), np.empty(many, np.int64), np.zeros(many, np.int64)
    total, least, most = np.zeros(many, np.float64), np.full(many, np.nan), np.full(many, np.nan)
    for row in range(many):
        first, last = rows[row], rows[row + 1] if row + 1 < many else len(order)
        of[row], slot[row], n[row] = signal[order[first]], at_us[order[first]] // length * length, last - first
        for k in range(first, last):
            v = value[order[k]]
            if v - v == 0.0:
                total[row] += v
                least[row] = v if not n_value[row] or v < least[row] else least[row]
                most[row] = v if not n_value[row] or v > most[row] else most[row]
                n_value[row] += 1
    return of, slot, n, n_value, total, least, most


@numba.njit((_I4, _I8, _F8, _U1, _I8, numba.int64[::1], numba.float64[::1], numba.uint8[::1], numba.int64[::1]), cache=True, nogil=True)
def keep_last(signal, at_us, value, quality, sequence, last_at, last_value, last_quality, last_sequence):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Each signal's last reading is put in its place; of one instant the one that came later."""
    for k in range(len(signal)):
        s = signal[k]
        if at_us[k] >= last_at[s]:
            last_at[s], last_value[s], last_quality[s], last_sequence[s] = at_us[k], value[k], quality[k], sequence[k]
