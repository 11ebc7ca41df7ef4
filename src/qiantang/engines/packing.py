"""Columns packed by compiled code in Parquet's own encodings: few values as a dictionary with runs, others as differences, decimals as whole numbers."""

from __future__ import annotations

import numba
import numpy as np

PLAIN, DELTA, DICTIONARY = 0, 5, 8
"""Parquet's numbers of the encodings used here."""
DIGITS, SINGLE, WHOLE = 0, 1, 2
"""How a value is kept: as whole digits and a scale, in 32 bits, or in its own 64: the narrowest that gives the same bits back."""
_MOST_DECIMALS = 6
_MOST_DIGITS = float(1 << 50)
_BLOCK, _MINI = 128, 32
_FEW = 4096
"""A dictionary holds no more values than this."""
_SLOTS = 1 << 14
_RUN_IS_SHORTER = 40
"""From so many of one value on one run is shorter than a bit of each."""

_I4, _I8, _F8, _U1 = (numba.types.Array(kind, 1, "C", readonly=True) for kind in (numba.int32, numba.int64, numba.float64, numba.uint8))
_OUT = numba.uint8[::1]


@numba.njit(cache=True, nogil=True, inline="always")
def _varint(out, at, value):  # type: ignore[no-untyped-def]  # compiled: numba infers
    left = np.uint64(value)
    while left >= np.uint64(128):
        out[at] = np.uint8(left & np.uint64(127) | np.uint64(128))
        left >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(left)
    return at + 1


@numba.njit(cache=True, nogil=True, inline="always")
def _signed(out, at, value):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Zigzag."""
    return _varint(out, at, np.uint64((value << np.int64(1)) ^ (value >> np.int64(63))))


@numba.njit(cache=True, nogil=True, inline="always")
def _little(out, at, value, many):  # type: ignore[no-untyped-def]  # compiled: numba infers
    for k in range(many):
        out[at + k] = np.uint8(value >> np.uint64(8 * k))
    return at + many


@numba.njit(cache=True, nogil=True, inline="always")
def _width(most):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Bits that hold every number up to this."""
    width = 0
    while most:
        width += 1
        most >>= np.uint64(1)
    return width


