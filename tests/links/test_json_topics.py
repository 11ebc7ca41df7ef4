"""Plain JSON in the shapes that are in use, and what is said of what cannot be read."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.readings import Directory, Quality
from qiantang.links.json_topics import JsonSettings, JsonTopics, TopicMapping, instant_us
from qiantang.links.messages import Messages, Said, messages
from qiantang.links.unit_book import UnitBook

T0 = 1_700_000_000_000_000
ISO = datetime.fromtimestamp(T0 / 1e6, UTC).isoformat()


def fed(wire: JsonTopics, *said: object, topic: str = "hall/press/1") -> Said:
    return wire.feed(messages(*((topic, one if isinstance(one, bytes) else json.dumps(one).encode(), T0 + i) for i, one in enumerate(said))))


def rows(said: Said) -> list[tuple[int, int, float, int]]:
    return list(zip(said.readings.signal.tolist(), said.readings.at.tolist(), said.readings.value.tolist(), said.readings.quality.tolist(), strict=True))


@pytest.mark.parametrize(("payload", "at", "value"), [
    (3, T0, 3.0), (-2.5, T0, -2.5), (True, T0, 1.0), (b" 7 ", T0, 7.0), ("12.5", T0, 12.5),
    ({"value": 3}, T0, 3.0), ({"v": 3, "t": T0 / 1e6 - 1}, T0 - 10**6, 3.0), ({"value": 3, "timestamp": T0 // 1000 - 5}, T0 - 5000, 3.0),
    ({"value": 3, "ts": T0 - 7}, T0 - 7, 3.0), ({"value": "3", "time": ISO}, T0, 3.0), ({"value": 3, "time": "2023-11-15 06:13:20"}, T0, 3.0)])
def test_a_reading_in_any_of_its_shapes(payload: object, at: int, value: float) -> None:
    wire = JsonTopics(Directory())
    assert rows(fed(wire, payload)) == [(0, at, value, 0)]
    assert wire.directory.addresses == ["hall/press/1"]


def test_lists_of_readings_keep_their_order() -> None:
    wire = JsonTopics(Directory())
    said = fed(wire, [1, {"value": 2, "sequence": 9}, [3, 4]])
    assert said.readings.value.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert said.readings.sequence.tolist() == [-1, 9, -1, -1]


@pytest.mark.parametrize("payload", [
    {"time": ISO, "values": {"temperature": 170.5, "pressure": {"value": 21, "quality": "bad"}}},
    {"time": ISO, "values": [{"name": "temperature", "value": 170.5}, {"name": "pressure", "value": 21, "q": 0}]},
    {"time": ISO, "temperature": 170.5, "pressure": {"value": 21, "status": "uncertain"}}])
def test_an_object_with_several_named_values_is_a_signal_for_each(payload: object) -> None:
    wire = JsonTopics(Directory())
    assert rows(fed(wire, payload)) == [(0, T0, 170.5, 0), (1, T0, 21.0, Quality.BAD)]
    assert wire.directory.addresses == ["hall/press/1/temperature", "hall/press/1/pressure"]


def test_the_mapping_says_which_signal_a_topic_is() -> None:
    mappings = [TopicMapping("hall/+/+/state", "{1}-{2}.state"), TopicMapping("hall/#", "all:{1}"), TopicMapping("x/+", "{name}@{1}")]
    wire = JsonTopics(Directory(), JsonSettings(mappings))
    fed(wire, 1, topic="hall/press/3/state")
    fed(wire, 1, topic="hall/press/3")
    fed(wire, {"a": 1}, topic="x/y")
    assert wire.directory.addresses == ["press-3.state", "all:press/3", "a@y"]
    other = fed(wire, 1, topic="y")
    assert len(other.readings) == 0
    assert [n.kind for n in other.notices] == ["unmapped"]
    assert wire.subscriptions == (("hall/+/+/state", 1), ("hall/#", 1), ("x/+", 1))


@pytest.mark.parametrize(("payload", "kind"), [
    (b"", "garbled"), (b"{", "garbled"), (b"\xff\xfe", "garbled"), (b"[" * 100_000, "garbled"), ("warm", "shape"), ({"name": "x"}, "shape"), ({}, "shape"),
    ({"colour": "red"}, "shape"), (json.loads("[" * 60 + "1" + "]" * 60), "shape"),
    (b'{"name": "\\ud800", "value": 1}', "garbled"), (b'{"a\xed\xa0\x80": 1}', "garbled")])
def test_what_holds_no_reading_is_counted_and_explained(payload: object, kind: str) -> None:
    wire = JsonTopics(Directory())
    said = fed(wire, payload, 5)
    assert said.readings.value.tolist() == [5.0], "the next message is read as ever"
    (notice,) = said.notices
    assert notice.kind == kind
    assert wire.counters.counts[kind] == 1
    assert "hall/press/1" in notice.told.zh
    assert "hall/press/1" in notice.told.en


@pytest.mark.parametrize("payload", [None, {"value": None}, {"value": "warm"}, {"value": [1]}, b"NaN", b"-Infinity", b"1e999", {"value": 10**400}])
def test_what_is_no_number_is_marked_and_is_never_zero(payload: object) -> None:
    said = fed(JsonTopics(Directory()), payload)
    assert math.isnan(said.readings.value[0])
    assert said.readings.quality.tolist() == [Quality.NOT_A_NUMBER]


@pytest.mark.parametrize(("said", "quality"), [("GOOD", 0), (True, 0), (192, 0), (False, Quality.BAD), ("stale", Quality.STALE), (500, Quality.STALE),
                                               (64, Quality.BAD), ("?", Quality.BAD)])
def test_the_quality_is_kept(said: object, quality: int) -> None:
    assert rows(fed(JsonTopics(Directory()), {"value": 1, "quality": said}))[0][3] == quality


def test_a_clock_that_is_off_or_a_time_that_cannot_be_read_gives_the_time_of_receipt() -> None:
    wire = JsonTopics(Directory())
    day = 86_400
    said = fed(wire, {"value": 1, "time": T0 / 1e6 - day}, {"value": 1, "time": "yesterday"}, {"value": 1, "time": T0 / 1e6 + day},
               {"value": 1, "time": T0 / 1e6 - day, "historical": True})
    assert [(at, q) for _, at, _, q in rows(said)] == [(T0, Quality.CLOCK), (T0 + 1, Quality.CLOCK), (T0 + 2, Quality.CLOCK),
                                                       (T0 - day * 10**6, Quality.HISTORICAL)]
    assert sorted((n.kind, n.count) for n in said.notices) == [("clock", 2), ("time", 1)]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59-08:00", 10**400])
def test_a_time_at_the_end_of_the_calendar_is_off_like_any_other(time: object) -> None:
    said = fed(JsonTopics(Directory()), {"value": 1, "time": time})
    assert [(at, q) for _, at, _, q in rows(said)] == [(T0, Quality.CLOCK)]


def test_a_unit_that_changes_is_marked_until_accepted() -> None:
    wire = JsonTopics(Directory())
    said = fed(wire, {"value": 1, "unit": "°C"}, {"value": 1}, {"value": 34, "unit": "°F"})
    assert said.readings.quality.tolist() == [0, 0, Quality.UNIT]
    assert "°C → °F" in said.notices[0].told.en
    wire.units.confirm(wire.units.doubts["hall/press/1"])
    said = fed(wire, {"value": 212, "unit": "°F"}, {"value": 32}, {"value": 7, "unit": "℃"})
    assert said.readings.quality.tolist() == [0, 0, 0]
    assert said.readings.value.tolist() == pytest.approx([100.0, 0.0, 7.0]), "in the signal's own unit; a reading without one is in the unit before it"


def test_a_unit_is_compared_with_the_one_that_the_workbook_states() -> None:
    wire = JsonTopics(Directory(), units=UnitBook(stated={"hall/press/1": "°C", "hall/press/2": "1"}))
    assert fed(wire, {"value": 34, "unit": "°F"}, {"value": 1, "unit": "degC"}).readings.quality.tolist() == [Quality.UNIT, 0]
    assert fed(wire, {"value": 1, "unit": "%"}, {"value": 1, "unit": "mm"}, topic="hall/press/2").readings.quality.tolist() == [0, Quality.UNIT]


def test_what_unit_came_first_is_known_after_a_restart(tmp_path: Path) -> None:
    before = JsonTopics(Directory(), units=UnitBook(tmp_path / "units.jsonl"))
    fed(before, {"value": 1, "unit": "°C"}, {"value": 34, "unit": "°F"})
    after = JsonTopics(Directory(), units=UnitBook(tmp_path / "units.jsonl"))
    said = fed(after, {"value": 34, "unit": "°F"})
    assert said.readings.quality.tolist() == [Quality.UNIT]
    assert "°C → °F" in said.notices[0].told.en


def test_there_are_at_most_so_many_signals() -> None:
    wire = JsonTopics(Directory(), JsonSettings(most_signals=2))
    said = fed(wire, {f"s{i}": i for i in range(5)})
    assert said.readings.value.tolist() == [0.0, 1.0]
    assert wire.counters.counts["full"] == 3


@given(st.integers(946_684_800_000_000, 4_000_000_000_000_000))
def test_an_instant_is_the_same_in_seconds_milliseconds_microseconds_and_nanoseconds(at: int) -> None:
    zone = JsonSettings().local
    assert instant_us(at, zone) == at
    assert instant_us(at * 1000, zone) == at
    assert instant_us(at // 1000, zone) == at // 1000 * 1000
    assert instant_us(at // 10**6, zone) == at // 10**6 * 10**6
    assert instant_us(datetime.fromtimestamp(at // 10**6, UTC).isoformat(), zone) == at // 10**6 * 10**6


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
                            st.sampled_from(["value", "time", "values", "name", "quality", "unit", "a", "b"]), inner, max_size=4))


@given(st.lists(anything | st.binary(max_size=10), max_size=6), st.integers(1, 6))
def test_no_content_stops_the_wire_and_any_split_gives_the_same(said: list[object], size: int) -> None:
    batch = Messages()
    for i, one in enumerate(said):
        batch.add("t", one if isinstance(one, bytes) else json.dumps(one).encode(), T0 + i)
    whole, parted = JsonTopics(Directory()), JsonTopics(Directory())
    expected = whole.feed(batch).readings
    parts = [parted.feed(batch.taken(part)).readings for part in batch.parts(size)]
    assert [repr(v) for part in parts for v in part.value.tolist()] == [repr(v) for v in expected.value.tolist()]
    assert [s for part in parts for s in part.signal.tolist()] == expected.signal.tolist()
    if said:
        assert parted.counters.counts == whole.counters.counts
