"""From readings to points: what is wrong with a reading itself, and which subgroup of which phase it belongs to.

A reading of bad quality, not a number or outside its physical range is no measurement: it breaks its own rule and goes on no
chart. The others are points one by one, or their mean is one when the window, cycle, batch or piece ends. A window of time
begins with its first reading. At the beginning of a phase readings are passed over for a while, until the signal has settled.
The mean over a phase in which the signal still moves depends on when it was read: how much, goes along with the point. A
subgroup with a gap in it, of a lost connection, is no point: it may be the mean of any part of the phase.

A machine that a fault has stopped says so once where its gateway tells changes only: that it has lasted shows at the next
reading of any of its signals.
"""

from __future__ import annotations

from typing import Any, Final

import numba as nb
import numpy as np

from qiantang.domains.factory.charts import bits, layout, policy, rules
from qiantang.domains.factory.charts.bits import (
    DOWN,
    DOWN_AT,
    QUALITY,
    RANGE,
    RANGE_AT,
    RATE,
    RATE_AT,
    STUCK,
    STUCK_AT,
)
from qiantang.domains.factory.charts.compiled import forget_older
from qiantang.domains.factory.charts.layout import (
    BREAK,
    BROKEN,
    BY,
    CONTEXT,
    COUNT,
    CYCLE_AT,
    D_AT,
    D_BIT,
    D_EVENT,
    D_OTHERS,
    D_READINGS,
    D_SINCE,
    D_VERSION,
    EACH,
    EVERY_US,
    FASTEST,
    FIRST,
    FIRST_BASE,
    FREED,
    GROUP,
    GROUP_BASE,
    GROUP_CONTEXT,
    GROUP_FIRST,
    GROUP_FROM,
    GROUP_LAST,
    GROUPS,
    HELD,
    LAST_AT,
    LAST_VALUE,
    LEAST,
    LOOK_AT,
    MACHINE,
    MOST,
    N_DETAILS,
    N_EVENTS,
    N_POINTS,
    NEVER,
    NEXT_AT,
    OTHERS,
    P_AT,
    P_BASE,
    P_PLACE,
    P_SIGNAL,
    P_SINCE,
    PARTS,
    PHASE,
    PHASE_CONTEXT,
    PHASE_FROM,
    PHASES,
    POLICY,
    RECIPE,
    RECIPE_CONTEXT,
    RECIPES,
    REPEATS,
    SAME,
    SAME_SINCE,
    SAMPLE,
    SAMPLE_AT,
    SEEN,
    SETS,
    SETS_WHICH,
    STATE,
    STOPPED,
    STOPPED_US,
    STUCK_NEED,
    SUM,
    TORN,
    UNCHARTED,
    UNUSABLE,
    WINDOW,
    WINDOW_US,
)
from qiantang.domains.factory.charts.policy import IN_FORCE, STUCK_RATE, STUCK_RUN

forget_older(__file__, bits.__file__, layout.__file__, policy.__file__, rules.__file__)

FREE: Final = 10
"""Readings are stuck no longer once so many times as many as made them stuck have come without another such run: one that leans
against the end of its range moves now and then, and is one alarm, not dozens (what ISA-18.2
and IEC 62682 call an off-delay)."""


@nb.njit(cache=True, nogil=True)
def stuck_need(seen: Any, repeats: Any, least: Any, rate: Any) -> Any:
    """How many equal readings in a row are too many: a run of n starts at a reading with probability p^(n-1), p the share of
    readings that repeat the one before, taken two standard errors high (A. Agresti and B. A. Coull, The American
    Statistician 52 (1998) 119-126). A signal that hardly ever moves is never stuck: the answer is then out of reach."""
    n = seen + 4.0
    p = (repeats + 2.0) / n
    p += 2.0 * np.sqrt(p * (1.0 - p) / n)
    if p >= 0.995:
        return 1 << 60
    return max(least, int(np.ceil(np.log(rate) / np.log(p))) + 1)


