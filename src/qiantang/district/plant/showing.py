"""What a node lets pages see, about once a second: figures, register, tasks, and a cell for every signal."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qiantang.district.plant.charting import Charting
from qiantang.district.plant.folder import PROMISES, PlantFolder
from qiantang.district.plant.models import Model
from qiantang.district.plant.pipeline import Pipeline
from qiantang.district.plant.telling import told_of
from qiantang.district.plant.traces import Traces
from qiantang.domains.factory.alarms.cells import cell_states
from qiantang.domains.factory.charts import layout
from qiantang.domains.factory.charts.fitting import CENTRE, SCALE
from qiantang.domains.factory.charts.promises import promised
from qiantang.domains.factory.measures.reckoning import Reckoning
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.readings import Quality, Readings
from qiantang.kernel.wires import Counters, Notice
from qiantang.links.unit_book import Doubt

if TYPE_CHECKING:
    from qiantang.district.plant.work import Work
    from qiantang.stores.piece_record import PieceRecord

_LEAST_CYCLES = 20
_NOTICES_SHOWN = 30
_NO_VALUE = int(Quality.BAD | Quality.STALE | Quality.NOT_A_NUMBER)


class Showing:
    """Keeps the last value of every signal, and writes the plant's folder when it is time."""

    def __init__(self, folder: PlantFolder, plant: Plant, every_s: float = 1.0, history: Path | None = None) -> None:
        self._folder, self._every_s = folder, every_s
        self._traces = Traces(folder, history)
        self._told_at = -every_s
        n = max((s.number for s in plant.signals), default=-1) + 1
        self._pieces = 0
        self._value, self._bad, self._at = np.full(n, np.nan), np.ones(n, np.bool_), np.zeros(n, np.int64)
        self._ideal_s = {a.id: a.ideal_cycle_s for a in plant.assets if a.ideal_cycle_s}
        self.reckoning = Reckoning(plant)
        """OEE, takt, yield and energy, from the readings of the machines themselves."""
        folder.tell_plant(plant)

    def seen(self, readings: Readings) -> None:
        """Readings as they became known: late ones come after newer ones of their signals, which stay."""
        known = readings if not len(readings) or int(readings.signal.max()) < len(self._value) else readings.taken(readings.signal < len(self._value))
        in_time = np.argsort(known.at, kind="stable")
        newest = in_time[known.at[in_time] >= self._at[known.signal[in_time]]]
        signal = known.signal[newest]
        self._at[signal], self._value[signal] = known.at[newest], known.value[newest]
        self._bad[signal] = known.quality[newest] & _NO_VALUE != 0
        self.reckoning.feed(known)
        self._traces.seen(readings)

    def snapshot(self) -> dict[str, bytes]:
        """The figures so far and the last values, to go on from."""
        room = io.BytesIO()
        np.savez(room, value=self._value, bad=self._bad, at=self._at, pieces=np.array(self._pieces))
        return {"figures": self.reckoning.snapshot(), "cells": room.getvalue()}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Become what the snapshot was; what is not in it begins anew."""
        if "figures" in parts:
            self.reckoning.restore(parts["figures"])
        if "cells" in parts:
            with np.load(io.BytesIO(parts["cells"])) as found:
                self._pieces = int(found["pieces"])
                n = min(len(self._value), len(found["value"]))
                self._value[:n], self._bad[:n] = found["value"][:n], found["bad"][:n]
                if "at" in found:
                    self._at[:n] = found["at"][:n]

    def told_of_pieces(self, record: PieceRecord, upto: int) -> int:
        """Reckon with what is on record of pieces up to a place in the log; how many of them name an asset that the plant does not have."""
        unknown = 0
        if record.newest > self._pieces and self.reckoning.since:
            for number, event in record.after(self._pieces, upto):
                unknown += not self.reckoning.told(event)
                self._pieces = number
        return unknown

    def promise(self, model: Model) -> None:
        """Tell what the charts of a version of the plant promise by theory."""
        budget = isinstance(model.charts, Charting) and model.charts.budget
        self._folder.keep(PROMISES, asdict(promised(model.plant, model.settings, budget=budget)))

    def due(self, now: float) -> bool:
        """Whether it is time, by a clock in seconds."""
        return now - self._told_at >= self._every_s

    def show(self, pipeline: Pipeline, counters: Counters, work: Work | None, clock: int, notices: Sequence[Notice] = (),
             doubts: Sequence[Doubt] = ()) -> None:
        """Write how everything stands at an instant of the plant's clock, with the last of what was noticed and the units that are in doubt."""
        self._told_at = time.monotonic()
        counts = counters.counts | pipeline.ordering.counters.counts | pipeline.counters.counts
        self._folder.tell(told_of(clock, pipeline.register, figures=self.reckoning.figures(), counters=counts, machines=self._machines(pipeline),
                                  dispatcher=None if work is None else work.dispatcher,
                                  news=None if work is None else work.news, told=None if work is None else work.told,
                                  about=None if work is None else work.concerns.of,
                                  notices=notices[-_NOTICES_SHOWN:], since=self.reckoning.since, doubts=doubts))
        self._traces.tell(pipeline)
        first = pipeline.settings.plan[:, layout.FIRST_BASE]
        base = pipeline.analysis.baselines[np.minimum(first, pipeline.settings.bases - 1)] if pipeline.settings.bases else np.zeros((0, 2))
        of_one = np.where(pipeline.analysis.learned[first], (self._value - base[:, CENTRE]) * base[:, SCALE], np.nan)
        # Of several baselines none is the value's own without its phase and recipe: there the last points' average tells how far it is off.
        several = pipeline.settings.plan[:, [layout.PHASES, layout.RECIPES, layout.PARTS]].prod(axis=1) > 1
        deviation = np.where(several, pipeline.analysis.moved, of_one)
        state = cell_states(pipeline.register, pipeline.analysis.holding, self._bad)
        self._folder.tell_cells(clock, self._value, deviation.astype(np.float32), state)

    def _machines(self, pipeline: Pipeline) -> list[dict[str, object]]:
        """Each machine's state, OEE, mean cycle, and how far its charts are learnt; no OEE over so few cycles that one more or less would change
        it. ``took_s`` is what a piece took in production where that is less than the ideal cycle, by more than one cycle in all: then the
        ideal is set too long."""
        found: list[dict[str, object]] = []
        learnt = _learnt(pipeline)
        for machine, state, of in zip(self.reckoning.machines, self.reckoning.states(), self.reckoning.oee(), strict=True):
            cycle = of.production / of.produced / 1e6 if of.produced else None
            ideal = self._ideal_s.get(machine)
            enough = ideal is None or of.busy >= _LEAST_CYCLES * ideal * 1e6
            wrong = ideal is not None and enough and of.ideal - of.timed > ideal * 1e6
            found.append({"id": machine, "state": state.name.lower(), "oee": float(of.oee) if of.oee is not None and enough else None, "cycle_s": cycle,
                          "took_s": ideal * of.timed / of.ideal if ideal is not None and wrong else None} | learnt.get(machine, {}))
        return found


def _learnt(pipeline: Pipeline) -> dict[str, dict[str, object]]:
    """How far the charts and the model of each machine are learnt, by its id."""
    analysis = pipeline.analysis
    found: dict[str, dict[str, object]] = {}
    for number, (machine, (charted, learnt)) in enumerate(zip(pipeline.settings.machines, analysis.charted_and_learnt().tolist(), strict=True)):
        model = analysis.machines.standing(number)
        found[machine] = {"charted": charted, "learnt": learnt, "model_signals": model.signals, "model_since": model.since, "model_points": model.points,
                          "model_needed": model.needed}
    return found
