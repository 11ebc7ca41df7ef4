"""Charts measured: readings a second of the quick and full kernels beside NumPy, pandas and plain Python, run lengths, alarm budget.

The work W1 of the reference: 10,000 signals, arrival shuffled within each tick, rules 1 to 4, EWMA (0.2, 3σ) and two-sided CUSUM
(0.5, 5), edge-triggered. Every engine judges the same readings and must come to the same digest of alarms. Time is that of the
process on its core, so that what else runs on the machine counts less; the best of several rounds.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.factory.rows import Row
from qiantang.domains.factory.charts import layout, rules, run_lengths
from qiantang.domains.factory.charts.analysis import Analysis, digest, digest_of
from qiantang.domains.factory.charts.budget import budgeted, textbook_rate
from qiantang.domains.factory.charts.measured import Autoregressive, independent, measured_run_lengths
from qiantang.domains.factory.charts.policy import CORE, TEXTBOOK, Policy
from qiantang.domains.factory.charts.screening import Screening
from qiantang.domains.factory.charts.settings import charted, plain
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.readings import Readings
from qiantang.kernel.words import same

SIGNALS = 10_000
SECOND = 1_000_000
_TICKS_A_BATCH = 10

Digest = tuple[int, int]
Floats = NDArray[np.float64]


def _taken(work: Callable[[], object], rounds: int) -> float:
    """The best CPU time of several rounds, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


class Work:
    """W1: the same readings tick by tick and in shuffled arrival."""

    def __init__(self, ticks: int) -> None:
        random = np.random.default_rng(42)
        self.ticks: Floats = random.standard_normal((ticks, SIGNALS))
        self.order = np.concatenate([random.permutation(SIGNALS) for _ in range(ticks)]).astype(np.int32)
        self.value: Floats = np.take_along_axis(self.ticks, self.order.reshape(ticks, SIGNALS).astype(np.int64), 1).ravel()
        self.at = np.repeat((np.arange(ticks, dtype=np.int64) + 1) * SECOND, SIGNALS)

    def __len__(self) -> int:
        return self.ticks.size

    def batches(self, size: int) -> Iterator[tuple[int, slice]]:
        """Where each batch of shuffled readings begins, and its slice."""
        for start in range(0, len(self), size):
            yield start, slice(start, min(start + size, len(self)))


def dense(work: Work) -> Digest:
    """Our dense kernel, ten ticks a batch."""
    screening, found = Screening(np.zeros(SIGNALS), np.ones(SIGNALS)), (0, 0)
    for start in range(0, len(work.ticks), _TICKS_A_BATCH):
        events = screening.ticks(work.ticks[start:start + _TICKS_A_BATCH])
        began = events.mask != 0
        found = digest_of(events.signal[began], work.at[events.index[began] + start * SIGNALS], events.mask[began], found)
    return found


def scattered(work: Work, size: int = 10_000) -> Digest:
    """Our arrival-order kernel."""
    screening, found = Screening(np.zeros(SIGNALS), np.ones(SIGNALS)), (0, 0)
    for start, part in work.batches(size):
        events = screening.feed(work.order[part], work.value[part])
        began = events.mask != 0
        found = digest_of(events.signal[began], work.at[events.index[began] + start], events.mask[began], found)
    return found


def full(work: Work, policy: Policy, size: int = 10_000) -> Digest:
    """The whole analysis: quality, range, rate, stuck, subgroups, baselines, every rule."""
    analysis, found = Analysis(plain(SIGNALS, policy)), (0, 0)
    good, none = np.zeros(size, np.uint8), np.full(size, -1, np.int64)
    for _, part in work.batches(size):
        batch = Readings(work.order[part], work.at[part], work.at[part], work.value[part], good, none)
        found = digest(batch, analysis.feed(batch), found)
    return found


