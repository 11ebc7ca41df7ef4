"""A small plant on the line: what its signals do when something goes wrong, and how a bad network delivers it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from qiantang.district.plant.charting import Given
from qiantang.district.plant.models import Model
from qiantang.district.plant.pipeline import Pace, Pipeline, Step
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.kernel.readings import Readings, readings, together
from tests.domains.factory.plants import SMALL

S = 1_000_000
START = 1_795_694_400 * S
ADDRESSES = [signal.address for signal in SMALL.signals]


def settings() -> ChartSettings:
    """Every signal known to be standard normal, judged reading by reading."""
    found = charted(SMALL, window_s=0.0, machine_every_s=0.0, most_order=0)
    return replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))


def judged_by(chart: ChartSettings, lateness: int | None = None) -> Model:
    """The small plant by these charts, each gateway waited for so long (None: as usual)."""
    return Model(SMALL, Given(lambda _: chart) if lateness is None else Given(lambda _: chart, lambda _: lateness))


def happened(seconds: int, seed: int, *, faults: int = 6, rate: int = 2) -> Readings:
    """Noise on every signal, with shifts of some of them for some seconds."""
    draws = np.random.default_rng(seed)
    n = len(ADDRESSES)
    ticks = seconds * rate
    value = np.round(draws.normal(size=(ticks, n)), 3)
    for _ in range(faults):
        begins = int(draws.integers(0, ticks))
        value[begins:begins + int(draws.integers(2, 20)), int(draws.integers(n))] += float(draws.choice([-4.0, 2.0, 5.0]))
    at = np.repeat(START + np.arange(ticks, dtype=np.int64) * (S // rate), n)
    return readings(np.tile(np.arange(n), ticks), at, value.ravel(), sequence=np.repeat(np.arange(ticks), n) % 256)


def delivered(r: Readings, delay: NDArray[np.int64], again: NDArray[np.int64] | None = None, longer: int = 0) -> Readings:
    """Each reading received after its delay; those named again once more, ``longer`` after that."""
    which = np.arange(len(r)) if again is None else np.concatenate([np.arange(len(r)), again])
    late = delay if again is None else np.concatenate([delay, delay[again] + longer])
    received = r.at[which] + late
    come = np.argsort(received, kind="stable")
    found = r.taken(which[come])
    return Readings(found.signal, found.at, received[come], found.value, found.quality, found.sequence)


def split(r: Readings, sizes: NDArray[np.int64]) -> list[tuple[int, Readings]]:
    """Batches of these sizes, over and over, each with its offset."""
    ends = np.cumsum(np.resize(np.maximum(sizes, 1), len(r)))
    places = [0, *ends[ends < len(r)].tolist(), len(r)]
    return [(a, r.taken(slice(a, b))) for a, b in pairwise(places)]


def piped(batches: list[tuple[int, Readings]], lateness: int | None = None, pace: Pace | None = None) -> tuple[Pipeline, list[Step]]:
    """Everything through a pipeline, to the end."""
    steps: list[Step] = []
    pipeline = Pipeline([judged_by(settings(), lateness)], steps.append, addresses=ADDRESSES, pace=pace)
    for offset, batch in batches:
        pipeline.take(offset, batch)
    pipeline.finish()
    return pipeline, steps


def alarms(steps: list[Step]) -> list[Alarm]:
    """All that was told, in the order it was told, without the place in the log."""
    return [replace(alarm, offset=-1) for step in steps for alarm in step.alarms]


def standing(steps: list[Step]) -> dict[str, Alarm]:
    """What holds after all amendments, by id."""
    found: dict[str, Alarm] = {}
    for alarm in (a for step in steps for a in step.alarms):
        if alarm.amends:
            found.pop(alarm.amends, None)
        if not alarm.withdrawn:
            found[alarm.id] = replace(alarm, offset=-1, amends="")
    return found


def past(steps: list[Step]) -> Readings:
    """What the history was given."""
    return together([step.readings for step in steps])
