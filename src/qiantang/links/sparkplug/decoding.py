"""Reads Sparkplug B payloads, many at once, straight into columns by a compiled kernel; accepts and refuses what protobuf does.

The wire format is that of Protocol Buffers (encoding guide: varints, tags, length-delimited fields, groups), with its rules of
tolerance: unknown fields and known ones of another wire type are passed over, the last of a repeated scalar prevails, the
last member of a value set prevails, and one fault anywhere refuses the whole payload.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

_DEEPEST = 100
"""Messages and groups nested deeper than this are refused, as protobuf refuses them."""
_ZERO, _ONE, _SEVEN, _SEVENTY, _LOW = np.uint64(0), np.uint64(1), np.uint64(7), np.uint64(70), np.uint64(0xFFFFFFFF)
_GOES_ON = np.uint64(0x8080808080808080)
"""The bit of each byte of a varint that says that another follows."""
_PLACE_OF = np.uint64(0x0001020304050607)
"""Multiplied with 1 << 8 · k, its highest byte is k."""
_OF_SEVEN = tuple(np.uint64(half) for half in (0x007F007F007F007F, 0x7F007F007F007F00, 0x00003FFF00003FFF, 0x3FFF00003FFF0000, 0x000000000FFFFFFF,
                                               0x0FFFFFFF00000000))
"""Which bits stay and which move down when groups of seven bits, of fourteen, of twenty-eight are put together."""

# Kinds of messages inside a metric, and which of their fields are messages again (or packed varints).
_METRIC, _METADATA, _PROPERTIES, _PROPERTY, _DATASET, _TEMPLATE, _EXTENSION, _ROW, _CELL, _PARAMETER, _PROPERTY_LIST = range(1, 12)
_PACKED = -1
_CHILD = np.zeros((12, 20), np.int8)
for _message, _field, _inside in (
        (_METRIC, 8, _METADATA), (_METRIC, 9, _PROPERTIES), (_METRIC, 17, _DATASET), (_METRIC, 18, _TEMPLATE), (_METRIC, 19, _EXTENSION),
        (_PROPERTIES, 2, _PROPERTY), (_PROPERTY, 9, _PROPERTIES), (_PROPERTY, 10, _PROPERTY_LIST), (_PROPERTY, 11, _EXTENSION),
        (_PROPERTY_LIST, 1, _PROPERTIES), (_DATASET, 3, _PACKED), (_DATASET, 4, _ROW), (_ROW, 1, _CELL), (_CELL, 7, _EXTENSION),
        (_TEMPLATE, 2, _METRIC), (_TEMPLATE, 3, _PARAMETER), (_PARAMETER, 9, _EXTENSION)):
    _CHILD[_message, _field] = _inside


_USUAL = 12
"""Few metrics take fewer bytes; where there are more than that leaves room for they are counted."""
METRIC = np.dtype([("bits", np.uint64), ("alias", np.uint64), ("timestamp", np.uint64), ("datatype", np.uint32), ("has", np.uint8),
                   ("kind", np.uint8), ("name_at", np.int32), ("name_length", np.int32), ("properties_at", np.int32),
                   ("properties_length", np.int32)], align=True)
"""A metric as a row: the value's raw ``bits`` (a float's in the low half; where a string or a message begins) and its ``kind``
as in ``Kind``; ``alias``; ``timestamp`` in milliseconds; ``datatype``; ``has``, bits of ``Has``; where in the buffer its name
and its properties lie. What ``has`` denies is zero."""


@dataclass(frozen=True, slots=True)
class Payloads:
    """n payloads with m metrics between them.

    ``buffer`` holds all bytes. Of a payload: ``first`` (n+1; its metrics are ``first[i]:first[i+1]``), ``timestamp`` in
    milliseconds and ``seq``, both -1 where absent, ``fine`` whether it could be read (one that could not has no metrics).
    ``metrics`` (m) are rows of ``METRIC``; ``metrics["alias"]`` is a column.
    """

    buffer: NDArray[np.uint8]
    first: NDArray[np.int64]
    timestamp: NDArray[np.int64]
    seq: NDArray[np.int64]
    fine: NDArray[np.bool_]
    metrics: NDArray[np.void]

    def __len__(self) -> int:
        return len(self.fine)

    def name(self, metric: int) -> str:
        """A metric's name, bytes that are no UTF-8 replaced; empty where it has none."""
        row = self.metrics[metric]
        return bytes(self.buffer[row["name_at"]:row["name_at"] + row["name_length"]]).decode("utf-8", errors="replace")

    def properties(self, metric: int) -> bytes:
        """A metric's properties as they came."""
        row = self.metrics[metric]
        return bytes(self.buffer[row["properties_at"]:row["properties_at"] + row["properties_length"]])


