"""The compiled decoder gives what the protobuf library gives, on any payload, sound or garbled, however payloads are batched."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # the library ships no types
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiantang.links.sparkplug.decoding import Payloads, decode
from qiantang.links.sparkplug.encoding import Metric, data_payloads, payload, varint
from qiantang.links.sparkplug.fields import DataType, Has, Kind
from tests.links.sparkplug.reference import CLASSES, Payload

MEMBERS = {"v_int": Kind.INT, "v_long": Kind.LONG, "v_float": Kind.FLOAT, "v_double": Kind.DOUBLE, "v_bool": Kind.BOOLEAN, "v_text": Kind.STRING,
           "v_bytes": Kind.BYTES, "v_dataset": Kind.DATASET, "v_template": Kind.TEMPLATE, "v_extension": Kind.EXTENSION, None: Kind.NONE}


def by_protobuf(raw: bytes) -> list[tuple[Any, ...]] | None:
    """What the library reads: the payload's own figures, then its metrics; None where it refuses."""
    found = Payload()
    value: Any
    try:
        found.ParseFromString(raw)
    except DecodeError:
        return None
    rows: list[tuple[Any, ...]] = [(found.timestamp if found.HasField("timestamp") else None, found.seq if found.HasField("seq") else None)]
    for m in found.metrics:
        member = m.WhichOneof("value")
        value = getattr(m, member) if member else None
        if member == "v_float":
            value = struct.unpack("<I", struct.pack("<f", value))[0] if not math.isnan(value) else "nan"
        elif member == "v_double":
            value = struct.unpack("<Q", struct.pack("<d", value))[0] if not math.isnan(value) else "nan"
        elif member not in ("v_int", "v_long", "v_bool", None):
            value = None
        rows.append((m.alias if m.HasField("alias") else None, m.timestamp if m.HasField("timestamp") else None,
                     m.datatype if m.HasField("datatype") else None, m.is_historical, m.is_transient, m.is_null, m.HasField("properties"),
                     m.HasField("name"), MEMBERS[member], value))
    return rows


def as_read(found: Payloads, i: int) -> list[tuple[Any, ...]] | None:
    """The same of our columns. (A count of 2**63 and more cannot be told from its negative: the columns are signed.)"""
    if not found.fine[i]:
        return None
    rows: list[tuple[Any, ...]] = [(None if found.timestamp[i] == -1 else int(found.timestamp[i]) % 2**64,
                                    None if found.seq[i] == -1 else int(found.seq[i]) % 2**64)]
    for m in found.metrics[found.first[i]:found.first[i + 1]]:
        has, kind = Has(int(m["has"])), Kind(int(m["kind"]))
        value: Any = int(m["bits"])
        floating = {Kind.FLOAT: ("<I", "<f"), Kind.DOUBLE: ("<Q", "<d")}.get(kind)
        if floating and math.isnan(struct.unpack(floating[1], struct.pack(floating[0], value))[0]):
            value = "nan"
        elif kind not in (Kind.INT, Kind.LONG, Kind.BOOLEAN, Kind.FLOAT, Kind.DOUBLE):
            value = None
        rows.append((int(m["alias"]) if Has.ALIAS in has else None, int(m["timestamp"]) if Has.TIMESTAMP in has else None,
                     int(m["datatype"]) if Has.DATATYPE in has else None, Has.HISTORICAL in has, Has.TRANSIENT in has, Has.NULL in has,
                     Has.PROPERTIES in has, Has.NAME in has, kind, value))
    return rows


def as_columns(rows: list[tuple[Any, ...]] | None) -> list[tuple[Any, ...]] | None:
    """The library's figures with the one thing that the columns cannot tell: 2**64 - 1 stands for absent."""
    return rows and [tuple(None if v == 2**64 - 1 else v for v in rows[0]), *rows[1:]]


def agree(*raws: bytes) -> None:
    found = decode(raws)
    for i, raw in enumerate(raws):
        assert as_read(found, i) == as_columns(by_protobuf(raw)), raw.hex()


numbers = st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1), st.sampled_from([127, 128, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1]))
small = st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1))
texts = st.text(max_size=8)


def scalars(kind: str) -> st.SearchStrategy[Any]:
    return {"u32": small, "u64": numbers, "f": st.floats(width=32), "d": st.floats(), "b": st.booleans(), "s": texts, "y": st.binary(max_size=12)}[kind]


