"""What the log acknowledged is there after any crash; what it lost is said, never passed over."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiantang.kernel.readings import Readings, readings, together
from qiantang.stores.reading_frames import packed
from qiantang.stores.reading_log import LogFullError, LogHeldError, ReadingLog
from qiantang.stores.signal_directory import SignalDirectory
from qiantang.stores.snapshots import Snapshot, Snapshots

WRITER = """
import sys
from pathlib import Path
from qiantang.kernel.readings import readings
from qiantang.stores.reading_log import ReadingLog

log = ReadingLog(Path(sys.argv[1]), segment_bytes=20_000)
n = log.end
while True:
    log.append(readings([n % 7] * 10, [n + i for i in range(10)], [float(n + i) for i in range(10)]))
    n = log.commit()
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def batch(first: int, n: int = 10) -> Readings:
    at = np.arange(first, first + n, dtype=np.int64)
    return readings(at % 5, at * 1_000, at / 3, received=at * 1_000 + 7, quality=(at % 3).astype(np.uint8), sequence=at % 256)


def logged(log: ReadingLog, start: int = 0) -> Readings:
    return together([b for _, b in log.read(start)])


def same(a: Readings, b: Readings) -> bool:
    return all(getattr(a, c).tobytes() == getattr(b, c).tobytes() for c in Readings.__slots__)


def filled(folder: Path, batches: int, segment_bytes: int = 1 << 20) -> ReadingLog:
    log = ReadingLog(folder, segment_bytes=segment_bytes)
    for k in range(batches):
        log.append(batch(10 * k))
        log.commit()
    return log


@given(st.lists(st.tuples(st.integers(-2**31, 2**31 - 1), st.integers(-2**63, 2**63 - 1), st.integers(-2**63, 2**63 - 1),
                          st.floats(width=64), st.integers(0, 255), st.integers(-2**63, 2**63 - 1)), min_size=1, max_size=40))
def test_a_frame_gives_back_every_bit(rows: list[tuple[int, int, int, float, int, int]]) -> None:
    from qiantang.stores.reading_frames import frame_at, sound, unpacked

    s, at, got, value, quality, sequence = zip(*rows, strict=True)
    before = readings(s, at, value, received=np.array(got, np.int64), quality=np.array(quality, np.uint8), sequence=np.array(sequence, np.int64))
    data = packed(before, 99)
    frame = frame_at(data, 0)
    assert frame is not None
    assert sound(data, frame)
    assert frame.offset == 99
    assert same(unpacked(data, frame), before)


def test_offsets_go_on_after_closing_and_reading_may_begin_within_a_batch(tmp_path: Path) -> None:
    filled(tmp_path, 30, segment_bytes=1_000).close()
    log = ReadingLog(tmp_path, segment_bytes=1_000)
    assert log.end == 300
    assert log.append(batch(300)) == 300
    assert log.commit() == 310
    assert len(list(tmp_path.glob("*.readings"))) > 3
    assert same(logged(log, 123), batch(123, 187))
    assert [o for o, _ in log.read(305)] == [305]
    assert sum(len(b) for _, b in log.read(7, 204)) == 197


def test_a_batch_that_was_not_committed_is_not_read(tmp_path: Path) -> None:
    log = filled(tmp_path, 1)
    log.append(batch(10))
    assert log.waiting == 10
    assert len(logged(log)) == 10


def test_only_one_process_may_write(tmp_path: Path) -> None:
    log = ReadingLog(tmp_path)
    with pytest.raises(LogHeldError, match="another process writes"):
        ReadingLog(tmp_path)
    log.close()
    ReadingLog(tmp_path).close()


@pytest.mark.parametrize("cut", [1, 17, 60, 100])
def test_a_torn_tail_is_cut_off_and_counted(tmp_path: Path, cut: int) -> None:
    filled(tmp_path, 3).close()
    path = next(tmp_path.glob("*.readings"))
    whole = path.read_bytes()
    path.write_bytes(whole + packed(batch(30), 30)[:cut])
    log = ReadingLog(tmp_path)
    assert (log.end, log.torn, log.damage) == (30, cut, [])
    log.append(batch(30))
    log.commit()
    assert same(logged(log), batch(0, 40))


@pytest.mark.parametrize("segment_bytes", [1 << 20, 500])
def test_damage_in_the_middle_is_reported_and_stepped_over(tmp_path: Path, segment_bytes: int) -> None:
    filled(tmp_path, 9, segment_bytes).close()
    path = min(tmp_path.glob("*.readings"))
    data = bytearray(path.read_bytes())
    length = len(packed(batch(0), 0))
    data[length + 100] ^= 1
    path.write_bytes(data)
    log = ReadingLog(tmp_path, segment_bytes=segment_bytes)
    assert log.end == 90
    found = list(log.read())
    assert [o for o, _ in found] == [0, 20, 30, 40, 50, 60, 70, 80]
    damage, = log.damage
    assert (damage.first, damage.after, damage.position) == (10, 20, length)
    assert "readings 10 to 19 are lost" in damage.told.en


