"""The simulated plant's genealogy told to the plant's own: compound batches, component lots, and every tire with its steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qiantang.domains.factory.measures.genealogy import Genealogy
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.truth import Batch, Lot, Tire, instant


def tire_name(number: int) -> str:
    """``tire-000123``."""
    return f"tire-{number:06d}"


def lot_name(lot: Lot) -> str:
    """``tread-00042``."""
    return f"{lot.component}-{lot.number:05d}"


def batch_name(number: int) -> str:
    """``batch-00007``; the compound that lay there at the start is ``batch-old``."""
    return f"batch-{number:05d}" if number >= 0 else "batch-old"


class Tracing:
    """Tells a genealogy what the plant made since it was last asked."""

    def __init__(self, running: RunningPlant, genealogy: Genealogy) -> None:
        self._running = running
        self._genealogy = genealogy
        self._batches = self._lots = self._tires = 0

    def tell(self) -> int:
        """Tell everything new; gives how many tires that was."""
        flow = self._running.flow
        batches, lots, tires = flow.batches[self._batches:], flow.lots[self._lots:], flow.tires[self._tires:]
        self._batches, self._lots, self._tires = len(flow.batches), len(flow.lots), len(flow.tires)
        self._tell_batches(batches)
        self._tell_lots(lots)
        self._tell_tires(tires)
        return len(tires)

    def _tell_batches(self, batches: Sequence[Batch]) -> None:
        mixing_s = self._running.figures["mixing.batch_s"]
        self._genealogy.made([batch_name(b.number) for b in batches], ["mixing"] * len(batches), [b.machine for b in batches],
                             _instants(b.made - mixing_s for b in batches), _instants(b.made for b in batches))

    def _tell_lots(self, lots: Sequence[Lot]) -> None:
        asset = self._running.plant.asset
        names = [lot_name(lot) for lot in lots]
        self._genealogy.made(names, [asset[lot.machine].step for lot in lots], [lot.machine for lot in lots],
                             _instants(lot.made - (asset[lot.machine].ideal_cycle_s or 0.0) for lot in lots), _instants(lot.made for lot in lots))
        pairs = [(name, batch_name(b)) for name, lot in zip(names, lots, strict=True) for b in lot.batches]
        self._genealogy.used([made for made, _ in pairs], [used for _, used in pairs])

    def _tell_tires(self, tires: Sequence[Tire]) -> None:
        asset, lots = self._running.plant.asset, self._running.flow.lots
        names = [tire_name(t.number) for t in tires]
        told = self._genealogy.made
        told(names, ["building"] * len(tires), [t.builder for t in tires], _instants(t.built - (asset[t.builder].ideal_cycle_s or 0.0) for t in tires),
             _instants(t.built for t in tires), tool=[t.drum for t in tires], operator=[t.operator for t in tires])
        told(names, ["curing"] * len(tires), [t.cavity for t in tires], _instants(t.cured - (asset[t.cavity].ideal_cycle_s or 0.0) for t in tires),
             _instants(t.cured for t in tires), tool=[f"mould-{t.mould:04d}" for t in tires])
        told(names, ["inspection"] * len(tires), [t.uniformity for t in tires], _instants(t.cured for t in tires), _instants(t.done for t in tires))
        pairs = [(name, lot_name(lots[number])) for name, tire in zip(names, tires, strict=True) for number in tire.lots if number >= 0]
        self._genealogy.used([made for made, _ in pairs], [used for _, used in pairs])


def _instants(seconds: Iterable[float]) -> list[int]:
    return [instant(second) for second in seconds]