@njit(cache=True, nogil=True)
def past_varint(buffer, at, end):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The number at a place and the place after it; the place is -1 where it is cut off or too long."""
    if at >= end:
        return _ZERO, -1
    byte = buffer[at]
    at += 1
    if byte < 128:
        return np.uint64(byte), at
    value = np.uint64(byte & 127)
    shift = np.uint64(7)
    for _ in range(9):
        if at >= end:
            return _ZERO, -1
        byte = buffer[at]
        at += 1
        value |= np.uint64(byte & 127) << shift
        if byte < 128:
            return value, at
        shift += np.uint64(7)
    return _ZERO, -1


@njit(cache=True, nogil=True)
def _tag(buffer, at, end):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """A field's tag and the place after it; a tag is at most five bytes and 32 bits, and its field is not zero."""
    if at < end and buffer[at] < 128:
        tag = np.int64(buffer[at])
        return tag, (at + 1 if tag >= 8 else -1)
    value, after = past_varint(buffer, at, end)
    if after < 0 or after - at > 5 or value > np.uint64(0xFFFFFFFF) or value < np.uint64(8):
        return 0, -1
    return np.int64(value), after


@njit(cache=True, nogil=True)
def _length(buffer, at, end):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The length of a delimited field and where its content begins; -1 where it reaches beyond the end."""
    if at < end and buffer[at] < 128:
        length = np.int64(buffer[at])
        return length, (at + 1 if length <= end - at - 1 else -1)
    value, after = past_varint(buffer, at, end)
    if after < 0 or after - at > 5 or value > np.uint64(end - after):
        return 0, -1
    return np.int64(value), after


@njit(cache=True, nogil=True)
def _past_group(buffer, at, end, opened, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The place after a group and all within it; -1 where it is not closed by its own number or is too deep."""
    open_fields = np.empty(_DEEPEST + 1, np.int64)
    if depth + 1 > _DEEPEST:
        return -1
    open_fields[0] = opened
    many = 1
    while many > 0:
        tag, at = _tag(buffer, at, end)
        if at < 0:
            return -1
        wire = tag & 7
        if wire == 3:
            if depth + many + 1 > _DEEPEST:
                return -1
            open_fields[many] = tag >> 3
            many += 1
        elif wire == 4:
            many -= 1
            if open_fields[many] != tag >> 3:
                return -1
        else:
            at = _past_plain(buffer, at, end, wire)
            if at < 0:
                return -1
    return at


@njit(cache=True, nogil=True)
def _past_plain(buffer, at, end, wire):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The place after a field that is no group; -1 where it is cut off or of no known wire type."""
    if wire == 0:
        _, at = past_varint(buffer, at, end)
        return at
    if wire == 1:
        return at + 8 if end - at >= 8 else -1
    if wire == 5:
        return at + 4 if end - at >= 4 else -1
    if wire == 2:
        length, at = _length(buffer, at, end)
        return at + length if at >= 0 else -1
    return -1


@njit(cache=True, nogil=True)
def _past(buffer, at, end, tag, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """The place after a field that means nothing here."""
    if tag & 7 == 3:
        return _past_group(buffer, at, end, tag >> 3, depth)
    return _past_plain(buffer, at, end, tag & 7)


@njit(cache=True, nogil=True)
def _sound(buffer, at, end, message, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Whether a message inside a metric, and every message inside it, can be read."""
    if depth > _DEEPEST:
        return False
    ends = np.empty(_DEEPEST + 1, np.int64)
    kinds = np.empty(_DEEPEST + 1, np.int64)
    ends[0], kinds[0] = end, message
    many = 1
    while many > 0:
        end = ends[many - 1]
        if at == end:
            many -= 1
            continue
        tag, at = _tag(buffer, at, end)
        if at < 0:
            return False
        number = tag >> 3
        inside = _CHILD[kinds[many - 1], number] if number < 20 else 0
        if inside != 0 and tag & 7 == 2:
            length, at = _length(buffer, at, end)
            if at < 0:
                return False
            if inside == _PACKED:
                stop = at + length
                while at < stop:
                    _, at = past_varint(buffer, at, stop)
                    if at < 0:
                        return False
            else:
                if depth + many > _DEEPEST:
                    return False
                ends[many], kinds[many] = at + length, inside
                many += 1
        else:
            at = _past(buffer, at, end, tag, depth + many - 1)
            if at < 0:
                return False
    return True


