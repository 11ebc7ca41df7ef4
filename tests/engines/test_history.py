"""The history holds each reading once, at every level, whatever crashes between the log and it."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from qiantang.engines.duckdb_history import History, HistoryError
from qiantang.engines.history_files import HistoryFile, counting, mergeable, tier, uncovered
from qiantang.kernel.readings import Readings, readings, together

S = 1_000_000
MIDNIGHT = 1_795_651_200 * S
DAY = 86_400 * S


def second(k: int, signals: int = 5, *, start: int = MIDNIGHT) -> Readings:
    return readings(np.arange(signals), start + k * S, np.arange(signals) + k / 8, sequence=k)


def filled(folder: Path, seconds: int, *, start: int = MIDNIGHT, each: int = 10) -> History:
    history = History(folder, threads=1, merge_at=4)
    for k in range(0, seconds, each):
        history.append(together([second(i, start=start) for i in range(k, k + each)]), 5 * k, 5 * (k + each))
    return history


def files(history: History, level: str) -> list[Path]:
    return sorted((history.folder / level).glob("day=*/*.parquet"))


def test_a_signal_is_read_back_in_order_over_midnight(tmp_path: Path) -> None:
    history = filled(tmp_path, 100, start=MIDNIGHT + DAY - 50 * S)
    found = history.readings(3, MIDNIGHT + DAY - 10 * S, MIDNIGHT + DAY + 10 * S)
    assert found.value.tolist() == [3 + k / 8 for k in range(40, 60)]
    assert sorted(p.parent.name for p in files(history, "raw"))[::6] == ["day=2026-11-26", "day=2026-11-27"]


def test_what_is_done_already_is_passed_over_and_a_hole_is_refused(tmp_path: Path) -> None:
    history = filled(tmp_path, 20)
    assert history.append(second(0), 0, 5) == 0
    assert len(history.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 20
    with pytest.raises(HistoryError, match="has come to place 100, and this begins at 120"):
        history.append(second(24), 120, 125)


def test_a_half_written_append_is_gone_after_opening(tmp_path: Path) -> None:
    filled(tmp_path, 40).close()
    newest = max((tmp_path / "latest").glob("*.parquet"), key=lambda p: int(p.stem))
    newest.unlink()
    history = History(tmp_path)
    assert history.position == 150
    assert len(history.readings(1, MIDNIGHT, MIDNIGHT + DAY)) == 30
    assert history.append(together([second(k) for k in range(30, 40)]), 150, 200) == 50
    assert history.readings(1, MIDNIGHT, MIDNIGHT + DAY).value.tolist() == [1 + k / 8 for k in range(40)]


def test_taken_back_to_a_place_the_log_gives_the_same_again(tmp_path: Path) -> None:
    history = filled(tmp_path, 60)
    history.settle(100)
    before = history.now()
    history.truncate(100)
    assert history.position == 100
    assert history.now().at.tolist() == [MIDNIGHT + 19 * S] * 5
    for k in range(20, 60, 10):
        history.append(together([second(i) for i in range(k, k + 10)]), 5 * k, 5 * (k + 10))
    after = history.now()
    assert all(getattr(before, c).tolist() == getattr(after, c).tolist() for c in Readings.__slots__)
    assert len(history.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 60


def test_a_file_that_cannot_be_removed_is_told_as_a_fault_of_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = filled(tmp_path, 60)

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(f"{path.name} is held")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refused)
        with pytest.raises(HistoryError, match="is held"):
            history.settle(history.position)
    history.settle(history.position)
    assert len(list((tmp_path / "latest").glob("*.parquet"))) == 1


def steps_by_hand(seconds: list[int], length: int) -> dict[int, list[float]]:
    slots: dict[int, list[float]] = {}
    for k in seconds:
        slots.setdefault((MIDNIGHT + k * S) // length * length, []).append(2 + k / 8)
    return slots


@pytest.mark.parametrize("merged", [0, 1, 100])
def test_steps_are_the_same_before_and_after_merging(tmp_path: Path, merged: int) -> None:
    history = filled(tmp_path, 320)
    history.settle(history.position if merged > 1 else 200)
    for _ in range(merged):
        history.compact()
    for step, length in (("second", S), ("minute", 60 * S), ("hour", 3600 * S)):
        found = history.steps(2, MIDNIGHT, MIDNIGHT + 320 * S, step)  # type: ignore[arg-type]  # one of the three
        by_hand = steps_by_hand(list(range(320)), length)
        assert found["at"].tolist() == sorted(by_hand)
        assert found["n"].tolist() == [len(v) for _, v in sorted(by_hand.items())]
        assert found["mean"] == pytest.approx([sum(v) / len(v) for _, v in sorted(by_hand.items())])
        assert found["least"].tolist() == [min(v) for _, v in sorted(by_hand.items())]
        assert found["most"].tolist() == [max(v) for _, v in sorted(by_hand.items())]
    assert history.readings(2, MIDNIGHT, MIDNIGHT + DAY).value.tolist() == [2 + k / 8 for k in range(320)]


def test_merging_leaves_few_files_and_touches_nothing_that_may_be_taken_back(tmp_path: Path) -> None:
    history = filled(tmp_path, 160)
    history.settle(400)
    while history.compact():
        pass
    assert [(f.start, f.upto) for f in counting(tmp_path / "raw" / "day=2026-11-26")] == [(0, 350), (350, 400)] + [(k, k + 50) for k in range(400, 800, 50)]
    history.truncate(400)
    assert len(history.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 80
    assert int(history.steps(0, MIDNIGHT, MIDNIGHT + DAY, "minute")["n"].sum()) == 80


def test_a_merge_that_was_broken_off_counts_nothing_twice(tmp_path: Path) -> None:
    history = filled(tmp_path, 80)
    before = {p: p.read_bytes() for p in files(history, "raw")[:3]}
    history.settle(history.position)
    history.compact()
    for path, data in before.items():
        path.write_bytes(data)
    again = History(tmp_path, merge_at=4)
    assert len(again.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 80
    assert int(again.steps(0, MIDNIGHT, MIDNIGHT + DAY, "minute")["n"].sum()) == 80
    again.compact()
    again.compact()
    assert not set(before) & set(files(again, "raw"))


def test_merging_puts_in_order_what_came_long_after_its_time(tmp_path: Path) -> None:
    history = History(tmp_path, merge_at=4)
    for place, k in enumerate((300, 200, 100, 0)):
        history.append(together([second(i) for i in range(k, k + 100)]), place, place + 1)
    history.settle(4)
    assert history.compact() == 1
    merged, = counting(tmp_path / "raw" / "day=2026-11-26")
    found = duckdb.execute(f"SELECT signal, read_at FROM '{merged.path}'").fetchnumpy()
    assert np.lexsort((found["read_at"], found["signal"])).tolist() == list(range(2000))
    assert history.steps(1, MIDNIGHT, MIDNIGHT + 400 * S, "minute")["n"].tolist() == [60] * 6 + [40]


def test_like_sized_files_are_merged_into_one_of_the_next_size_and_the_largest_never() -> None:
    def file(place: int, rows: int) -> HistoryFile:
        return HistoryFile(Path(f"{place}"), place, place + 1, 0, 1, rows)

    small = [file(k, 20_000) for k in range(20)]
    assert mergeable(small, 8) == small[:8]
    assert mergeable(small[:7], 8) == []
    assert all(tier(file(0, 8 * rows), 8) == tier(file(0, rows), 8) + 1 for rows in (16_384, 100_000, 131_072, 5_000_000))
    assert mergeable([*small[:7], file(7, 10_000_000), *small[8:15]], 8) == []
    assert mergeable([file(k, 20_000_000) for k in range(20)], 8) == []
    assert mergeable([file(0, 20_000_000), *small], 8) == small[:8]


def test_only_what_no_step_covers_yet_is_gathered() -> None:
    run = [HistoryFile(Path(f"{k}"), k, k + 1, 0, 1, 10) for k in range(5)]
    assert uncovered(run, []) == [run]
    assert uncovered(run, [run[2]]) == [run[:2], run[3:]]
    assert uncovered(run, [HistoryFile(Path("w"), 0, 5, 0, 1, 10)]) == []


def test_a_late_reading_counts_in_its_minute_though_the_minute_was_gathered(tmp_path: Path) -> None:
    history = filled(tmp_path, 120)
    history.settle(history.position)
    history.compact(10)
    history.append(readings([2], [MIDNIGHT + 30 * S + 1], [100.0]), 600, 601)
    found = history.steps(2, MIDNIGHT, MIDNIGHT + 120 * S, "minute")
    assert found["n"].tolist() == [61, 60]
    assert found["most"].tolist() == [100.0, 2 + 119 / 8]
    assert history.now().value.tolist()[2] == 2 + 119 / 8


def test_what_is_no_number_is_counted_and_spoils_no_mean(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.append(readings([0, 0, 0], [MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 2], [1.0, np.nan, np.inf]), 0, 3)
    found = history.steps(0, MIDNIGHT, MIDNIGHT + S, "second")
    assert (found["n"].tolist(), found["mean"].tolist()) == ([3], [1.0])
    assert np.isnan(history.readings(0, MIDNIGHT, MIDNIGHT + S).value[1])


def test_which_readings_are_known_is_told_by_signal_time_and_sequence(tmp_path: Path) -> None:
    history = filled(tmp_path, 20)
    asked = readings([0, 0, 1, 4], [MIDNIGHT, MIDNIGHT, MIDNIGHT + 1, MIDNIGHT + 19 * S], 0.0, sequence=np.array([0, 1, 0, 19]))
    assert history.known(asked).tolist() == [True, False, False, True]


def test_another_process_may_ask_while_one_writes_and_merges(tmp_path: Path) -> None:
    history = filled(tmp_path, 80)
    asking = History(tmp_path, asks_only=True)
    assert len(asking.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 80
    history.settle(history.position)
    history.compact()
    history.append(second(80), 400, 405)
    assert len(asking.readings(0, MIDNIGHT, MIDNIGHT + DAY)) == 81
    assert asking.now().at.tolist() == [MIDNIGHT + 80 * S] * 5


def test_an_empty_history_answers(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert (len(history.now()), len(history.readings(0, 0, DAY)), len(history.steps(0, 0, DAY, "hour")["at"])) == (0, 0, 0)
    assert history.append(readings([], [], []), 0, 10) == 0
    assert history.position == 10
