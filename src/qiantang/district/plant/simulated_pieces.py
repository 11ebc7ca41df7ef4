"""The genealogy of a simulated plant's tires: batches, components, green tires, presses, moulds and tests, as its own records say."""

from __future__ import annotations

from qiantang.domains.factory.measures.genealogy import Genealogy
from qiantang.domains.factory.simulation.running import RunningPlant
from qiantang.domains.factory.simulation.truth import instant

_STEPS = {"tread": "extrusion", "sidewall": "extrusion", "liner": "extrusion", "ply": "cutting", "belt": "cutting", "bead": "bead"}


def genealogy_of(running: RunningPlant) -> Genealogy:
    """Everything that was made so far. Instants are the plant's; where only an end is on record the operation is that instant.

    What was in stock when the simulation began has no origin: nothing is told of it.
    """
    kept = Genealogy()
    batches, lots, tires = running.flow.batches, running.flow.lots, running.tires
    mixing = round(running.figures["mixing.batch_s"])
    kept.made([f"batch-{b.number}" for b in batches], ["mixing"] * len(batches), [b.machine for b in batches],
              [instant(b.made - mixing) for b in batches], [instant(b.made) for b in batches])
    names = [f"{lot.component}-{lot.number}" for lot in lots]
    made = [instant(lot.made) for lot in lots]
    kept.made(names, [_STEPS.get(lot.component, lot.component) for lot in lots], [lot.machine for lot in lots], made, made)
    kept.used([name for name, lot in zip(names, lots, strict=True) for n in lot.batches if n >= 0],
              [f"batch-{n}" for lot in lots for n in lot.batches if n >= 0])
    building, curing = running.figures["building.cycle_s"], running.figures["curing.cure_s"]
    green = [f"green-{t.number}" for t in tires]
    kept.made(green, ["building"] * len(tires), [t.builder for t in tires], [instant(t.built - building) for t in tires], [instant(t.built) for t in tires],
              tool=[t.drum for t in tires], operator=[t.operator for t in tires])
    kept.used([name for name, t in zip(green, tires, strict=True) for n in t.lots if n >= 0], [names[n] for t in tires for n in t.lots if n >= 0])
    cured = [f"tire-{t.number}" for t in tires]
    kept.made(cured, ["curing"] * len(tires), [t.cavity for t in tires], [instant(t.cured - curing) for t in tires], [instant(t.cured) for t in tires],
              tool=[f"mould-{t.mould}" for t in tires])
    kept.used(cured, green)
    for test in ("uniformity", "xray", "balance"):
        kept.made(cured, ["inspection"] * len(tires), [getattr(t, test) for t in tires], [instant(t.cured) for t in tires], [instant(t.done) for t in tires])
    return kept
