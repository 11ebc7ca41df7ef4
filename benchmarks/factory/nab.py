"""Charts on public series of one value: how early they find the anomalies of the Numenta Anomaly Benchmark, and at how many false alarms.

The files are not ours to hand on (AGPL-3.0): ``--data`` names a directory that holds them as published. One setting for all series, of which
nothing was chosen on these files. Each series is one signal, read row by row; phase I takes the probationary rows, and
as many again where those are too unsteady.

The anomaly score of a row says how wide limits may be and still have an alarm begin there. The signal stands on a ladder of charts (rule 1,
EWMA and slow drift, of what an autoregression leaves), each with limits √2 times as wide as the one below, from 3σ up to 543σ. A row's score is
the highest chart that begins to tell something with it, as a share of the ladder, and 0 where none does: a departure is told when it begins,
not for as long as it lasts. A chart that has told something for as many rows as phase I took learns anew from the rows to come. All of it is
known when the row is read: rows are fed one at a time, and a score is not touched again. CUSUM has no place here, for any lasting change,
however small, climbs up its whole ladder.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.factory.nab_files import published
from benchmarks.factory.nab_profile import Floats, Scored, probation, result
from benchmarks.factory.rows import Row
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import ChartSettings, plain
from qiantang.kernel.readings import readings
from qiantang.kernel.words import same

RUNGS = 16
STEP = 2.0 ** 0.5
RELEASE = 0.5
"""Charts hold until they are back within this part of their limits, so that one departure is told once."""
MOST_ORDER = 3
LEAST = 20
"""Rows that phase I takes at least, so that a series of a few rows is charted at all."""
EVERY_US = 1_000_000
NOT_THERE = "name the directory of the published files: make bench-factory BENCH_ARGS=\"--only nab --data DIRECTORY\""


def rung(width: float) -> Policy:
    """The textbook's limits, so many times as wide, for the rules that have a width."""
    return Policy(limit=3.0 * width, ewma_limit=3.0 * width, drift_limit=3.0 * width, release=RELEASE,
                  in_force=rules.mask("nelson_1", "ewma", "drift"))


def ladder(learning: int) -> ChartSettings:
    """The same signal once on each rung, all learnt from so many rows."""
    made = plain(RUNGS, learning=learning, known=False, most_order=MOST_ORDER)
    return made.with_policies([rung(STEP ** k) for k in range(RUNGS)], np.arange(RUNGS))


def scores(values: Floats) -> Floats:
    """The anomaly score of each row; those of the first n rows would be the same whatever followed, in a series of the same length."""
    learning = max(probation(len(values)), LEAST)
    analysis, signals = Analysis(ladder(learning)), np.arange(RUNGS, dtype=np.int32)
    found, told_for = np.zeros(len(values)), np.zeros(RUNGS, np.int64)
    for row, value in enumerate(values):
        at = (row + 1) * EVERY_US
        analysis.feed(readings(signals, np.full(RUNGS, at), np.full(RUNGS, value)))
        told_for = np.where(analysis.holding != 0, told_for + 1, 0)
        found[row] = (1.0 + np.flatnonzero(told_for == 1).max(initial=-1)) / RUNGS
        settled = np.flatnonzero(told_for >= learning)
        if len(settled):
            analysis.learn_again(settled, at=at, who="benchmark", why=same("as long as phase I"))
            told_for[settled] = 0
    return found


def rows(data: Path | None = None) -> Iterator[Row]:
    """The standard profile's score, beside both bars that are stated for it: with so much work a reading, and with one setting for all."""
    if data is None:
        yield Row("NAB: not measured", float("nan"), "", note=NOT_THERE)
        return
    found = published(data)
    whole = result([Scored(scores(one.values), one.windows) for one in found])
    yield Row("NAB v1.1, standard profile: charts, O(1) a reading", whole.normalised, "of 100", 55.0, "39.6 to 74.9, published",
              note=f"{len(found)} series, {whole.windows} windows, threshold {whole.threshold:g}")
    yield Row("NAB v1.1, standard profile: one fixed setting", whole.normalised, "of 100", 30.0)