@st.composite
def messages(draw: st.DrawFn, name: str = "Payload", depth: int = 0) -> Any:
    """A sound message of any shape, nested templates and property sets included."""
    from tests.links.sparkplug.reference import _KINDS, _MESSAGES

    made = CLASSES[name]()
    for field, _, kind in _MESSAGES[name]:
        bare, many = kind.rstrip("*"), kind.endswith("*")
        often = {"Payload": 0.8, "Metric": 0.35}.get(name, 0.5)
        if draw(st.floats(0, 1)) > often or (bare not in _KINDS and bare != "Metric" and depth > 4) or (bare == "Metric" and depth > 3):
            continue
        if many:
            for _ in range(draw(st.integers(0, 3))):
                if bare in _KINDS:
                    getattr(made, field).append(draw(scalars(bare)))
                else:
                    getattr(made, field).add().CopyFrom(draw(messages(bare, depth + 1)))
        elif bare in _KINDS:
            setattr(made, field, draw(scalars(bare)))
        else:
            getattr(made, field).CopyFrom(draw(messages(bare, depth + 1)))
    return made


@settings(max_examples=150, deadline=None)
@given(messages())
def test_a_sound_payload_of_any_shape_is_read_as_protobuf_reads_it(message: Any) -> None:
    raw = message.SerializeToString()
    agree(raw)
    assert decode([raw]).fine[0]


@settings(max_examples=150, deadline=None)
@given(messages(), st.data())
def test_a_garbled_payload_is_read_or_refused_as_protobuf_does(message: Any, data: st.DataObject) -> None:
    raw = bytearray(message.SerializeToString())
    raws = []
    for _ in range(30):
        garbled = bytearray(raw)
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, max(len(garbled) - 1, 0)))
            match data.draw(st.integers(0, 3)):
                case 0 if garbled:
                    garbled[place] = data.draw(st.integers(0, 255))
                case 1:
                    garbled[place:place] = data.draw(st.binary(min_size=1, max_size=4))
                case 2:
                    del garbled[place:place + data.draw(st.integers(1, 3))]
                case _:
                    del garbled[place:]
        raws.append(bytes(garbled))
    agree(*raws)


def test_thousands_of_bits_turned_in_real_messages_change_nothing_that_protobuf_does_not_change() -> None:
    source = np.random.default_rng(7)
    metrics = [Metric("温度/a", DataType.DOUBLE, 1.5, 3, 1_700_000_000_000, {"engUnit": "°C", "Quality": 192}), Metric("n", DataType.INT8, -3, 4),
               Metric("gone", DataType.FLOAT, None), Metric("on", DataType.BOOLEAN, True, historical=True)]
    raw = np.frombuffer(payload(1_700_000_000_000, metrics, 9), np.uint8)
    raws = []
    for _ in range(12_000):
        garbled = raw.copy()
        places = source.integers(0, len(raw), source.integers(1, 4))
        garbled[places] ^= (1 << source.integers(0, 8, len(places))).astype(np.uint8)
        raws.append(garbled.tobytes()[:source.integers(1, len(raw) + 1) if source.random() < 0.2 else None])
    agree(*raws)
    fine = decode(raws).fine
    assert 0.05 < fine.mean() < 0.95, "the garbling must bring both kinds about"


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60))
@example(b"\x12\x02\x13\x14")
@example(b"\x0b\x0c")
@example(b"\x12\x04\x0b\x08\x01\x0c")
@example(b"\x08" + b"\xff" * 9 + b"\x7f")
@example(b"\x88\x80\x80\x80\x00\x01")
@example(b"\x12\x06\x8a\x01\x03\x1a\x01\x80")
@example(b"\x12\x05\x72\xff\xff\xff\xff\x1f")
def test_any_bytes_at_all_are_read_or_refused_as_protobuf_does(raw: bytes) -> None:
    agree(raw)


def test_what_is_nested_as_deep_as_protobuf_bears_is_read_and_one_deeper_is_refused() -> None:
    def nested(levels: int) -> bytes:
        inside = b""
        for _ in range(levels):
            template = varint(2 << 3 | 2) + varint(len(inside)) + inside
            inside = varint(18 << 3 | 2) + varint(len(template)) + template
        return b"\x12" + varint(len(inside)) + inside

    def grouped(levels: int) -> bytes:
        return b"\x3b" * levels + b"\x3c" * levels

    raws = [nested(levels) for levels in range(44, 54)] + [grouped(levels) for levels in range(95, 106)]
    raws += [b"\x12" + varint(len(g)) + g for g in (grouped(levels) for levels in range(95, 106))]
    agree(*raws)
    assert set(decode(raws).fine.tolist()) == {True, False}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(messages().map(lambda m: m.SerializeToString()), st.binary(max_size=20)), max_size=8), st.data())