@njit(cache=True, nogil=True)
def _counted(buffer, offsets):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """An upper bound of the metrics in all payloads: fields that look like one before the first fault."""
    many = 0
    for i in range(len(offsets) - 1):
        at, end = offsets[i], offsets[i + 1]
        while at < end:
            if buffer[at] == 18 and at + 1 < end and buffer[at + 1] < 128:
                many += 1
                at += 2 + np.int64(buffer[at + 1])
                continue
            tag, at = _tag(buffer, at, end)
            if at < 0:
                break
            many += tag == 18
            at = _past(buffer, at, end, tag, 0)
            if at < 0:
                break
    return many


@njit(cache=True, nogil=True, inline="always")
def _word(buffer, at):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Eight bytes, the lowest first, which LLVM makes one load of; they must be there."""
    b = np.uint64(at)
    return np.uint64(buffer[b]) | np.uint64(buffer[b + np.uint64(1)]) << np.uint64(8) | np.uint64(buffer[b + np.uint64(2)]) << np.uint64(16) \
        | np.uint64(buffer[b + np.uint64(3)]) << np.uint64(24) | np.uint64(buffer[b + np.uint64(4)]) << np.uint64(32) \
        | np.uint64(buffer[b + np.uint64(5)]) << np.uint64(40) | np.uint64(buffer[b + np.uint64(6)]) << np.uint64(48) \
        | np.uint64(buffer[b + np.uint64(7)]) << np.uint64(56)


@njit(cache=True, nogil=True)
def _decoded(buffer, offsets, first, timestamps, seqs, fine, metrics):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """All payloads into their columns; how many metrics there are, -1 where there is no room for them.

    One loop for both levels, without a call on the usual path: a call that is handed arrays costs more than the work.
    """
    j = 0
    for i in range(len(offsets) - 1):
        at, payload_end = offsets[i], offsets[i + 1]
        begin = j
        end = payload_end
        timestamps[i] = -1
        seqs[i] = -1
        inside = False
        whole_words = len(buffer) - 8
        said: Any = 0
        kind: Any = 0
        bits = alias = timestamp = _ZERO
        datatype = np.uint32(0)
        name_at = name_length = properties_at = properties_length = 0
        while True:
            if at == end:
                if not inside:
                    break
                if j == len(metrics):
                    return -1
                row = metrics[j]
                row.has, row.kind, row.bits, row.alias, row.timestamp, row.datatype = said, kind, bits, alias, timestamp, datatype
                row.name_at, row.name_length = name_at, name_length
                row.properties_at, row.properties_length = properties_at, properties_length
                j += 1
                inside = False
                end = payload_end
                continue
            tag: Any = np.int64(buffer[np.uint64(at)])
            at += 1
            if tag >= 128:
                tag, at = _tag(buffer, at - 1, end)
                if at < 0:
                    break
            elif tag < 8:
                at = -1
                break
            wire = tag & 7
            if wire == 0:
                value = word = last = _ZERO
                if at <= whole_words:
                    word = _word(buffer, at)
                    last = ~word & _GOES_ON
                    last &= _ZERO - last
                many = np.int64((last >> _SEVEN) * _PLACE_OF >> np.uint64(56)) + 1
                if last != _ZERO and many <= end - at:
                    # Up to eight bytes without asking each: seven bits of each, put together two and two.
                    value = word & (last - _ONE)
                    value = value & _OF_SEVEN[0] | (value & _OF_SEVEN[1]) >> np.uint64(1)
                    value = value & _OF_SEVEN[2] | (value & _OF_SEVEN[3]) >> np.uint64(2)
                    value = value & _OF_SEVEN[4] | (value & _OF_SEVEN[5]) >> np.uint64(4)
                    at += many
                else:
                    shift = _ZERO
                    while at < end:
                        byte = buffer[at]
                        at += 1
                        value |= np.uint64(byte & 127) << shift
                        shift += _SEVEN
                        if byte < 128:
                            break
                        if shift >= _SEVENTY:
                            at = -1
                            break
                    else:
                        at = -1
                    if at < 0:
                        break
                if not inside:
                    if tag == 8:
                        timestamps[i] = np.int64(value)
                    elif tag == 24:
                        seqs[i] = np.int64(value)
                elif tag == 16:
                    alias = value
                    said |= 2
                elif tag == 24:
                    timestamp = value
                    said |= 4
                elif tag == 32:
                    datatype = np.uint32(value & _LOW)
                    said |= 8
                elif tag == 80:
                    bits, kind = value & _LOW, 10
                elif tag == 88:
                    bits, kind = value, 11
                elif tag == 112:
                    bits, kind = np.uint64(value != _ZERO), 14
                elif tag == 40 or tag == 48 or tag == 56:
                    bit = 16 << ((tag - 40) >> 3)
                    said = said | bit if value != _ZERO else said & ~bit
            elif wire == 2:
                if at >= end:
                    at = -1
                    break
                length: Any = np.int64(buffer[at])
                at += 1
                if length >= 128 or length > end - at:
                    length, at = _length(buffer, at - 1, end)
                    if at < 0:
                        break
                if not inside:
                    if tag != 18:
                        at += length
                        continue
                    inside = True
                    end = at + length
                    said = 0
                    kind = 0
                    bits = alias = timestamp = _ZERO
                    datatype = np.uint32(0)
                    name_at = name_length = properties_at = properties_length = 0
                    continue
                if tag == 10:
                    name_at, name_length = at, length
                    said |= 1
                elif tag == 122 or tag == 130:
                    bits, kind = np.uint64(at), tag >> 3
                elif tag == 66 or tag == 74 or tag == 138 or tag == 146 or tag == 154:
                    if not _sound(buffer, at, at + length, _CHILD[_METRIC, tag >> 3], 2):
                        at = -1
                        break
                    if tag == 74:
                        properties_at, properties_length = at, length
                        said |= 128
                    elif tag > 130:
                        bits, kind = np.uint64(at), tag >> 3
                at += length
            elif wire == 1 or wire == 5:
                width = 8 if wire == 1 else 4
                if width > end - at:
                    at = -1
                    break
                if inside and tag == 105:
                    bits, kind = _word(buffer, at), 13
                elif inside and tag == 101:
                    bits, kind = _ZERO, 12
                    for b in range(4):
                        bits |= np.uint64(buffer[at + b]) << np.uint64(8 * b)
                at += width
            else:
                at = _past(buffer, at, end, tag, 1 if inside else 0)
                if at < 0:
                    break
        first[i + 1] = j
        fine[i] = at >= 0
        if at < 0:
            j = begin
            first[i + 1] = j
            timestamps[i] = -1
            seqs[i] = -1
    return j


def decode(payloads: Sequence[bytes]) -> Payloads:
    """Payloads as columns; one that cannot be read is marked and has no metrics."""
    n = len(payloads)
    buffer = np.frombuffer(b"".join(payloads), np.uint8)
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.fromiter(map(len, payloads), np.int64, n), out=offsets[1:])
    return decode_joined(buffer, offsets)


def decode_joined(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Payloads:
    """The same of payloads that lie one after the other: ``offsets`` (n+1) says where each begins and the last ends."""
    n = len(offsets) - 1
    first, timestamp, seq, fine = np.zeros(n + 1, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.bool_)
    metrics = np.empty(len(buffer) // _USUAL + 16, METRIC)
    many = _decoded(buffer, offsets, first, timestamp, seq, fine, metrics)
    if many < 0:
        metrics = np.empty(_counted(buffer, offsets), METRIC)
        many = _decoded(buffer, offsets, first, timestamp, seq, fine, metrics)
    return Payloads(buffer, first, timestamp, seq, fine, metrics[:many])
