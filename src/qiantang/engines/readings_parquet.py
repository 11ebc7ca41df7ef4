"""Readings as Parquet files that any reader of Parquet opens, written group by group for a fraction of a general writer's processor time."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from qiantang.kernel.readings import Readings

GROUP_ROWS = 65_536
"""Rows of a row group: the least that is read of a file."""
_INT32, _INT64, _FLOAT, _DOUBLE = 1, 2, 4, 5
_PLAIN = 0
_COLUMNS = (("signal", _INT32, True), ("read_at", _INT64, True), ("quality", _INT32, True), ("sequence", _INT64, True), ("scale", _DOUBLE, True),
            ("digits", _INT64, False), ("single", _FLOAT, False), ("value", _DOUBLE, False))
"""Name, Parquet's physical type, whether every row has one."""
_BOUNDED = ("signal", "read_at")
"""Columns whose least and most are told of each group, so that groups are passed over."""
_BYTES_A_ROW, _BYTES_BESIDE = 48, 1 << 16
_MARK = b"PAR1"

READ = "signal, read_at, coalesce(value, single, digits / scale) AS value, quality, sequence"
"""The columns of readings, as SQL over such files: a value lies in the narrowest of three columns that gives it back bit for bit."""


class ReadingsFile:
    """A new file; closed by leaving ``with`` without an error. ``between`` is called after each group."""

    def __init__(self, path: Path, between: Callable[[], None] = lambda: None) -> None:
        self._between = between
        self._opened = path.open("wb")
        self._opened.write(_MARK)
        self._at = len(_MARK)
        self._groups: list[bytes] = []
        self._rows = 0
        self._told = np.zeros((len(_COLUMNS), 7), np.int64)
        self._room = np.zeros(0, np.uint8)

    def __enter__(self) -> ReadingsFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> None:
        with self._opened:
            if kind is None:
                self._close()

    def write(self, readings: Readings, order: NDArray[np.int32]) -> None:
        """Readings in this order (by signal), in groups of GROUP_ROWS."""
        from qiantang.engines.packing import alike, packed

        most = min(GROUP_ROWS, len(order)) * _BYTES_A_ROW + _BYTES_BESIDE
        if len(self._room) < most:
            self._room = np.empty(most, np.uint8)
        if not len(order):
            return
        one_quality, one_sequence = alike(readings.quality, readings.sequence)
        for first in range(0, len(order), GROUP_ROWS):
            last = min(first + GROUP_ROWS, len(order))
            packed(order, readings.signal, readings.at, readings.value, readings.quality, readings.sequence, one_quality, one_sequence, first, last,
                   self._room, self._told)
            self._group(last - first)
            self._between()

    def _group(self, rows: int) -> None:
        chunks, group_began = [], self._at
        told = self._told.tolist()
        for (name, kind, _), (dictionary, data, encoding, many, end, least, most) in zip(_COLUMNS, told, strict=True):
            began = self._at
            if many:
                self._page(_page(2, data - dictionary, _field(7, _STRUCT) + _field(1, _I32) + _int(many) + _field(1, _I32) + _int(_PLAIN) + _STOP),
                           dictionary, data)
            data_began = self._at
            # Levels, where a column has any, are runs (3); nothing repeats.
            self._page(_page(0, end - data, _field(5, _STRUCT) + _field(1, _I32) + _int(rows) + _field(1, _I32) + _int(encoding)
                             + _field(1, _I32) + _int(3) + _field(1, _I32) + _int(3) + _STOP), data, end)
            size = _int(self._at - began)
            meta = (_field(1, _I32) + _int(kind) + _field(1, _LIST) + bytes([1 << 4 | _I32]) + _int(encoding)
                    + _field(1, _LIST) + bytes([1 << 4 | _BINARY]) + _text(name) + _field(1, _I32) + _int(0) + _field(1, _I64) + _int(rows)
                    + _field(1, _I64) + size + _field(1, _I64) + size + _field(2, _I64) + _int(data_began))
            reached = 9
            if many:
                meta += _field(2, _I64) + _int(began)
                reached = 11
            if name in _BOUNDED:
                form = "<i" if kind == _INT32 else "<q"
                meta += (_field(12 - reached, _STRUCT) + _field(5, _BINARY) + _binary(struct.pack(form, most)) + _field(1, _BINARY)
                         + _binary(struct.pack(form, least)) + _STOP)
            chunks.append(_field(2, _I64) + _int(began) + _field(1, _STRUCT) + meta + _STOP + _STOP)
        self._groups.append(_field(1, _LIST) + _list(_STRUCT, chunks) + _field(1, _I64) + _int(self._at - group_began) + _field(1, _I64) + _int(rows) + _STOP)
        self._rows += rows

    def _page(self, header: bytes, begin: int, end: int) -> None:
        self._opened.write(header)
        self._opened.write(self._room[begin:end].data)
        self._at += len(header) + end - begin

    def _close(self) -> None:
        schema = [_field(4, _BINARY) + _text("readings") + _field(1, _I32) + _int(len(_COLUMNS)) + _STOP]
        for name, kind, always in _COLUMNS:
            one = _field(1, _I32) + _int(kind) + _field(2, _I32) + _int(0 if always else 1) + _field(1, _BINARY) + _text(name)
            schema.append(one + _MEANT.get(name, b"") + _STOP)
        footer = (_field(1, _I32) + _int(1) + _field(1, _LIST) + _list(_STRUCT, schema) + _field(1, _I64) + _int(self._rows)
                  + _field(1, _LIST) + _list(_STRUCT, self._groups) + _field(2, _BINARY) + _text("qiantang") + _STOP)
        self._opened.write(footer + struct.pack("<I", len(footer)) + _MARK)


# --- Thrift's compact protocol, as far as Parquet's headers need it ---

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_STOP = b"\0"


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _int(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _field(further: int, kind: int) -> bytes:
    """The head of a field whose number is so much further than the one before in its struct."""
    return bytes([further << 4 | kind])


def _binary(content: bytes) -> bytes:
    return _varint(len(content)) + content


def _text(told: str) -> bytes:
    return _binary(told.encode())


def _list(kind: int, members: list[bytes]) -> bytes:
    head = bytes([len(members) << 4 | kind]) if len(members) < 15 else bytes([0xF0 | kind]) + _varint(len(members))
    return head + b"".join(members)


def _page(kind: int, size: int, rest: bytes) -> bytes:
    """A page's header up to its own struct, whose field number ``rest`` begins with counted from 3."""
    head = _field(1, _I32) + _int(kind) + _field(1, _I32) + _int(size) + _field(1, _I32) + _int(size)
    return head + bytes([rest[0] - (3 << 4)]) + rest[1:] + _STOP


# Converted types: 10 is microseconds since 1970, 11 a whole number of 8 bits without a sign. An instant is not adjusted to a zone.
_MEANT = {"read_at": _field(2, _I32) + _int(10) + _field(4, _STRUCT) + _field(8, _STRUCT) + bytes([1 << 4 | 2]) + _field(1, _STRUCT) + _field(2, _STRUCT)
          + _STOP + _STOP + _STOP + _STOP,
          "quality": _field(2, _I32) + _int(11)}
