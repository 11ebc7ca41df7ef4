"""What charts know, carried over to other settings of the same plant: signals that are charted as before keep everything they learnt.

A workbook is written anew while a plant runs: a limit is moved, a machine comes in, a signal goes. Signals keep their numbers; where their
baselines, phases and contexts lie in memory changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.fitting import IN_FORCE, LEARNED
from qiantang.domains.factory.charts.settings import ChartSettings

_Name = TypeVar("_Name")
_SAME = [layout.BY, layout.PHASES, layout.RECIPES, layout.WINDOW_US, layout.SKEWED, layout.MOST_ORDER, layout.PARTS]
_CONTEXTS = (layout.GROUP_CONTEXT, layout.PHASE_CONTEXT, layout.RECIPE_CONTEXT)


@dataclass(frozen=True, slots=True)
class Carried:
    """Who keeps what: ``signals`` that are charted as before, ``bases`` (pairs: where it lay, where it lies now) of their baselines, and
    ``contexts`` and ``machines`` likewise by their numbers."""

    signals: NDArray[np.int64]
    bases: NDArray[np.int64]
    contexts: NDArray[np.int64]
    machines: NDArray[np.int64]


def carried(before: ChartSettings, now: ChartSettings, changed: Collection[int] = ()) -> Carried:
    """What goes on under the new settings. ``changed`` are signals that mean something else now (another unit, another asset): they begin
    anew, as do those whose subgroups, phases or counters are others."""
    contexts = _pairs(_contexts(before), _contexts(now))
    there = dict(contexts)
    signals, bases = [], []
    for s in range(min(len(before), len(now))):
        then, plan = before.plan[s], now.plan[s]
        alike = (s not in changed and bool(before.asset_of[s]) and before.asset_of[s] == now.asset_of[s] and (then[_SAME] == plan[_SAME]).all()
                 and all(there.get(int(then[c]), layout.NO_CONTEXT) == plan[c] for c in _CONTEXTS)
                 and bool(then[layout.CHARTS]) == bool(plan[layout.CHARTS]))
        if alike:
            signals.append(s)
            first, here = int(then[layout.FIRST_BASE]), int(plan[layout.FIRST_BASE])
            bases += [(first + k, here + k) for k in range(int(plan[layout.PHASES] * plan[layout.RECIPES] * plan[layout.PARTS]))]
    machines = _pairs({m: k for k, m in enumerate(before.machines)}, {m: k for k, m in enumerate(now.machines)})
    going_on = set(signals)
    machines = [(a, b) for a, b in machines if before.machine_members[a] == now.machine_members[b] and going_on.issuperset(now.machine_members[b])]
    return Carried(np.array(signals, np.int64), *(np.array(pairs, np.int64).reshape(-1, 2) for pairs in (bases, contexts, machines)))


def carry(before: layout.Kept, old: ChartSettings, now: layout.Kept, new: ChartSettings, who: Carried) -> NDArray[np.int64]:
    """Write what is carried into the new state, which was just made; gives the baselines that go on. One that was being learnt from other
    than as many points as it needs now is learnt from the beginning."""
    s = who.signals
    now.reading_whole[s] = before.reading_whole[s]
    moved = now.reading_whole[s, layout.GROUP_BASE] >= 0
    now.reading_whole[s[moved], layout.GROUP_BASE] += (new.plan[s, layout.FIRST_BASE] - old.plan[s, layout.FIRST_BASE])[moved]
    for one in s.tolist():
        rows, now_rows = _charts(old, one), _charts(new, one)
        now.chart_whole[now_rows] = before.chart_whole[rows]
        now.ring[now_rows] = before.ring[rows]
    then, here = who.bases[:, 0], who.bases[:, 1]
    starts, starts_now = old.starts(), new.starts()
    needs, needs_now = np.diff(starts), np.diff(starts_now)
    goes_on = (before.base_whole[then, LEARNED] == IN_FORCE) | (needs[then] == needs_now[here])
    then, here = then[goes_on], here[goes_on]
    now.base_whole[here] = before.base_whole[then]
    for a, b in zip(then.tolist(), here.tolist(), strict=True):
        many = int(before.base_whole[a, LEARNED])
        if many > 0:
            now.learning[starts_now[b]:starts_now[b] + many] = before.learning[starts[a]:starts[a] + many]
    # How long a signal may stand still is settled when it was seen as often as its phase I is long.
    other = np.array([old.points_learnt(one) != new.points_learnt(one) for one in s.tolist()], np.bool_) & (now.reading_whole[s, layout.STUCK_NEED] == 0)
    now.reading_whole[np.ix_(s[other], [layout.SEEN, layout.REPEATS])] = 0
    now.contexts[who.contexts[:, 1]] = before.contexts[who.contexts[:, 0]]
    if old.machine_every_us == new.machine_every_us:
        now.machines[who.machines[:, 1]] = before.machines[who.machines[:, 0]]
    now.machines[:, [layout.LOOK_AT, layout.NEXT_AT]] = 0
    going_on: NDArray[np.int64] = here
    return going_on


def _charts(settings: ChartSettings, signal: int) -> list[int]:
    """The rows of a signal's charts: its own, and one for each phase."""
    plan = settings.plan[signal]
    return [signal, *range(plan[layout.CHARTS], plan[layout.CHARTS] + plan[layout.PHASES])] if plan[layout.CHARTS] else [signal]


def _contexts(settings: ChartSettings) -> dict[tuple[tuple[int, int], ...], int]:
    """Each context by the counters that set it and what of it they set."""
    setters: dict[int, list[tuple[int, int]]] = {}
    for s in np.flatnonzero(settings.plan[:, layout.SETS] >= 0).tolist():
        setters.setdefault(int(settings.plan[s, layout.SETS]), []).append((s, int(settings.plan[s, layout.SETS_WHICH])))
    return {tuple(of): context for context, of in setters.items()}


def _pairs(before: dict[_Name, int], now: dict[_Name, int]) -> list[tuple[int, int]]:
    return [(number, now[name]) for name, number in before.items() if name in now]
