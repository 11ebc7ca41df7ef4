"""Runs of the Tennessee Eastman process: normal, or with a disturbance from a stated hour, by an independent simulator.

The simulator is tep-studio, which stands in ``peers.txt`` and not among our requirements. Its closed loop begins away from where it
settles and takes about 28 hours to come there, so the first 32 hours of each run are not recorded.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SETTLED_H = 32.0
ROWS_AN_HOUR = 20
MEASURED, MANIPULATED = 41, 11
VARIABLES = MEASURED + MANIPULATED
"""The agitator's speed, the twelfth manipulated variable, is never moved and is left out as in the classical files."""
DISTURBANCES = 28
_CONTROL_H = 0.0005
_EVERY = round(1.0 / (ROWS_AN_HOUR * _CONTROL_H))

Floats = NDArray[np.float64]


class Run(NamedTuple):
    """One run as it is asked for: number of its disturbance (0: normal), from which recorded hour, hours recorded, its own seed."""

    disturbance: int
    from_h: float
    hours: float
    seed: int


def there() -> bool:
    """Whether the simulator is installed."""
    return importlib.util.find_spec("tep_studio") is not None


def simulated(run: Run) -> Floats:
    """The recorded rows (one every three minutes) × 52 variables; fewer where the plant shut itself down."""
    simulation = importlib.import_module("tep_studio").ClosedLoopSimulation(control_interval=_CONTROL_H, horizon=SETTLED_H + run.hours)
    quiet = np.zeros(DISTURBANCES)
    disturbed = quiet.copy()
    if run.disturbance:
        disturbed[run.disturbance - 1] = 1.0
    # The generator behind the noise is multiplicative: odd numbers far apart give streams that do not follow each other.
    seed = float(run.seed * 2_654_435_761 % 2**32 | 1)
    found = simulation.run(seed=seed, record_every=_EVERY, disturbance_schedule=lambda hour: disturbed if hour >= SETTLED_H + run.from_h else quiet)
    rows = np.array([np.concatenate([step.measurements, step.implemented_action[:MANIPULATED]]) for step in found.results])
    return rows[round(SETTLED_H * ROWS_AN_HOUR):]


def all_simulated(runs: Sequence[Run]) -> list[Floats]:
    """Each run's rows, by two processes."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(simulated, runs, chunksize=1)
