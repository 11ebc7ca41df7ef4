"""How the full analysis lies in memory: what is kept of each signal, how it is charted, and where the kernels write.

Two kernels share the work: ``points`` turns readings into points (a reading, or the mean of a subgroup), ``charting`` puts
points on charts. Each holds rows of eight-byte words, seen as numbers and as whole numbers at once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.measures.states import MachineState
from qiantang.kernel.readings import Quality

# What is kept of a signal's readings: numbers and whole numbers. What every reading touches comes first, on one line of the cache.
(LAST_VALUE, LAST_AT, SAME, SAME_SINCE, STUCK_NEED, HELD, COUNT, BROKEN, SUM, GROUP, GROUP_BASE, GROUP_FROM, FIRST, SEEN, REPEATS,
 PHASE_FROM, GROUP_FIRST, GROUP_LAST, TORN, FREED) = range(20)
READING_ROW: Final = 24

# What is kept of a signal's charts: numbers, words and whole numbers, what every point touches on the first two lines.
(LAST, AVERAGE, HIGH, LOW, SLOW, PAST, ZONES, NOW, MANY, HIGH_SINCE, LOW_SINCE, AVERAGE_SINCE, SLOW_SINCE, MOVED_SUM, MOVED_COUNT, BACK,
 BACK1, BACK2, BACK3) = range(19)
CHART_ROW: Final = 24
RING: Final = 32
"""Instants of so many past points are kept, to say since when a run holds."""

# How a signal is charted: whole numbers.
(POLICY, BY, MACHINE, SETS, FIRST_BASE, PHASES, RECIPES, WINDOW_US, GROUP_CONTEXT, PHASE_CONTEXT, RECIPE_CONTEXT, SKEWED, MOST_ORDER,
 SETS_WHICH, PARTS, CHARTS) = range(16)
PLAN: Final = 16
"""CHARTS is the row of the first of a signal's charts where each phase has its own, 0 where all points go on one chart: the means of
the phases of one cycle move together, and on one chart they would pass for a run."""
PARTS_OF_A_PHASE: Final = 3
"""Windows within a phase have baselines of their own: the first, in which the signal still settles; those after it; and the
last, which the end of the phase cuts short."""
EACH, WINDOW, CONTEXT, UNCHARTED, STATE = range(5)
"""Values of BY: every reading is a point; the mean of a window of time; the mean while the context's group number stands;
not charted (a counter, or a signal of no interest), though its quality and range are watched; the state of a machine, not charted
either, though that a fault stops the machine is told. From UNCHARTED on nothing goes on a chart."""
NO_CONTEXT: Final = -1
GROUPS, PHASE, RECIPE = range(3)
"""What a context holds: group number, phase, recipe; SETS_WHICH says which of them a counter's readings set."""

STOPPED: Final = int(MachineState.DOWN)
STOPPED_US: Final = 60_000_000
"""A machine that a fault has stopped for so long is told; what is over sooner is a short stop, which OEE counts and nobody is sent to."""

NEVER: Final = 1 << 62
"""A gap in µs that no signal has."""

LEAST, MOST, FASTEST = range(3)
"""Bounds of a signal, in its unit and in units a second."""
NEXT_AT, EVERY_US, CYCLE_AT, LOOK_AT, SAMPLE_AT = range(5)
"""What is kept of a machine: when anything of it is due next (the earlier of the last two, so that a reading has one instant to look at), how
often it is a sample, and, where cycles end its samples, from when on the next end of one is; from when on it is looked whether a fault has
stopped it; when its next sample is due by the clock."""
MACHINE_ROW: Final = 5

# Columns of a point's whole numbers. A point without a baseline breaks off the autoregression; one of a machine is a sample.
P_PLACE, P_SIGNAL, P_BASE, P_AT, P_SINCE = range(5)
POINT: Final = 5
BREAK: Final = -1
SAMPLE: Final = -2

# Columns of the whole numbers of a detail; the signals that moved too come last.
D_EVENT, D_BIT, D_SINCE, D_READINGS, D_VERSION, D_AT, D_OTHERS = range(7)
OTHERS: Final = 6
DETAIL: Final = D_OTHERS + OTHERS

N_POINTS, N_EVENTS, N_DETAILS, N_SAMPLES, N_FLAT = range(5)
"""What the kernels count."""

UNUSABLE: Final = int(Quality.BAD | Quality.STALE | Quality.NOT_A_NUMBER | Quality.UNIT)


class Kept(NamedTuple):
    """What is remembered. ``reading`` is signals × READING_ROW and ``chart`` charts × CHART_ROW, each with the same memory as
    whole numbers (and words); the first charts are the signals', after them those of single phases; ``ring`` charts × RING instants;
    ``base`` baselines × BASELINE, likewise; ``learning`` the points of phase I, one baseline's after the other's; ``contexts``
    contexts × (group, phase, recipe); ``machines`` machines × MACHINE_ROW."""

    reading: NDArray[np.float64]
    reading_whole: NDArray[np.int64]
    chart: NDArray[np.float64]
    chart_whole: NDArray[np.int64]
    chart_words: NDArray[np.uint64]
    ring: NDArray[np.int64]
    base: NDArray[np.float64]
    base_whole: NDArray[np.int64]
    learning: NDArray[np.float64]
    contexts: NDArray[np.int64]
    machines: NDArray[np.int64]


class Laid(NamedTuple):
    """What is laid down: ``plan`` signals × PLAN, ``bounds`` signals × (least, most, fastest), the policies, where the points of
    each baseline's phase I lie, how long after the beginning of its phase readings are passed over while the signal settles
    (µs, by baseline), after how long without a reading a signal's subgroup is torn (µs, by signal), which signals stand in
    each context and machine, and which tell a machine's state: those of c from starts[c] up to starts[c + 1]; and the context whose groups
    end a machine's samples, NO_CONTEXT where the clock does."""

    plan: NDArray[np.int64]
    bounds: NDArray[np.float64]
    numbers: NDArray[np.float64]
    words: NDArray[np.uint64]
    base_starts: NDArray[np.int64]
    settling: NDArray[np.int64]
    gaps: NDArray[np.int64]
    context_starts: NDArray[np.int64]
    context_members: NDArray[np.int64]
    machine_starts: NDArray[np.int64]
    machine_members: NDArray[np.int64]
    state_starts: NDArray[np.int64]
    state_members: NDArray[np.int64]
    machine_contexts: NDArray[np.int64]


class Points(NamedTuple):
    """Room for points: columns P_…, the value, and by how much it would be another had it been read at other instants;
    ``counts`` as N_…."""

    counts: NDArray[np.int64]
    whole: NDArray[np.int64]
    value: NDArray[np.float64]
    blur: NDArray[np.float64]


class Room(NamedTuple):
    """Where the kernels write: events (place in the batch, signal, what began, what ceased), a detail for each rule that
    began, samples of machines (place, machine, instant, start) with their values one after the other; ``counts`` as N_…."""

    counts: NDArray[np.int64]
    places: NDArray[np.int64]
    signals: NDArray[np.int32]
    raised: NDArray[np.uint32]
    cleared: NDArray[np.uint32]
    details: NDArray[np.int64]
    measured: NDArray[np.float64]
    samples: NDArray[np.int64]
    flat: NDArray[np.float64]
