"""The numbers of Sparkplug B: datatypes, fields of the payload, and which of them carry a measured quantity.

Source: Sparkplug 3.0.0, chapter 6 (payloads), the Google Protocol Buffer schema and the enumeration DataType.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class DataType(IntEnum):
    """What a metric is, as its birth states it."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


NUMERIC = frozenset(range(DataType.INT8, DataType.BOOLEAN + 1))
"""Datatypes that are readings; everything else is counted and left aside."""
TEXTS = frozenset((DataType.STRING, DataType.TEXT))
"""Datatypes whose value is a text."""


class Kind(IntEnum):
    """Which member of the value a metric carries: the field's number in the schema; NONE where it carries no value."""

    NONE = 0
    INT = 10
    LONG = 11
    FLOAT = 12
    DOUBLE = 13
    BOOLEAN = 14
    STRING = 15
    BYTES = 16
    DATASET = 17
    TEMPLATE = 18
    EXTENSION = 19


class Has(IntFlag):
    """What a metric says of itself."""

    NAME = 1
    ALIAS = 2
    TIMESTAMP = 4
    DATATYPE = 8
    HISTORICAL = 16
    TRANSIENT = 32
    NULL = 64
    PROPERTIES = 128
