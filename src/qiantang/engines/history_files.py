"""The files of a history: which place of the log and which time each covers, told by its name, and which of them count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DAY_US = 86_400_000_000
ENDING = ".parquet"
_SMALL_ROWS = 16_384
_LARGE_ROWS = 16_000_000
"""A file of so many readings is not merged again: a question about some hours passes over it by its name."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """Readings (or steps) that the log's places from ``start`` up to ``upto`` gave, of one day, between two instants (µs UTC,
    both within); ``rows`` of them."""

    path: Path
    start: int
    upto: int
    first: int
    last: int
    rows: int

    @property
    def day(self) -> str:
        """The folder of its day."""
        return self.path.parent.name


def day_folder(at: int) -> str:
    """The folder of the day (UTC) an instant belongs to, as Spark and DuckDB read partitions."""
    return f"day={datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%d}"


def named(folder: Path, start: int, upto: int, first: int, last: int, rows: int) -> HistoryFile:
    """The file that covers this."""
    return HistoryFile(folder / f"{start}-{upto}_{first}_{last}_{rows}{ENDING}", start, upto, first, last, rows)


def told(path: Path) -> HistoryFile:
    """What the name of a file says."""
    places, first, last, rows = path.name.removesuffix(ENDING).split("_")
    start, upto = places.split("-")
    return HistoryFile(path, int(start), int(upto), int(first), int(last), int(rows))


def counting(folder: Path) -> list[HistoryFile]:
    """The files of a day that count, by their place: one that another holds entirely was merged into it and counts no more."""
    try:
        names = [e.path for e in os.scandir(folder) if e.name.endswith(ENDING)]
    except FileNotFoundError:
        return []
    found: list[HistoryFile] = []
    for one in sorted((told(Path(n)) for n in names), key=lambda f: (f.start, -f.upto)):
        if not found or one.upto > found[-1].upto:
            found.append(one)
    return found


def covered(file: HistoryFile, by: Iterable[HistoryFile]) -> bool:
    """Whether these files, by their place, cover all of the file's place together."""
    reached = file.start
    for other in by:
        if other.start <= reached:
            reached = max(reached, other.upto)
    return reached >= file.upto


def uncovered(run: Sequence[HistoryFile], by: Sequence[HistoryFile]) -> list[list[HistoryFile]]:
    """The stretches of neighbours among these files that the others do not cover."""
    stretches: list[list[HistoryFile]] = []
    before: HistoryFile | None = None
    for file in run:
        if not covered(file, by):
            if before is None or not stretches or stretches[-1][-1] is not before:
                stretches.append([])
            stretches[-1].append(file)
        before = file
    return stretches


def mergeable(files: Sequence[HistoryFile], many: int) -> list[HistoryFile]:
    """The first run of so many neighbours of like size, to be merged; none where there is none."""
    run: list[HistoryFile] = []
    for file in files:
        if file.rows >= _LARGE_ROWS or (run and tier(file, many) != tier(run[-1], many)):
            run = []
        if file.rows < _LARGE_ROWS:
            run.append(file)
        if len(run) == many:
            return run
    return []


def tier(file: HistoryFile, many: int) -> int:
    """Files of like size are in one tier, each ``many`` times the one before: so many files merged are always in a higher one."""
    size, found = file.rows // _SMALL_ROWS, 0
    while size >= many:
        size, found = size // many, found + 1
    return found
