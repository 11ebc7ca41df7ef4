"""Charts on a public test rig: which anomalous rows of the Skoltech Anomaly Benchmark they mark, each file learnt from its first 400 rows.

The files are not ours to hand on (SKAB is under GPL-3.0): ``--data`` names a directory that holds them as published, one experiment a CSV
file with ``;`` between columns: ``datetime``, eight sensors, ``anomaly``, ``changepoint``. Each file after its first 400 rows is judged
row by row by one setting, the same as for the Tennessee Eastman process, of which nothing was chosen on these files. F1 and the false
alarm rate are those of all judged rows together, as the benchmark's own leaderboard has them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.factory.rows import Row
from benchmarks.factory.tables import Floats, Marks, charts
from qiantang.domains.factory.charts import rules

LEARNT = 400
WEIGHT = 0.1
ALPHA = 0.01 / len(rules.OF_MACHINES)
LABELS = ("anomaly", "changepoint")
NOT_THERE = "name the directory of the published files: make bench-factory BENCH_ARGS=\"--only skab --data DIRECTORY\""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One file: its name, rows × sensors, and which rows are labelled anomalous."""

    name: str
    rows: Floats
    anomalous: Marks


@dataclass(frozen=True, slots=True)
class Counted:
    """Judged rows by label and mark."""

    hits: int
    misses: int
    false: int
    quiet: int

    @property
    def f1(self) -> float:
        """2·hits / (2·hits + misses + false alarms)."""
        return 2.0 * self.hits / max(2 * self.hits + self.misses + self.false, 1)

    @property
    def false_rate(self) -> float:
        """The share of normal rows that are marked."""
        return self.false / max(self.false + self.quiet, 1)

    @property
    def missed_rate(self) -> float:
        """The share of anomalous rows that are not marked."""
        return self.misses / max(self.hits + self.misses, 1)


def read(path: Path) -> Experiment:
    """One file as published; raises ValueError, with its name, where a label is missing or a value is no number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.DictReader(file, delimiter=";")
        columns = lines.fieldnames or ()
        if "datetime" not in columns or "anomaly" not in columns:
            raise ValueError(f"{path}: no column 'datetime' or 'anomaly' among {', '.join(columns)}; this is no labelled file of SKAB")
        sensors = [name for name in columns if name not in ("datetime", *LABELS)]
        rows, anomalous = [], []
        for number, line in enumerate(lines, start=2):
            try:
                rows.append([float(line[name]) for name in sensors])
                anomalous.append(float(line["anomaly"]) > 0.0)
            except (TypeError, ValueError) as wrong:
                raise ValueError(f"{path}, line {number}: {wrong}") from wrong
    return Experiment(str(path.name), np.array(rows).reshape(-1, len(sensors)), np.array(anomalous, np.bool_))


def experiments(directory: Path) -> list[Experiment]:
    """Every labelled file below the directory, in the order of their paths; the one without anomalies has no labels and is left out."""
    return [read(path) for path in sorted(directory.rglob("*.csv")) if "anomaly-free" not in path.parts]


def judged(found: list[Experiment]) -> Counted:
    """What the charts make of all experiments; one not longer than what is learnt has no rows to judge."""
    hits = misses = false = quiet = 0
    for one in found:
        if len(one.rows) <= LEARNT:
            continue
        marks, labels = charts(one.rows[:LEARNT], 1, WEIGHT, ALPHA)(one.rows[LEARNT:]), one.anomalous[LEARNT:]
        hits, misses = hits + int((marks & labels).sum()), misses + int((~marks & labels).sum())
        false, quiet = false + int((marks & ~labels).sum()), quiet + int((~marks & ~labels).sum())
    return Counted(hits, misses, false, quiet)


def rows(data: Path | None = None) -> Iterator[Row]:
    """F1, and at which false alarm rate."""
    if data is None:
        yield Row("SKAB: not measured", float("nan"), "", note=NOT_THERE)
        return
    found = experiments(data)
    counted = judged(found)
    yield Row("SKAB: F1 of rows after the first 400", counted.f1, "", 0.79, "0.78 at 13.6 %, best published",
              note=f"{len(found)} files, {counted.missed_rate:.1%} missed")
    yield Row("SKAB: false alarm rate", 100.0 * counted.false_rate, "% of rows", 20.0, more_is_better=False)