def in_numpy(work: Work, ticks: int) -> Digest:
    """NumPy, one tick a batch, whole columns at a time."""
    n, found = SIGNALS, (0, 0)
    last, average, high, low = np.full(n, np.nan), np.zeros(n), np.zeros(n), np.zeros(n)
    above, below, rising, falling, turning = (np.zeros(n, np.int32) for _ in range(5))
    step_before, held = np.zeros(n, np.int8), np.zeros(n, np.uint32)
    limit = 3.0 * (0.2 / 1.8) ** 0.5
    numbers = np.arange(n, dtype=np.int32)
    bits = [rules.BIT[name] for name in ("nelson_1", "nelson_2", "nelson_3", "nelson_4", "ewma", "cusum")]
    for tick in range(ticks):
        z = work.ticks[tick]
        above = np.where(z > 0, above + 1, 0)
        below = np.where(z < 0, below + 1, 0)
        rising = np.where(z > last, rising + 1, 0)
        falling = np.where(z < last, falling + 1, 0)
        step = (z > last).astype(np.int8) - (z < last).astype(np.int8)
        turning = np.where(step == 0, 0, np.where(step == -step_before, turning + 1, 1))
        average = average + 0.2 * (z - average)
        high = np.minimum(np.maximum(high + (z - 0.5), 0.0), 10.0)
        low = np.minimum(np.maximum(low - (z + 0.5), 0.0), 10.0)
        broken = (np.abs(z) > 3.0, (above >= 9) | (below >= 9), (rising >= 5) | (falling >= 5), turning >= 13, np.abs(average) > limit,
                  np.maximum(high, low) > 5.0)
        holds = np.zeros(n, np.uint32)
        for bit, breaks in zip(bits, broken, strict=True):
            holds |= np.where(breaks, np.uint32(bit), np.uint32(0))
        began = holds & ~held
        which = began != 0
        found = digest_of(numbers[which], np.full(int(which.sum()), (tick + 1) * SECOND, np.int64), began[which], found)
        last, step_before, held = z, step, holds
    return found


def in_pandas(work: Work, ticks: int) -> Digest:
    """pandas, all ticks at once, no state carried on (in its favour); the CUSUM, which no rolling window gives, by ticks."""
    import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types

    z = pd.DataFrame(work.ticks[:ticks])
    step = np.sign(z.diff())
    turned = (step * step.shift() == -1).astype(float)
    zero = pd.DataFrame(np.zeros((1, SIGNALS)))
    average = pd.concat([zero, z]).ewm(alpha=0.2, adjust=False).mean().iloc[1:].reset_index(drop=True)
    high, low = np.zeros(SIGNALS), np.zeros(SIGNALS)
    sums = np.zeros((ticks, SIGNALS))
    for tick in range(ticks):
        high = np.minimum(np.maximum(high + (work.ticks[tick] - 0.5), 0.0), 10.0)
        low = np.minimum(np.maximum(low - (work.ticks[tick] + 0.5), 0.0), 10.0)
        sums[tick] = np.maximum(high, low)
    broken = {"nelson_1": z.abs() > 3.0, "nelson_2": np.sign(z).rolling(9).sum().abs() == 9, "nelson_3": step.rolling(5).sum().abs() == 5,
              "nelson_4": turned.rolling(12).sum() == 12, "ewma": average.abs() > 3.0 * (0.2 / 1.8) ** 0.5, "cusum": pd.DataFrame(sums > 5.0)}
    mask = np.zeros((ticks, SIGNALS), np.uint32)
    for name, frame in broken.items():
        holds = frame.to_numpy()
        began = holds & ~np.vstack([np.zeros((1, SIGNALS), bool), holds[:-1]])
        mask |= np.where(began, np.uint32(rules.BIT[name]), np.uint32(0))
    tick, signal = np.nonzero(mask)
    return digest_of(signal.astype(np.int32), (tick + 1).astype(np.int64) * SECOND, mask[tick, signal])


class PlainSignal:
    """One signal's W1 charts as an object of plain Python."""

    __slots__ = ("above", "average", "below", "falling", "held", "high", "last", "low", "rising", "step", "turning")

    def __init__(self) -> None:
        self.last = float("nan")
        self.average = self.high = self.low = 0.0
        self.above = self.below = self.rising = self.falling = self.turning = self.step = self.held = 0

    def began(self, z: float) -> int:
        """The rules that begin to hold with this reading."""
        self.above = self.above + 1 if z > 0 else 0
        self.below = self.below + 1 if z < 0 else 0
        step = 1 if z > self.last else -1 if z < self.last else 0
        self.rising = self.rising + 1 if step > 0 else 0
        self.falling = self.falling + 1 if step < 0 else 0
        self.turning = 0 if step == 0 else self.turning + 1 if step == -self.step else 1
        self.average += 0.2 * (z - self.average)
        self.high = min(max(self.high + (z - 0.5), 0.0), 10.0)
        self.low = min(max(self.low - (z + 0.5), 0.0), 10.0)
        holds = (1 if abs(z) > 3.0 else 0) | (2 if self.above >= 9 or self.below >= 9 else 0) | (4 if self.rising >= 5 or self.falling >= 5 else 0) \
            | (8 if self.turning >= 13 else 0) | (256 if abs(self.average) > _EWMA_LIMIT else 0) | (512 if max(self.high, self.low) > 5.0 else 0)
        found = holds & ~self.held
        self.last, self.step, self.held = z, step, holds
        return found


