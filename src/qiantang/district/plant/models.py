"""What a plant's node judged by, and from which place in the log on: every version of its plant and its charts.

A workbook is written anew while the plant runs. What was in the log before is judged by the version that was in force then, so that a
replay gives the alarms that were given; the new version begins at a place of the log that the record states.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from qiantang.district.plant.charting import Charts
from qiantang.district.plant.folder import plant_from
from qiantang.domains.factory.charts.settings import ChartSettings, recipes_of
from qiantang.domains.factory.plant import ZONE, Plant, Signal

MODELS = "models"
"""The folder of the versions within a node's folder."""


@dataclass(frozen=True)
class Model:
    """A plant and how it is charted, in force from a place in the log on; ``number`` counts from 1, ``at`` is when it came (µs UTC)."""

    plant: Plant
    charts: Charts
    place: int = 0
    number: int = 1
    at: int = 0

    @cached_property
    def settings(self) -> ChartSettings:
        """The charts, worked out when they are first asked for."""
        return self.charts.settings(self.plant)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version has and another has not: signals that came, that went, and that mean something else now."""

    came: tuple[Signal, ...]
    went: tuple[Signal, ...]
    changed: tuple[Signal, ...]


def difference(before: Plant, now: Plant) -> Difference:
    """What changed between two versions of a plant. A signal means something else where its unit, kind or asset is another, or the recipes
    and phases for each of which it has limits: what was learnt of it says nothing any more."""
    then, here = ({s.number: s for s in plant.signals} for plant in (before, now))
    changed = tuple(s for n, s in here.items() if n in then and _meaning(s, now) != _meaning(then[n], before))
    return Difference(tuple(s for n, s in here.items() if n not in then), tuple(s for n, s in then.items() if n not in here), changed)


def _meaning(signal: Signal, plant: Plant) -> tuple[object, ...]:
    recipes = recipes_of(plant, signal) if signal.phases and signal.asset in plant.asset else []
    return signal.unit, signal.kind, signal.asset, [(recipe.id, [phase.name for phase in recipe.phases]) for recipe in recipes]


class ModelRecord:
    """The folder of a node's versions, a file each, written whole and never again; its name is the version's number and place, so that
    those that are not asked for are not read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / MODELS

    def read(self, charts: Charts, since: int = 0) -> list[Model]:
        """The versions that judge what lies from a place in the log on, in order, and the one that was in force just before it; how they are
        charted is read as what is at hand was written."""
        known = self._known()
        return [_read(number, place, path, charts) for k, (number, place, path) in enumerate(known) if k + 1 == len(known) or known[k + 1][1] >= since]

    def with_this(self, plant: Plant, charts: Charts, place: int, at: int, since: int = 0) -> list[Model]:
        """The same, with this plant and these charts as the last; put on the disk as a new one, from that place in the log on, where
        they are not what the last one was, or the log lost the place from which that was in force. The first is in force from the beginning.
        What cannot be charted is not put on record: no later run could get past it."""
        known = self._known()
        model = Model(_judged(plant), charts, place if known else 0, known[-1][0] + 1 if known else 1, at)
        if known and known[-1][1] <= place and _written(model) == _written(_read(*known[-1], charts)):
            return self.read(charts, since)
        _ = model.settings
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{model.number:06d}-{model.place:020d}.json"
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"at": model.at, **_written(model)}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        opened = os.open(self._folder, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
        return [*self.read(charts, since)[:-1], model]

    def _known(self) -> list[tuple[int, int, Path]]:
        """Number, place and file of every version. Where the log lost its end, and grew again, a later version is in force from an earlier
        place on, and those between are in force nowhere."""
        found: list[tuple[int, int, Path]] = []
        for path in sorted(self._folder.glob("*.json"), reverse=True):
            number, place = map(int, path.stem.split("-"))
            found.insert(0, (number, min(place, found[0][1]) if found else place, path))
        return found


def _read(number: int, place: int, path: Path, charts: Charts) -> Model:
    written = json.loads(path.read_bytes())
    return Model(plant_from(written["plant"]), charts.read(written["charts"]), place, number, written["at"])


def _judged(plant: Plant) -> Plant:
    """What of a plant bears on alarms: people, parts, pieces and the time zone do not."""
    return replace(plant, products=(), skills=(), shifts=(), technicians=(), vehicles=(), parts=(), piece_sources=(), zone=ZONE)


def _written(model: Model) -> Mapping[str, Any]:
    """A version as plain values, as they come back from a file."""
    found: Mapping[str, Any] = json.loads(json.dumps({"plant": asdict(model.plant), "charts": model.charts.written()}, default=sorted))
    return found


def in_force(models: Sequence[Model], place: int) -> Model:
    """The version by which a reading at a place in the log is judged."""
    return next((model for model in reversed(models) if model.place <= place), models[0])
