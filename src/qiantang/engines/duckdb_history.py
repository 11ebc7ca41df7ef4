"""The history of a plant's readings: Parquet by day, downsampled as it ages, asked through DuckDB while it is written."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from qiantang.engines.history_files import (
    DAY_US,
    HistoryFile,
    counting,
    covered,
    day_folder,
    mergeable,
    named,
    uncovered,
)
from qiantang.engines.readings_parquet import READ, ReadingsFile
from qiantang.kernel.errors import Fault, Place, QiantangError
from qiantang.kernel.readings import Readings
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    import duckdb

Step = Literal["second", "minute", "hour"]
STEPS: dict[Step, int] = {"second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000}
"""The lengths to which readings are gathered, in microseconds."""

_RAW = "raw"
_AT_ONCE = 500_000
"""So many readings are put in order together when files are merged."""
_GATHERED = ("signal", "slot", "n", "n_value", "total", "least", "most")
_WORTH = 2
"""Steps that would hold more than half as many rows as the readings themselves are not kept: asking gathers them as fast."""


class HistoryError(QiantangError):
    """The history cannot take these readings, or its files cannot be read."""


class History:
    """Readings in a folder: ``raw/day=…`` and, per step, ``second|minute|hour/day=…``; ``latest`` holds each signal's last.

    One process appends; any number may ask at the same time, each with ``asks_only``. Everything bears the place in the log it came from: an append is
    whole or not there, one that is done already is passed over, and ``truncate`` takes the history back to a place, from which
    the log gives the same again. ``compact`` merges small files into large ones sorted by signal and gathers steps from them;
    what is not gathered yet is gathered on asking, so a late reading counts in every step from the moment it is appended.
    """

    def __init__(self, folder: Path, *, memory_mib: int = 300, threads: int | None = None, merge_at: int = 16,
                 asks_only: bool = False) -> None:
        import duckdb

        config: dict[str, Any] = {"memory_limit": f"{memory_mib}MiB", "preserve_insertion_order": "true",
                                  "temp_directory": str(folder / "aside")}
        if threads is not None:
            config["threads"] = threads
        self.folder = folder
        self.between: Callable[[], None] = lambda: None
        """Called after each group of readings that is written: whoever shares the processors may be let go first."""
        self._merge_at = merge_at
        if not asks_only:
            (folder / "latest").mkdir(parents=True, exist_ok=True)
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:", config=config)
        self._connection.execute("SET parquet_metadata_cache = true")
        self._writing = threading.Lock()
        self._settled = 0
        self._last = _Latest()
        self._merged: set[Path] = set()
        if not asks_only:
            import qiantang.engines.by_signal
            import qiantang.engines.packing  # noqa: F401  # compiled code is loaded now, not while the first readings wait

            for left_over in folder.rglob("*.part"):
                left_over.unlink()
            self.truncate(self.position)

    @property
    def position(self) -> int:
        """The place in the log up to which everything is in the history."""
        return max((int(p.stem) for p in (self.folder / "latest").glob("*.parquet")), default=0)

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return sum(p.stat().st_size for p in self.folder.rglob("*.parquet"))

    def append(self, readings: Readings, start: int, upto: int) -> int:
        """What the log's places from ``start`` up to ``upto`` gave, in any order, each reading once; how many were new.

        HistoryError where they do not follow on what is there. When this returns the readings are on the disk.
        """
        with self._writing, _told_plainly(self.folder):
            position = self.position
            if upto <= position:
                return 0
            if start != position:
                raise HistoryError(Fault(
                    Text("历史已到第 {position} 号，收到的却从第 {start} 号开始。", "the history has come to place {position}, and this begins at "
                         "{start}.").filled(position=position, start=start), Place(str(self.folder)), start, "history-follows",
                    Text("请从历史所到之处继续。", "Go on from where the history has come to.")))
            for of_day in _by_day(readings):
                self._append_day(of_day, start, upto)
            self._last.take(readings)
            self._write_latest(upto)
            return len(readings)

    def truncate(self, position: int) -> None:
        """Take the history back to a place in the log: what came from after it goes, whether whole or half written."""
        with self._writing:
            for path in self.folder.glob("*/day=*/*.parquet"):
                if int(path.name.partition("_")[0].partition("-")[2]) > position:
                    path.unlink()
            found = sorted((int(p.stem), p) for p in (self.folder / "latest").glob("*.parquet"))
            for upto, path in found:
                if upto > position:
                    path.unlink()
            kept = [path for upto, path in found if upto <= position]
            self._last = _Latest()
            if kept:
                self._last.take(self._readings(f"SELECT {READ} FROM '{kept[-1]}'", {}))
            if self.position < position:
                self._write_latest(position)

    def settle(self, position: int) -> None:
        """The history will not be taken back to before this place: files up to it may be merged."""
        with self._writing:
            self._settled = max(self._settled, position)
            latest = sorted((int(p.stem), p) for p in (self.folder / "latest").glob("*.parquet"))
            older = [path for upto, path in latest if upto <= self._settled]
            with _told_plainly(self.folder):
                for path in older[:-1]:
                    path.unlink(missing_ok=True)

    def compact(self, at_most: int = 1) -> int:
        """Merge runs of small settled files and gather their steps, ``at_most`` so many runs; how many were merged.

        The merged ones are removed at the next call, so that a question begun meanwhile finds its files.
        """
        merged = 0
        with _told_plainly(self.folder):
            for path in self._merged:
                path.unlink(missing_ok=True)
        self._merged = set()
        for level in (_RAW, *STEPS):
            for folder in sorted((self.folder / level).glob("day=*")):
                if merged >= at_most:
                    return merged
                with self._writing, _told_plainly(self.folder):
                    run = mergeable([f for f in counting(folder) if f.upto <= self._settled], self._merge_at)
                    if run:
                        self._merge(level, run)
                        merged += 1
                    self._merged |= self._held_by_others(folder)
        return merged

    # --- asking ---

    def readings(self, signal: int, since: int, until: int) -> Readings:
        """A signal's readings from one instant up to (not with) another, in order of time."""
        return self._asked([signal], since, until)

    def readings_of(self, signals: Sequence[int], since: int, until: int) -> Readings:
        """The readings of several signals from one instant up to (not with) another, each signal's in order of time."""
        return self._asked(list(signals), since, until)

    def steps(self, signal: int, since: int, until: int, step: Step) -> dict[str, NDArray[Any]]:
        """A signal's readings gathered to steps: ``at`` (µs, where the step begins), ``n``, ``mean``, ``least``, ``most``.

        Steps without a reading are left out; NaN counts in ``n`` and in nothing else.
        """
        length = STEPS[step]
        since, until = since - since % length, until + -until % length
        parts: list[str] = []
        gathered, raw = self._split(step, since, until)
        if gathered:
            parts.append(f"SELECT slot, n, n_value, total, least, most FROM {_relation(gathered)} WHERE signal = $signal AND slot >= $since AND slot < $until")
        if raw:
            parts.append(f"SELECT {_slot(length)} AS slot, 1 AS n, CAST(isfinite(value) AS INTEGER) AS n_value, {_FINITE} AS total, {_FINITE} AS least, "
                         f"{_FINITE} AS most FROM {_raw(raw)} WHERE signal = $signal AND read_at >= make_timestamp($since) "
                         "AND read_at < make_timestamp($until)")
        if not parts:
            return {name: np.zeros(0, kind) for name, kind in (("at", np.int64), ("n", np.int64), ("mean", float), ("least", float), ("most", float))}
        found = self._numpy("SELECT slot AS at, CAST(sum(n) AS BIGINT) AS n, sum(total) / nullif(sum(n_value), 0) AS mean, min(least) AS least, "
                            f"max(most) AS most FROM ({' UNION ALL '.join(parts)}) GROUP BY slot ORDER BY slot",
                            {"signal": signal, "since": since, "until": until})
        return {name: np.ma.filled(column, np.nan) if column.dtype.kind == "f" else np.asarray(column) for name, column in found.items()}

    def now(self) -> Readings:
        """The last reading of every signal that was ever read, by signal."""
        found = max(((int(p.stem), p) for p in (self.folder / "latest").glob("*.parquet")), default=None)
        if found is None:
            return _NO_READINGS
        return self._readings(f"SELECT {READ} FROM '{found[1]}'", {})

    def known(self, readings: Readings) -> NDArray[np.bool_]:
        """Which of these readings are in the history already, by signal, time and sequence."""
        answer = np.zeros(len(readings), np.bool_)
        if not len(readings):
            return answer
        files = self._files(_RAW, int(readings.at.min()), int(readings.at.max()) + 1)
        if not files:
            return answer
        asked = {"signal": readings.signal, "read_at": readings.at.view("datetime64[us]"), "sequence": readings.sequence,
                 "place": np.arange(len(readings))}
        signals = np.unique(readings.signal).tolist()
        only = f" WHERE signal IN ({', '.join(map(str, signals))})" if len(signals) <= 1000 else ""
        with self._cursor() as cursor, _told_plainly(self.folder):
            cursor.register("asked", asked)
            found = cursor.execute(f"SELECT place FROM asked SEMI JOIN (SELECT * FROM {_raw(files)}{only}) USING (signal, read_at, sequence)")
            answer[found.fetchnumpy()["place"]] = True
        return answer

    def close(self) -> None:
        """Let DuckDB go."""
        self._connection.close()

    # --- within ---

    def _append_day(self, readings: Readings, start: int, upto: int) -> None:
        folder = self.folder / _RAW / day_folder(int(readings.at[0]))
        file = named(folder, start, upto, int(readings.at.min()), int(readings.at.max()), len(readings))
        self._write_readings(file.path, [(readings, _by_signal(readings.signal))])

    def _merge(self, level: str, run: list[HistoryFile]) -> None:
        """One file in place of a run; readings that were not gathered yet are gathered beside it."""
        whole = named(run[0].path.parent, run[0].start, run[-1].upto, min(f.first for f in run), max(f.last for f in run), sum(f.rows for f in run))
        if level == _RAW:
            self._merge_readings(run, whole)
        else:
            self._write_steps(f"SELECT signal, slot, CAST(sum(n) AS BIGINT) AS n, CAST(sum(n_value) AS BIGINT) AS n_value, sum(total) AS total, "
                              f"min(least) AS least, max(most) AS most FROM {_relation(run)} GROUP BY signal, slot ORDER BY signal, slot", whole.path)

    def _merge_readings(self, run: list[HistoryFile], whole: HistoryFile) -> None:
        """Steps are in place before the whole is: from then on, what it was made from counts no more."""
        alongside: list[Step] = []
        for step in STEPS:
            for stretch in uncovered(run, counting(self.folder / step / whole.day)):
                if stretch == run:
                    alongside.append(step)
                else:
                    for _ in self._in_order(stretch, [step]):
                        pass
        self._write_readings(whole.path, self._in_order(run, alongside))

    def _in_order(self, files: Sequence[HistoryFile], steps: Sequence[Step]) -> Iterator[tuple[Readings, NDArray[np.int32]]]:
        """The readings of these files, some signals at a time, and their order by signal, time and sequence; steps are gathered as they pass."""
        from qiantang.engines.by_signal import by_time_within, gathered

        counted = self._numpy(f"SELECT signal, count(*) AS n FROM {_raw(files)} GROUP BY signal ORDER BY signal", {})
        found: dict[Step, list[tuple[NDArray[Any], ...]]] = {step: [] for step in steps if _worth_gathering(files, len(counted["n"]), STEPS[step])}
        for first, last in _ranges(counted["signal"], counted["n"]):
            part = self._readings(f"SELECT * FROM {_raw(files)} WHERE signal BETWEEN {first} AND {last}", {})
            order = _by_signal(part.signal)
            if not by_time_within(order, part.signal, part.at, part.sequence):
                order = np.lexsort((part.sequence, part.at, part.signal)).astype(np.int32)
            for step, parts in found.items():
                parts.append(gathered(order, part.signal, part.at, part.value, STEPS[step]))
            yield part, order
        for step, parts in found.items():
            batch = dict(zip(_GATHERED, map(np.concatenate, zip(*parts, strict=True)), strict=True))
            to = named(self.folder / step / files[0].day, files[0].start, files[-1].upto, min(f.first for f in files), max(f.last for f in files),
                       len(batch["n"]))
            self._write_steps(f"SELECT * REPLACE ({', '.join(f'CASE WHEN n_value > 0 THEN {c} END AS {c}' for c in _GATHERED[4:])}) FROM batch",
                              to.path, batch)

    def _write_latest(self, upto: int) -> None:
        last = self._last.readings()
        self._write_readings(self.folder / "latest" / f"{upto}.parquet", [(last, np.arange(len(last), dtype=np.int32))])

    def _write_readings(self, to: Path, parts: Iterable[tuple[Readings, NDArray[np.int32]]]) -> None:
        with _put_in_place(to) as beside, ReadingsFile(beside, self.between) as file:
            for readings, order in parts:
                file.write(readings, order)

    def _write_steps(self, select: str, to: Path, batch: dict[str, NDArray[Any]] | None = None) -> None:
        with _put_in_place(to) as beside, self._cursor() as cursor:
            if batch is not None:
                cursor.register("batch", batch)
            cursor.execute(f"COPY ({select}) TO '{beside}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 16384)")

    def _held_by_others(self, folder: Path) -> set[Path]:
        """Files that were merged into others."""
        return set(folder.glob("*.parquet")) - {f.path for f in counting(folder)}

    def _files(self, level: str, since: int, until: int) -> list[HistoryFile]:
        days = [day_folder(day * DAY_US) for day in range(since // DAY_US, (until - 1) // DAY_US + 1)] if until - since < 400 * DAY_US \
            else sorted(p.name for p in (self.folder / level).glob("day=*"))
        return [f for day in days for f in counting(self.folder / level / day) if f.last >= since and f.first < until]

    def _split(self, step: Step, since: int, until: int) -> tuple[list[HistoryFile], list[HistoryFile]]:
        """The gathered files, and the raw ones that no gathered file covers."""
        raw = self._files(_RAW, since, until)
        gathered = self._files(step, since, until)
        by_day: dict[str, list[HistoryFile]] = {}
        for file in gathered:
            by_day.setdefault(file.day, []).append(file)
        return gathered, [f for f in raw if not covered(f, by_day.get(f.day, []))]

    def _asked(self, signals: Sequence[int], since: int, until: int) -> Readings:
        files = self._files(_RAW, since, until)
        if not files or not signals:
            return _NO_READINGS
        which = ", ".join(str(int(s)) for s in signals)
        return self._readings(f"SELECT * FROM {_raw(files)} WHERE signal IN ({which}) AND read_at >= make_timestamp($since) "
                              "AND read_at < make_timestamp($until) ORDER BY read_at, signal, sequence", {"since": since, "until": until})

    def _readings(self, select: str, values: Mapping[str, int]) -> Readings:
        found = self._numpy(select, values)
        at = np.asarray(found["read_at"], "datetime64[us]").view(np.int64)
        return Readings(np.asarray(found["signal"], np.int32), at, at, np.asarray(np.ma.filled(found["value"], np.nan), np.float64),
                        np.asarray(found["quality"], np.uint8), np.asarray(found["sequence"], np.int64))

    def _numpy(self, select: str, values: Mapping[str, int]) -> dict[str, NDArray[Any]]:
        """Runs a query."""
        with self._cursor() as cursor, _told_plainly(self.folder):
            return cursor.execute(select, dict(values)).fetchnumpy()

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


class _Latest:
    """The last reading of each signal."""

    def __init__(self) -> None:
        self._columns: list[NDArray[Any]] = [np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int64)]

    def take(self, readings: Readings) -> None:
        """Newer ones take the place of older ones."""
        from qiantang.engines.by_signal import keep_last

        if not len(readings):
            return
        grow = int(readings.signal.max()) + 1 - len(self._columns[0])
        if grow > 0:
            fills = (np.iinfo(np.int64).min, 0.0, 0, -1)
            self._columns = [np.concatenate([c, np.full(grow, fill, c.dtype)]) for c, fill in zip(self._columns, fills, strict=True)]
        keep_last(readings.signal, readings.at, readings.value, readings.quality, readings.sequence, *self._columns)

    def readings(self) -> Readings:
        """One of each signal, by signal."""
        at, value, quality, sequence = self._columns
        read = np.flatnonzero(at != np.iinfo(np.int64).min)
        return Readings(read.astype(np.int32), at[read], at[read], value[read], quality[read], sequence[read])


_NO_READINGS = Readings(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int64))
_FINITE = "CASE WHEN isfinite(value) THEN value END"