_EWMA_LIMIT = 3.0 * (0.2 / 1.8) ** 0.5


def in_python(work: Work, ticks: int) -> Digest:
    """Plain Python, one object a signal, readings as they come."""
    signals = [PlainSignal() for _ in range(SIGNALS)]
    found: deque[tuple[int, int, int]] = deque()
    end = ticks * SIGNALS
    for s, x, at in zip(work.order[:end].tolist(), work.value[:end].tolist(), work.at[:end].tolist(), strict=True):
        began = signals[s].began(x)
        if began:
            found.append((s, at, began))
    return digest_of(np.array([f[0] for f in found], np.int32), np.array([f[1] for f in found], np.int64), np.array([f[2] for f in found], np.uint32))


def speeds(quick: bool) -> Iterator[Row]:
    """W1 and the full set against the peers, all with one digest."""
    few = 20 if quick else 100
    short, long = Work(few), Work(100 if quick else 500)
    digests = {dense(short), scattered(short), scattered(short, 1_000), scattered(short, 1_000_000), full(short, CORE), in_numpy(short, few),
               in_pandas(short, few), in_python(short, few)}
    same_digest = f"one digest of all engines: {len(digests) == 1}, {len(short):,} readings, {min(digests)[0]:,} alarms"
    if len(digests) != 1:
        raise AssertionError(f"the engines disagree: {digests}")
    many, rounds = len(long), 3 if quick else 7
    ours = {
        "W1, arrival order, batches of 10,000": (many / _taken(lambda: scattered(long), rounds), 30e6, "Numba 38 M, C 44 M"),
        "W1, arrival order, batches of 1,000": (many / _taken(lambda: scattered(long, 1_000), rounds), None, "Numba 35 M"),
        "W1, dense ticks": (many / _taken(lambda: dense(long), rounds), 100e6, "Numba 210 M, C 161 M"),
        "every rule, subgroups, phases, quality: the whole analysis": (many / _taken(lambda: full(long, TEXTBOOK), rounds), 8e6, ""),
    }
    peers = {"NumPy, one tick a batch": len(short) / _taken(lambda: in_numpy(short, few), 3),
             "pandas, all ticks at once": len(short) / _taken(lambda: in_pandas(short, few), 2),
             "plain Python, one object a signal": len(short) / _taken(lambda: in_python(short, few), 2)}
    for name, (rate, bar, anchor) in ours.items():
        yield Row(name, rate / 1e6, "M/s a core", None if bar is None else bar / 1e6, anchor, note=same_digest if bar == 30e6 else "")
    base = ours["W1, arrival order, batches of 10,000"][0]
    for name, rate in peers.items():
        yield Row(f"W1, {name}", rate / 1e6, "M/s a core", note=f"the arrival-order kernel is {base / rate:,.0f} times as fast")


