"""Policies of dispatch compared over simulated weeks: the same faults, another takt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qiantang.domains.factory.simulation.week import POLICIES, compared
from qiantang.kernel.words import Text, same

TITLES = {"dispatch": Text("自动派工", "dispatch"), "first_come": Text("先来先派", "first come"), "off": Text("人工巡查", "rounds, no dispatch")}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy: its takt in seconds a good piece with its 95 % interval, and by how much it is slower than the first."""

    policy: str
    title: Text
    takt: float
    low: float
    high: float
    slower: float | None = None
    slower_low: float | None = None
    slower_high: float | None = None


def policies_compared(seeds: int, days: float, progress: Callable[[float], None]) -> list[PolicyRow]:
    """Every policy on the same seeds."""
    found = compared(range(1, seeds + 1), POLICIES, days, progress)
    rows = []
    for policy in POLICIES:
        takt, slower = found.takt[policy], found.slower.get(policy)
        apart = (None, None, None) if slower is None else (slower.mean, slower.low, slower.high)
        rows.append(PolicyRow(policy, TITLES.get(policy, same(policy)), takt.mean, takt.low, takt.high, *apart))
    return rows
