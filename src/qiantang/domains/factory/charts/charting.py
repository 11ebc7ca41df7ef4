"""From points to alarms: the charts of each signal, the limits they are held against, and phase I, which sets them.

One point at a time, in the order of their instants; each is judged against the baseline of its recipe and phase, after what
an autoregression expects is taken off and a skewed value has become its normal score. Where each phase has charts of its own, a
rule of the signal holds while it holds on any of them.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from qiantang.domains.factory.charts import bits, fitting, layout, policy, quick, rules
from qiantang.domains.factory.charts.bits import (
    CUSUM_AT,
    DRIFT,
    DRIFT_AT,
    EIGHT_POINTS,
    EWMA_AT,
    FIFTEEN_WITHIN,
    FIVE_POINTS,
    FOUR,
    IS_OVER1,
    IS_OVER2,
    IS_UNDER1,
    IS_UNDER2,
    IS_WITHIN,
    N1_AT,
    N2_AT,
    N3_AT,
    N4_AT,
    N5,
    N5_AT,
    N6,
    N6_AT,
    N7,
    N7_AT,
    N8,
    N8_AT,
    NONE,
    ONE,
    OVER2_AT,
    THREE,
    THREE_POINTS,
    TWO,
    UNDER1_AT,
    UNDER2_AT,
    ZONES_KEPT,
)
from qiantang.domains.factory.charts.compiled import forget_older
from qiantang.domains.factory.charts.fitting import (
    CENTRE,
    IN_FORCE,
    LEARNED,
    ORDER,
    PHI1,
    PHI2,
    PHI3,
    PLAIN,
    RAW_SCALE,
    SCALE,
    SHAPE,
    VERSION,
    fit,
    score,
    unscored,
)
from qiantang.domains.factory.charts.layout import (
    AVERAGE,
    AVERAGE_SINCE,
    BACK,
    BACK1,
    BACK2,
    BACK3,
    BREAK,
    BY,
    CHARTS,
    CONTEXT,
    D_AT,
    D_BIT,
    D_EVENT,
    D_OTHERS,
    D_READINGS,
    D_SINCE,
    D_VERSION,
    FIRST_BASE,
    HIGH,
    HIGH_SINCE,
    LAST,
    LOW,
    LOW_SINCE,
    MACHINE,
    MANY,
    MOST_ORDER,
    MOVED_COUNT,
    MOVED_SUM,
    N_DETAILS,
    N_EVENTS,
    N_FLAT,
    N_SAMPLES,
    NOW,
    OTHERS,
    P_AT,
    P_BASE,
    P_PLACE,
    P_SIGNAL,
    P_SINCE,
    PARTS,
    PAST,
    PHASES,
    POLICY,
    RING,
    SAMPLE,
    SKEWED,
    SLOW,
    SLOW_SINCE,
    ZONES,
)
from qiantang.domains.factory.charts.policy import (
    ABOVE,
    BELOW,
    CEILING,
    DECISION,
    EWMA_LIMIT,
    FALLING,
    LIMIT,
    MOVED,
    RELEASE,
    RISING,
    SIDE_RUN,
    SLACK,
    SLOW_LIMIT,
    SLOW_WEIGHT,
    TREND_RUN,
    WEIGHT,
)
from qiantang.domains.factory.charts.policy import IN_FORCE as RULES_IN_FORCE
from qiantang.domains.factory.charts.quick import broken, lingering, past_with

forget_older(__file__, bits.__file__, fitting.__file__, layout.__file__, policy.__file__, quick.__file__, rules.__file__)


@nb.njit(cache=True, inline="always")
def _set_bits(bits: Any) -> Any:
    """How many of the five lowest bits are set."""
    return (bits & ONE) + ((bits >> ONE) & ONE) + ((bits >> TWO) & ONE) + ((bits >> THREE) & ONE) + ((bits >> FOUR) & ONE)


@nb.njit(cache=True, nogil=True)
def _detail(s: Any, r: Any, raised: Any, at: Any, x: Any, blur: Any, z: Any, b: Any, expected: Any, kept: Any, laid: Any, room: Any) -> None:
    """One row a rule that was raised on chart r: value, limit, since when, how many readings, which others of the machine moved."""
    p = laid.plan[s, POLICY]
    points = kept.chart_whole[r, MANY]
    for bit in range(DRIFT_AT + 1):
        if (raised >> bit) & 1 == 0:
            continue
        k = room.counts[N_DETAILS]
        value = x
        many: Any = 1
        side = 1.0 if z >= 0.0 else -1.0
        away = 0.0
        inverse = kept.base[b, SCALE]
        if bit == N1_AT:
            away = side * laid.numbers[p, LIMIT]
        elif bit == N2_AT:
            many = np.int64(laid.words[p, SIDE_RUN])
        elif bit == N3_AT:
            many = np.int64(laid.words[p, TREND_RUN])
        elif bit == N4_AT:
            many = 14
        elif bit == N5_AT:
            many, away = 3, 2.0 * side
        elif bit == N6_AT:
            many, away = 5, side
        elif bit == N7_AT:
            many, away = 15, side
        elif bit == N8_AT:
            many, away = 8, side
        since = kept.ring[r, (points - many) % RING]
        limit = unscored(expected + away / inverse, kept.base[b]) + (side * blur if bit == N1_AT else 0.0)
        if bit == EWMA_AT:
            side = 1.0 if kept.chart[r, AVERAGE] >= 0.0 else -1.0
            value = unscored(expected + kept.chart[r, AVERAGE] / inverse, kept.base[b])
            limit = unscored(expected + side * laid.numbers[p, EWMA_LIMIT] / inverse, kept.base[b])
            since = kept.chart_whole[r, AVERAGE_SINCE]
        elif bit == DRIFT_AT:
            side = 1.0 if kept.chart[r, SLOW] >= 0.0 else -1.0
            value = unscored(expected + kept.chart[r, SLOW] / inverse, kept.base[b])
            limit = unscored(expected + side * laid.numbers[p, SLOW_LIMIT] / inverse, kept.base[b])
            since = kept.chart_whole[r, SLOW_SINCE]
        elif bit == CUSUM_AT:
            up = kept.chart[r, HIGH] >= kept.chart[r, LOW]
            value = kept.chart[r, HIGH] if up else -kept.chart[r, LOW]
            limit = laid.numbers[p, DECISION] if up else -laid.numbers[p, DECISION]
            since = kept.chart_whole[r, HIGH_SINCE] if up else kept.chart_whole[r, LOW_SINCE]
        room.details[k, D_EVENT] = room.counts[N_EVENTS]
        room.details[k, D_BIT] = bit
        room.details[k, D_SINCE] = since
        room.details[k, D_READINGS] = many
        room.details[k, D_VERSION] = kept.base_whole[b, VERSION]
        room.details[k, D_AT] = at
        room.measured[k, 0] = value
        room.measured[k, 1] = limit
        for j in range(OTHERS):
            room.details[k, D_OTHERS + j] = -1
        machine = laid.plan[s, MACHINE]
        if machine >= 0:
            _others(s, machine, kept, laid, room.details[k])
        room.counts[N_DETAILS] = k + 1


@nb.njit(cache=True, nogil=True)
def _others(s: Any, machine: Any, kept: Any, laid: Any, into: Any) -> None:
    """The signals of the same machine whose EWMA is beyond 2σ of its own, farthest first, at most OTHERS of them."""
    farthest = np.zeros(OTHERS)
    for m in range(laid.machine_starts[machine], laid.machine_starts[machine + 1]):
        other = laid.machine_members[m]
        if other == s:
            continue
        far = abs(kept.chart[other, AVERAGE]) / laid.numbers[laid.plan[other, POLICY], MOVED]
        if far <= 1.0:
            continue
        for j in range(OTHERS):
            if far > farthest[j]:
                for up in range(OTHERS - 1, j, -1):
                    farthest[up] = farthest[up - 1]
                    into[D_OTHERS + up] = into[D_OTHERS + up - 1]
                farthest[j] = far
                into[D_OTHERS + j] = other
                break


@nb.njit(cache=True, nogil=True)
def _sample(i: Any, machine: Any, at: Any, kept: Any, laid: Any, room: Any) -> None:
    """The machine as one point of many dimensions: each signal's deviations since the last, NaN where it had no point. Their sum over the
    root of how many there were: it scatters as one of them does, whether now one comes between two samples and now ten."""
    counts = room.counts
    k, f = counts[N_SAMPLES], counts[N_FLAT]
    room.samples[k, 0] = i
    room.samples[k, 1] = machine
    room.samples[k, 2] = at
    room.samples[k, 3] = f
    for m in range(laid.machine_starts[machine], laid.machine_starts[machine + 1]):
        s = laid.machine_members[m]
        many = kept.chart_whole[s, MOVED_COUNT]
        room.flat[f] = kept.chart[s, MOVED_SUM] / np.sqrt(many) if many > 0 else np.nan
        kept.chart[s, MOVED_SUM] = 0.0
        kept.chart_whole[s, MOVED_COUNT] = 0
        f += 1
    counts[N_SAMPLES] = k + 1
    counts[N_FLAT] = f


@nb.njit(cache=True, nogil=True)
def _learnt(b: Any, s: Any, kept: Any, laid: Any) -> None:
    """Ends phase I of a baseline, or begins it anew. What comes once a cycle is plotted between points of other baselines: no
    autoregression from one cycle to the next can foretell it."""
    points = kept.learning[laid.base_starts[b]:laid.base_starts[b + 1]]
    once = laid.plan[s, PARTS] > 1 and (b - laid.plan[s, FIRST_BASE]) % laid.plan[s, PARTS] != 1
    if not fit(points, laid.plan[s, SKEWED] != 0, laid.plan[s, BY] == CONTEXT, 0 if once else laid.plan[s, MOST_ORDER], kept.base[b], kept.base_whole[b]):
        kept.base_whole[b, LEARNED] = 0


@nb.njit(cache=True, nogil=True)
def _scored(x: Any, b: Any, kept: Any) -> Any:
    """The normal score of a skewed signal's value."""
    return score(x, kept.base[b])


