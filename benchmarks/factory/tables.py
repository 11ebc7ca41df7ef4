"""The product's charts on rows of a table: the whole table is one machine, each row one point of it, marked while any of its rules holds.

T² and SPE of a row are known with the next row's first reading, so that a mark comes one row late, as it would in a plant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis, Raised
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.words import same

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Judge = Callable[[Floats], Marks]
"""Which rows of a run bear an alarm."""

SCALED = 100
"""Of the rows learnt from, the first of which each signal's own baseline takes; the others are the machine's."""


def plant(variables: int, every_s: int) -> Plant:
    """One machine with a signal for each column."""
    signals = tuple(Signal(k, f"x{k + 1}", "process", f"x{k + 1}", "variable", same(f"x{k + 1}"), "", rate_hz=1.0 / every_s) for k in range(variables))
    return Plant("table", same("table"), (Asset("process", same("process"), "cell"),), signals)


def settings(variables: int, every_s: int, learnt: int, weight: float, alpha: float) -> ChartSettings:
    """Charts of the machine alone: so few rows give no baseline for single signals that wander for as long."""
    made = charted(plant(variables, every_s), policies=(Policy(in_force=rules.mask(*rules.OF_MACHINES)),), window_s=0.0, learning=SCALED,
                   patience=1, machine_every_s=every_s, machine_alpha=alpha, machine_weight=weight)
    return replace(made, machine_learning=learnt - SCALED)


def batch(rows: Floats, start: int, every_s: int) -> Readings:
    """Rows as readings, from a stated row on."""
    n, variables = rows.shape
    at = (np.arange(n, dtype=np.int64) + start + 1) * every_s * 1_000_000
    return readings(np.tile(np.arange(variables, dtype=np.int32), n), np.repeat(at, variables), rows.ravel())


def held(raised: Raised, rows: int, variables: int) -> Marks:
    """In which rows any rule held."""
    row, found = raised.index // variables, np.zeros(rows, np.bool_)
    holding: dict[tuple[int, int], int] = {}
    events = iter(np.argsort(raised.index, kind="stable").tolist())
    event = next(events, None)
    for now in range(rows):
        while event is not None and row[event] == now:
            which = int(raised.signal[event]), int(raised.machine[event])
            holding[which] = (holding.get(which, 0) | int(raised.mask[event])) & ~int(raised.cleared[event])
            event = next(events, None)
        found[now] = any(holding.values())
    return found


def charts(learnt: Floats, every_s: int, weight: float, alpha: float) -> Judge:
    """The product's charts, which have learnt and are set going anew for each run."""
    made = settings(learnt.shape[1], every_s, len(learnt), weight, alpha)
    taught = Analysis(made)
    taught.feed(batch(learnt, 0, every_s))
    snapshot = taught.snapshot()

    def judged(rows: Floats) -> Marks:
        return held(Analysis(made).restored(snapshot).feed(batch(rows, len(learnt), every_s)), len(rows), rows.shape[1])

    return judged