@numba.njit(cache=True, nogil=True)
def _bits(values, first, n, width, out, at):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """So many numbers of so many bits each, one after the other, the lowest bit first; the last byte is filled with zeros."""
    held, count = np.uint64(0), 0
    for k in range(n):
        value = np.uint64(values[first + k])
        held |= value << np.uint64(count)
        count += width
        if count >= 64:
            at = _little(out, at, held, 8)
            count -= 64
            held = value >> np.uint64(width - count) if count else np.uint64(0)
    return _little(out, at, held, (count + 7) // 8)


@numba.njit(cache=True, nogil=True)
def _deltas(values, n, out, at):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """DELTA_BINARY_PACKED."""
    at = _varint(out, at, _BLOCK)
    at = _varint(out, at, _BLOCK // _MINI)
    at = _varint(out, at, n)
    at = _signed(out, at, values[0] if n else np.int64(0))
    step = np.zeros(_BLOCK, np.int64)
    for start in range(1, n, _BLOCK):
        many = min(_BLOCK, n - start)
        least = values[start] - values[start - 1]
        for k in range(many):
            step[k] = values[start + k] - values[start + k - 1]
            least = min(least, step[k])
        step[many:] = least
        at = _signed(out, at, least)
        widths = at
        at += _BLOCK // _MINI
        for mini in range(_BLOCK // _MINI):
            most = np.uint64(0)
            for k in range(mini * _MINI, (mini + 1) * _MINI):
                step[k] -= least
                most |= np.uint64(step[k])
            width = _width(most)
            out[widths + mini] = width
            if width:
                at = _bits(step, mini * _MINI, _MINI, width, out, at)
    return at


@numba.njit(cache=True, nogil=True)
def _looked_up(values, n, found, places, slots):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The different values in the order they occur, and each value's place among them; how many, -1 where there are too many; runs of like ones."""
    slots[:] = -1
    many, runs = 0, 0
    most = min(_FEW, n // 4 + 2)
    for k in range(n):
        if k and values[k] == values[k - 1]:
            places[k] = places[k - 1]
            continue
        runs += 1
        slot = (np.uint64(values[k]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(50)
        while slots[slot] >= 0 and found[slots[slot]] != values[k]:
            slot = (slot + np.uint64(1)) & np.uint64(_SLOTS - 1)
        if slots[slot] < 0:
            if many == most:
                return -1, runs
            slots[slot] = many
            found[many] = values[k]
            many += 1
        places[k] = slots[slot]
    return many, runs


@numba.njit(cache=True, nogil=True)
def _places(places, n, width, runs, out, at):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Places in a dictionary, or levels: as runs where those are shorter, else each in its bits."""
    octets = (width + 7) // 8
    if runs * (3 + octets) < n * width // 8:
        k = 0
        while k < n:
            end = k + 1
            while end < n and places[end] == places[k]:
                end += 1
            at = _varint(out, at, (end - k) << 1)
            at = _little(out, at, np.uint64(places[k]), octets)
            k = end
        return at
    groups = (n + 7) // 8
    at = _varint(out, at, groups << 1 | 1)
    end = _bits(places, 0, n, width, out, at)
    out[end:at + groups * width] = 0
    return at + groups * width


@numba.njit(cache=True, nogil=True)
def _whole(values, n, octets, scratch, found, places, slots, out, at, told):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """A column of whole numbers (or of bits): a dictionary where that is shorter than the differences. ``told`` gets where
    the dictionary and the data lie, the encoding, and how many values the dictionary holds."""
    many, runs = _looked_up(values, n, found, places, slots)
    told[0], told[1], told[2], told[3] = at, at, PLAIN, 0
    differences = 0
    if many < 0 or (many > 256 and runs * 8 > n):
        differences = _deltas(values, n, scratch, 0)
    if many >= 0:
        width = max(1, _width(np.uint64(many - 1)))
        if not differences or many * octets + n * width // 8 < differences:
            for k in range(many):
                at = _little(out, at, np.uint64(found[k]), octets)
            told[1], told[2], told[3] = at, DICTIONARY, many
            out[at] = width
            return _places(places, n, width, runs, out, at + 1)
    out[at:at + differences] = scratch[:differences]
    told[2] = DELTA
    return at + differences


@numba.njit(cache=True, nogil=True)
def _alike(value, n, octets, out, at, told):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The same for a column of one value, n times (so often that a run is the shorter): a dictionary of one, and one run of its place."""
    told[0], told[2], told[3] = at, DICTIONARY, 1
    at = _little(out, at, np.uint64(value), octets)
    told[1] = at
    out[at] = 1
    at = _varint(out, at + 1, n << 1)
    out[at] = 0
    return at + 1


@numba.njit(cache=True, nogil=True)
def _scale(value, order, first, last):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The least power of ten by which all finite values of a stretch are whole; -1 for 32 bits, 0 where their own 64 are needed."""
    scale = 1.0
    for _ in range(_MOST_DECIMALS + 1):
        fits = True
        for k in range(first, last):
            v = value[order[k]]
            if v - v == 0.0:
                digits = np.rint(v * scale)
                # Minus zero has no whole number of its own.
                if abs(digits) >= _MOST_DIGITS or digits / scale != v or (v == 0.0 and np.signbit(v)):
                    fits = False
                    break
        if fits:
            return scale
        scale *= 10.0
    for k in range(first, last):
        v = value[order[k]]
        if v - v == 0.0 and np.float64(np.float32(v)) != v:
            return 0.0
    return -1.0


@numba.njit(cache=True, nogil=True)
def _levels(form, n, which, out, at):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Which rows have this form: Parquet's definition levels, after their length."""
    start = at
    at += 4
    k = 0
    while k < n:
        end = k + 1
        while end < n and (form[end] == which) == (form[k] == which):
            end += 1
        at = _varint(out, at, (end - k) << 1)
        out[at] = form[k] == which
        at += 1
        k = end
    _little(out, start, np.uint64(at - start - 4), 4)
    return at


@numba.njit((_U1, _I8), cache=True, nogil=True)
def alike(quality, sequence):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Whether all qualities are one, and whether all sequences are."""
    return quality.min() == quality.max(), sequence.min() == sequence.max()


@numba.njit((_I4, _I4, _I8, _F8, _U1, _I8, numba.boolean, numba.boolean, numba.int64, numba.int64, _OUT, numba.int64[:, ::1]), cache=True, nogil=True)
def packed(order, signal, at_us, value, quality, sequence, one_quality, one_sequence,  # type: ignore[no-untyped-def]  # compiled: numba infers
           first, last, out, told):
    """The rows at places ``first`` up to ``last`` of an order by signal, into ``out``; how many bytes. ``one_quality`` and ``one_sequence``: as
    ``alike`` says of them all.

    ``told`` has a row per column (signal, read_at, quality, sequence, scale, digits, single, value): where its dictionary and
    its data begin, the encoding, the values in the dictionary, where the data ends, least and most. ``out`` needs 48 bytes a row
    and 64 KiB.
    """
    n = last - first
    column, form, scales = np.empty(n, np.int64), np.empty(n, np.uint8), np.empty(n, np.float64)
    found, places, slots = np.empty(_FEW, np.int64), np.empty(n, np.int32), np.empty(_SLOTS, np.int32)
    scratch = np.empty(10 * n + 1024, np.uint8)
    many_enough = n >= _RUN_IS_SHORTER
    end = 0
    for c in range(4):
        octets = 4 if c in (0, 2) else 8
        if many_enough and ((c == 2 and one_quality) or (c == 3 and one_sequence)):
            one = np.int64(quality[order[first]]) if c == 2 else sequence[order[first]]
            end = _alike(one, n, octets, out, end, told[c])
            told[c, 4], told[c, 5], told[c, 6] = end, one, one
            continue
        if c == 0:
            for k in range(n):
                column[k] = signal[order[first + k]]
        elif c == 1:
            for k in range(n):
                column[k] = at_us[order[first + k]]
        elif c == 2:
            for k in range(n):
                column[k] = quality[order[first + k]]
        else:
            for k in range(n):
                column[k] = sequence[order[first + k]]
        end = _whole(column, n, octets, scratch, found, places, slots, out, end, told[c])
        told[c, 4], told[c, 5], told[c, 6] = end, column.min(), column.max()

    start = first
    one_form, one_scale = True, True
    while start < last:
        stop = start + 1
        while stop < last and signal[order[stop]] == signal[order[start]]:
            stop += 1
        scale = _scale(value, order, start, stop)
        for k in range(start, stop):
            v = value[order[k]]
            finite = v - v == 0.0
            form[k - first] = WHOLE if not finite or scale == 0.0 else SINGLE if scale < 0.0 else DIGITS
            one_form &= form[k - first] == form[0]
            scales[k - first] = scale if scale > 0.0 else 1.0
        one_scale &= scales[start - first] == scales[0]
        start = stop
    if many_enough and one_scale:
        end = _alike(scales.view(np.int64)[0], n, 8, out, end, told[4])
    else:
        end = _whole(scales.view(np.int64), n, 8, scratch, found, places, slots, out, end, told[4])
    told[4, 4] = end
    for c in range(5, 8):
        which = c - 5
        told[c, 0], told[c, 1], told[c, 2], told[c, 3] = end, end, DELTA if which == DIGITS else PLAIN, 0
        if one_form:
            began = end + 4
            end = _varint(out, began, n << 1)
            out[end] = form[0] == which
            end += 1
            _little(out, began - 4, np.uint64(end - began), 4)
        else:
            end = _levels(form, n, which, out, end)
        if which == DIGITS:
            many = 0
            if not one_form or form[0] == DIGITS:
                for k in range(n):
                    if form[k] == DIGITS:
                        column[many] = np.int64(np.rint(value[order[first + k]] * scales[k]))
                        many += 1
            end = _deltas(column, many, out, end)
        elif which == SINGLE:
            narrow = np.empty(1, np.float32)
            if not one_form or form[0] == SINGLE:
                for k in range(n):
                    if form[k] == SINGLE:
                        narrow[0] = value[order[first + k]]
                        end = _little(out, end, np.uint64(narrow.view(np.uint32)[0]), 4)
        elif not one_form or form[0] == WHOLE:
            wide = np.empty(1, np.float64)
            for k in range(n):
                if form[k] == WHOLE:
                    wide[0] = value[order[first + k]]
                    end = _little(out, end, wide.view(np.uint64)[0], 8)
        told[c, 4] = end
    return end
