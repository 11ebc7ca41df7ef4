"""The machines of a plant under T² and SPE: each learns its own model from its first points and is judged by it from then on.

A signal whose own baseline comes into force while a model is learnt, or after, belongs to the machine too: another model is learnt with
it, and the one so far stays in force until that is made. Where machines are given a memory they are judged by their moving averages
besides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.first_points import FirstPoints, HeldPoints
from qiantang.domains.factory.charts.layout import OTHERS
from qiantang.domains.factory.charts.machine_trail import Trail
from qiantang.domains.factory.charts.memory import Memory, averages, memory, remembered
from qiantang.domains.factory.charts.multivariate import Model, Unseen, model

NOT_YET = int(np.iinfo(np.int64).min)
"""The instant at which a model was made that is not made yet; before every other."""
_UNMET, _MET, _LATE = range(3)
_T2, _SPE, _T2_SHIFT, _SPE_SHIFT, _T2_SPREAD, _SPE_SPREAD = (rules.BIT[rule] for rule in rules.OF_MACHINES)


@dataclass(frozen=True, slots=True)
class MachineEvent:
    """One machine of which T² or SPE, now or remembered, began or ceased to be beyond its limit: place in the batch, machine, masks, instant, and a
    (bit, value, limit, signals that contribute most) for each rule that began."""

    index: int
    machine: int
    began: int
    ceased: int
    at: int
    details: tuple[tuple[int, float, float, tuple[int, ...]], ...]


class ModelStanding(NamedTuple):
    """On how many signals a machine's model rests and since when (microseconds UTC), 0 where there is none; how many points there are of the
    next one, and of how many, 0 of 0 where none is learnt."""

    signals: int
    since: int
    points: int
    needed: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """One statistic of a sample beside its limit; what each signal adds to it is worked out when it is asked for."""

    bit: int
    value: float
    limit: float
    contributions: Callable[[], NDArray[np.float64]]


class Machines:
    """State and models of all machines. ``members`` are the signals of each, in the order of a sample's values; phase I of each takes
    ``learning`` points, and twice as many as it has members at least; ``alpha`` is the probability of a false alarm a point. With a
    ``weight`` below 1 each machine also has a memory, in which the newest sample counts for so much."""

    def __init__(self, members: Sequence[Sequence[int]], learning: Sequence[int], alpha: Sequence[float], weight: float = 1.0) -> None:
        self._members = [np.array(m, np.int64) for m in members]
        self._learning = [max(of, 2 * len(m)) for of, m in zip(learning, members, strict=True)]
        self._alpha, self._weight = list(alpha), weight
        self._points = [_no_points(m) for m in members]
        self.models: list[Model | None] = [None] * len(members)
        self.memories: list[Memory | None] = [None] * len(members)
        self._averages = [np.full(len(m), np.nan) for m in members]
        self._spread = np.full((len(members), 2), np.nan)
        self._made_at = np.full(len(members), NOT_YET)
        self._gathering = np.ones(len(members), np.bool_)
        self._met = [np.full(len(m), _UNMET, np.uint8) for m in members]
        self._holding = np.zeros(len(members), np.int64)
        self.trail = Trail(len(members))

    def judged(self, samples: NDArray[np.int64], flat: NDArray[np.float64]) -> list[MachineEvent]:
        """Judge samples (place in the batch, machine, instant, where its values start in ``flat``), one after the other."""
        found = []
        for place, machine, at, start in samples.tolist():
            point = flat[start:start + len(self._members[machine])]
            event = self._event(place, machine, at, point)
            if event is not None:
                found.append(event)
            self._learn(machine, at, point)
        return found

    def _learn(self, machine: int, at: int, point: NDArray[np.float64]) -> None:
        """One more point of phase I, where there is one: of the first model, or of the next, which also has the signals met since."""
        here = ~np.isnan(point)
        met = self._met[machine]
        fresh = here & (met == _UNMET)
        points = self._points[machine]
        if fresh.any():
            met[fresh] = _LATE if len(points) else _MET
            self._gathering[machine] = True
        if not self._gathering[machine] or not here.any():
            return
        points.add(np.concatenate([[at], point]))
        if len(points) < self._learning[machine]:
            return
        self._made(machine, points.whole()[:, 1:])
        self._made_at[machine] = at
        made = self.models[machine]
        left_out = met == _LATE if made is None else (met == _LATE) & ~made.used
        self._gathering[machine] = bool(left_out.any())
        met[met == _LATE] = _MET
        self._points[machine] = _no_points(point)

    def _made(self, machine: int, points: NDArray[np.float64]) -> None:
        """Sets the machine's model and, where there is to be one, its memory, which goes on from the last average of phase I."""
        made = self.models[machine] = model(points, self._alpha[machine])
        if made is None or self._weight >= 1.0:
            return
        self.memories[machine] = memory(points, made, self._weight, self._alpha[machine])
        self._averages[machine] = averages(points, self._weight)[-1]
        z = [made.standardised(point) for point in points]
        self._spread[machine] = averages(np.array([(made.t2(row), made.spe(row)) for row in z]), self._weight)[-1]

    def _event(self, place: int, machine: int, at: int, point: NDArray[np.float64]) -> MachineEvent | None:
        made = self.models[machine]
        if made is None or np.isnan(point[made.used]).all():
            return None
        judged = self._of_now(made, point)
        kept = self.memories[machine]
        if kept is not None:
            judged += self._of_memory(machine, kept, made, point, judged)
        self.trail.add(machine, at, [figure for one in judged for figure in (one.value, one.limit)])
        holds = 0
        for one in judged:
            holds |= one.bit if one.value > one.limit else 0
        held = int(self._holding[machine])
        if holds == held:
            return None
        self._holding[machine] = holds
        details = tuple((one.bit, one.value, one.limit, self._foremost(machine, one.contributions())) for one in judged if holds & ~held & one.bit)
        return MachineEvent(place, machine, holds & ~held, held & ~holds, at, details)

    def _of_now(self, made: Model, point: NDArray[np.float64]) -> list[_Judged]:
        """T² and SPE of a point."""
        z = made.standardised(point)
        return [_Judged(_T2, made.t2(z), made.t2_limit, partial(made.t2_contributions, z)),
                _Judged(_SPE, made.spe(z), made.spe_limit, partial(made.spe_contributions, z))]

    def _of_memory(self, machine: int, kept: Memory, made: Model, point: NDArray[np.float64], now: list[_Judged]) -> list[_Judged]:
        """T² and SPE of the average with this point, and the averages of T² and SPE, told of the signals that add most to it now."""
        average = self._averages[machine] = remembered(self._averages[machine], point, kept.weight)
        t2, spe = now
        spread = self._spread[machine] = remembered(self._spread[machine], np.array([t2.value, spe.value]), kept.weight)
        z = kept.averaged.standardised(average)
        return [_Judged(_T2_SHIFT, kept.averaged.t2(z), kept.averaged.t2_limit, partial(kept.averaged.t2_contributions, z)),
                _Judged(_SPE_SHIFT, kept.averaged.spe(z), kept.averaged.spe_limit, partial(kept.averaged.spe_contributions, z)),
                _Judged(_T2_SPREAD, float(spread[0]), kept.t2_limit, t2.contributions),
                _Judged(_SPE_SPREAD, float(spread[1]), kept.spe_limit, spe.contributions)]

    def _foremost(self, machine: int, contributions: NDArray[np.float64]) -> tuple[int, ...]:
        """The signals that contribute most, and more than a tenth of the whole."""
        order = np.argsort(-contributions, kind="stable")[:OTHERS]
        whole = float(np.sum(np.maximum(contributions, 0.0)))
        return tuple(int(self._members[machine][k]) for k in order if contributions[k] > 0.1 * whole)

    def holding(self, machine: int) -> int:
        """The mask of the rules of a machine (by its number) that hold now."""
        return int(self._holding[machine])

    def take_over(self, before: Machines, pairs: Iterable[tuple[int, int]]) -> None:
        """Go on with the models of other settings: of each pair of the same machine, its number then and now. Limits are those of alpha as it
        is now; averages belong to their weight, a first phase I to its length: where these are others the machine begins anew."""
        if before._weight != self._weight:
            return
        for then, now in pairs:
            if before._made_at[then] == NOT_YET and before._learning[then] != self._learning[now]:
                continue
            self.trail.take_over(before.trail, then, now)
            self._points[now] = before._points[then].first(len(before._points[then]))
            made, kept, same = before.models[then], before.memories[then], before._alpha[then] == self._alpha[now]
            self.models[now] = made if made is None or same else made.held_to(self._alpha[now])
            self.memories[now] = kept if kept is None or same else kept.held_to(self._alpha[now])
            self._averages[now] = before._averages[then]
            self._spread[now], self._holding[now] = before._spread[then], before._holding[then]
            self._made_at[now], self._gathering[now], self._met[now] = before._made_at[then], before._gathering[then], before._met[then].copy()

    def of(self, signals: Collection[int]) -> list[int]:
        """The machines of which any of these signals is."""
        return [machine for machine, members in enumerate(self._members) if np.isin(members, list(signals)).any()]

    def in_doubt(self, signals: Collection[int], since: int) -> list[int]:
        """The machines of these signals of which the model was made after an instant (microseconds UTC), or is being learnt from a point
        that is not before it."""
        return [machine for machine in self.of(signals) if self._made_at[machine] > since or self._before(machine, since) < len(self._points[machine])]

    def _before(self, machine: int, since: int) -> int:
        """How many points of phase I are from before an instant."""
        points = self._points[machine]
        return int(np.searchsorted(points.whole()[:, 0], since)) if len(points) else 0

    def standing(self, machine: int) -> ModelStanding:
        """How it stands with a machine's model."""
        made, learning = self.models[machine], bool(self._gathering[machine]) and len(self._members[machine]) > 1
        return ModelStanding(0 if made is None else int(np.count_nonzero(made.used)), 0 if made is None else int(self._made_at[machine]),
                             len(self._points[machine]) if learning else 0, self._learning[machine] if learning else 0)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """Which have a model in force."""
        found: NDArray[np.bool_] = self._made_at != NOT_YET
        return found

    def learn_again(self, machine: int, since: int = NOT_YET) -> None:
        """Forget what was learnt since an instant (microseconds UTC): points of phase I, and a model that was made after it with
        everything it rests on."""
        if self._made_at[machine] <= since:
            self._points[machine] = self._points[machine].first(self._before(machine, since))
            return
        members = self._members[machine]
        self._points[machine] = _no_points(members)
        self.models[machine] = self.memories[machine] = None
        self._averages[machine] = np.full(len(members), np.nan)
        self._spread[machine], self._made_at[machine], self._gathering[machine], self._holding[machine] = np.nan, NOT_YET, True, 0
        self._met[machine] = np.full(len(members), _UNMET, np.uint8)

    def arm_again(self, machine: int) -> int:
        """What is still beyond its limit is raised anew by samples to come, though it never ceased. Gives the mask of rules that held."""
        held, self._holding[machine] = int(self._holding[machine]), 0
        return held

    def held(self) -> dict[int, HeldPoints]:
        """The points of machines that are in phase I, by the machine's number; shared, for they are written once."""
        return {machine: points.held() for machine, points in enumerate(self._points) if len(points)}

    def columns(self) -> dict[str, Any]:
        """The rest of the state as arrays by name, for a snapshot."""
        found: dict[str, Any] = {"machines_made_at": self._made_at, "machines_gathering": self._gathering, "machines_holding": self._holding,
                                 "machines_spread": self._spread, "machines_weight": np.array([self._weight]),
                                 "machines_met": np.concatenate([*self._met, np.zeros(0, np.uint8)])}
        for machine, made in enumerate(self.models):
            if made is not None:
                found[f"machine_model_{machine}"] = _packed(made)
        for machine, kept in enumerate(self.memories):
            if kept is not None:
                found[f"machine_memory_{machine}"] = np.concatenate([
                    [kept.t2_limit, kept.spe_limit], astuple(kept.unseen_t2), astuple(kept.unseen_spe), _packed(kept.averaged)])
                found[f"machine_average_{machine}"] = self._averages[machine]
        return found

    def restore(self, columns: Mapping[str, Any], held: Mapping[int, HeldPoints]) -> None:
        """Take the state from such arrays and points; ValueError where they are of another weight, to which the limits belong."""
        if (weight := float(columns["machines_weight"][0])) != self._weight:
            raise ValueError(f"the snapshot's moving averages are of weight {weight:g}, the settings' of {self._weight:g}")
        for name, into in (("made_at", self._made_at), ("gathering", self._gathering), ("holding", self._holding), ("spread", self._spread)):
            into[:] = columns[f"machines_{name}"]
        met = 0
        for machine, members in enumerate(self._members):
            self._met[machine][:], met = columns["machines_met"][met:met + len(members)], met + len(members)
            self._points[machine] = FirstPoints(1 + len(members), held.get(machine, HeldPoints((), 0)))
            made, kept = columns.get(f"machine_model_{machine}"), columns.get(f"machine_memory_{machine}")
            self.models[machine] = None if made is None else _unpacked(made, len(members))
            self.memories[machine] = None
            if kept is not None:
                t2_limit, spe_limit, *unseen = kept[:_OF_MEMORY].tolist()
                self.memories[machine] = Memory(self._weight, _unpacked(kept[_OF_MEMORY:], len(members)), t2_limit, spe_limit, *_both(unseen))
                self._averages[machine] = np.array(columns[f"machine_average_{machine}"])


