"""Writes Sparkplug B payloads: births and deaths metric by metric, data messages from columns by a compiled kernel."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qiantang.links.sparkplug.fields import DataType, Kind

_LARGEST = 64
"""No metric of a data message takes more bytes than this."""
_UNSIGNED = np.uint64


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a birth or a command, or a text in a data message, which leaves name and datatype (UNKNOWN) to the birth. ``value``
    None is null; ``timestamp`` milliseconds; ``properties`` by name, their values text, whole numbers, booleans or fractions."""

    name: str
    datatype: DataType
    value: float | int | bool | str | None = None
    alias: int | None = None
    timestamp: int | None = None
    properties: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    historical: bool = False
    md5: str = ""
    """The MD5 sum of a text, in its metadata (MetaData.md5 of the schema); empty for none."""


def md5_of(text: str) -> str:
    """The sum that says whether a text came whole: 32 hexadecimal digits. It guards against accidents on the way, not against people."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def varint(value: int) -> bytes:
    """A whole number; a negative one as 64 bits of two's complement."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field_number: int, value: int) -> bytes:
    return varint(field_number << 3) + varint(value)


def _bytes(field_number: int, content: bytes) -> bytes:
    return varint(field_number << 3 | 2) + varint(len(content)) + content


def kind_of(datatype: DataType) -> Kind:
    """In which member of the value a datatype travels (chapter 6.4.16)."""
    if datatype in (DataType.INT64, DataType.UINT32, DataType.UINT64, DataType.DATETIME):
        return Kind.LONG
    if DataType.INT8 <= datatype <= DataType.UINT16:
        return Kind.INT
    return {DataType.FLOAT: Kind.FLOAT, DataType.DOUBLE: Kind.DOUBLE, DataType.BOOLEAN: Kind.BOOLEAN}.get(datatype, Kind.STRING)


def _value(datatype: DataType, value: float | int | bool | str) -> bytes:
    kind = kind_of(datatype)
    if kind is Kind.INT:
        return _number(kind, int(value) & 0xFFFFFFFF)
    if kind is Kind.LONG:
        return _number(kind, int(value))
    if kind is Kind.BOOLEAN:
        return _number(kind, int(bool(value)))
    if kind is Kind.FLOAT:
        return varint(kind << 3 | 5) + struct.pack("<f", value)
    if kind is Kind.DOUBLE:
        return varint(kind << 3 | 1) + struct.pack("<d", value)
    return _bytes(kind, str(value).encode())


def _property(value: str | int | float | bool) -> bytes:
    if isinstance(value, bool):
        return _number(1, DataType.BOOLEAN) + _number(7, int(value))
    if isinstance(value, int):
        return _number(1, DataType.INT32) + _number(3, value & 0xFFFFFFFF)
    if isinstance(value, float):
        return _number(1, DataType.DOUBLE) + varint(6 << 3 | 1) + struct.pack("<d", value)
    return _number(1, DataType.STRING) + _bytes(8, value.encode())


def _metric(metric: Metric) -> bytes:
    out = _bytes(1, metric.name.encode()) if metric.name else b""
    if metric.alias is not None:
        out += _number(2, metric.alias)
    if metric.timestamp is not None:
        out += _number(3, metric.timestamp)
    if metric.datatype is not DataType.UNKNOWN:
        out += _number(4, metric.datatype)
    if metric.historical:
        out += _number(5, 1)
    if metric.value is None:
        out += _number(7, 1)
    if metric.md5:
        out += _bytes(8, _bytes(7, metric.md5.encode()))
    if metric.properties:
        out += _bytes(9, b"".join(_bytes(1, key.encode()) for key in metric.properties)
                      + b"".join(_bytes(2, _property(value)) for value in metric.properties.values()))
    return out if metric.value is None else out + _value(metric.datatype, metric.value)


def payload(timestamp: int | None, metrics: Iterable[Metric], seq: int | None = None) -> bytes:
    """A payload of metrics given one by one; ``timestamp`` milliseconds; a death of a node and a command have no ``seq``."""
    head = b"" if timestamp is None else _number(1, timestamp)
    return head + b"".join(_bytes(2, _metric(metric)) for metric in metrics) + (b"" if seq is None else _number(3, seq))