def lengths(quick: bool) -> Iterator[Row]:
    """Run lengths measured against theory, in control and after a shift, and of residual charts on autocorrelated signals."""
    n = 1_000 if quick else 4_000
    theory = {"nelson_1": run_lengths.shewhart(3.0), "nelson_2": run_lengths.run_on_one_side(9), "nelson_3": run_lengths.trend(6),
              "nelson_4": run_lengths.alternation(14), "nelson_5": run_lengths.zone_rules(("nelson_5",)),
              "nelson_6": run_lengths.zone_rules(("nelson_6",)), "nelson_7": run_lengths.zone_rules(("nelson_7",)),
              "ewma": run_lengths.ewma(0.2, 3.0), "cusum": run_lengths.cusum(0.5, 5.0), "drift": run_lengths.ewma(0.02, 3.0)}
    found = measured_run_lengths(plain(n, TEXTBOOK), independent(), seed=2, watched=tuple(theory), most_ticks=40_000)
    for rule, expected in theory.items():
        yield _length(f"run length in control, {rule}", found[rule].mean, found[rule].half_width, expected)
    shifted = {"nelson_1": run_lengths.shewhart(3.0, 1.0), "nelson_2": run_lengths.run_on_one_side(9, 1.0),
               "ewma": run_lengths.ewma(0.2, 3.0, 1.0), "cusum": run_lengths.cusum(0.5, 5.0, 1.0)}
    found = measured_run_lengths(plain(n, CORE), independent(1.0), seed=3, watched=tuple(shifted))
    for rule, expected in shifted.items():
        yield _length(f"run length after a shift of 1σ, {rule}", found[rule].mean, found[rule].half_width, expected)
    learning = 1_000 if quick else 4_000
    policy = Policy(in_force=rules.mask("nelson_1", "ewma", "cusum"))
    residual = {"nelson_1": run_lengths.estimated(lambda shift, factor: run_lengths.shewhart(3.0 * factor, shift), learning),
                "ewma": run_lengths.estimated(lambda shift, factor: run_lengths.ewma(0.2, 3.0 * factor, shift), learning),
                "cusum": run_lengths.estimated(lambda shift, factor: run_lengths.cusum(0.5 * factor, 5.0 * factor, shift), learning)}
    for order, name in ((1, "residual"), (0, "raw")):
        settings = plain(n // 2, policy, known=False, learning=learning, most_order=order)
        found = measured_run_lengths(settings, Autoregressive(0.7), seed=5, warm=learning, watched=tuple(residual))
        for rule, expected in residual.items():
            if order:
                yield _length(f"autocorrelation 0.7, {name} chart, {rule}", found[rule].mean, found[rule].half_width, expected)
            else:
                yield Row(f"autocorrelation 0.7, {name} chart, {rule}", found[rule].mean, "points", note=f"theory of independent points {expected:.1f}")


def _length(work: str, mean: float, half_width: float, theory: float) -> Row:
    """A run length; its bar is theory's nearer end of the 95 % interval, told as the distance in half widths."""
    return Row(work, abs(mean - theory) / half_width, "half widths", 1.0, f"theory {theory:.1f}", more_is_better=False,
               note=f"measured {mean:.1f} ± {half_width:.1f}, off by {abs(mean / theory - 1):.1%}")


def ten_thousand(operators: int = 4) -> Plant:
    """Eighty machines of 125 signals read once a second."""
    assets = [Asset("site", same("site"), "site"), *(Asset(f"m{m}", same("m"), "cell", "site") for m in range(80))]
    signals = tuple(Signal(m * 125 + k, f"m{m}/s{k}", f"m{m}", f"s{k}", "x", same("x"), "") for m in range(80) for k in range(125))
    return Plant("plant", same("plant"), tuple(assets), signals, operators=operators, synthetic=True)


def alarms(quick: bool) -> Iterator[Row]:
    """What textbook limits raise on 10,000 signals in control, what the budget's limits raise, and how soon they find a shift."""
    plant = ten_thousand()
    yield Row("10,000 signals in control, textbook limits", SIGNALS * textbook_rate(), "alarms/s", anchor="121 a second, simulated", more_is_better=False)
    found = budgeted(plant, charted(plant))
    yield Row("the same under the budget of 4 operators, by theory", found.expected, "alarms/h", found.allowed, more_is_better=False,
              note=f"textbook {found.textbook:,.0f} an hour")
    for delay in found.delays(0):
        yield Row(f"shift of {delay.shift:g}σ of a 10 s mean found after, on average", delay.seconds, "s", more_is_better=False,
                  note=f"first by {delay.rule}, {delay.points:.1f} points; textbook EWMA {run_lengths.ewma(0.2, 3.0, delay.shift):.1f} readings")
    policy = found.settings.policies[int(found.settings.plan[0, layout.POLICY])]
    hours = 0.25 if quick else 2.0
    raised, ticks = _raised_in_control(policy, round(hours * 360))
    yield Row(f"alarms raised in {hours:g} h of 10,000 signals simulated, baselines from phase I", raised / hours, "alarms/h", found.allowed,
              more_is_better=False, note=f"{ticks:,} windows a signal; charts of signals, machines not counted")


def _raised_in_control(policy: Policy, ticks: int) -> tuple[int, int]:
    """Simulates windows of every signal after phase I and counts what is raised."""
    learning = 200
    analysis = Analysis(plain(SIGNALS, policy, known=False, learning=learning))
    random = np.random.default_rng(8)
    signals, counted = np.tile(np.arange(SIGNALS, dtype=np.int32), 10), 0
    for start in range(0, ticks + learning, 10):
        at = np.repeat((np.arange(start, start + 10, dtype=np.int64) + 1) * 10 * SECOND, SIGNALS)
        batch = Readings(signals, at, at, random.standard_normal(len(at)), np.zeros(len(at), np.uint8), np.full(len(at), -1, np.int64))
        counted += len(analysis.feed(batch))
    return counted, ticks


def rows(quick: bool = False) -> Iterator[Row]:
    """Every row."""
    yield from speeds(quick)
    yield from lengths(quick)
    yield from alarms(quick)


if __name__ == "__main__":
    import sys

    for row in rows("--quick" in sys.argv):
        print(row.said(), flush=True)