@nb.njit(cache=True, nogil=True)
def _event(i: Any, s: Any, at: Any, held: Any, holds: Any, x: Any, speed: Any, quality: Any, before: Any, reading_whole: Any, bounds: Any,
           room: Any) -> None:
    """Writes what began and what ceased to hold, and a detail for each rule that began."""
    counts = room.counts
    k = counts[N_EVENTS]
    began = holds & ~held
    room.places[k] = i
    room.signals[k] = s
    room.raised[k] = np.uint32(began)
    room.cleared[k] = np.uint32(held & ~holds)
    for place in range(STUCK_AT, DOWN_AT + 1):
        if (began >> place) & 1 == 0:
            continue
        d = counts[N_DETAILS]
        since, many, value, limit = at, 1, x, 0.0
        if place == STUCK_AT:
            since, many, limit = reading_whole[s, SAME_SINCE], reading_whole[s, SAME], float(reading_whole[s, STUCK_NEED])
        elif place == DOWN_AT:
            since, many, limit = reading_whole[s, SAME_SINCE], reading_whole[s, SAME], STOPPED_US / 1e6
        elif place == RANGE_AT:
            limit = bounds[s, LEAST] if x < bounds[s, LEAST] else bounds[s, MOST]
        elif place == RATE_AT:
            since, many, value, limit = before, 2, speed, bounds[s, FASTEST]
        else:
            value = float(quality)
        room.details[d, D_EVENT] = k
        room.details[d, D_BIT] = place
        room.details[d, D_SINCE] = since
        room.details[d, D_READINGS] = many
        room.details[d, D_VERSION] = 0
        room.details[d, D_AT] = at
        room.details[d, D_OTHERS:D_OTHERS + OTHERS] = -1
        room.measured[d, 0] = value
        room.measured[d, 1] = limit
        counts[N_DETAILS] = d + 1
    counts[N_EVENTS] = k + 1


@nb.njit(cache=True, nogil=True)
def _stopped(i: Any, machine: Any, at: Any, kept: Any, laid: Any, room: Any) -> Any:
    """Tells one signal of a machine's state that has said for long enough that a fault has stopped it, and gives when to look again."""
    reading, reading_whole = kept.reading, kept.reading_whole
    again = NEVER
    for k in range(laid.state_starts[machine], laid.state_starts[machine + 1]):
        s = laid.state_members[k]
        held = reading_whole[s, HELD]
        if reading_whole[s, LAST_AT] == 0 or reading[s, LAST_VALUE] != STOPPED or held & (DOWN | QUALITY) != 0:
            continue
        if np.int64(laid.words[laid.plan[s, POLICY], IN_FORCE]) & DOWN == 0:
            continue
        lasted = reading_whole[s, SAME_SINCE] + STOPPED_US
        if at >= lasted:
            _event(i, s, at, held, held | DOWN, reading[s, LAST_VALUE], 0.0, 0, at, reading_whole, laid.bounds, room)
            reading_whole[s, HELD] = held | DOWN
            return at
        again = min(again, lasted)
    return again


@nb.njit(cache=True, inline="always")
def _point(points: Any, values: Any, blurs: Any, counts: Any, i: Any, s: Any, b: Any, x: Any, blur: Any, at: Any, since: Any) -> None:
    """One more point."""
    k = counts[N_POINTS]
    blurs[k] = blur
    points[k, P_PLACE] = i
    points[k, P_SIGNAL] = s
    points[k, P_BASE] = b
    points[k, P_AT] = at
    points[k, P_SINCE] = since
    values[k] = x
    counts[N_POINTS] = k + 1


@nb.njit(cache=True, inline="always")
def _blur(s: Any, plan: Any, reading: Any, reading_whole: Any) -> Any:
    """How far the mean of a phase may lie off because a phase is known to begin and to end only between two readings.

    Readings one interval later change the mean of n by (last - first) / n, as sums of neighbours telescope; an interval at
    either end makes twice that. Machines and sampling clocks drift against each other, so a baseline learnt at one offset
    is met by means of another. Small where the signal has settled or the phase is long.
    """
    if plan[s, PHASES] * plan[s, RECIPES] == 1:
        return 0.0
    return 2.0 * abs(reading[s, GROUP_LAST] - reading[s, GROUP_FIRST]) / reading_whole[s, COUNT]


@nb.njit(cache=True, inline="always")
def _part(s: Any, at: Any, plan: Any, reading_whole: Any) -> Any:
    """The baseline of a subgroup that ends: that of its phase, or of which window in the phase it is."""
    b = reading_whole[s, GROUP_BASE]
    if plan[s, PARTS] == 1 or reading_whole[s, FIRST] != 0:
        return b
    return b + (1 if at - reading_whole[s, GROUP_FROM] >= plan[s, WINDOW_US] else 2)


