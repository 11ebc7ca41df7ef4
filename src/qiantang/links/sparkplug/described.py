"""What a birth says of a metric: its name, alias, datatype and unit."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from qiantang.links.sparkplug.decoding import Payloads
from qiantang.links.sparkplug.fields import NUMERIC, DataType, Has
from qiantang.links.sparkplug.taking import Met

UNIT_KEYS = ("engUnit", "engUnits", "unit", "units")
"""Properties that name the unit; the first is what Ignition and its kin write (the specification leaves it open)."""


@dataclass(frozen=True, slots=True)
class Described:
    """One metric of a birth; ``device`` is empty for one of the edge node itself; ``alias`` None where it has none."""

    group: str
    edge: str
    device: str
    name: str
    alias: int | None
    datatype: int
    unit: str

    @property
    def nature(self) -> Met:
        """READINGS where it is a numeric measurement, else why it is none."""
        if self.name == "bdSeq" or self.name.startswith(("Node Control/", "Device Control/")):
            return Met.CONTROL
        if self.datatype in NUMERIC:
            return Met.READINGS
        if self.datatype in (DataType.STRING, DataType.TEXT, DataType.UUID, DataType.DATETIME):
            return Met.TEXT
        return {DataType.TEMPLATE.value: Met.TEMPLATE, DataType.DATASET.value: Met.DATASET}.get(self.datatype, Met.OTHER)


def described(payloads: Payloads, message: int, group: str, edge: str, device: str) -> list[Described]:
    """What a birth says of each of its metrics that has a name, in its order."""
    found = []
    for j in range(payloads.first[message], payloads.first[message + 1]):
        has = int(payloads.metrics["has"][j])
        if not has & Has.NAME:
            continue
        unit = ""
        if has & Has.PROPERTIES:
            said = properties_of(payloads.properties(j))
            unit = next((str(said[key]) for key in UNIT_KEYS if key in said), "")
        alias = int(payloads.metrics["alias"][j]) if has & Has.ALIAS else None
        found.append(Described(group, edge, device, payloads.name(j), alias, int(payloads.metrics["datatype"][j]), unit))
    return found


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 127) << shift
        at += 1
        shift += 7
        if byte < 128:
            return value, at


def fields_of(raw: bytes) -> list[tuple[int, int | bytes]]:
    """Numbers and contents of the fields of a message that the decoder has found sound."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(raw, at)
            found.append((tag >> 3, value))
        elif wire in (1, 5, 2):
            length, at = _varint(raw, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            found.append((tag >> 3, raw[at:at + length]))
            at += length
        else:
            return found
    return found


def properties_of(raw: bytes) -> dict[str, object]:
    """A property set as names and values: text, whole numbers, fractions and booleans; others are None."""
    fields = fields_of(raw)
    keys = [content.decode("utf-8", "replace") for number, content in fields if number == 1 and isinstance(content, bytes)]
    values = [_property(fields_of(content)) for number, content in fields if number == 2 and isinstance(content, bytes)]
    return dict(zip(keys, values, strict=False))


def _property(fields: list[tuple[int, int | bytes]]) -> object:
    value: object = None
    for number, content in fields:
        if isinstance(content, int):
            value = bool(content) if number == 7 else content if number in (3, 4) else value
        elif number == 8:
            value = content.decode("utf-8", "replace")
        elif number in (5, 6) and len(content) in (4, 8):
            value = struct.unpack("<f" if len(content) == 4 else "<d", content)[0]
    return value