def test_a_segment_that_vanished_is_damage_too(tmp_path: Path) -> None:
    filled(tmp_path, 9, 500).close()
    names = sorted(tmp_path.glob("*.readings"))
    names[1].unlink()
    log = ReadingLog(tmp_path, segment_bytes=500)
    assert sum(len(b) for _, b in log.read()) < 90
    assert [(d.first, d.after) for d in log.damage] == [(int(names[1].stem), int(names[2].stem))]


def test_a_full_disk_keeps_what_waits_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    log = filled(tmp_path, 5)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.size + 60, hard))
    try:
        log.append(batch(50))
        with pytest.raises(LogFullError, match="the disk is full, 10 readings are not written"):
            log.commit()
        log.append(batch(60))
        with pytest.raises(LogFullError, match="20 readings"):
            log.commit()
        assert log.end == 50
        assert same(logged(log), batch(0, 50))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.commit() == 70
    log.close()
    assert same(logged(ReadingLog(tmp_path)), batch(0, 70))


def test_nothing_is_retired_before_every_reader_is_past_it(tmp_path: Path) -> None:
    log = filled(tmp_path, 40, segment_bytes=1_000)
    assert log.retire(0, most_bytes=0) == 0
    second = sorted(tmp_path.glob("*.readings"))[1]
    assert log.retire(int(second.stem), most_bytes=0) > 0
    assert log.start == int(second.stem)
    assert log.retire(400, most_bytes=log.size) == 0
    assert log.retire(400, written_before=time.time() - 3600) == 0
    assert log.retire(400, written_before=time.time() + 3600) > 0
    assert log.end == 400
    assert next(iter(log.read(0)))[0] == log.start


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    draws = np.random.default_rng(4)
    for _ in range(10):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        said = [child.stdout.readline()]
        time.sleep(float(draws.uniform(0, 0.02)))
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.read().splitlines(keepends=True)
        child.wait()
        child.stdout.close()
        acknowledged = max(int(line) for line in said if line.endswith("\n"))
        log = ReadingLog(tmp_path, segment_bytes=20_000)
        assert log.end >= acknowledged
        assert log.damage == []
        assert logged(log).value.tolist() == [float(n) for n in range(log.end)]
        log.close()


def test_a_signal_keeps_its_number_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "signals"
    directory = SignalDirectory(path)
    assert [directory.number(a) for a in ("厂/边/机/温度", "b\n", "厂/边/机/温度")] == [0, 1, 0]
    assert directory.commit() == 2
    directory.number("never committed")
    directory.close()
    with path.open("ab") as file:
        file.write(b"00000000 \"torn")
    again = SignalDirectory(path)
    assert again.addresses == ["厂/边/机/温度", "b\n"]
    assert again.number("c") == 2
    again.commit()
    again.close()
    assert SignalDirectory(path).known("c") == 2


def test_a_damaged_line_of_the_directory_is_refused(tmp_path: Path) -> None:
    from qiantang.kernel.errors import QiantangError

    path = tmp_path / "signals"
    directory = SignalDirectory(path)
    for address in "abc":
        directory.number(address)
    directory.commit()
    directory.close()
    path.write_bytes(path.read_bytes().replace(b'"b"', b'"x"'))
    with pytest.raises(QiantangError, match=r"row 2: the directory of signals is damaged"):
        SignalDirectory(path)


def test_an_unsound_snapshot_is_told_and_the_one_before_it_taken(tmp_path: Path) -> None:
    kept = Snapshots(tmp_path)
    assert kept.latest() is None
    for offset in (5, 60, 700):
        kept.write(Snapshot(offset, {"a": b"x" * offset, "b": b""}))
    newest = max(tmp_path.glob("*.snapshot"))
    newest.write_bytes(newest.read_bytes()[:-1])
    assert kept.latest() == Snapshot(60, {"a": b"x" * 60, "b": b""})
    assert kept.unsound() == [newest]


def test_snapshots_of_places_that_the_log_lost_are_removed_and_stand_in_no_others_way(tmp_path: Path) -> None:
    kept = Snapshots(tmp_path)
    for offset in (300, 450, 500):
        kept.write(Snapshot(offset, {"a": b"of the log that was"}))
    kept.cut(450)
    assert kept.latest() == Snapshot(450, {"a": b"of the log that was"})
    kept.cut(449)
    assert kept.latest() is None
    kept.write(Snapshot(310, {"a": b"of the log that is"}))
    assert kept.latest() == Snapshot(310, {"a": b"of the log that is"})


def test_a_snapshot_gives_its_tables_back_bit_for_bit_also_those_that_lie_within_a_larger_one(tmp_path: Path) -> None:
    block = np.random.default_rng(1).normal(size=(128, 5))
    block[3, 2] = np.nan
    kept = Snapshots(tmp_path)
    kept.write(Snapshot(7, {"a": b"x"}, tables=[block[:70], np.zeros((0, 4)), block.T]))
    found = kept.latest()
    assert found is not None
    assert [table.shape for table in found.tables] == [(70, 5), (0, 4), (5, 128)]
    assert found.tables[0].tobytes() == block[:70].tobytes()
    assert found.tables[2].tobytes() == block.T.tobytes()
    assert found.parts == {"a": b"x"}


