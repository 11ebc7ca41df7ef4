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
from qiantang.domains.factory.charts.settings import ChartSettings
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
    """What changed between two versions of a plant. A signal means something else where its unit, kind or asset is another: what was learnt
    of it says nothing any more."""
    then, here = ({s.number: s for s in plant.signals} for plant in (before, now))
    changed = tuple(s for n, s in here.items() if n in then and (s.unit, s.kind, s.asset) != (then[n].unit, then[n].kind, then[n].asset))
    return Difference(tuple(s for n, s in here.items() if n not in then), tuple(s for n, s in then.items() if n not in here), changed)


class ModelRecord:
    """The folder of a node's versions, a file each, written whole and never again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / MODELS

    def read(self, charts: Charts) -> list[Model]:
        """The versions so far, in order; how they are charted is read as what is at hand was written."""
        found = []
        for number, path in enumerate(sorted(self._folder.glob("*.json")), start=1):
            written = json.loads(path.read_bytes())
            found.append(Model(plant_from(written["plant"]), charts.read(written["charts"]), written["place"], number, written["at"]))
        return found

    def with_this(self, plant: Plant, charts: Charts, place: int, at: int) -> list[Model]:
        """The versions, with this plant and these charts as the last; put on the disk as a new one, from that place in the log on, where
        they are not what the last one was. The first is in force from the beginning."""
        known = self.read(charts)
        model = Model(_judged(plant), charts, place if known else 0, len(known) + 1, at)
        if known and _written(model) == _written(known[-1]):
            return known
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{model.number:06d}.json"
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump({"place": model.place, "at": model.at, **_written(model)}, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        opened = os.open(self._folder, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
        return [*known, model]


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