@nb.njit(cache=True, nogil=True)
def gathered(start: Any, beyond: Any, signal: Any, time: Any, value: Any, quality: Any, group_of: Any, phase_of: Any, ends: Any,
             kept: Any, laid: Any, found: Any, room: Any) -> Any:
    """Readings from ``start`` up to ``beyond``, or until the room for points or details is at its end; gives where it stopped.

    ``group_of``, ``phase_of`` and ``ends`` have the batch's length or none: a group number and a phase (recipe · phases +
    phase) for each reading, -1 where the context says it, and a mark on the last reading of a subgroup.
    """
    reading, reading_whole, contexts, machines = kept.reading, kept.reading_whole, kept.contexts, kept.machines
    plan, bounds, words, numbers = laid.plan, laid.bounds, laid.words, laid.numbers
    context_starts, context_members, machine_contexts = laid.context_starts, laid.context_members, laid.machine_contexts
    points, values, blurs, counts = found.whole, found.value, found.blur, found.counts
    given_groups, given_phases, given_ends = len(group_of) > 0, len(phase_of) > 0, len(ends) > 0
    starts, settling, gaps = laid.base_starts, laid.settling, laid.gaps
    largest = 0
    for c in range(len(context_starts) - 1):
        largest = max(largest, context_starts[c + 1] - context_starts[c])
    most_points, most_details, most_events = len(values) - largest - 4, len(room.details) - 6, len(room.places) - 2
    of_room = room.counts
    for i in range(start, beyond):
        if counts[N_POINTS] > most_points or of_room[N_DETAILS] > most_details or of_room[N_EVENTS] > most_events:
            return i
        row = np.uint64(i)
        number = np.int64(signal[row])
        # Unsigned, so that an index needs no test for one from the end.
        s = np.uint64(number)
        at = time[row]
        x = value[row]
        machine = plan[s, MACHINE]
        if machine >= 0 and at >= machines[machine, NEXT_AT]:
            if at >= machines[machine, SAMPLE_AT]:
                if machines[machine, SAMPLE_AT] > 0:
                    _point(points, values, blurs, counts, i, machine, SAMPLE, 0.0, 0.0, at, at)
                machines[machine, SAMPLE_AT] = (at // machines[machine, EVERY_US] + 1) * machines[machine, EVERY_US]
            if at >= machines[machine, LOOK_AT] and plan[s, BY] != STATE:
                machines[machine, LOOK_AT] = _stopped(i, machine, at, kept, laid, room)
            machines[machine, NEXT_AT] = min(machines[machine, SAMPLE_AT], machines[machine, LOOK_AT])
        held = reading_whole[s, HELD]
        holds = held
        speed = 0.0
        before = reading_whole[s, LAST_AT]
        bad = (quality[row] & UNUSABLE) != 0 or not np.isfinite(x)
        usable = not bad
        if bad:
            holds |= QUALITY
        else:
            usable = bounds[s, LEAST] <= x <= bounds[s, MOST]
            if before > 0 and at > before:
                speed = abs(x - reading[s, LAST_VALUE]) * 1e6 / (at - before)
            same = before > 0 and x == reading[s, LAST_VALUE]
            if same:
                reading_whole[s, SAME] += 1
            else:
                reading_whole[s, SAME] = 1
                reading_whole[s, SAME_SINCE] = at
            need = reading_whole[s, STUCK_NEED]
            if need == 0:
                reading_whole[s, SEEN] += 1
                reading_whole[s, REPEATS] += 1 if same else 0
                stock = plan[s, FIRST_BASE] + (1 if plan[s, PARTS] > 1 else 0)
                if reading_whole[s, SEEN] == starts[stock + 1] - starts[stock]:
                    p = plan[s, POLICY]
                    need = stuck_need(reading_whole[s, SEEN], reading_whole[s, REPEATS], np.int64(words[p, STUCK_RUN]), numbers[p, STUCK_RATE])
                    # Numbers of cycles, phases and recipes stand still by their nature, for as long as these last, and so does a state.
                    need = np.int64(1 << 60) if plan[s, SETS] >= 0 or plan[s, BY] == STATE else need
                    reading_whole[s, STUCK_NEED] = need
            stuck = need > 0 and reading_whole[s, SAME] >= need
            if stuck:
                reading_whole[s, FREED] = 0
            elif held & STUCK:
                reading_whole[s, FREED] += 1
                stuck = reading_whole[s, FREED] < FREE * need
            stopped = plan[s, BY] == STATE and x == STOPPED
            down = stopped and at - reading_whole[s, SAME_SINCE] >= STOPPED_US
            if stopped and not down and machine >= 0:
                machines[machine, LOOK_AT] = min(machines[machine, LOOK_AT], reading_whole[s, SAME_SINCE] + STOPPED_US)
                machines[machine, NEXT_AT] = min(machines[machine, NEXT_AT], machines[machine, LOOK_AT])
            holds = (0 if usable else RANGE) | (RATE if speed > bounds[s, FASTEST] else 0) | (STUCK if stuck else 0) | (DOWN if down else 0)
        holds &= np.int64(words[plan[s, POLICY], IN_FORCE])
        if holds != held:
            _event(i, number, at, held, holds, x, speed, quality[row], before, reading_whole, bounds, room)
            reading_whole[s, HELD] = holds
        if bad:
            continue
        reading[s, LAST_VALUE] = x
        reading_whole[s, LAST_AT] = at
        sets = plan[s, SETS]
        if sets >= 0 and contexts[sets, plan[s, SETS_WHICH]] != np.int64(x):
            contexts[sets, plan[s, SETS_WHICH]] = np.int64(x)
            for m in range(context_starts[sets], context_starts[sets + 1]):
                member = context_members[m]
                if reading_whole[member, COUNT] > 0:
                    if reading_whole[member, TORN] == 0 and at - reading_whole[member, LAST_AT] <= gaps[member]:
                        _point(points, values, blurs, counts, i, member, _part(member, at, plan, reading_whole),
                               reading[member, SUM] / reading_whole[member, COUNT], _blur(member, plan, reading, reading_whole), at,
                               reading_whole[member, GROUP_FROM])
                    reading_whole[member, COUNT] = 0
                    reading_whole[member, FIRST] = 0
                    reading[member, SUM] = 0.0
            if machine >= 0 and plan[s, SETS_WHICH] == GROUPS and machine_contexts[machine] == sets and at >= machines[machine, CYCLE_AT]:
                if machines[machine, CYCLE_AT] > 0:
                    _point(points, values, blurs, counts, i, machine, SAMPLE, 0.0, 0.0, at, at)
                machines[machine, CYCLE_AT] = (at // machines[machine, EVERY_US] + 1) * machines[machine, EVERY_US]
        by = plan[s, BY]
        if by >= UNCHARTED or not usable:
            continue
        phase = np.int64(0)
        phases = plan[s, PHASES] * plan[s, RECIPES]
        if phases > 1:
            if given_phases and phase_of[i] >= 0:
                phase = phase_of[i]
            else:
                recipe = contexts[plan[s, RECIPE_CONTEXT], RECIPE] if plan[s, RECIPE_CONTEXT] >= 0 else np.int64(0)
                phase = contexts[plan[s, PHASE_CONTEXT], PHASE] if plan[s, PHASE_CONTEXT] >= 0 else np.int64(0)
                phase = recipe * plan[s, PHASES] + phase if 0 <= phase < plan[s, PHASES] and recipe >= 0 else np.int64(-1)
        outside = phase < 0 or phase >= phases
        b = plan[s, FIRST_BASE] + phase * plan[s, PARTS]
        group = np.int64(-1)
        if given_groups and group_of[i] >= 0:
            group = group_of[i]
        elif by == CONTEXT:
            group = contexts[plan[s, GROUP_CONTEXT], GROUPS]
        windowed = by == WINDOW and group < 0
        single = by == EACH and group < 0
        rephased = outside or b != reading_whole[s, GROUP_BASE]
        gone = not single and before > 0 and at - before > gaps[s]
        if reading_whole[s, COUNT] > 0 and (single or rephased or gone or group != reading_whole[s, GROUP]
                                            or (windowed and at - reading_whole[s, GROUP_FROM] >= plan[s, WINDOW_US])):
            if reading_whole[s, TORN] == 0 and not gone:
                _point(points, values, blurs, counts, i, number, _part(s, at, plan, reading_whole), reading[s, SUM] / reading_whole[s, COUNT],
                       _blur(s, plan, reading, reading_whole), at, reading_whole[s, GROUP_FROM])
            reading_whole[s, COUNT] = 0
            reading_whole[s, FIRST] = 0
            reading[s, SUM] = 0.0
        if not single and (gone or rephased or group != reading_whole[s, GROUP]):
            # What begins after a gap began nobody knows when; the next subgroup is whole again.
            reading_whole[s, TORN] = 1 if gone and group >= 0 else 0
            reading_whole[s, GROUP] = group
        if outside:
            if reading_whole[s, BROKEN] == 0:
                reading_whole[s, BROKEN] = 1
                _point(points, values, blurs, counts, i, number, BREAK, 0.0, 0.0, at, at)
            continue
        if reading_whole[s, BROKEN] != 0 or b != reading_whole[s, GROUP_BASE]:
            reading_whole[s, BROKEN] = 0
            reading_whole[s, GROUP_BASE] = b
            reading_whole[s, PHASE_FROM] = at
            reading_whole[s, FIRST] = 1
        if at - reading_whole[s, PHASE_FROM] < settling[b]:
            continue
        if single:
            _point(points, values, blurs, counts, i, number, b, x, 0.0, at, at)
            continue
        if reading_whole[s, COUNT] == 0:
            reading_whole[s, GROUP] = group
            reading_whole[s, GROUP_FROM] = at
            reading[s, GROUP_FIRST] = x
        reading[s, GROUP_LAST] = x
        reading[s, SUM] += x
        reading_whole[s, COUNT] += 1
        if given_ends and ends[i] != 0:
            if reading_whole[s, TORN] == 0:
                _point(points, values, blurs, counts, i, number, _part(s, at, plan, reading_whole), reading[s, SUM] / reading_whole[s, COUNT],
                       _blur(s, plan, reading, reading_whole), at, reading_whole[s, GROUP_FROM])
            reading_whole[s, TORN] = 0
            reading_whole[s, COUNT] = 0
            reading[s, SUM] = 0.0
    return beyond