def _no_points(members: Sequence[int] | NDArray[Any]) -> FirstPoints:
    """Room for points of so many members: the instant, and a value of each."""
    return FirstPoints(1 + len(members))


def _packed(made: Model) -> NDArray[np.float64]:
    """A model as one array."""
    return np.concatenate([[made.loadings.shape[1], made.points, made.t2_limit, made.spe_limit], astuple(made.unseen_t2), astuple(made.unseen_spe),
                           made.mean, made.scale, made.variances, made.loadings.ravel(), made.left])


def _unpacked(packed: NDArray[np.float64], p: int) -> Model:
    """The model of p signals from such an array."""
    components, points, t2_limit, spe_limit, *unseen = packed[:_OF_MODEL].tolist()
    a = int(components)
    mean, scale, variances, loadings, left = np.split(packed[_OF_MODEL:], np.cumsum([p, p, a, p * a]))
    return Model(mean, scale, loadings.reshape(p, a), variances, t2_limit, spe_limit, int(points), left, *_both(unseen))


def _both(figures: list[float]) -> tuple[Unseen, Unseen]:
    """What was unseen of T² and of SPE, from their figures one after the other."""
    return Unseen(*figures[:_OF_UNSEEN]), Unseen(*figures[_OF_UNSEEN:])


_OF_UNSEEN = len(fields(Unseen))
_OF_MODEL, _OF_MEMORY = 4 + 2 * _OF_UNSEEN, 2 + 2 * _OF_UNSEEN
"""So many figures come before the arrays of a model, and before the model of averages."""
