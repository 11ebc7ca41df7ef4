"""What a simulated plant tells of its pieces, operation by operation as each is over: batches, components, green tires, cured tires, tests."""

from __future__ import annotations

from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.truth import green_id, instant
from qiantang.kernel.pieces import PieceEvent


class SimulatedPieces:
    """Listens to a running plant from now on. Of the green tires that lie there already it tells who built them; what else was in stock
    when the simulation began has no origin, and nothing is told of it."""

    def __init__(self, running: RunningPlant) -> None:
        self._over = [PieceEvent(green_id(tire.number), "building", instant(tire.built), instant(tire.built), tire.builder.id, tire.drum, tire.operator)
                      for waiting in running.flow.building.green for tire in waiting]
        running.repairs.on_piece.append(self._over.append)

    def taken(self) -> list[PieceEvent]:
        """What came to its end since this was asked last, in that order."""
        found = self._over.copy()
        self._over.clear()
        return found
