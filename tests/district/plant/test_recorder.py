"""What a node puts on record when more comes than it can take: first what came, then the tidying up; what is shed is counted."""

from __future__ import annotations

import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.district.plant.gathering import Gathering
from qiantang.district.plant.inbox import weight
from qiantang.district.plant.recorder import Recordable, Recorder
from qiantang.engines.duckdb_history import History
from qiantang.kernel.readings import Readings, readings, together
from qiantang.kernel.wires import Counters, Notice
from qiantang.stores.snapshots import Snapshot, Snapshots

S = 1_000_000
START = 1_795_694_400 * S


def some(first: int, many: int) -> Readings:
    return readings(np.zeros(many), START + np.arange(first, first + many) * S, np.arange(many))


def recorded(folder: Path, most: int, counters: Counters, waiting: int) -> tuple[History, list[int]]:
    """So many batches of a hundred, each with a snapshot, handed over before the first is recorded; how many were still waiting
    whenever files were merged."""
    history = History(folder)
    recorder = Recorder("p", None, history, None, counters, noticed=lambda _: None, most_bytes=most)
    merging: list[int] = []
    compact = history.compact

    def watched(at_most: int = 1) -> int:
        merging.append(recorder.bytes // weight(some(0, 100)))
        return compact(at_most)

    history.compact = watched  # type: ignore[method-assign]  # watched, and done all the same
    for k in range(waiting):
        recorder.put(Recordable(100 * (k + 1), (), (some(100 * k, 100),), None, Snapshot(100 * (k + 1), {})))
    recorder.start()
    recorder.stop()
    return history, merging


def test_files_are_merged_once_what_came_in_a_flood_is_recorded(tmp_path: Path) -> None:
    counters = Counters()
    history, merging = recorded(tmp_path, 16 * weight(some(0, 100)), counters, 12)
    assert merging == [4, 3, 2, 1], "the one at hand still waits"
    assert len(history.readings(0, START, START + 1200 * S)) == 1200
    assert counters.counts.get("shed_history", 0) == 0
    history.close()


@pytest.mark.parametrize("room", [1, 3])
def test_what_is_beyond_the_room_is_shed_and_counted_reading_by_reading(tmp_path: Path, room: int) -> None:
    counters = Counters()
    history, _ = recorded(tmp_path, room * weight(some(0, 100)), counters, 12)
    kept = len(history.readings(0, START, START + 1200 * S))
    assert kept == (room + 1) * 100
    assert counters.counts["shed_history"] == 1200 - kept
    assert history.position == 1200
    history.close()


def test_a_history_that_cannot_be_tidied_up_is_told_and_the_recording_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history, noticed, kept = History(tmp_path), list[Notice](), list[int]()
    recorder = Recorder("p", None, history, None, Counters(), noticed=noticed.append, kept=kept.append)

    unlink = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent.name == "latest" and path.suffix == ".parquet":
            raise PermissionError(f"{path.name} is held")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    for k in range(3):
        recorder.put(Recordable(100 * (k + 1), (), (some(100 * k, 100),), None, Snapshot(100 * (k + 1), {})))
    recorder.start()
    recorder.stop()
    assert recorder.failed is None
    assert kept == [100, 200, 300]
    assert {notice.kind for notice in noticed} == {"history"}
    assert "is held" in noticed[0].told.en
    assert len(history.readings(0, START, START + 300 * S)) == 300
    history.close()


def test_without_a_history_no_reading_is_kept_for_one(tmp_path: Path) -> None:
    recorder = Recorder("p", None, None, Snapshots(tmp_path), Counters(), noticed=lambda _: None)
    recorder.start()
    batch = some(0, 100)
    held = weakref.ref(batch.value)
    recorder.put(Recordable(100, (), (batch,), None, Snapshot(100, {})))
    del batch
    recorder.put(Recordable(200, (), (), None, Snapshot(200, {})))
    while recorder.recorded < 200:
        time.sleep(0.005)
    assert held() is None
    recorder.stop()


@pytest.mark.parametrize(("room", "pauses"), [(64 << 20, True), (1 << 20, False)])
def test_a_file_is_written_with_pauses_for_those_who_share_the_processors_while_it_is_calm(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, pauses: bool) -> None:
    slept: list[float] = []
    monkeypatch.setattr("qiantang.district.plant.recorder.time.sleep", slept.append)
    history = History(tmp_path)
    recorder = Recorder("p", None, history, None, Counters(), noticed=lambda _: None, most_bytes=room)
    recorder.put(Recordable(70_000, (), (some(0, 70_000),), None, Snapshot(70_000, {})))
    recorder.start()
    while recorder.recorded < 70_000:
        threading.Event().wait(0.01)
    assert bool(slept) == pauses
    recorder.stop()
    assert len(history.readings(0, START, START + 70_000 * S)) == 70_000
    history.close()


@given(st.lists(st.lists(st.integers(0, 9_000), max_size=5), max_size=4))
def test_what_is_gathered_is_what_came_also_after_a_flood(lots: list[list[int]]) -> None:
    gathering = Gathering(2_000)
    for lot in lots:
        pieces = [some(k, many) for k, many in enumerate(lot)]
        for piece in pieces:
            gathering.add(piece)
        expected = together(pieces)
        assert len(gathering) == len(expected)
        assert all(getattr(gathering.held, c).tobytes() == getattr(expected, c).tobytes() for c in Readings.__slots__)
        gathering.clear()
        assert len(gathering.held) == 0