def resting(log: ReadingLog) -> Snapshot:
    """A snapshot whose readings lie in the log in part: from within a frame, over two, and some that were handed on otherwise."""
    chunks = ((batch(3, 4),), (batch(7, 11), batch(500, 5)), (batch(18, 2), batch(25, 10)))
    return Snapshot(log.end, {"a": b"x"}, {"recent": chunks, "pending": ((batch(900, 3),),)}, places={"recent": ((3,), (7, -1), (18, 25))})


def test_a_snapshot_does_not_write_again_what_lies_in_the_log_and_gives_it_back_in_its_chunks(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 6)
    snapshot = resting(log)
    assert snapshot.rests_on == 3
    sizes = [Snapshots(tmp_path / name, read).write(snapshot).stat().st_size for name, read in (("with", log.read), ("without", None))]
    assert sizes[0] < sizes[1]
    for name, read, places in (("with", log.read, snapshot.places["recent"]), ("without", None, ((-1,), (-1, -1), (-1, -1)))):
        found = Snapshots(tmp_path / name, read).latest()
        assert found is not None
        assert {of: [[len(piece) for piece in chunk] for chunk in found.readings[of]] for of in found.readings} == {
            "recent": [[4], [11, 5], [2, 10]], "pending": [[3]]}
        for of, chunks in snapshot.readings.items():
            assert all(same(a, b) for chunk, back in zip(chunks, found.readings[of], strict=True) for a, b in zip(chunk, back, strict=True))
        assert (found.places["recent"], found.places["pending"]) == (places, ((-1,),))
        assert found.rests_on == (3 if read else log.end)


@pytest.mark.parametrize("first", [4, 30])
def test_a_snapshot_whose_readings_the_log_has_no_longer_says_so_and_keeps_all_else(tmp_path: Path, first: int) -> None:
    log = filled(tmp_path / "log", 6)

    def from_there(start: int, stop: int) -> list[tuple[int, Readings]]:
        return list(log.read(max(start, first), stop))

    Snapshots(tmp_path / "kept", log.read).write(resting(log))
    again = Snapshots(tmp_path / "kept", from_there)
    found = again.latest()
    assert found is not None
    assert again.unsound() == []
    assert found.lacking == {"recent"}
    assert not found.readings["recent"]
    assert not found.places["recent"]
    assert found.parts == {"a": b"x"}
    assert same(found.readings["pending"][0][0], batch(900, 3))


def test_a_snapshot_of_the_former_kind_is_read(tmp_path: Path) -> None:
    """It held its readings itself, under one sum over everything."""
    frames = [packed(batch(0), 0), packed(batch(40, 5), 0), packed(batch(70), 0)]
    head = json.dumps({"offset": 90, "parts": {"a": 3}, "readings": {"recent": [2, 1]}, "tables": [[1, 2]]}).encode()
    body = len(head).to_bytes(4, "little") + head + b"xyz" + np.array([1.5, 2.5]).tobytes() + b"".join(frames)
    (tmp_path / f"{90:020d}.snapshot").write_bytes(b"QTS4" + zlib.crc32(body[4:]).to_bytes(4, "little") + body)
    kept = Snapshots(tmp_path)
    found = kept.latest()
    assert found is not None
    assert (found.offset, found.parts, found.tables[0].tolist(), found.lacking) == (90, {"a": b"xyz"}, [[1.5, 2.5]], frozenset())
    assert [[len(piece) for piece in chunk] for chunk in found.readings["recent"]] == [[10, 5], [10]]
    assert found.places["recent"] == ((-1, -1), (-1,))
    path = max(tmp_path.glob("*.snapshot"))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert kept.latest() is None


def test_what_proves_nothing_stands_in_no_later_snapshots_way(tmp_path: Path) -> None:
    """Snapshots that cannot be used bear higher places than those that are written while the log is read anew."""
    for offset in (1_300, 1_430):
        (tmp_path / f"{offset:020d}.snapshot").write_bytes(b"of another version")
    kept = Snapshots(tmp_path)
    assert kept.latest() is None
    assert len(kept.unsound()) == 2
    for offset in (500, 800, 900):
        kept.write(Snapshot(offset, {"a": b"x"}))
        found = Snapshots(tmp_path).latest()
        assert found is not None
        assert found.offset == offset
    assert sorted(int(path.stem) for path in tmp_path.glob("*.snapshot")) == [800, 900]


@pytest.mark.parametrize("turned", ["head", "part", "frame"])
def test_a_bit_that_turned_anywhere_in_a_snapshot_is_found(tmp_path: Path, turned: str) -> None:
    kept = Snapshots(tmp_path)
    path = kept.write(Snapshot(7, {"a": b"abcdefgh" * 9}, {"recent": ((batch(0),),)}))
    whole = bytearray(path.read_bytes())
    place = {"head": 20, "part": whole.index(b"abcdefgh") + 3, "frame": len(whole) - 5}[turned]
    whole[place] ^= 4
    path.write_bytes(whole)
    assert kept.latest() is None
    assert kept.unsound() == [path]
