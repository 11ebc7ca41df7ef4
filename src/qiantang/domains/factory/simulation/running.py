"""A plant that runs: moved on second by second of its own time, told of faults and repairs from outside, asked for the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import simpy

from qiantang.domains.factory.measures.oee import Oee
from qiantang.domains.factory.plant import Plant
from qiantang.domains.factory.simulation.causes import Cause, stated_causes
from qiantang.domains.factory.simulation.figures import Figures, stated_figures
from qiantang.domains.factory.simulation.flow import Flow
from qiantang.domains.factory.simulation.making import made_plant
from qiantang.domains.factory.simulation.mending import FirstCome, Mender
from qiantang.domains.factory.simulation.repairs import FoundBy, Job, Repairs
from qiantang.domains.factory.simulation.truth import Fault, Tire, effectiveness
from qiantang.kernel.errors import SubjectError
from qiantang.kernel.words import Text


class RunningPlant:
    """The simulation behind one door. Time is seconds from Monday midnight; it may begin before 0 to warm up."""

    def __init__(self, seed: int = 1, *, mender: Mender | None = None, watch: FoundBy = "stated", begin_s: float = 0.0,
                 figures: Figures | None = None, causes: Mapping[str, Cause] | None = None, plant: Plant | None = None) -> None:
        self.seed = seed
        self.figures = figures or stated_figures()
        self.causes = causes if causes is not None else stated_causes()
        self.plant = plant or made_plant(seed, self.figures)
        self.begin_s = begin_s
        self.env = simpy.Environment(initial_time=begin_s)
        self.repairs = Repairs(self.env, self.plant, self.figures, self.causes, seed, mender or FirstCome(), watch)
        self.flow = Flow(self.repairs)

    @property
    def now(self) -> float:
        """Seconds of the simulation."""
        return self.env.now

    def run(self, until_s: float) -> Self:
        """Move on to this second; earlier than now does nothing."""
        if until_s > self.env.now:
            self.env.run(until_s)
        return self

    def inject(self, cause: str, asset: str, minutes: float | None = None) -> Fault:
        """Let a cause begin on an asset now. SubjectError for names not there, or where it is at work already."""
        if cause not in self.causes or asset not in self.plant.asset:
            name = cause if cause not in self.causes else asset
            raise SubjectError.of(f"没有这个故障原因或设备：{name}", f"There is no such cause or asset: {name}", value=name,
                                  remedy=Text("原因见 causes.toml，设备见工厂模型。", "causes.toml names the causes, the plant its assets."))
        fault = self.repairs.strike(cause, asset, minutes)
        if fault is None:
            raise SubjectError.of(f"{asset} 上已有 {cause}", f"{cause} is at work on {asset} already", value=asset)
        return fault

    def find(self, fault: Fault) -> None:
        """Somebody found it: it becomes a task of the simulation's own people."""
        self.repairs.find(fault)

    def repair(self, asset: str, by: str, at_s: float | None = None) -> tuple[Fault, ...]:
        """Somebody outside has mended the asset: every fault on it ends, now or at a later second. Gives those faults."""
        if at_s is not None:
            self.run(at_s)
        ended = tuple(self.repairs.active.get(asset, ()))
        for fault in ended:
            self.repairs.mended(fault, by)
        return ended

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The ground truth of all faults so far."""
        return tuple(self.repairs.faults)

    @property
    def tires(self) -> tuple[Tire, ...]:
        """Every judged tire with its genealogy, in the order of judging."""
        return tuple(self.flow.tires)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every task that was done."""
        return tuple(self.repairs.done)

    def oee(self, start_s: float, end_s: float) -> Mapping[str, Oee]:
        """The true OEE of each machine that makes or tests pieces, between two seconds."""
        return {
            machine.id: effectiveness(machine.course, ideal, start_s, end_s) for machine in self.repairs.machines.values()
            for ideal in (self.plant.asset[machine.id].ideal_cycle_s,) if ideal is not None
        }


def with_causes(changed: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Cause]:
    """The stated causes with other numbers for some: ``{"loader_jam": {"cycles": 200}}``."""
    stated = stated_causes()
    return {**stated, **{name: replace(stated[name], **values) for name, values in changed.items()}}
