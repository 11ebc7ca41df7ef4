"""A plant of 10,000 signals on a hundred machines, all behind one gateway, for measuring a node."""

from __future__ import annotations

from dataclasses import replace

from qiantang.district.plant.charting import Given
from qiantang.domains.factory.charts.budget import budgeted
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.words import same

MACHINES, EACH = 100, 100
GATEWAY = "G/E"


def plant() -> Plant:
    """Made up; its addresses are those of an edge node of 100 devices with 100 metrics each."""
    assets = (Asset("site", same("site"), "site"), Asset("area", same("area"), "area", "site"), Asset("line", same("line"), "line", "area"),
              *(Asset(f"P{m}", same(f"P{m}"), "cell", "line") for m in range(MACHINES)))
    signals = tuple(Signal(m * EACH + k, f"{GATEWAY}/P{m}/m{k}", f"P{m}", f"m{k}", "temperature", same(f"m{k}"), "°C")
                    for m in range(MACHINES) for k in range(EACH))
    return Plant("big", same("big"), assets, signals, operators=10, synthetic=True)


def settings(of: Plant) -> ChartSettings:
    """Every chart on every reading, limits within the budget, baselines known to be standard normal."""
    found = budgeted(of, charted(of, window_s=0.0, most_order=0)).settings
    return replace(found, known=dict.fromkeys(range(found.bases), (0.0, 1.0)))


def charts(lateness_us: int = 0) -> Given:
    """The gateway keeps its order (one connection, counted messages), so nothing is waited for."""
    return Given(settings, lambda _: lateness_us)
