"""History: how fast readings are appended durably, and how long the three usual questions take over 10⁸ of them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.engines.duckdb_history import History
from qiantang.kernel.readings import Readings, readings

SIGNALS = 10_000
BATCH = 1_000_000
START = 1_795_651_200_000_000


def batches(n: int, every_us: int) -> Iterator[Readings]:
    """Readings of all signals at one rate, batch by batch, rounded to three decimals as sensors give them."""
    draws = np.random.default_rng(7)
    ticks = BATCH // SIGNALS
    level = draws.normal(100.0, 20.0, SIGNALS)
    for k in range(0, n // SIGNALS, ticks):
        at = np.repeat(START + (k + np.arange(ticks, dtype=np.int64)) * every_us, SIGNALS)
        yield readings(np.tile(np.arange(SIGNALS, dtype=np.int32), ticks), at, np.round(np.tile(level, ticks) + draws.normal(size=BATCH), 3))


def median_ms(ask: Callable[[int], object], times: int = 15) -> float:
    """The median of several questions, each of another signal, the first left out."""
    spent = []
    for k in range(times + 1):
        began = time.perf_counter()
        ask((k * 611) % SIGNALS)
        spent.append(time.perf_counter() - began)
    return float(np.median(spent[1:])) * 1000


def measured(n: int, every_us: int, folder: Path, named: str) -> list[Row]:
    """One plant's readings at one rate: appended, then asked."""
    history = History(folder, memory_mib=1000)
    spent, cpu, place, longest = 0.0, 0.0, 0, 0.0
    for batch in batches(n, every_us):
        began, used = time.perf_counter(), time.process_time()
        history.append(batch, place, place + len(batch))
        longest = max(longest, time.perf_counter() - began)
        spent += time.perf_counter() - began
        cpu += time.process_time() - used
        place += len(batch)
    end = START + n // SIGNALS * every_us
    rows = [Row(f"history, {named}: appended durably", place / spent / 1e6, "M readings/s", 10, "DuckDB 18–27 M/s",
                note=f"longest {longest * 1e3:.0f} ms per 1 M; {cpu / place * 1e9:.0f} ns of CPU a reading"),
            Row(f"history, {named}: bytes a reading", history.size / place, "B", 5, "2.6–6.2", more_is_better=False)]
    history.settle(place)
    rows += asked(history, end, f"{named}, as appended")
    began, runs = time.perf_counter(), 0
    while merged := history.compact(10):
        runs += merged
    if runs:
        rows.append(Row(f"history, {named}: merged and gathered to steps", place / (time.perf_counter() - began) / 1e6, "M readings/s"))
        rows += asked(history, end, f"{named}, merged")
    history.close()
    return rows


def asked(history: History, end: int, named: str) -> list[Row]:
    """The three usual questions."""
    hour, week = 3_600_000_000, 604_800_000_000
    return [Row(f"{named}: a signal's last hour", median_ms(lambda s: history.readings(s, end - hour, end)), "ms", 50, "29–33 ms", more_is_better=False),
            Row(f"{named}: a signal's week at one-minute steps", median_ms(lambda s: history.steps(s, end - week, end, "minute")), "ms",
                anchor="38–75 ms", more_is_better=False),
            Row(f"{named}: all signals now", median_ms(lambda _: history.now()), "ms", 50, "10–25 ms", more_is_better=False)]


def rows(*, readings_held: int = 100_000_000, quick: bool = False) -> Iterator[Row]:
    """10,000 signals: once a second (2.8 hours), and once a minute (a week)."""
    n = 10_000_000 if quick else readings_held
    for every_us, named in ((1_000_000, f"{n:.0e} at 1 Hz"), (60_000_000, f"{n:.0e} at 1/min")):
        folder = Path(tempfile.mkdtemp(prefix="qiantang-history-"))
        try:
            yield from measured(n, every_us, folder, named)
        finally:
            shutil.rmtree(folder)
