"""How much an operator can bear: when alarms are too many, too often, too old, and how long one may be put aside.

The figures are those of the trade, not of a law: EEMUA 191 (fewer than one alarm in ten minutes and operator; more than ten in
ten minutes is a flood, over once fewer than five come) and ISA-18.2-2016, table 7 and clause 16 (three in a minute chatter;
an alarm that stands for a day is stale; shelving ends by itself). A plant may set its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.domains.factory.plant import Plant

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Bearing:
    """The bounds; all spans in microseconds.

    ``per_hour`` alarms an operator and hour are bearable. An alarm not raised again for ``quiet`` is over where nobody says so
    sooner and no chart says that it still holds. ``chatter_times`` within ``chatter`` is chattering; ``flood_times`` (more than)
    within ``flood`` begins a flood, fewer than ``flood_over`` ends it. Alarms of one cause that follow each other within
    ``together`` are one. ``stale``: how long an alarm stands before it is called so. ``shelved_at_most``: after that a shelved
    alarm comes back.
    """

    per_hour: float = 6.0
    quiet: int = 5 * MINUTE
    chatter_times: int = 3
    chatter: int = MINUTE
    flood_times: int = 10
    flood_over: int = 5
    flood: int = 10 * MINUTE
    together: int = 5 * MINUTE
    stale: int = 24 * HOUR
    shelved_at_most: int = 8 * HOUR


def operators_of(plant: Plant) -> dict[str, int]:
    """Which operator bears the alarms of each asset: areas (what stands right under the site) are dealt out one after another."""
    areas: dict[str, str] = {}

    def area(asset: str) -> str:
        if asset not in areas:
            found = plant.asset[asset]
            over = plant.asset.get(found.parent)
            areas[asset] = asset if over is None or over.level == "site" else area(over.id)
        return areas[asset]

    for asset in plant.asset:
        area(asset)
    number = {name: place % max(plant.operators, 1) for place, name in enumerate(sorted(set(areas.values())))}
    return {asset: number[areas[asset]] for asset in plant.asset}
