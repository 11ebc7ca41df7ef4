"""Transport: AGVs bring carriers from the stock of components to the racks at the building machines."""

from __future__ import annotations

from collections import deque

from qiantang.domains.factory.measures.states import MachineState
from qiantang.domains.factory.simulation.making import COUNTS
from qiantang.domains.factory.simulation.repairs import Machine, Repairs, Steps
from qiantang.domains.factory.simulation.steps.components import Components
from qiantang.domains.factory.simulation.steps.cycles import machine
from qiantang.domains.factory.simulation.steps.stocks import OnRack, Place, Rack


class Transport:
    """The AGVs."""

    def __init__(self, repairs: Repairs, components: Components) -> None:
        self.repairs = repairs
        self.components = components
        self.vehicles: deque[Machine] = deque()
        self.vehicle_free = Place(repairs.env)

    def start(self) -> None:
        """All AGVs are free."""
        self.vehicles.extend(machine(self.repairs, "vehicle", n) for n in range(1, COUNTS["vehicle"] + 1))

    def fills(self, rack: Rack, most: int) -> None:
        """Send for carriers until so many of every component stand there or are on their way."""
        for component, standing in rack.standing.items():
            while len(standing) + rack.coming[component] < most:
                rack.coming[component] += 1
                self.repairs.env.process(self._brings(component, rack))

    def _brings(self, component: str, rack: Rack) -> Steps:
        repairs, env, stocks = self.repairs, self.repairs.env, self.components
        seconds = repairs.figures["moving.carrier_s"]
        while not stocks.stock[component]:
            yield stocks.stocked[component].changes()
        carrier = stocks.stock[component].popleft()
        stocks.fetched[component].changed()
        while not self.vehicles:
            yield self.vehicle_free.changes()
        vehicle = self.vehicles.popleft()
        vehicle.course.turn(env.now, MachineState.PRODUCING)
        repairs.exposes(vehicle, seconds)
        vehicle.course.begin(env.now, env.now + seconds, 2)
        yield env.timeout(seconds)
        while vehicle.faults:
            vehicle.course.turn(env.now, MachineState.DOWN)
            vehicle.woken = env.event()
            yield vehicle.woken
        vehicle.course.finish(env.now, 1)
        vehicle.course.turn(env.now, MachineState.WAITING)
        self.vehicles.append(vehicle)
        self.vehicle_free.changed()
        rack.standing[component].append(OnRack(carrier, stocks.per_carrier))
        rack.coming[component] -= 1
        rack.fed.changed()
