"""The kinds of quantity that the simulated plant measures: unit, range, spread and course of each, family of machines by family."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from qiantang.domains.factory.plant import Grouping
from qiantang.kernel.words import Text

Role = Literal["measured", "state", "pieces", "rejects", "cycle", "phase", "recipe", "elapsed", "cycle_time"]
"""What a signal follows: its own process (``measured``), or the machine: its state and counters, its phase and recipe, its last cycle."""
COUNTING: frozenset[Role] = frozenset(("cycle", "phase", "recipe"))
"""Roles whose signals begin a new subgroup or phase for the others of the machine."""

CURE = ("open", "load", "shape", "steam", "nitrogen", "exhaust")
PHASES: Mapping[str, tuple[str, ...]] = {
    "cavity": CURE, "press": CURE,
    "mixer": ("idle", "charge", "mix", "dump"),
    "builder": ("idle", "carcass", "belt", "turnup", "stitch"),
}
"""Phases of a family's cycle; the first is what the machine is in between two cycles."""
PLAIN = ("idle", "run", "setup")
"""Phases of every other family."""
START_S = 120.0
"""A machine without a recipe's phases counts as running steadily so long after it started; until then, and in set-up, its phase
number is that of no phase (-1), so that no chart judges it."""
FOLLOWS_RECIPE = frozenset(("cavity", "press", "builder", "mixer"))
"""Families whose levels and phases depend on what they make."""
COUNTERS: Mapping[str, tuple[str, ...]] = {
    "made": ("mixer", "extruder", "calender", "cutter", "bead_line"), "built": ("builder", "uniformity", "xray", "balance"),
}
"""Rows of the table that stand for several families of machines; ``machine`` stands for all that have a cycle."""
SHARES: Mapping[str, tuple[float, ...]] = {
    "mixer": (0.15, 0.70, 0.15),
    "builder": (0.35, 0.30, 0.15, 0.20),
}
"""How a cycle divides among the phases after the first, as shares; presses go by their recipe's seconds."""


def phases(family: str) -> tuple[str, ...]:
    """The phases that a family of machines passes through, the resting one first."""
    return PHASES.get(family, PLAIN)


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of ``kinds.csv``: ``copies`` signals of one kind on each asset of a family.

    ``base`` and ``sigma`` are level and standard deviation in ``unit``, ``phi`` the correlation of the deviation with that of
    one second before, ``tau_s`` the seconds in which a change of phase is followed to 63 %. ``spec`` is the half width of the
    specification around ``base`` (None: no limits). ``by_phase`` gives levels that differ from ``base``. ``per_cycle`` kinds
    have one reading at the end of each cycle, others one a second. All levels and spreads are assumptions of the simulation.
    """

    family: str
    name: str
    copies: int
    title: Text
    unit: str
    per_cycle: bool
    base: float
    sigma: float
    phi: float
    tau_s: float
    least: float
    most: float | None
    spec: float | None
    skewed: bool
    grouped: Grouping
    priority: int
    by_phase: Mapping[str, float]
    role: Role

    def level(self, phase: str) -> float:
        """Where the quantity settles in a phase."""
        return self.by_phase.get(phase, self.base)


@cache
def stated_kinds() -> tuple[Kind, ...]:
    """All rows of the table that lies beside this module, in its order."""
    text = (files(__package__) / "kinds.csv").read_text(encoding="utf-8")
    return tuple(
        Kind(
            row["family"], row["kind"], int(row["copies"]), Text(row["zh"], row["en"]), row["unit"], row["rate"] == "c",
            float(row["base"]), float(row["sigma"]), float(row["phi"]), float(row["tau_s"]), float(row["least"]),
            float(row["most"]) if row["most"] else None, float(row["spec"]) if row["spec"] else None, row["skewed"] == "y",
            cast(Grouping, row["grouped"]), int(row["priority"]),
            {phase: float(value) for phase, _, value in (of.partition("=") for of in row["by_phase"].split(";") if of)},
            cast(Role, row["role"] or "measured"),
        )
        for row in csv.DictReader(text.splitlines())
    )