def _slot(length: int) -> str:
    return f"epoch_us(read_at) - epoch_us(read_at) % {length}"


def _relation(files: Iterable[HistoryFile]) -> str:
    return "read_parquet([" + ", ".join(f"'{f.path}'" for f in files) + "], hive_partitioning=false)"


def _raw(files: Iterable[HistoryFile]) -> str:
    return f"(SELECT {READ} FROM {_relation(files)})"


def _by_day(batch: Readings) -> Iterator[Readings]:
    if not len(batch):
        return
    first, last = int(batch.at.min()) // DAY_US, int(batch.at.max()) // DAY_US
    if first == last:
        yield batch
        return
    day = batch.at // DAY_US
    for one in np.unique(day):
        yield batch.taken(day == one)


def _by_signal(signal: NDArray[np.int32]) -> NDArray[np.int32]:
    """Places by signal, those of one signal as they lie; counted, not compared, where the numbers are not far between."""
    from qiantang.engines.by_signal import by_signal

    most = int(signal.max(initial=0))
    if int(signal.min(initial=0)) >= 0 and most < 1 << 20:
        counted: NDArray[np.int32] = by_signal(signal, most + 1)
        return counted
    return np.argsort(signal, kind="stable").astype(np.int32)


def _ranges(signals: NDArray[np.int32], counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last signal of stretches of about _AT_ONCE readings."""
    firsts = np.flatnonzero(np.diff(np.cumsum(counts) // _AT_ONCE, prepend=-1))
    lasts = np.append(firsts[1:], len(signals)) - 1
    return [(int(signals[first]), int(signals[last])) for first, last in zip(firsts, lasts, strict=True)]


def _worth_gathering(files: Sequence[HistoryFile], signals: int, length: int) -> bool:
    first, last = min(f.first for f in files), max(f.last for f in files)
    return sum(f.rows for f in files) >= _WORTH * signals * ((last - first) // length + 1)


@contextmanager
def _put_in_place(to: Path) -> Iterator[Path]:
    """A file is written beside its place, through to the disk, then renamed."""
    new = not to.parent.exists()
    to.parent.mkdir(parents=True, exist_ok=True)
    beside = to.with_suffix(".part")
    try:
        yield beside
        _sync(beside)
        beside.replace(to)
    finally:
        beside.unlink(missing_ok=True)
    _sync(to.parent)
    if new:
        _sync(to.parent.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _told_plainly(folder: Path) -> Iterator[None]:
    """What goes wrong in DuckDB or on the disk as an error of the house."""
    import duckdb

    try:
        yield
    except (duckdb.Error, OSError) as wrong:
        raise HistoryError(Fault(Text("历史读写失败：{why}", "reading or writing the history failed: {why}").filled(why=wrong), Place(str(folder)),
                                 rule="history-sound", remedy=Text("请检查磁盘空间与文件。", "Check the disk's space and the files."))) from wrong
