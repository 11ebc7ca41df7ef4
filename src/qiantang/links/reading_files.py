"""Readings from CSV and Parquet files, chunk by chunk through the same receiver as any wire.

Two layouts, told by their headers: long (a signal, a time, a value to a row) and wide (a time, and a column for each signal).
A row without a time that can be read is counted, told with its number, and left out; a value that is none is no number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qiantang.kernel.errors import FactsError, Place
from qiantang.kernel.readings import NO_SEQUENCE, Directory, Quality, Readings
from qiantang.kernel.wires import Counters, Delivery, Notice, Receiver
from qiantang.kernel.words import Text
from qiantang.links.messages import now_us

if TYPE_CHECKING:
    import duckdb

_HEADERS = {
    "signal": ("signal", "address", "tag", "metric", "测点", "地址", "信号"),
    "time": ("time", "timestamp", "ts", "datetime", "date", "at", "时间", "时刻", "采集时间"),
    "value": ("value", "reading", "v", "值", "读数", "数值"),
    "quality": ("quality", "q", "质量"),
    "sequence": ("sequence", "seq", "序号"),
}
_SAMPLE = 2**20
_TOLD = {
    "no_time": Text("{source}：{many} 行的时间缺失或无法识别，未导入；首行为第 {row} 行",
                    "{source}: {many} rows have no time that can be read and are left out; the first is row {row}"),
    "no_signal": Text("{source}：{many} 行没有测点名称，未导入", "{source}: {many} rows name no signal and are left out"),
    "not_a_number": Text("{source}：{many} 个值为空或不是数", "{source}: {many} values are empty or no numbers"),
    "imported": Text("{source}：导入 {many} 条读数", "{source}: {many} readings imported"),
}


@dataclass(frozen=True, slots=True)
class FileSettings:
    """``prefix`` goes before a signal's name in its address; ``chunk`` readings at once; times that name no zone are of
    ``zone`` (an IANA name; of a time that comes twice the first); ``historical`` marks the readings as history."""

    prefix: str = ""
    chunk: int = 200_000
    zone: str = "Asia/Shanghai"
    historical: bool = True


class ReadingFiles:
    """A wire that ends: it hands over what is in the files, in their order."""

    def __init__(self, paths: Sequence[Path], directory: Directory, settings: FileSettings | None = None, counters: Counters | None = None) -> None:
        self.paths = tuple(paths)
        self.directory = directory
        self.settings = settings or FileSettings()
        self.counters = counters or Counters()

    async def run(self, receiver: Receiver) -> None:
        """Hand over every chunk; FactsError where a file cannot be read or its headers say neither layout."""
        for path in self.paths:
            many = 0
            for chunk, notices in self.chunks(path):
                for notice in notices:
                    receiver.notice(notice)
                if len(chunk):
                    many += len(chunk)
                    self.counters.add("readings", len(chunk))
                    await receiver.deliver(Delivery(chunk))
            receiver.notice(_notice("imported", path, many=many))

    def chunks(self, path: Path) -> Iterator[tuple[Readings, tuple[Notice, ...]]]:
        """The readings of a file, chunk by chunk, each with what is to be told of it."""
        import duckdb

        with tempfile.TemporaryDirectory(prefix="qiantang-import-") as room, duckdb.connect(str(Path(room) / "rows.duckdb")) as connection:
            connection.execute(f"SET temp_directory = '{_quoted(room)}'")
            try:
                connection.execute(f"CREATE VIEW handed_in AS SELECT * FROM {_source(path, Path(room))}")
                headers = [str(row[0]) for row in connection.execute("DESCRIBE handed_in").fetchall()]
                layout = _layout(headers, path)
                connection.execute(f"CREATE TABLE rows AS {self._rows(layout, headers)}")
            except duckdb.Error as wrong:
                raise FactsError.of(f"无法读取：{wrong}", f"cannot be read: {wrong}", place=Place(str(path)), rule="unreadable",
                                    remedy=Text("检查文件是否完整、是否为 CSV 或 Parquet。", "See whether the file is whole, and CSV or Parquet.")) from wrong
            yield from self._numbered(connection, path)

    def _rows(self, layout: dict[str, str], headers: list[str]) -> str:
        """The file as rows of (row, signal, instant, value, quality, sequence), in SQL; a wide one unpivoted."""
        time, quality, sequence = layout["time"], layout.get("quality"), layout.get("sequence")
        about = (f"row_number() OVER () AS row, {self._instant(_name(time))} AS instant,"
                 + (f" {_name(quality)}::VARCHAR AS quality," if quality else " NULL::VARCHAR AS quality,")
                 + (f" TRY_CAST({_name(sequence)} AS BIGINT) AS sequence" if sequence else " NULL::BIGINT AS sequence"))
        if "signal" in layout:
            return (f"SELECT {about}, {_name(layout['signal'])}::VARCHAR AS signal, TRY_CAST({_name(layout['value'])} AS DOUBLE) AS value "
                    "FROM handed_in")
        signals = [header for header in headers if header not in (time, quality, sequence)]
        columns = ", ".join(f"coalesce(TRY_CAST({_name(signal)} AS DOUBLE), 'nan'::DOUBLE) AS {_name(signal)}" for signal in signals)
        return (f"SELECT row, instant, quality, sequence, signal, value FROM (SELECT {about}, {columns} FROM handed_in) "
                f"UNPIVOT INCLUDE NULLS (value FOR signal IN ({', '.join(map(_name, signals))}))")

    def _instant(self, column: str) -> str:
        """Microseconds UTC of a column that holds instants, texts of them, or counts since 1970 in s, ms, µs or ns, in SQL."""
        text, number = f"trim({column}::VARCHAR)", f"TRY_CAST({column}::VARCHAR AS DOUBLE)"
        zoned = f"regexp_matches({text}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND length({text}) > 10"
        wall, zone = f"TRY_CAST(replace({text}, '/', '-') AS TIMESTAMP)", f"'{_quoted(self.settings.zone)}'"
        # DuckDB takes the second of a time that comes twice; an hour after the hour before is the first.
        moment = (f"CASE WHEN {zoned} THEN epoch_us(TRY_CAST(replace({text}, '/', '-') AS TIMESTAMPTZ)) "
                  f"ELSE epoch_us(least(timezone({zone}, {wall}), timezone({zone}, {wall} - INTERVAL 1 HOUR) + INTERVAL 1 HOUR)) END")
        counted = (f"CASE WHEN {number} < 1e11 THEN {number} * 1e6 WHEN {number} < 1e14 THEN {number} * 1e3 WHEN {number} < 1e17 THEN {number} "
                   f"ELSE {number} / 1e3 END")
        return f"CASE WHEN isfinite({number}) AND {number} > 0 THEN round({counted})::BIGINT WHEN {number} IS NULL THEN {moment} END"

    def _numbered(self, connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[tuple[Readings, tuple[Notice, ...]]]:
        prefix = self.settings.prefix
        distinct = connection.execute("SELECT signal FROM rows WHERE trim(signal) <> '' GROUP BY signal ORDER BY min(rowid)")
        names = [str(row[0]) for row in distinct.fetchall()]
        numbers = [self.directory.number(prefix + name) for name in names]
        connection.execute("CREATE TABLE numbers AS SELECT unnest($1::VARCHAR[]) AS signal, unnest($2::INTEGER[]) AS number", [names, numbers])
        counts = connection.execute(
            "SELECT count(*), count(*) FILTER (instant IS NULL), min(row) FILTER (instant IS NULL), "
            "count(*) FILTER (instant IS NOT NULL AND coalesce(trim(signal), '') = ''), "
            "count(*) FILTER (instant IS NOT NULL AND (value IS NULL OR NOT isfinite(value))) FROM rows")
        total, no_time, first, no_signal, no_number = counts.fetchone() or (0, 0, None, 0, 0)
        notices = tuple(_notice(kind, path, many=many, row=(first or 0) + 1)
                        for kind, many in (("no_time", no_time), ("no_signal", no_signal), ("not_a_number", no_number)) if many)
        for kind, many in (("no_time", no_time), ("no_signal", no_signal), ("not_a_number", no_number)):
            if many:
                self.counters.add(kind, many)
        for begin in range(0, total, self.settings.chunk):
            found = connection.execute(
                "SELECT number, instant, value, quality, sequence FROM rows JOIN numbers USING (signal) "
                f"WHERE rows.rowid >= {begin} AND rows.rowid < {begin + self.settings.chunk} AND instant IS NOT NULL "
                "ORDER BY rows.rowid").fetchnumpy()
            yield self._readings(found), notices if begin == 0 else ()
        if not total:
            yield self._readings({}), notices

    def _readings(self, found: dict[str, Any]) -> Readings:
        """One chunk as columns."""
        at = _filled(found.get("instant"), 0).astype(np.int64)
        value = _filled(found.get("value"), np.nan).astype(np.float64)
        quality = np.full(len(at), Quality.HISTORICAL if self.settings.historical else Quality.GOOD, np.uint8)
        said = found.get("quality")
        if said is not None and len(at):
            texts, places = np.unique(np.ma.filled(said, "").astype(str), return_inverse=True)
            quality |= np.array([_quality(text) for text in texts], np.uint8)[places]
        quality |= np.where(np.isfinite(value), 0, Quality.NOT_A_NUMBER).astype(np.uint8)
        value = np.where(np.isfinite(value), value, np.nan)
        return Readings(_filled(found.get("number"), -1).astype(np.int32), at, np.full(len(at), now_us()), value, quality,
                        _filled(found.get("sequence"), NO_SEQUENCE).astype(np.int64))


def _filled(column: Any, missing: float) -> Any:
    return np.empty(0) if column is None else np.ma.filled(column, missing)


def _quality(text: str) -> int:
    """What a cell says of a reading: a code of 192 and more, a word, or nothing is good."""
    said = text.strip().lower()
    if said in ("", "good", "ok", "true", "none", "好", "正常"):
        return Quality.GOOD
    if said in ("stale", "500", "陈旧"):
        return Quality.STALE
    try:
        return Quality.GOOD if float(said) >= 192 else Quality.BAD
    except ValueError:
        return Quality.BAD


def _layout(headers: list[str], path: Path) -> dict[str, str]:
    """Which header is what; FactsError where there is no time, or neither a signal with a value nor a column of a signal."""
    found: dict[str, str] = {}
    for role, known in _HEADERS.items():
        header = next((h for h in headers if h.strip().lower() in known), None)
        if header is not None:
            found[role] = header
    long = "signal" in found and "value" in found
    if "time" in found and long:
        return found
    wide = {role: header for role, header in found.items() if role not in ("signal", "value")}
    if "time" in found and "signal" not in found and set(headers) - set(wide.values()):
        return wide
    raise FactsError.of(f"表头 {headers} 看不出时间、测点和数值", f"the headers {headers} do not say time, signal and value",
                        place=Place(str(path), row=1), rule="headers",
                        remedy=Text("表头写 signal,time,value，或 time 加每个测点一列。",
                                    "Head the columns signal,time,value, or time and one column a signal."))


def _source(path: Path, room: Path) -> str:
    """How DuckDB reads the file; a CSV in GB 18030 is put into UTF-8 first."""
    if path.suffix.lower() == ".parquet":
        return f"read_parquet('{_quoted(path)}')"
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise FactsError.of("既不是 CSV 也不是 Parquet", "neither CSV nor Parquet", place=Place(str(path)), value=path.suffix, rule="ending",
                            remedy=Text("另存为 CSV 或 Parquet。", "Save it as CSV or Parquet."))
    if not path.is_file():
        raise FactsError.of("没有这个文件", "there is no such file", place=Place(str(path)), rule="missing", remedy=Text("检查路径。", "Check the path."))
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    try:
        sample[:sample.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        copy = room / "as-utf8.csv"
        with path.open(encoding="gb18030", errors="replace") as old, copy.open("w", encoding="utf-8") as new:
            while part := old.read(_SAMPLE):
                new.write(part)
        path = copy
    return f"read_csv('{_quoted(path)}', all_varchar = true, header = true, null_padding = true, ignore_errors = false)"


def _notice(kind: str, path: Path, **values: object) -> Notice:
    return Notice(kind, path.name, now_us(), _TOLD[kind].filled(source=path.name, **values), int(str(values.get("many", 1))))


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _name(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'