@njit(cache=True, nogil=True)
def _put(out, at, value):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """Write a whole number; the place after it."""
    while value >= _UNSIGNED(128):
        out[at] = np.uint8(value & _UNSIGNED(127)) | np.uint8(128)
        value >>= _UNSIGNED(7)
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@njit(cache=True, nogil=True)
def _encoded(first, sent, seqs, alias, timestamp, datatype, kinds, value, historical, word, double, single, out, offsets):  # type: ignore[no-untyped-def]  # compiled: numba infers
    """All payloads one after the other. A metric is written after a hole of one byte for its length, which is below 128.
    ``word``, ``double`` and ``single`` are one place seen as each, by which floating numbers become bits."""
    at = 0
    for i in range(len(sent)):
        offsets[i] = at
        out[at] = 8
        at = _put(out, at + 1, _UNSIGNED(sent[i]))
        for j in range(first[i], first[i + 1]):
            out[at] = 18
            hole = at + 1
            out[at + 2] = 16
            at = _put(out, at + 3, alias[j])
            out[at] = 24
            at = _put(out, at + 1, _UNSIGNED(timestamp[j]))
            if historical[j]:
                out[at], out[at + 1] = 40, 1
                at += 2
            of, number = kinds[datatype[j]], value[j]
            if not np.isfinite(number):
                out[at], out[at + 1] = 56, 1
                at += 2
            elif of == 13:
                double[0] = number
                bits = word[0]
                out[at] = 105
                for b in range(8):
                    out[at + 1 + b] = np.uint8((bits >> _UNSIGNED(8 * b)) & _UNSIGNED(255))
                at += 9
            elif of == 12:
                single[0] = np.float32(number)
                bits = word[0]
                out[at] = 101
                for b in range(4):
                    out[at + 1 + b] = np.uint8((bits >> _UNSIGNED(8 * b)) & _UNSIGNED(255))
                at += 5
            else:
                if of == 14:
                    bits = _UNSIGNED(number != 0)
                elif number < 0:
                    bits = _UNSIGNED(np.int64(number))
                else:
                    bits = _UNSIGNED(number)
                if of == 10:
                    bits &= _UNSIGNED(0xFFFFFFFF)
                out[at] = of << 3
                at = _put(out, at + 1, bits)
            out[hole] = at - hole - 1
        out[at] = 24
        at = _put(out, at + 1, _UNSIGNED(seqs[i]))
    offsets[len(sent)] = at
    return at


_KINDS = np.array([kind_of(DataType(d)) for d in range(len(DataType))], np.uint8)


def data_payloads(first: NDArray[np.int64], sent: NDArray[np.int64], seqs: NDArray[np.int64], alias: NDArray[np.uint64],
                  timestamp: NDArray[np.int64], datatype: NDArray[np.uint8], value: NDArray[np.float64],
                  historical: NDArray[np.bool_]) -> list[bytes]:
    """n data messages of m metrics in all, as aliases without names or datatypes (as the specification wants them).

    Of a message: ``first`` (n+1; its metrics are ``first[i]:first[i+1]``), ``sent`` milliseconds, ``seqs`` 0 to 255. Of a
    metric: alias, ``timestamp`` milliseconds, ``datatype`` numeric, ``value`` (NaN is sent as null), whether historical.
    """
    out = np.empty(len(sent) * 24 + len(value) * _LARGEST, np.uint8)
    offsets = np.empty(len(sent) + 1, np.int64)
    word = np.zeros(1, np.uint64)
    end = _encoded(first, sent, seqs, alias, timestamp, datatype, _KINDS, np.ascontiguousarray(value), historical, word, word.view(np.float64),
                   word.view(np.float32), out, offsets)
    joined = out[:end].tobytes()
    places = offsets.tolist()
    return [joined[begin:stop] for begin, stop in pairwise(places)]
