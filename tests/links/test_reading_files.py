"""Readings from files: both layouts, the times in use, what is wrong told by its row, chunk by chunk."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest

from qiantang.kernel.errors import FactsError
from qiantang.kernel.readings import NO_SEQUENCE, Directory, Quality
from qiantang.links.reading_files import FileSettings, ReadingFiles
from tests.links.receiving import Kept

T0 = 1_700_000_000_000_000
LOCAL = "2023-11-15 06:13:20"
"""That instant in Hangzhou."""


def imported(path: Path, directory: Directory | None = None, **settings: object) -> tuple[Kept, ReadingFiles]:
    async def story() -> tuple[Kept, ReadingFiles]:
        kept = Kept()
        wire = ReadingFiles([path], directory or Directory(), FileSettings(**settings))  # type: ignore[arg-type]  # by name, as the test gives them
        await wire.run(kept)
        return kept, wire

    return asyncio.run(story())


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def parquet(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_long_table_gives_its_rows_in_order(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        written(path, "signal,time,value,quality,sequence", f"b,{T0},1.5,192,7", f"a,{T0 + 1},2.5,0,", f"b,{T0 + 2},3.5,,9")
    else:
        parquet(path, f"SELECT * FROM (VALUES ('b', {T0}::BIGINT, 1.5::DOUBLE, 192, 7), ('a', {T0 + 1}, 2.5, 0, NULL), ('b', {T0 + 2}, 3.5, NULL, 9)) "
                "AS t(signal, time, value, quality, sequence)")
    kept, wire = imported(path)
    assert wire.directory.addresses == ["b", "a"]
    found = kept.readings
    assert found.signal.tolist() == [0, 1, 0]
    assert found.at.tolist() == [T0, T0 + 1, T0 + 2]
    assert found.value.tolist() == [1.5, 2.5, 3.5]
    assert found.quality.tolist() == [Quality.HISTORICAL, Quality.HISTORICAL | Quality.BAD, Quality.HISTORICAL]
    assert found.sequence.tolist() == [7, NO_SEQUENCE, 9]
    assert kept.kinds == ["imported"]


def test_a_wide_table_gives_a_signal_for_each_column(tmp_path: Path) -> None:
    kept, wire = imported(written(tmp_path / "a.csv", "时间,温度,压力", f"{LOCAL},170.5,", f"{LOCAL}.5,171,2.1"), prefix="press/", historical=False)
    assert wire.directory.addresses == ["press/温度", "press/压力"]
    rows = list(zip(kept.readings.signal.tolist(), kept.readings.at.tolist(), kept.readings.value.tolist(), kept.readings.quality.tolist(), strict=True))
    assert rows[0] == (0, T0, 170.5, 0)
    assert math.isnan(rows[1][2])
    assert rows[1][3] == Quality.NOT_A_NUMBER
    assert rows[2:] == [(0, T0 + 500_000, 171.0, 0), (1, T0 + 500_000, 2.1, 0)]


@pytest.mark.parametrize("time", [LOCAL, "2023/11/15 06:13:20", "2023-11-15T06:13:20", "2023-11-14T22:13:20Z", "2023-11-15 06:13:20+08:00",
                                  "2023-11-14 22:13:20+00", "1700000000", "1700000000000", "1700000000000000", "1700000000000000000", "1700000000.0"])
def test_the_times_in_use_are_read(tmp_path: Path, time: str) -> None:
    kept, _ = imported(written(tmp_path / "a.csv", "signal,time,value", f"a,{time},1"))
    assert kept.readings.at.tolist() == [T0]


@pytest.mark.parametrize("kind", ["TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP"])
def test_times_of_a_parquet_file_are_local_unless_they_name_a_zone(tmp_path: Path, kind: str) -> None:
    parquet(tmp_path / "a.parquet", f"SELECT 'a' AS signal, '{LOCAL}'::{kind} AS time, 1.0 AS value")
    assert imported(tmp_path / "a.parquet")[0].readings.at.tolist() == [T0]
    parquet(tmp_path / "z.parquet", "SELECT 'a' AS signal, make_timestamptz(1700000000000000) AS time, 1.0 AS value")
    assert imported(tmp_path / "z.parquet")[0].readings.at.tolist() == [T0]


def test_what_is_wrong_is_counted_and_told_and_the_rest_is_imported(tmp_path: Path) -> None:
    kept, wire = imported(written(tmp_path / "a.csv", "signal,time,value", f"a,{T0},1", "a,yesterday,2", f",{T0},3", f"a,{T0 + 1},warm",
                                  f"a,{T0 + 2},inf", "a,,4"))
    assert kept.readings.value[0] == 1.0
    assert np.isnan(kept.readings.value[1:]).all()
    assert len(kept.readings) == 3
    assert {kind: wire.counters.counts[kind] for kind in ("no_time", "no_signal", "not_a_number", "readings")} == {
        "no_time": 2, "no_signal": 1, "not_a_number": 2, "readings": 3}
    told = {notice.kind: notice for notice in kept.notices}
    assert "the first is row 3" in told["no_time"].told.en
    assert all(notice.source == "a.csv" for notice in kept.notices)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encodings_in_use_are_read(tmp_path: Path, encoding: str) -> None:
    _, wire = imported(written(tmp_path / "a.csv", "测点,时间,值", f"硫化机一号,{T0},1", encoding=encoding))
    assert wire.directory.addresses == ["硫化机一号"]


@pytest.mark.parametrize("chunk", [1, 7, 100, 10_000])
def test_any_chunk_gives_the_same_readings(tmp_path: Path, chunk: int) -> None:
    path = written(tmp_path / "a.csv", "signal,time,value", *(f"s{i % 13},{T0 + i},{i / 8}" for i in range(500)))
    kept, _ = imported(path, chunk=chunk)
    assert kept.readings.value.tolist() == [i / 8 for i in range(500)]
    assert kept.readings.signal.tolist() == [i % 13 for i in range(500)]
    assert max(len(delivery.readings) for delivery in kept.deliveries) <= chunk


def test_signals_keep_the_numbers_that_they_have(tmp_path: Path) -> None:
    kept, _ = imported(written(tmp_path / "a.csv", "signal,time,value", f"y,{T0},1", f"x,{T0},2"), Directory(["x", "y"]))
    assert kept.readings.signal.tolist() == [1, 0]


@pytest.mark.parametrize(("name", "content", "rule"), [
    ("a.csv", "a,b\n1,2\n", "headers"), ("a.csv", "time\n1\n", "headers"), ("a.csv", "signal,time\na,1\n", "headers"),
    ("a.parquet", "no parquet", "unreadable"),
    ("a.xlsx", "", "ending"), ("missing.csv", None, "missing")])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str | None, rule: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(FactsError) as refused:
        imported(tmp_path / name)
    assert refused.value.faults[0].rule == rule
    assert refused.value.faults[0].place.file.endswith(name)


def test_a_file_without_rows_is_imported_as_nothing(tmp_path: Path) -> None:
    kept, _ = imported(written(tmp_path / "a.csv", "signal,time,value"))
    assert len(kept.readings) == 0
    assert kept.kinds == ["imported"]


@pytest.mark.parametrize(("time", "utc"), [
    ("2026-03-29 01:59:59", "2026-03-29T00:59:59"), ("2026-03-29 03:30", "2026-03-29T01:30:00"), ("2026-10-25 01:30", "2026-10-24T23:30:00"),
    ("2026-10-25 02:30", "2026-10-25T00:30:00"), ("2026-10-25 03:30", "2026-10-25T02:30:00"), ("2026-10-25 02:30:00+01:00", "2026-10-25T01:30:00")])
def test_times_that_name_no_zone_are_of_the_plants_also_where_its_clock_is_changed(tmp_path: Path, time: str, utc: str) -> None:
    kept, _ = imported(written(tmp_path / "a.csv", "signal,time,value", f"a,{time},1"), zone="Europe/Berlin")
    assert kept.readings.at.tolist() == [round(datetime.fromisoformat(utc + "+00:00").timestamp() * 1e6)]
