"""The end of the log in memory: what is read from it is what is in the log, wherever it lies and however it is cut."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from qiantang.district.plant.inbox import weight
from qiantang.district.plant.tail import Tail
from qiantang.kernel.readings import Readings, readings, together
from qiantang.stores.reading_log import ReadingLog


def _numbered(start: int, many: int) -> Readings:
    """Readings whose values are their places in the log."""
    return readings([0] * many, list(range(start, start + many)), [float(place) for place in range(start, start + many)])


def _written(log: ReadingLog, tail: Tail | None, many: int) -> None:
    offset = log.append(_numbered(log.end, many))
    log.commit()
    if tail is not None:
        tail.add(offset, _numbered(offset, many))


def _places(found: tuple[int, Readings] | None) -> list[float]:
    assert found is not None
    assert found[1].value.tolist()[:1] in ([float(found[0])], [])
    return list(found[1].value.tolist())


def test_what_was_in_the_log_before_is_read_from_the_disk_and_what_comes_from_memory(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path)
    _written(log, None, 30)
    tail = Tail(log, 1 << 20)
    assert tail.logged == 30
    _written(log, tail, 20)
    _written(log, tail, 10)
    assert _places(tail.next(7)) == list(range(7, 30))
    assert _places(tail.next(30)) == list(range(30, 60))
    tail.end()
    assert tail.next(60) is None
    log.close()


def test_a_place_in_the_middle_of_a_batch_gives_its_rest(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path)
    tail = Tail(log, 1 << 20)
    _written(log, tail, 20)
    assert _places(tail.next(13)) == list(range(13, 20))
    log.close()


def test_memory_holds_no_more_than_it_may_and_nothing_is_left_out(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path)
    tail = Tail(log, 3 * weight(_numbered(0, 50)))
    for _ in range(20):
        _written(log, tail, 50)
    assert sum(weight(batch) for _, batch in tail._batches) <= 3 * weight(_numbered(0, 50))
    position, found = 0, []
    while position < tail.logged:
        taken = tail.next(position)
        assert taken is not None
        assert taken[0] == position
        found.append(taken[1])
        position += len(taken[1])
    assert together(found).value.tolist() == list(range(1000))
    log.close()


def test_what_is_damaged_is_passed_over(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path)
    for _ in range(3):
        _written(log, None, 40)
    log.close()
    segment = next(tmp_path.glob("*.readings"))
    whole = bytearray(segment.read_bytes())
    third = len(whole) // 3
    whole[third + 60:third + 90] = bytes(30)
    segment.write_bytes(whole)
    log = ReadingLog(tmp_path)
    tail = Tail(log, 1 << 20)
    _written(log, tail, 5)
    assert _places(tail.next(0)) == list(range(40))
    assert _places(tail.next(40)) == list(range(80, 120))
    assert len(log.damage) == 1
    # Of a stretch of which nothing can be read only the end is given.
    segment.write_bytes(bytes(whole[:third]) + bytes(len(whole) - third))
    found = tail.next(40)
    assert found is not None
    assert (found[0], len(found[1])) == (120, 0)
    log.close()


@pytest.mark.parametrize("ends", [False, True])
def test_a_reader_waits_for_what_comes_or_for_the_end(tmp_path: Path, ends: bool) -> None:
    log = ReadingLog(tmp_path)
    tail = Tail(log, 1 << 20)
    found: list[tuple[int, Readings] | None] = []
    reader = threading.Thread(target=lambda: found.append(tail.next(0)))
    reader.start()
    reader.join(0.05)
    assert reader.is_alive()
    if ends:
        tail.end()
    else:
        _written(log, tail, 3)
    reader.join(5.0)
    assert not reader.is_alive()
    assert found == [None] if ends else np.array_equal(_places(found[0]), [0, 1, 2])
    log.close()
