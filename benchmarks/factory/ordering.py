"""Event-time order: a shuffled batch put in order and rid of repetitions, beside numpy's lexsort, and the whole stage as it is fed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.factory.rows import Row
from qiantang.domains.factory.ordering import Ordering
from qiantang.domains.factory.sorting import in_order, order_of
from qiantang.kernel.readings import Readings, readings

SIGNALS, TICKS = 10_000, 100
S = 1_000_000
START = 1_795_651_200 * S


def best(work: Callable[[], object], times: int) -> float:
    """CPU seconds of the best of some runs."""
    spent = []
    for _ in range(times):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def jittered(window: int, seed: int) -> Readings:
    """A million readings at 1 Hz, each up to so many places from where it belongs, 1 % of them twice."""
    draws = np.random.default_rng(seed)
    n = SIGNALS * TICKS
    which = np.concatenate([np.arange(n), draws.integers(0, n, n // 100)])
    which = which[np.argsort(which + draws.integers(0, window, len(which)), kind="stable")]
    at = START + which // SIGNALS * S
    return readings(which % SIGNALS, at, draws.normal(size=n)[which], received=START + np.maximum.accumulate(at))


def rows(quick: bool = False) -> Iterator[Row]:
    """A million readings."""
    times = 3 if quick else 9
    batch = jittered(20_000, 1)
    n = len(batch)
    bits = batch.value.view(np.int64)
    ordered = best(lambda: order_of(batch.signal, batch.at, batch.sequence, bits), times)
    sorted_ = best(lambda: np.lexsort((batch.sequence, batch.signal, batch.at)), times)
    whole = best(lambda: in_order(batch), times)
    yield Row("order and repetitions of a jittered million (places only)", n / ordered / 1e6, "M readings/s", 100, "156–164 M/s")
    yield Row("the same by lexsort, in the same run", n / sorted_ / 1e6, "M readings/s", anchor="9–10 M/s")
    yield Row("ours against lexsort", sorted_ / ordered, "×", 10, "16")
    yield Row("order and repetitions, all six columns moved", n / whole / 1e6, "M readings/s", 20)
    for lateness, named in ((2 * S, "behind a watermark of 2 s"), (0, "of a source that keeps its order")):
        came = jittered(20_000 if lateness else 1, 2)
        for step in (1_000, 100_000):
            parts = [came.taken(slice(k, k + step)) for k in range(0, len(came), step)]
            spent = best(lambda parts=parts, lateness=lateness: _fed(parts, lateness), 2 if quick else 3)  # type: ignore[misc]  # bound early
            yield Row(f"the whole stage {named}, {step:,} at once", len(came) / spent / 1e6, "M readings/s", 8)


def _fed(parts: list[Readings], lateness: int) -> int:
    ordering = Ordering(np.zeros(SIGNALS, np.int32), np.array([lateness]))
    done = 0
    for k, part in enumerate(parts):
        done += len(ordering.feed(part).readings)
        if k % 100 == 99:
            done += len(ordering.step())
    return done + len(ordering.flush().readings)
