"""OEE, takt, yield and energy of a plant from its own readings: machines tell their state, count their pieces, and what they draw."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.measures.oee import NO_TIME, Oee, oee_of, together
from qiantang.domains.factory.measures.pieces import Counts
from qiantang.domains.factory.measures.states import MachineState, StateClock, StateEvents
from qiantang.domains.factory.measures.whole_cycles import WholeCycles
from qiantang.domains.factory.plant import Asset, Plant
from qiantang.kernel.pieces import PieceEvent
from qiantang.kernel.readings import Readings

STATE, PIECES, REJECTS, POWER = range(4)
KINDS = {"machine_state": STATE, "piece_count": PIECES, "reject_count": REJECTS, "active_power": POWER}
"""The kinds of signals that a machine's figures are reckoned from: its state by number (``MachineState``), running counters, kW."""
SILENT_US = 60_000_000
"""What a machine drew is held for no longer than this; one that told nothing for so long is not connected."""
_WHOLE = "whole_"
_US_AN_HOUR = 3_600_000_000
_KWH_PER_KW_US = 1 / _US_AN_HOUR


def last_machines(plant: Plant) -> tuple[str, ...]:
    """The machines that a piece leaves the line from: the last of the plant that are timed, with those beside them of one ideal cycle."""
    timed = [asset for asset in plant.assets if asset.level == "cell" and asset.ideal_cycle_s]
    if not timed:
        return ()
    last: Asset = timed[-1]
    return tuple(asset.id for asset in timed if (asset.parent, asset.step, asset.ideal_cycle_s) == (last.parent, last.step, last.ideal_cycle_s))


@dataclass(frozen=True, slots=True)
class Did:
    """What a machine did: the sums of its OEE where it has an ideal cycle, the pieces that left the line by it, its rejects, what it drew."""

    timed: Oee = NO_TIME
    left: int = 0
    rejects: int = 0
    kwh: float = 0.0

    def __add__(self, other: Did) -> Did:
        return Did(self.timed + other.timed, self.left + other.left, self.rejects + other.rejects, self.kwh + other.kwh)

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Did:
        """What was written, as plain values."""
        return cls(**{**written, "timed": Oee(**written["timed"])})


NOTHING = Did()