@nb.njit(cache=True, nogil=True)
def _beyond(x: Any, blur: Any, centre: Any, b: Any, kept: Any) -> Any:
    """A value drawn towards the centre by what it is uncertain, at most to the centre: only what lies beyond that is a deviation."""
    middle = unscored(centre, kept.base[b])
    return x - min(max(x - middle, -blur), blur)


@nb.njit(cache=True, nogil=True)
def _elsewhere(own: Any, phases: Any, r: Any, chart_words: Any) -> Any:
    """The rules that hold on any of a signal's charts but r."""
    found = NONE
    for other in range(own, own + phases):
        if other != r:
            found |= chart_words[np.uint64(other), NOW]
    return found


@nb.njit(cache=True, inline="always")
def _since(chart_whole: Any, r: Any, column: Any, instant: Any, anew: Any) -> None:
    """Since when something holds: since now where it begins anew."""
    mask = -np.int64(anew)
    chart_whole[r, column] = (instant & mask) | (chart_whole[r, column] & ~mask)


@nb.njit(cache=True, nogil=True)
def charted(start: Any, points: Any, values: Any, blurs: Any, beyond: Any, kept: Any, laid: Any, room: Any) -> Any:
    """Points from ``start`` up to ``beyond``, or until the room is at its end; gives the place where it stopped."""
    chart, chart_whole, chart_words, ring = kept.chart, kept.chart_whole, kept.chart_words, kept.ring
    base, base_whole, learning = kept.base, kept.base_whole, kept.learning
    places, signals, raised, cleared = room.places, room.signals, room.raised, room.cleared
    plan, numbers, words, machine_starts, counts = laid.plan, laid.numbers, laid.words, laid.machine_starts, room.counts
    widest = 0
    for m in range(len(machine_starts) - 1):
        widest = max(widest, machine_starts[m + 1] - machine_starts[m])
    most_events, most_details = len(room.places) - 1, len(room.details) - DRIFT_AT - 1
    most_samples, most_flat = len(room.samples) - 1, len(room.flat) - widest
    starts = laid.base_starts
    for k in range(start, beyond):
        if counts[N_EVENTS] > most_events or counts[N_DETAILS] > most_details or counts[N_SAMPLES] > most_samples or counts[N_FLAT] > most_flat:
            return k
        row = np.uint64(k)
        i, signal, baseline, at, since = points[row, P_PLACE], points[row, P_SIGNAL], points[row, P_BASE], points[row, P_AT], points[row, P_SINCE]
        x = values[row]
        if baseline < 0:
            if baseline == SAMPLE:
                _sample(i, signal, at, kept, laid, room)
            elif baseline == BREAK:
                chart_whole[signal, BACK] = 0
            continue
        # Unsigned, so that an index needs no test for one from the end.
        s, b = np.uint64(signal), np.uint64(baseline)
        learned = base_whole[b, LEARNED]
        if learned != IN_FORCE:
            learning[starts[b] + learned] = x
            base_whole[b, LEARNED] = learned + 1
            if learned + 1 == starts[baseline + 1] - starts[b]:
                _learnt(baseline, signal, kept, laid)
            chart_whole[s, BACK] = 0
            continue
        inverse = base[b, SCALE]
        if inverse == 0.0:
            continue
        p = np.uint64(plan[s, POLICY])
        centre = base[b, CENTRE]
        blur = blurs[row]
        held_against = x if blur == 0.0 else _beyond(x, blur, centre, baseline, kept)
        away = (held_against if base[b, SHAPE] == PLAIN else _scored(held_against, baseline, kept)) - centre
        expected = 0.0
        order = base_whole[b, ORDER]
        if order > 0 or plan[s, PARTS] > 1:
            expected = base[b, PHI1] * chart[s, BACK1]
            if order > 1:
                expected += base[b, PHI2] * chart[s, BACK2]
            if order > 2:
                expected += base[b, PHI3] * chart[s, BACK3]
            chart[s, BACK3] = chart[s, BACK2]
            chart[s, BACK2] = chart[s, BACK1]
            chart[s, BACK1] = away
            back = chart_whole[s, BACK]
            chart_whole[s, BACK] = back + 1
            if back < order:
                continue
        chart[s, MOVED_SUM] += away * base[b, RAW_SCALE]
        chart_whole[s, MOVED_COUNT] += 1
        z = (away - expected) * inverse
        own = plan[s, CHARTS]
        r = np.uint64(own + (baseline - plan[s, FIRST_BASE]) % plan[s, PHASES]) if own > 0 else s
        past = past_with(chart_words[r, PAST], z, chart[r, LAST])
        average_before, slow_before = chart[r, AVERAGE], chart[r, SLOW]
        average = average_before + numbers[p, WEIGHT] * (z - average_before)
        slow = slow_before + numbers[p, SLOW_WEIGHT] * (z - slow_before)
        slack, ceiling = numbers[p, SLACK], numbers[p, CEILING]
        high_before, low_before = chart[r, HIGH], chart[r, LOW]
        high = min(max(high_before + (z - slack), 0.0), ceiling)
        low = min(max(low_before - (z + slack), 0.0), ceiling)
        holds = broken(z, past, average, high, low, numbers[p, LIMIT], numbers[p, EWMA_LIMIT], numbers[p, DECISION],
                       words[p, ABOVE], words[p, BELOW], words[p, RISING], words[p, FALLING])
        zones = ((chart_words[r, ZONES] << ONE) & ZONES_KEPT) | (IS_OVER1 if z > 1.0 else NONE) | (IS_UNDER1 if z < -1.0 else NONE) \
            | (IS_OVER2 if z > 2.0 else NONE) | (IS_UNDER2 if z < -2.0 else NONE) | (IS_WITHIN if abs(z) < 1.0 else NONE)
        over, under = zones & EIGHT_POINTS, (zones >> UNDER1_AT) & EIGHT_POINTS
        holds |= (N5 if _set_bits((zones >> OVER2_AT) & THREE_POINTS) >= TWO or _set_bits((zones >> UNDER2_AT) & THREE_POINTS) >= TWO else NONE) \
            | (N6 if _set_bits(over & FIVE_POINTS) >= FOUR or _set_bits(under & FIVE_POINTS) >= FOUR else NONE) \
            | (N7 if (zones & FIFTEEN_WITHIN) == FIFTEEN_WITHIN else NONE) \
            | (N8 if (over | under) == EIGHT_POINTS and over != NONE and under != NONE else NONE) \
            | (DRIFT if abs(slow) > numbers[p, SLOW_LIMIT] else NONE)
        # Which way these go cannot be foreseen, and a wrong guess costs more than the work: masks, for of choices LLVM makes branches.
        _since(chart_whole, r, HIGH_SINCE, since, high_before == 0.0)
        _since(chart_whole, r, LOW_SINCE, since, low_before == 0.0)
        _since(chart_whole, r, AVERAGE_SINCE, since, average_before * average <= 0.0)
        _since(chart_whole, r, SLOW_SINCE, since, slow_before * slow <= 0.0)
        chart[r, LAST] = z
        chart[r, AVERAGE] = average
        if own > 0:
            # What others of the machine see of the signal is its latest.
            chart[s, AVERAGE] = average
        chart[r, SLOW] = slow
        chart[r, HIGH] = high
        chart[r, LOW] = low
        chart_words[r, PAST] = past
        chart_words[r, ZONES] = zones
        many = chart_whole[r, MANY]
        ring[r, np.uint64(many) % np.uint64(RING)] = since
        chart_whole[r, MANY] = many + 1
        holds &= words[p, RULES_IN_FORCE]
        held = chart_words[r, NOW]
        if holds != held:
            release = numbers[p, RELEASE]
            holds |= lingering(held, average, high, low, numbers[p, EWMA_LIMIT], numbers[p, DECISION], release) \
                | (held & DRIFT if abs(slow) > release * numbers[p, SLOW_LIMIT] else NONE)
            if holds == held:
                continue
            chart_words[r, NOW] = holds
            began, ceased = holds & ~held, held & ~holds
            if own > 0:
                elsewhere = _elsewhere(own, plan[s, PHASES], np.int64(r), chart_words)
                chart_words[s, NOW] = elsewhere | holds
                began, ceased = began & ~elsewhere, ceased & ~elsewhere
                if began | ceased == NONE:
                    continue
            event = counts[N_EVENTS]
            places[event] = i
            signals[event] = signal
            raised[event] = np.uint32(began)
            cleared[event] = np.uint32(ceased)
            if began != NONE:
                _detail(signal, np.int64(r), np.int64(began), at, x, blur, z, baseline, centre + expected, kept, laid, room)
            counts[N_EVENTS] = event + 1
    return beyond
