"""Readings of every signal for any span of simulated time: machine state, phase, faults and autocorrelated noise, made in arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.plant import Signal
from qiantang.domains.factory.simulation.causes import Showing
from qiantang.domains.factory.simulation.courses import Seconds, cycles_of, room_for, shares_of, watched
from qiantang.domains.factory.simulation.kinds import Kind, phases
from qiantang.domains.factory.simulation.making import CURE_FACTORS, family_of, gateway_of, named_kinds, recipe_level
from qiantang.domains.factory.simulation.measured import OnceACycle, loudness, most, resolution
from qiantang.domains.factory.simulation.measured import skewed as skew
from qiantang.domains.factory.simulation.noise import BLOCK_S, RUN_IN_S, deviate, deviates, keys_of, quantiles
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.truth import EPOCH_US, Fault
from qiantang.kernel.readings import NO_SEQUENCE, Readings

MOST_PHASES = 8
RECIPES = len(CURE_FACTORS)
LATENCY_US = 40_000
"""From the reading to its receipt, where no fault of the wire is at work."""
CYCLE_SHARE = 0.4
"""Spread from cycle to cycle of what follows the recipe, as a share of the spread within a cycle."""
FOLLOWED, DECAY_STEPS = 6.0, 512
"""A change of phase has been followed after so many time constants (to 0.25 %); until then by a table of so many steps each."""
DECAY = np.exp(-(np.arange(int(FOLLOWED * DECAY_STEPS) + 1) + 0.5) / DECAY_STEPS)
MEASURED, STATE, PIECES, REJECTS, CYCLE, PHASE, RECIPE, ELAPSED = range(8)
ROLE_NUMBER = {"measured": MEASURED, "state": STATE, "pieces": PIECES, "rejects": REJECTS, "cycle": CYCLE, "phase": PHASE, "recipe": RECIPE,
               "elapsed": ELAPSED, "cycle_time": MEASURED}


@dataclass(frozen=True, slots=True)
class Span:
    """Readings of a span in event-time order, and beside each its recipe·8 + phase and its cycle: ``phase`` -1 and ``group`` -1 where
    the machine has none. Arrays of the readings' length."""

    readings: Readings
    phase: NDArray[np.int64]
    group: NDArray[np.int64]


class Columns(NamedTuple):
    """The columns of readings but their values, and beside them phase and group."""

    signal: NDArray[np.int32]
    at: NDArray[np.int64]
    received: NDArray[np.int64]
    quality: NDArray[np.uint8]
    sequence: NDArray[np.int64]
    phase: NDArray[np.int64]
    group: NDArray[np.int64]


@nb.njit(cache=True)
def _settled(x: Any, keys: Any, phi: Any, begin: Any, until: Any, table: Any) -> None:
    """Autocorrelated deviations just before second ``until``, begun at ``begin``, the start of a run-in."""
    for t in range(begin, until):
        for s in range(len(x)):
            e = deviate(keys[s], t, table)
            x[s] = e if t == begin else phi[s] * x[s] + math.sqrt(1.0 - phi[s] * phi[s]) * e


@nb.njit(cache=True)
def _ticks(t0: Any, first: Any, beyond: Any, role: Any, machine: Any, kind: Any, offset: Any, keys: Any, x: Any, cycle_at: Any, cycle_x: Any,
           phi: Any, rest: Any, tau: Any, skewed: Any, by_cycle: Any, scale: Any, least: Any, most: Any, level: Any, spread: Any, table: Any, decay: Any,
           now: Any, starts: Any, out: Any) -> None:
    """Values of every signal, one a second, of the seconds ``first`` to ``beyond`` after ``t0``: signal s at second i goes to
    ``out[starts[i] + s]``."""
    for i in range(first, beyond):
        t = t0 + i
        row = starts[i]
        for s in range(len(role)):
            m = machine[s]
            what = role[s]
            if what == MEASURED:
                e = deviate(keys[s], t, table)
                x[s] = phi[s] * x[s] + rest[s] * e
                k = kind[s]
                p = now.recipe[m, i] * MOST_PHASES + now.phase[m, i]
                value = level[k, p]
                wide = spread[k, p]
                if tau[k] > 0.0:
                    age = now.age_s[m, i]
                    if age < FOLLOWED * tau[k]:
                        before = level[k, now.recipe[m, i] * MOST_PHASES + now.before[m, i]]
                        value += (before - value) * decay[np.int64(age / tau[k] * DECAY_STEPS)]
                d = x[s]
                if skewed[k]:
                    d = skew(d)
                if by_cycle[k]:
                    c = now.cycle[m, i]
                    if cycle_at[s] != c:
                        cycle_at[s] = c
                        cycle_x[s] = CYCLE_SHARE * deviate(keys[s] ^ np.uint64(0xA5A5A5A5A5A5A5A5), c, table)
                    d += cycle_x[s]
                value += wide * (d + offset[s])
                value = np.rint(value * scale[k]) / scale[k]
                out[row + s] = min(max(value, least[k]), most[k])
            elif what == STATE:
                out[row + s] = now.state[m, i]
            elif what == PIECES:
                out[row + s] = now.pieces[m, i]
            elif what == REJECTS:
                out[row + s] = now.rejects[m, i]
            elif what == CYCLE:
                out[row + s] = now.cycle[m, i]
            elif what == PHASE:
                out[row + s] = now.told[m, i]
            elif what == RECIPE:
                out[row + s] = now.recipe[m, i]
            else:
                out[row + s] = min(np.floor(now.age_s[m, i]), 86_400.0)


