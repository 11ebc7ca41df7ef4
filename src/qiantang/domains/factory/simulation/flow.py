"""Material through the plant: compound, components, green tires, cured tires, tests; each step waits for what it needs and for room."""

from __future__ import annotations

from collections.abc import Sequence

from qiantang.domains.factory.simulation.making import UTILITIES
from qiantang.domains.factory.simulation.repairs import Machine, Repairs
from qiantang.domains.factory.simulation.steps.building import Building
from qiantang.domains.factory.simulation.steps.components import Components
from qiantang.domains.factory.simulation.steps.curing import Curing
from qiantang.domains.factory.simulation.steps.cycles import machine
from qiantang.domains.factory.simulation.steps.inspection import Inspection
from qiantang.domains.factory.simulation.steps.mixing import Mixing
from qiantang.domains.factory.simulation.steps.transport import Transport
from qiantang.domains.factory.simulation.truth import Batch, Lot, Tire


class Flow:
    """The steps of the plant, joined by the stocks between them; making it sets every machine going."""

    def __init__(self, repairs: Repairs) -> None:
        self.mixing = Mixing(repairs)
        self.components = Components(repairs, self.mixing)
        self.transport = Transport(repairs, self.components)
        self.building = Building(repairs, self.transport)
        self.inspection = Inspection(repairs)
        self.curing = Curing(repairs, self.building, self.inspection)
        repairs.on_end.append(self.curing.mended)
        self._start(repairs)

    def _start(self, repairs: Repairs) -> None:
        """What happens in the same second happens in this order."""
        for asset in repairs.plant.assets:
            if asset.step == "network":
                repairs.add(Machine(asset.id, "gateway", asset.place, 0.0))
        for family in UTILITIES:
            machine(repairs, family, 1)
        for step in (self.transport, self.mixing, self.components, self.building, self.curing, self.inspection):
            step.start()
        repairs.env.process(repairs.clock())
        repairs.env.process(repairs.upkeep([m for m in repairs.machines.values() if m.family != "gateway"]))

    @property
    def batches(self) -> Sequence[Batch]:
        """Every batch of final compound so far, by its number."""
        return self.mixing.batches

    @property
    def lots(self) -> Sequence[Lot]:
        """Every roll and carrier made so far, by its number."""
        return self.components.lots

    @property
    def tires(self) -> Sequence[Tire]:
        """Every judged tire, in the order of judging."""
        return self.inspection.tires