def test_any_split_of_a_batch_gives_the_same_columns(raws: list[bytes], data: st.DataObject) -> None:
    whole = decode(raws)
    start = 0
    while start < len(raws):
        many = data.draw(st.integers(1, len(raws) - start))
        part = decode(raws[start:start + many])
        for i in range(many):
            assert as_read(part, i) == as_read(whole, start + i)
            of_part, of_whole = range(part.first[i], part.first[i + 1]), range(whole.first[start + i], whole.first[start + i + 1])
            assert [part.name(j) for j in of_part] == [whole.name(j) for j in of_whole]
            assert [part.properties(j) for j in of_part] == [whole.properties(j) for j in of_whole]
        start += many


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**42), st.sampled_from(range(1, 12)), st.floats(width=32), st.booleans()),
                         max_size=6), max_size=5))
def test_data_messages_written_from_columns_are_read_by_protobuf_as_what_they_were(lots: list[list[tuple[int, int, int, float, bool]]]) -> None:
    rows = [row for lot in lots for row in lot]
    first = np.cumsum([0, *map(len, lots)])
    least = {DataType.INT8: -128, DataType.INT16: -2**15, DataType.INT32: -2**31, DataType.INT64: -2**62}
    values = [v if d in (DataType.FLOAT, DataType.DOUBLE) or not math.isfinite(v) else
              float(v > 0) if d == DataType.BOOLEAN else float(int(max(least.get(DataType(d), 0), min(v, 127)))) for _, _, d, v, _ in rows]
    raws = data_payloads(first, np.arange(len(lots)) + 1_700_000_000_000, np.arange(len(lots)), np.array([r[0] for r in rows], np.uint64),
                         np.array([r[1] for r in rows], np.int64), np.array([r[2] for r in rows], np.uint8), np.array(values, np.float64),
                         np.array([r[4] for r in rows], np.bool_))
    for i, (raw, lot) in enumerate(zip(raws, lots, strict=True)):
        found = Payload.FromString(raw)
        assert (found.timestamp, found.seq, len(found.metrics)) == (1_700_000_000_000 + i, i, len(lot))
        for metric, row, value in zip(found.metrics, lot, values[first[i]:], strict=False):
            assert (metric.alias, metric.timestamp, metric.is_historical, metric.HasField("name")) == (row[0], row[1], row[4], False)
            assert metric.is_null == (not math.isfinite(value))
            if not metric.is_null:
                said = getattr(metric, metric.WhichOneof("value"))
                bits = {DataType.INT8: 32, DataType.INT16: 32, DataType.INT32: 32}.get(DataType(row[2]), 64)
                assert (said if said < 2**(bits - 1) or row[2] > DataType.INT64 else said - 2**bits) == value
    agree(*raws)


def test_more_metrics_than_any_usual_payload_holds_in_its_bytes_are_read_as_protobuf_reads_them() -> None:
    """Two bytes a metric, and one: the room for rows is found too small and made anew."""
    raw = b"\x08\x07" + b"\x12\x00" * 3_000 + b"\x12\x02\x10\x05" + b"\x18\x01"
    found = decode([raw, b"\x12\x00" * 500])
    assert as_read(found, 0) == by_protobuf(raw)
    assert as_read(found, 1) == by_protobuf(b"\x12\x00" * 500)
    assert len(found.metrics) == 3_501


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 9), st.booleans())
@example(2**56 - 1, 2**56, 0, True)
@example(2**63, 2**49 - 1, 7, False)
def test_whole_numbers_of_any_length_are_read_wherever_the_buffer_ends(alias: int, bits: int, further: int, long_way: bool) -> None:
    """Eight bytes are looked at together where there are so many, one by one at the end of the buffer; a number may be written longer than it is."""
    number = varint(alias)
    if long_way and len(number) < 9:
        number = number[:-1] + bytes([number[-1] | 128]) + b"\x80" * (8 - len(number)) + b"\x00"
    inner = b"\x10" + number + b"\x58" + varint(bits)
    raw = b"\x12" + varint(len(inner)) + inner + b"\x18" + varint(further)
    for cut in range(len(raw) - 12, len(raw) + 1):
        found = decode([raw[:cut]])
        assert as_read(found, 0) == by_protobuf(raw[:cut])
