"""The Numenta Anomaly Benchmark's files as published: series of one value, and the windows in which each is labelled anomalous.

``data/<category>/<name>.csv`` holds the columns ``timestamp`` and ``value``; ``labels/combined_windows.json`` gives for every
``<category>/<name>.csv`` its windows as ``[from, to]``, both within. What is wrong in any of the files is told together.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LABELS = Path("labels") / "combined_windows.json"
COLUMNS = ("timestamp", "value")
TOLD = 5
"""Bad rows of one file that are told one by one."""

Windows = tuple[tuple[int, int], ...]
"""First and last row of each window, both within."""


@dataclass(frozen=True, slots=True)
class Series:
    """One file: ``<category>/<name>.csv``, its values by row, its windows in the order of their rows."""

    name: str
    values: NDArray[np.float64]
    windows: Windows


def published(directory: Path) -> list[Series]:
    """Every labelled series of the directory, by name; raises ValueError with all that is wrong: where, what was found, what to do."""
    faults: list[str] = []
    labels = _labels(directory / LABELS, faults)
    there = {path.relative_to(directory / "data").as_posix(): path for path in (directory / "data").glob("*/*.csv")}
    if not faults:
        faults += [f"{directory / LABELS}: {name!r} is labelled, but {directory / 'data' / name} is not there. Add the file as published."
                   for name in sorted(labels.keys() - there.keys())]
        faults += [f"{there[name]}: {LABELS.as_posix()} has no entry {name!r}. Add one, [] where nothing is anomalous, or take the file away."
                   for name in sorted(there.keys() - labels.keys())]
    found = [_series(name, path, labels[name], faults) for name, path in sorted(there.items()) if name in labels]
    if faults:
        raise ValueError("\n".join(faults))
    return found


def _labels(path: Path, faults: list[str]) -> dict[str, list[tuple[datetime, datetime]]]:
    """The windows of each file by name; none where the labels cannot be read."""
    if not path.is_file():
        faults.append(f"{path} is not there. Name the directory that holds data/ and labels/ as published.")
        return {}
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {name: [(_instant(begin), _instant(end)) for begin, end in windows] for name, windows in written.items()}
    except (AttributeError, TypeError, ValueError) as wrong:
        faults.append(f"{path}: {wrong}. It maps each file to its windows, [[from, to], …], in ISO dates; take it as published.")
        return {}


def _instant(written: str) -> datetime:
    """A moment of the series' own clock; raises ValueError for one of another clock, which could not be put in order with it."""
    found = datetime.fromisoformat(written)
    if found.tzinfo is not None:
        raise ValueError(f"{written!r} has an offset from UTC, the published moments have none")
    return found


def _series(name: str, path: Path, windows: list[tuple[datetime, datetime]], faults: list[str]) -> Series:
    """One file with its windows as rows."""
    at, values = _rows(path, faults)
    found = []
    for begin, end in sorted(windows):
        within = [row for row, instant in enumerate(at) if begin <= instant <= end]
        if within:
            found.append((within[0], within[-1]))
        else:
            faults.append(f"{LABELS.as_posix()}, {name!r}: no row lies from {begin} to {end}. Take the file and its labels from the same version.")
    return Series(name, np.array(values, np.float64), tuple(found))


def _rows(path: Path, faults: list[str]) -> tuple[list[datetime], list[float]]:
    """Instants and values of one file's sound rows."""
    at: list[datetime] = []
    values: list[float] = []
    bad = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file)
        columns = lines.fieldnames or ()
        if not set(COLUMNS) <= set(columns):
            faults.append(f"{path}, line 1: columns {', '.join(columns) or 'none'}. A series has the columns timestamp,value.")
            return at, values
        for line in lines:
            try:
                instant, value = _instant(line["timestamp"]), float(line["value"])
                if not isfinite(value):
                    raise ValueError(f"{line['value']!r} is no measured value")
            except (TypeError, ValueError) as wrong:
                bad.append(f"{path}, line {lines.line_num}: {wrong}. Write timestamp,value as an ISO date and a number, as published.")
                continue
            at.append(instant)
            values.append(value)
    faults += bad[:TOLD]
    if len(bad) > TOLD:
        faults.append(f"{path}: {len(bad) - TOLD} more lines like these.")
    return at, values
