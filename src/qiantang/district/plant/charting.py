"""How a plant's node charts its signals and how long it waits, kept in the plant's folder so that a replay does the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from qiantang.district.plant.sources import LATENESS_US
from qiantang.domains.factory.charts.budget import budgeted
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Plant


class Charts(Protocol):
    """How a plant's signals are charted and put in order."""

    def settings(self, plant: Plant) -> ChartSettings:
        """The charts of a plant."""

    def lateness(self, gateway: str, /) -> int:
        """For how long what comes from a gateway is waited for, in microseconds; 0 for one that keeps its own order."""

    def written(self) -> Mapping[str, Any]:
        """As plain values."""

    def read(self, written: Mapping[str, Any], /) -> Charts:
        """The same kind with the values that were written."""


@dataclass(frozen=True, slots=True)
class Given:
    """Charts by a function that is given, and the same whatever was written: where the caller knows how its log was charted."""

    settings_of: Callable[[Plant], ChartSettings] = charted
    lateness_of: Callable[[str], int] = lambda _: LATENESS_US

    def settings(self, plant: Plant) -> ChartSettings:
        """What the function says."""
        return self.settings_of(plant)

    def lateness(self, gateway: str, /) -> int:
        """What the function says."""
        return self.lateness_of(gateway)

    def written(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def read(self, written: Mapping[str, Any], /) -> Given:  # nothing was written
        """The same."""
        return self


@dataclass(frozen=True, slots=True)
class Charting:
    """``learning`` points from which each chart learns its limits, ``unwatched`` kinds of signals that are not charted,
    ``lateness_us`` microseconds that what is delayed is waited for. ``budget`` false takes the textbook's limits, whatever alarms they
    raise. ``machine_weight`` below 1 gives each machine a memory of its points, in which the newest counts for so much."""

    learning: int = 200
    unwatched: frozenset[str] = frozenset()
    lateness_us: int = LATENESS_US
    budget: bool = True
    machine_weight: float = 1.0

    def settings(self, plant: Plant) -> ChartSettings:
        """Charts whose limits keep the alarm budget of the plant's operators."""
        plain = charted(plant, learning=self.learning, unwatched=self.unwatched, machine_weight=self.machine_weight)
        return budgeted(plant, plain).settings if self.budget else plain

    def lateness(self, gateway: str, /) -> int:  # all are waited for alike
        """How long a gateway is waited for."""
        return self.lateness_us

    def written(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "unwatched": sorted(self.unwatched)}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Charting:
        """What was written."""
        return cls(int(written["learning"]), frozenset(written["unwatched"]), int(written["lateness_us"]), bool(written["budget"]),
                   float(written.get("machine_weight", 1.0)))
