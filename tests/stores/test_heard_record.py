"""What plants published is kept once, the newest of each day; what cannot be used is put aside and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qiantang.kernel.words import Text
from qiantang.stores.heard_record import HeardRecord

WHY = Text("原因", "why")
DAY, NEXT = "2026-11-26", "2026-11-27"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[HeardRecord]:
    opened = HeardRecord(tmp_path / "heard.sqlite", most_aside=2)
    yield opened
    opened.close()


def test_of_a_day_the_greatest_number_prevails_in_whatever_order_messages_come(record: HeardRecord) -> None:
    told = [record.keep("works", "code", DAY, number, {"on": DAY, "alarms": alarms}, 1) for number, alarms in ((5, 50), (5, 50), (3, 30), (7, 70), (9, 70))]
    assert told == ["new", "repeated", "repeated", "newer", "repeated"]
    assert record.keep("works", "code", NEXT, 1, {"on": NEXT, "alarms": 1}, 2) == "new"
    assert [(row["on"], row["alarms"]) for row in record.rows("works")] == [(DAY, 70), (NEXT, 1)]
    plant, = record.plants()
    assert (plant.uscc, plant.days, plant.heard_at) == ("code", 2, 2)


def test_a_changed_plant_is_handed_out_once_and_again_where_that_failed(record: HeardRecord) -> None:
    record.keep("works", "code", DAY, 1, {"on": DAY}, 1)

    def fails(plant: str, rows: object) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        record.hand_out(fails)
    written: list[str] = []
    assert record.hand_out(lambda plant, rows: written.append(plant)) == 1
    assert record.hand_out(lambda plant, rows: written.append(plant)) == 0
    record.keep("works", "code", DAY, 1, {"on": DAY}, 1)
    assert record.hand_out(lambda plant, rows: written.append(plant)) == 0, "a repetition changes nothing"
    assert written == ["works"]


def test_what_is_put_aside_is_kept_once_a_key_and_bounded(record: HeardRecord) -> None:
    assert record.put_aside("works", "figures", DAY, b"1", WHY, 1)
    assert record.put_aside("works", "figures", DAY, b"2", WHY, 2)
    one, = record.aside()
    assert (one.payload, one.times, one.last_at) == (b"2", 2, 2)
    assert record.put_aside("works", "figures", NEXT, b"3", WHY, 3)
    assert not record.put_aside("works", "findings", "x", b"4", WHY, 4), "there is room for two"
    record.taken_up(one.id)
    assert record.put_aside("works", "findings", "x", b"4", WHY, 4)
