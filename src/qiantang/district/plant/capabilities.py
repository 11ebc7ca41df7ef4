"""How well a machine's signals keep within their specification, by what its history has of the last hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts.settings import ROLES, SLOWEST_HZ
from qiantang.domains.factory.measures.capability import Capability, capability
from qiantang.domains.factory.plant import Plant, Signal
from qiantang.engines.duckdb_history import History
from qiantang.kernel.readings import Quality

HOURS: Final = 4
_HOUR_US, _MINUTE_US = 3_600_000_000, 60_000_000
_MOST_SIGNALS: Final = 60
_WRONG = int(Quality.BAD | Quality.STALE | Quality.NOT_A_NUMBER | Quality.UNIT)


def capabilities(plant: Plant, machine: str, home: Path, as_of: int) -> list[tuple[Signal, Capability]]:
    """Of each signal of a machine that has a specification limit and one level: its capability over the last hours, the least capable first.

    A signal's rational subgroups are its cycles, batches or pieces where the plant counts them, else minutes; what is read once a subgroup stands
    alone. A signal whose level depends on recipe and phase is left out: one specification does not hold for all its phases.
    """
    signals = [s for s in plant.signals if (s.lower is not None or s.upper is not None) and not s.phases and plant.machine(s.asset) == machine]
    signals = signals[:_MOST_SIGNALS]
    if not signals or not home.is_dir():
        return []
    counters = {s.number: _counter(plant, s) for s in signals}
    history = History(home, memory_mib=100, threads=1, asks_only=True)
    try:
        asked = sorted({s.number for s in signals} | {c.number for c in counters.values() if c is not None})
        read = history.readings_of(asked, as_of - HOURS * _HOUR_US, as_of + 1)
    finally:
        history.close()
    series = {number: (read.at[mine], np.where(read.quality[mine] & _WRONG == 0, read.value[mine], np.nan))
              for number in asked for mine in (np.flatnonzero(read.signal == number),)}
    found = []
    for signal in signals:
        at, value = series[signal.number]
        of = capability(value, _groups(signal, at, counters[signal.number], series), signal.lower, signal.upper)
        if of is not None:
            found.append((signal, of))
    return sorted(found, key=lambda one: one[1].cpk.value)


def _groups(signal: Signal, at: NDArray[np.int64], counter: Signal | None,
            series: Mapping[int, tuple[NDArray[np.int64], NDArray[np.float64]]]) -> NDArray[np.int64] | None:
    """Which rational subgroup each reading is of; None where each stands alone."""
    if signal.rate_hz < SLOWEST_HZ:
        return None
    if counter is None:
        return at // _MINUTE_US
    counted_at, counted = series[counter.number]
    changes: NDArray[np.int64] = counted_at[np.r_[True, counted[1:] != counted[:-1]][:len(counted_at)]]
    return np.searchsorted(changes, at, side="right").astype(np.int64)


def _counter(plant: Plant, signal: Signal) -> Signal | None:
    """The signal by whose numbers this one's subgroups are told apart, on its asset or the nearest above; None where there is none."""
    asset = signal.asset
    while asset and signal.grouped != "each":
        found = _counting(plant.of_asset.get(asset, ()), signal.grouped)
        if found is not None:
            return found
        asset = plant.asset[asset].parent
    return None


def _counting(signals: Sequence[Signal], grouped: str) -> Signal | None:
    return next((s for s in signals if s.kind in ROLES and ROLES[s.kind][0] == grouped), None)
