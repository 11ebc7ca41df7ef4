"""The machines of a plant under T² and SPE: each learns its own model from its first points and is judged by it from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.layout import OTHERS
from qiantang.domains.factory.charts.multivariate import Model, model

_T2, _SPE = rules.BIT["t2"], rules.BIT["spe"]


@dataclass(frozen=True, slots=True)
class MachineEvent:
    """One machine whose T² or SPE began or ceased to be beyond its limit: place in the batch, machine, masks, instant, and a
    (bit, value, limit, signals that contribute most) for each rule that began."""

    index: int
    machine: int
    began: int
    ceased: int
    at: int
    details: tuple[tuple[int, float, float, tuple[int, ...]], ...]


class Machines:
    """State and models of all machines. ``members`` are the signals of each, in the order of a sample's values."""

    def __init__(self, members: Sequence[Sequence[int]], learning: int, alpha: float) -> None:
        self._members = [np.array(m, np.int64) for m in members]
        self._learning, self._alpha = learning, alpha
        self._points: list[list[NDArray[np.float64]]] = [[] for _ in members]
        self.models: list[Model | None] = [None] * len(members)
        self._done = np.zeros(len(members), np.bool_)
        self._holding = np.zeros(len(members), np.int64)

    def judged(self, samples: NDArray[np.int64], flat: NDArray[np.float64]) -> list[MachineEvent]:
        """Judge samples (place in the batch, machine, instant, where its values start in ``flat``), one after the other."""
        found = []
        for place, machine, at, start in samples.tolist():
            point = flat[start:start + len(self._members[machine])]
            if not self._done[machine]:
                self._learn(machine, point.copy())
                continue
            event = self._event(place, machine, at, point)
            if event is not None:
                found.append(event)
        return found

    def _learn(self, machine: int, point: NDArray[np.float64]) -> None:
        points = self._points[machine]
        if np.isnan(point).all():
            return
        points.append(point)
        if len(points) >= max(self._learning, 2 * len(point)):
            self.models[machine] = model(np.array(points), self._alpha)
            self._done[machine] = True
            points.clear()

    def _event(self, place: int, machine: int, at: int, point: NDArray[np.float64]) -> MachineEvent | None:
        made = self.models[machine]
        if made is None or np.isnan(point[made.used]).all():
            return None
        z = made.standardised(point)
        t2, spe = made.t2(z), made.spe(z)
        holds = (_T2 if t2 > made.t2_limit else 0) | (_SPE if spe > made.spe_limit else 0)
        held = int(self._holding[machine])
        if holds == held:
            return None
        self._holding[machine] = holds
        details = []
        if holds & ~held & _T2:
            details.append((_T2, t2, made.t2_limit, self._foremost(machine, made.t2_contributions(z))))
        if holds & ~held & _SPE:
            details.append((_SPE, spe, made.spe_limit, self._foremost(machine, made.spe_contributions(z))))
        return MachineEvent(place, machine, holds & ~held, held & ~holds, at, tuple(details))

    def _foremost(self, machine: int, contributions: NDArray[np.float64]) -> tuple[int, ...]:
        """The signals that contribute most, and more than a tenth of the whole."""
        order = np.argsort(-contributions, kind="stable")[:OTHERS]
        whole = float(np.sum(np.maximum(contributions, 0.0)))
        return tuple(int(self._members[machine][k]) for k in order if contributions[k] > 0.1 * whole)

    def columns(self) -> dict[str, Any]:
        """State as arrays by name, for a snapshot."""
        found: dict[str, Any] = {"machines_done": self._done, "machines_holding": self._holding}
        for machine, points in enumerate(self._points):
            if points:
                found[f"machine_points_{machine}"] = np.array(points)
        for machine, made in enumerate(self.models):
            if made is not None:
                found[f"machine_model_{machine}"] = np.concatenate(
                    [[made.loadings.shape[1], made.t2_limit, made.spe_limit], made.mean, made.scale, made.variances, made.loadings.ravel()])
        return found

    def restore(self, columns: Mapping[str, Any]) -> None:
        """Take the state from such arrays."""
        self._done[:], self._holding[:] = columns["machines_done"], columns["machines_holding"]
        for machine, members in enumerate(self._members):
            points = columns.get(f"machine_points_{machine}")
            self._points[machine] = [] if points is None else list(points)
            packed = columns.get(f"machine_model_{machine}")
            if packed is None:
                self.models[machine] = None
                continue
            p, a = len(members), int(packed[0])
            mean, scale, variances, loadings = np.split(packed[3:], [p, 2 * p, 2 * p + a])
            self.models[machine] = Model(mean, scale, loadings.reshape(p, a), variances, float(packed[1]), float(packed[2]))