class Reckoning:
    """The figures of a plant so far. Readings come in event-time order; how they are cut into batches changes nothing.

    ``machines`` are the ids of those that tell their state, in the order of all arrays. A reject is booked on the machine that
    caused it; the pieces that left are those counted by ``leaving`` (by default the last machines of the plant), and the good ones
    those less all rejects.
    """

    def __init__(self, plant: Plant, leaving: Sequence[str] | None = None) -> None:
        told_of = bool(plant.piece_sources)
        self.machines = tuple(asset.id for asset in plant.assets if asset.level == "cell" and (
            any(s.kind in KINDS for s in plant.of_asset.get(asset.id, ())) or (told_of and asset.ideal_cycle_s)))
        place = {machine: number for number, machine in enumerate(self.machines)}
        numbers = max((s.number for s in plant.signals), default=-1) + 1
        self._role, self._machine = np.full(numbers, -1, np.int8), np.full(numbers, -1, np.int32)
        for signal in plant.signals:
            self._machine[signal.number] = place.get(plant.machine(signal.asset), -1)
            if signal.kind in KINDS and signal.asset in place:
                self._role[signal.number] = KINDS[signal.kind]
        # What a machine counts itself is not counted again by what is told of its pieces.
        self._counts_itself = {kind: {s.asset for s in plant.signals if s.kind == kind} for kind in ("piece_count", "reject_count")}
        self._place, self._plant = place, plant
        of_last = set(last_machines(plant) if leaving is None else leaving)
        self._leaving = np.array([machine in of_last for machine in self.machines], np.bool_)
        ideal = np.array([round((plant.asset[machine].ideal_cycle_s or 0.0) * 1e6) for machine in self.machines], np.int64)
        self.clock = StateClock(len(self.machines))
        self.made = np.zeros(len(self.machines), np.int64)
        self.rejects = np.zeros(len(self.machines), np.int64)
        self.whole = WholeCycles(ideal, np.array([machine in self._counts_itself["piece_count"] for machine in self.machines], np.bool_))
        self.early = 0
        """Pieces that were scrapped before they could leave the line, by what was told of them."""
        self.gone = NOTHING
        """What machines did that the plant no longer has: it was done all the same."""
        self.kwh = np.zeros(len(self.machines))
        self.heard = np.full(len(self.machines), -1, np.int64)
        """The instant of each machine's last reading of any kind."""
        self.since = self.now = 0
        """The first and the last instant of all."""
        self._ideal = ideal
        self._last = np.full(numbers, np.nan)
        self._at = np.zeros(numbers, np.int64)

    def feed(self, readings: Readings) -> None:
        """Reckon with a batch; values that are no numbers are passed over."""
        if not len(readings):
            return
        known = readings.signal < len(self._role)
        machine = self._machine[readings.signal[known]]
        np.maximum.at(self.heard, machine[machine >= 0], readings.at[known][machine >= 0])
        self.since = self.since or int(readings.at.min())
        self.now = max(self.now, int(readings.at.max()))
        counted = np.flatnonzero(known & (self._role[np.minimum(readings.signal, len(self._role) - 1)] >= 0) & np.isfinite(readings.value))
        signal, at, value = readings.signal[counted], readings.at[counted], readings.value[counted]
        role = self._role[signal]
        told = role == STATE
        state = np.clip(np.rint(value[told]), 0, len(MachineState) - 1).astype(np.int8)
        self.clock.feed(StateEvents(self._machine[signal[told]], at[told], state, np.zeros(len(state), np.int16)))
        running = np.flatnonzero(~told)
        pieces = self._run(signal[running], at[running], value[running], role[running])
        self.whole.feed((self._machine[signal[told]], at[told], state), pieces)

    def told(self, event: PieceEvent) -> bool:
        """Reckon with what was told of a piece, where the machine does not count itself; False where the asset is not known. What ended
        before the first reading is history and counts for nothing here."""
        if event.asset not in self._plant.asset:
            return False
        machine = self._plant.machine(event.asset)
        place = self._place.get(machine)
        if place is None or event.until < self.since:
            return True
        if machine not in self._counts_itself["piece_count"]:
            self.made[place] += 1
            self.whole.told(place, event)
        if event.result != "good" and machine not in self._counts_itself["reject_count"]:
            self.rejects[place] += 1
            self.early += not self._leaving[place]
        return True

    def _run(self, signal: NDArray[np.int32], at: NDArray[np.int64], value: NDArray[np.float64],
             role: NDArray[np.int8]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Running counters and power, each against the reading before it of the same signal; gives machine, instant and number of pieces
        wherever some were counted."""
        order = np.lexsort((at, signal))
        signal, at, value, role = signal[order], at[order], value[order], role[order]
        first = np.r_[True, signal[1:] != signal[:-1]][:len(signal)]
        before = np.where(first, self._last[signal], np.r_[np.nan, value[:-1]][:len(signal)])
        before_at = np.where(first, self._at[signal], np.r_[np.int64(0), at[:-1]][:len(signal)])
        machine, fresh = self._machine[signal], ~np.isnan(before) & (at >= before_at)
        grown = np.rint(np.where(value >= before, value - before, value))
        for kept, which in ((self.made, PIECES), (self.rejects, REJECTS)):
            mine = fresh & (role == which)
            np.add.at(kept, machine[mine], grown[mine].astype(np.int64))
        drawn = fresh & (role == POWER)
        np.add.at(self.kwh, machine[drawn], before[drawn] * np.minimum(at[drawn] - before_at[drawn], SILENT_US) * _KWH_PER_KW_US)
        last = np.r_[signal[1:] != signal[:-1], True][:len(signal)]
        newer = last & (at >= self._at[signal])
        self._last[signal[newer]], self._at[signal[newer]] = value[newer], at[newer]
        more = fresh & (role == PIECES) & (grown > 0)
        return machine[more], at[more], grown[more].astype(np.int64)

    def oee(self) -> list[Oee]:
        """The OEE of each machine up to now."""
        counts = Counts(self._ideal)
        counts.produced, counts.good = self.made, self.made - self.rejects
        clock = self.clock.as_of(self.now)
        counts.cut, counts.timed = self.whole.cut, self.whole.timed_by(self.now, clock.spent[:, MachineState.PRODUCING])
        return oee_of(clock, counts)

    def states(self) -> list[MachineState]:
        """What each machine is doing now; unknown for one that told nothing lately."""
        silent = ~self.connected
        return [MachineState.UNKNOWN if quiet else MachineState(int(state)) for state, quiet in zip(self.clock.state, silent, strict=True)]

    @property
    def connected(self) -> NDArray[np.bool_]:
        """Which machines told anything lately."""
        found: NDArray[np.bool_] = (self.heard >= 0) & (self.now - self.heard <= SILENT_US)
        return found

    @property
    def left(self) -> int:
        """Pieces that left the line, good or not."""
        return int(self.made[self._leaving].sum()) + self.gone.left

    @property
    def good(self) -> int:
        """Good pieces that left the line."""
        return self.left - int(self.rejects.sum()) - self.gone.rejects + self.early

    def takt_s(self) -> Fraction | None:
        """Seconds a good piece from the first reading to the last; None before any."""
        return Fraction(self.now - self.since, self.good * 1_000_000) if self.good > 0 else None

    def figures(self) -> dict[str, float | None]:
        """Everything as it is shown: ``oee`` of the timed machines' sums, ``takt_s``, ``first_pass_yield``, ``energy_per_piece`` (kWh),
        ``equipment`` and ``equipment_connected``; and the sums behind them, hours, pieces and kWh since the beginning."""
        timed = together(of for of, ideal in zip(self.oee(), self._ideal, strict=True) if ideal) + self.gone.timed
        kwh = float(self.kwh.sum()) + self.gone.kwh
        takt, oee = self.takt_s(), timed.oee
        return {"oee": None if oee is None else float(oee), "takt_s": None if takt is None else float(takt),
                "availability": None if timed.availability is None else float(timed.availability),
                "effectiveness": None if timed.effectiveness is None else float(timed.effectiveness),
                "quality": None if timed.quality is None else float(timed.quality),
                "first_pass_yield": self.good / self.left if self.left > 0 else None,
                "energy_per_piece": kwh / self.good if self.good > 0 else None,
                "busy_h": timed.busy / _US_AN_HOUR, "effective_h": None if oee is None else float(oee * timed.busy) / _US_AN_HOUR,
                "line_h": (self.now - self.since) / _US_AN_HOUR, "pieces_left": float(self.good), "pieces_first": float(self.left),
                "pieces_first_good": float(self.good), "energy_kwh": kwh,
                "equipment": float(len(self.machines)), "equipment_connected": float(self.connected.sum())}

    # --- kept and taken up again ---

    def snapshot(self) -> bytes:
        """Everything needed to go on."""
        room = io.BytesIO()
        kept = self.clock.columns() | {_WHOLE + name: column for name, column in self.whole.columns().items()}
        # What each did so far, for the day on which the plant no longer has it.
        did = [asdict(Did(of if ideal else NO_TIME, int(made) if leaving else 0, int(rejects), float(kwh))) for of, ideal, made, leaving, rejects, kwh in zip(
            self.oee(), self._ideal, self.made, self._leaving, self.rejects, self.kwh, strict=True)]
        told = {"machines": self.machines, "did": did, "gone": asdict(self.gone)}
        np.savez(room, told=np.frombuffer(json.dumps(told).encode(), np.uint8), made=self.made, rejects=self.rejects, kwh=self.kwh,
                 heard=self.heard, last=self._last, at=self._at,
                 span=np.array([self.since, self.now, self.early]), **kept)  # type: ignore[arg-type]  # every name is that of an array
        return room.getvalue()

    def restore(self, snapshot: bytes) -> None:
        """Become what the snapshot was, machine by machine: one that came since begins at nothing, what one did that is gone stays in the sums
        of the plant. Signals keep their numbers."""
        with np.load(io.BytesIO(snapshot)) as found:
            columns = {name: found[name] for name in found.files}
        told = json.loads(bytes(columns["told"]))
        before = {machine: row for row, machine in enumerate(told["machines"])}
        self.gone = sum((Did.read(told["did"][row]) for machine, row in before.items() if machine not in self._place), Did.read(told["gone"]))
        rows = [(place, before[machine]) for place, machine in enumerate(self.machines) if machine in before]
        here, there = (np.array([pair[side] for pair in rows], np.intp) for side in (0, 1))
        for name in ("made", "rejects", "kwh", "heard"):
            getattr(self, name)[here] = columns[name][there]
        whole = {name.removeprefix(_WHOLE): column for name, column in columns.items() if name.startswith(_WHOLE)}
        if whole:
            self.whole.restore(whole, here, there)
        signals = min(len(self._last), len(columns["last"]))
        self._last[:signals], self._at[:signals] = columns["last"][:signals], columns["at"][:signals]
        self.since, self.now, self.early = (int(value) for value in columns["span"])
        clock = self.clock.columns()
        for name, column in clock.items():
            if name == "late":
                column[:] = columns[name]
            else:
                column[here] = columns[name][there]
        self.clock.restore(clock)
