"""What comes on an MQTT connection, however it is cut: publications taken straight, every other packet as gmqtt itself reads it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from gmqtt.mqtt.protocol import MQTTProtocol  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.links.mqtt_line import GarbledError, Line, Publications, packet, publications

MOST = 4_000_000


def on_line(command: int, body: bytes) -> bytes:
    """A packet (MQTT 2.1)."""
    length, head = len(body), bytearray([command])
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes(head) + bytes([length]) + body


def published(topic: bytes, payload: bytes, qos: int, number: int, properties: bytes | None) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if qos else b"")
    return on_line(0x30 | qos << 1, body + (b"" if properties is None else bytes([len(properties)]) + properties) + payload)


class Beside:
    """Stands for gmqtt's connection and its transport: keeps what it is given."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []
        self.aborted = False
        self.passed_over = 0

    def put_package(self, package: Any) -> None:
        self.packets.append((package.cmd, bytes(package.data)))

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


def taken(pieces: list[bytes], version: int) -> tuple[list[tuple[bytes, bytes, int]], list[tuple[int, bytes]], Beside]:
    """Publications and other packets of a connection whose bytes come in these pieces."""
    found: list[tuple[bytes, bytes, int]] = []
    beside = Beside()

    def told(some: Publications) -> None:
        found.extend(zip(some.topics, some.payloads, some.packets, strict=True))

    line = Line.__new__(Line)
    line._published, line._pieces, line._held, line._awaited = told, [], 0, 2
    line._passing, line._most, line._passed_over = 0, MOST, lambda: setattr(beside, "passed_over", beside.passed_over + 1)
    line._connection = line._transport = beside
    line._connection_state = type("State", (), {"protocol_version": version})()
    for piece in pieces:
        line.data_received(piece)
    return found, beside.packets, beside


publishing = st.tuples(st.just("publish"), st.binary(max_size=5), st.one_of(st.binary(max_size=40), st.integers(100, 40_000).map(bytes)),
                       st.integers(0, 2), st.integers(1, 65_535), st.booleans())
other = st.tuples(st.just("other"), st.sampled_from([0x20, 0x40, 0x90, 0xD0, 0xE0]), st.binary(max_size=300))


@given(st.lists(publishing | other, max_size=12), st.sampled_from([4, 5]), st.lists(st.integers(0, 100_000), max_size=8))
def test_any_packets_cut_anywhere_are_what_gmqtt_reads(said: list[tuple[Any, ...]], version: int, cuts: list[int]) -> None:
    line = b"".join(on_line(one[1], one[2]) if one[0] == "other" else
                    published(one[1], one[2], one[3], one[4], (b"\x01\x01" if one[5] else b"") if version == 5 else None) for one in said)
    places = sorted({0, len(line), *(cut % (len(line) + 1) for cut in cuts)})
    found, left, _ = taken([line[a:b] for a, b in pairwise(places)], version)

    whole = Beside()
    MQTTProtocol._read_packet(type("Gmqtt", (), {"_connection": whole})(), line)
    expected: list[tuple[bytes, bytes, int]] = []
    others: list[tuple[int, bytes]] = []
    for (command, body), one in zip(whole.packets, said, strict=True):
        usual = one[0] == "publish" and one[1] and one[3] < 2 and not (version == 5 and one[5])
        if usual:
            expected.append((one[1], one[2], one[4] if one[3] else 0))
        else:
            others.append((command, body))
    assert found == expected
    assert left == others


def test_a_length_beyond_four_bytes_ends_the_connection() -> None:
    garbled = b"\x30\xff\xff\xff\xff\x01"
    with pytest.raises(GarbledError, match="byte 0"):
        packet(garbled, 0)
    found, _, beside = taken([published(b"t", b"1", 0, 0, None), garbled], 4)
    assert found == [(b"t", b"1", 0)]
    assert beside.aborted


def test_a_topic_that_reaches_beyond_its_packet_is_left_to_gmqtt() -> None:
    assert publications(on_line(0x30, b"\x00\xfft"), 0, 4).topics == []


def test_a_large_message_in_many_pieces_is_joined_once() -> None:
    line = published(b"t", bytes(3_000_000), 1, 7, b"")
    found, _, _ = taken([line[at:at + 65_536] for at in range(0, len(line), 65_536)], 5)
    assert [(topic, len(payload), number) for topic, payload, number in found] == [(b"t", 3_000_000, 7)]


@given(st.lists(st.integers(0, 9_000_000), max_size=6))
@settings(max_examples=20, deadline=None)
def test_a_message_beyond_what_is_allowed_is_passed_over_and_what_follows_is_taken(cuts: list[int]) -> None:
    line = published(b"t", b"1", 0, 0, b"") + published(b"t", bytes(MOST), 1, 7, b"") + published(b"t", b"2", 0, 0, b"")
    places = sorted({0, len(line), *(cut % (len(line) + 1) for cut in cuts), *range(0, len(line), 262_144)})
    found, left, beside = taken([line[a:b] for a, b in pairwise(places)], 5)
    assert [payload for _, payload, _ in found] == [b"1", b"2"]
    assert (left, beside.passed_over) == ([], 1)