class Signals:
    """All signals of a running plant, read for any span that the simulation has passed.

    The same plant and seed give the same readings of a second however spans are cut. Memory is that of one span and of the plant.
    """

    def __init__(self, running: RunningPlant) -> None:
        self.running = running
        plant = running.plant
        kinds: dict[str, dict[str, Kind]] = {}
        asset = plant.asset
        self._machines = [m for m in running.repairs.machines.values() if m.family != "gateway"]
        row = {machine.id: k for k, machine in enumerate(self._machines)}
        self._shares = [shares_of(machine.family, running.figures) for machine in self._machines]
        rows: dict[int, int] = {}
        of: list[Kind] = []
        self.kind_of: list[Kind] = []
        for signal in plant.signals:
            if signal.asset not in kinds:
                kinds[signal.asset] = {name: kind for name, kind, _ in named_kinds(asset[signal.asset])}
            self.kind_of.append(kinds[signal.asset][signal.name])
        self._table = quantiles()
        numbers = np.arange(len(plant.signals))
        keys = keys_of(running.seed, numbers)
        per_cycle = np.array([kind.per_cycle for kind in self.kind_of])
        self.ticking = numbers[~per_cycle]
        """Numbers of the signals with one reading a second, in the order in which they are read."""
        machine = np.array([row[plant.machine(s.asset)] for s in plant.signals], np.int32)
        self._asset_key = [s.asset for s in plant.signals]
        for s in plant.signals:
            kind = self.kind_of[s.number]
            if not kind.per_cycle and id(kind) not in rows:
                rows[id(kind)] = len(of)
                of.append(kind)
        tick = self.ticking
        self._role = np.array([ROLE_NUMBER[self.kind_of[s].role] for s in tick], np.int8)
        self._machine = machine[tick]
        self._kind = np.array([rows[id(self.kind_of[s])] for s in tick], np.int32)
        self._keys = keys[tick]
        self._all_keys = keys
        self._offset = 0.8 * deviates(keys ^ np.uint64(0x5A5A5A5A5A5A5A5A), np.zeros(len(keys), np.uint64), self._table)
        """How each sensor differs from its fellows, in standard deviations."""
        self._phi = np.array([self.kind_of[s].phi for s in tick])
        self._tau = np.array([kind.tau_s if kind.by_phase else 0.0 for kind in of])
        self._skewed = np.array([kind.skewed for kind in of])
        self._by_cycle = np.array([bool(kind.by_phase) and kind.grouped in ("cycle", "batch") for kind in of])
        self._scale = np.array([resolution(kind) for kind in of])
        self._least = np.array([kind.least for kind in of])
        self._most = np.array([most(kind) for kind in of])
        self._level = np.zeros((len(of), RECIPES * MOST_PHASES))
        self._spread = np.zeros_like(self._level)
        for k, kind in enumerate(of):
            for recipe in range(RECIPES):
                names = phases(kind.family) if kind.by_phase else ("",) * MOST_PHASES
                for p, phase in enumerate(names):
                    level = recipe_level(kind, phase, recipe)
                    self._level[k, recipe * MOST_PHASES + p] = level
                    self._spread[k, recipe * MOST_PHASES + p] = kind.sigma * loudness(kind, level)
        n = len(tick)
        self._x, self._cycle_at, self._cycle_x = np.zeros(n), np.full(n, -1, np.int64), np.zeros(n)
        self._at: int | None = None
        self._column = np.full(len(plant.signals), -1, np.int64)
        self._column[tick] = np.arange(n)
        self._by_asset: dict[str, list[Signal]] = {}
        for s in plant.signals:
            self._by_asset.setdefault(s.asset, []).append(s)
        self._cyclic = self._cyclic_signals(per_cycle)
        self._frozen: dict[tuple[int, int], float] = {}
        self.gateway_of = self._gateways()
        """For each signal the place of its gateway in ``gateways``."""

    # What belongs together

    def _cyclic_signals(self, per_cycle: NDArray[np.bool_]) -> list[tuple[int, OnceACycle]]:
        """The row of each machine with signals read once a cycle, and these."""
        found = []
        for row, machine in enumerate(self._machines):
            assets = (machine.id, f"{machine.id}-L", f"{machine.id}-R") if machine.family == "press" else (machine.id,)
            signals = [s for a in assets for s in self._by_asset.get(a, ()) if per_cycle[s.number]]
            if signals:
                numbers = [s.number for s in signals]
                found.append((row, OnceACycle(signals, [self.kind_of[s] for s in numbers], self._all_keys[numbers], self._offset[numbers])))
        return found

    def _gateways(self) -> NDArray[np.int64]:
        names = {a.id: k for k, a in enumerate(a for a in self.running.plant.assets if a.step == "network")}
        self.gateways = tuple(names)
        of: dict[str, int] = {}
        for s in self.running.plant.signals:
            if s.asset not in of:
                machine = self.running.plant.machine(s.asset)
                of[s.asset] = names[gateway_of(family_of(machine), int(machine.rpartition("-")[2]))]
        return np.array([of[s.asset] for s in self.running.plant.signals])

    # Making readings

    def between(self, start_s: int, end_s: int) -> Span:
        """All readings from second ``start_s`` until before ``end_s``, in event-time order, before anything happens to them on the wire.

        The simulation must have passed ``end_s``: ValueError otherwise.
        """
        if end_s > self.running.now:
            raise ValueError(f"the simulation has come to second {self.running.now}, readings are wanted until {end_s}")
        seconds = end_s - start_s
        now = room_for(len(self._machines), seconds)
        watched(self._machines, self._shares, start_s, now)
        ends, numbers, values, cycles = self._once_a_cycle(start_s, end_s)
        n = len(self.ticking)
        after = np.floor(ends - start_s).astype(np.int64)
        starts = np.arange(seconds, dtype=np.int64) * n + np.searchsorted(after, np.arange(seconds), "left")
        total = seconds * n + len(ends)
        value = np.empty(total)
        for first, beyond in self._blocks(start_s, end_s):
            self._settle(first)
            _ticks(start_s, first - start_s, beyond - start_s, self._role, self._machine, self._kind, self._offset[self.ticking], self._keys, self._x,
                   self._cycle_at, self._cycle_x, self._phi, np.sqrt(1.0 - self._phi**2), self._tau, self._skewed, self._by_cycle, self._scale,
                   self._least, self._most, self._level, self._spread, self._table, DECAY, now, starts, value)
            self._at = beyond
        columns = Columns(np.empty(total, np.int32), np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.uint8),
                          np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64))
        _laid(starts, start_s, self.ticking, self._machine, now.told, now.recipe, now.cycle, columns)
        places = np.arange(len(ends)) + (after + 1) * n
        instants = EPOCH_US + np.rint(ends * 1e6).astype(np.int64)
        value[places] = values
        columns.signal[places], columns.at[places], columns.received[places] = numbers, instants, instants + LATENCY_US
        columns.quality[places], columns.sequence[places], columns.phase[places], columns.group[places] = 0, NO_SEQUENCE, -1, cycles
        self._shown(start_s, end_s, starts, now, value)
        return Span(Readings(columns.signal, columns.at, columns.received, value, columns.quality, columns.sequence), columns.phase, columns.group)

    def spans(self, start_s: int, end_s: int, step_s: int = 60) -> Iterator[Span]:
        """The same, step by step: never more than a step in memory."""
        for at in range(start_s, end_s, step_s):
            yield self.between(at, min(at + step_s, end_s))

    @staticmethod
    def _blocks(start_s: int, end_s: int) -> Iterator[tuple[int, int]]:
        """A span cut where blocks of noise begin."""
        edges = [start_s, *range(start_s - start_s % BLOCK_S + BLOCK_S, end_s, BLOCK_S), end_s]
        return pairwise(edges)

    def _settle(self, start_s: int) -> None:
        """Bring the autocorrelated deviations to just before a second."""
        if self._at == start_s and start_s % BLOCK_S != 0:
            return
        block = start_s - start_s % BLOCK_S
        _settled(self._x, self._keys, self._phi, block - RUN_IN_S, start_s, self._table)
        self._cycle_at[:] = -1

    def _once_a_cycle(self, start_s: int, end_s: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Instants (in order), signals, values and cycle numbers of the readings at ends of cycles."""
        found: list[tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]] = []
        for row, of in self._cyclic:
            machine = self._machines[row]
            start, end, _ = cycles_of(machine.course)
            first, beyond = (int(i) for i in np.searchsorted(end, [start_s, end_s], "left"))
            for c in range(first, beyond):
                values = of.values(c, float(end[c] - start[c]))
                self._spoil(machine.id, of, values, c, float(start[c]), float(end[c]))
                values = of.rounded(values)
                found.append((np.full(len(values), end[c]), of.numbers, values, np.full(len(values), c)))
        if not found:
            return np.empty(0), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
        ends, numbers, values, cycles = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((numbers, ends))
        return ends[order], numbers[order], values[order], cycles[order]

    # What faults do to signals

    def _showing(self, fault: Fault) -> Iterator[tuple[Showing, list[Signal]]]:
        for showing in self.running.causes[fault.cause].shows:
            if showing.how in ("lost", "skew", "repeat", "rebirth") or showing.later:
                continue
            alike = [s for s in self._by_asset.get(fault.asset, ()) if s.kind == showing.kind]
            yield showing, [alike[showing.copy - 1]] if showing.copy else alike

    def _active(self, start_s: float, end_s: float) -> list[Fault]:
        return [f for f in self.running.repairs.faults if f.start < end_s and (f.end is None or f.end > start_s)]

    def _shown(self, start_s: int, end_s: int, starts: NDArray[np.int64], now: Seconds, value: NDArray[np.float64]) -> None:
        """Put the effects of active faults on the readings of each second."""
        times = np.arange(start_s, end_s, dtype=np.float64)
        for fault in self._active(start_s, end_s):
            on = (times >= fault.start) & (times < (math.inf if fault.end is None else fault.end))
            if not on.any():
                continue
            for showing, signals in self._showing(fault):
                for signal in signals:
                    column = int(self._column[signal.number])
                    if column < 0:
                        continue
                    at = on
                    if showing.phase:
                        place = phases(self.kind_of[signal.number].family).index(showing.phase)
                        at = on & (now.phase[self._machine[column]] == place)
                    places = starts[at] + column
                    value[places] = self._with(showing, value[places], times[at] - fault.start, fault, signal)

    def _with(self, showing: Showing, values: NDArray[np.float64], since_s: NDArray[np.float64], fault: Fault, signal: Signal) -> NDArray[np.float64]:
        kind = self.kind_of[signal.number]
        if showing.how == "freeze":
            key = (fault.number, signal.number)
            if len(values) and key not in self._frozen:
                self._frozen[key] = self._value_at(signal, math.ceil(fault.start))
            return np.full(len(values), self._frozen.get(key, 0.0))
        if showing.how == "scale":
            found = values * showing.by
        else:
            found = values + (showing.by * np.minimum(since_s / showing.over_s, 1.0) if showing.how == "ramp" else showing.by)
        scale = resolution(kind)
        return np.clip(np.rint(found * scale) / scale, kind.least, most(kind))

    def _value_at(self, signal: Signal, second: int) -> float:
        """What a signal would read at a second by itself: where a frozen one stopped."""
        kind = self.kind_of[signal.number]
        draw = float(deviates(self._all_keys[[signal.number]], np.array([second]).view(np.uint64), self._table)[0])
        return round((kind.base + kind.sigma * (draw + float(self._offset[signal.number]))) * resolution(kind)) / resolution(kind)

    def _spoil(self, machine: str, of: OnceACycle, values: NDArray[np.float64], cycle: int, start: float, end: float) -> None:
        """Put the effects of faults on the readings at the end of a cycle: those at work there, and those the piece brought along."""
        repairs, causes = self.running.repairs, self.running.causes
        for fault in repairs.by_machine.get(machine, ()):
            if fault.start < end and (fault.end is None or fault.end > start):
                of.spoil(values, fault, causes[fault.cause], end - fault.start, brought=False)
        for number in repairs.machines[machine].course.marks.get(cycle, ()):
            of.spoil(values, repairs.faults[number], causes[repairs.faults[number].cause], 0.0, brought=True)


@nb.njit(cache=True)
def _laid(starts: Any, start_s: Any, ticking: Any, machine: Any, told: Any, recipe: Any, cycle: Any, out: Any) -> None:
    """All columns but the values of the readings of each second."""
    for i in range(len(starts)):
        instant = EPOCH_US + (start_s + i) * 1_000_000
        begin = starts[i]
        for s in range(len(ticking)):
            m = machine[s]
            row = begin + s
            out.signal[row] = ticking[s]
            out.at[row] = instant
            out.received[row] = instant + LATENCY_US
            out.quality[row] = 0
            out.sequence[row] = NO_SEQUENCE
            out.phase[row] = recipe[m, i] * MOST_PHASES + told[m, i] if told[m, i] >= 0 else -1
            out.group[row] = cycle[m, i]
