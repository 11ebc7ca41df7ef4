"""What a plant's charts promise by theory: the in-control run length of every policy's charts, and the false alarms these come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qiantang.domains.factory.charts import layout, rules
from qiantang.domains.factory.charts.budget import budgeted, out_of_control, points_an_hour, trend_length
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.run_lengths import run_on_one_side
from qiantang.domains.factory.charts.settings import ChartSettings
from qiantang.domains.factory.plant import Plant


@dataclass(frozen=True, slots=True)
class Promise:
    """One policy: how many signals are under it, the points they give an hour (all together), the points after which each rule raises a false
    alarm on average, the process in control and its baseline exactly known (rules that are not in force are not there), and the least of
    them that the budget asks for with a baseline that was learnt (None where no budget set the limits)."""

    signals: int
    points_an_hour: float
    run_lengths: Mapping[str, float]
    asked: float | None


@dataclass(frozen=True, slots=True)
class Promised:
    """All policies, the most signals first. False alarms an hour of the whole plant: ``allowed`` by the budget, ``expected`` of the limits in
    force, what is off in learnt baselines included, and ``textbook`` of textbook limits; None where no budget set the limits."""

    policies: tuple[Promise, ...]
    allowed: float | None = None
    expected: float | None = None
    textbook: float | None = None


def promised(plant: Plant, settings: ChartSettings, *, budget: bool) -> Promised:
    """What the charts of a plant promise; ``budget``: these settings are those that its alarm budget gives."""
    points = points_an_hour(plant, settings)
    of = settings.plan[:, layout.POLICY]
    made = budgeted(plant, settings) if budget else None
    found = []
    for number, policy in enumerate(settings.policies):
        mine = np.flatnonzero((of == number) & (points > 0))
        if len(mine):
            asked = None if made is None else float(made.run_length[mine].min())
            found.append(Promise(len(mine), float(points[mine].sum()), _run_lengths(policy), asked))
    found.sort(key=lambda one: -one.signals)
    if made is None:
        return Promised(tuple(found))
    return Promised(tuple(found), made.allowed, made.expected, made.textbook)


def _run_lengths(policy: Policy) -> dict[str, float]:
    """The in-control run length of each rule that is in force, in points."""
    found: dict[str, float] = {}
    for rule in rules.BY_BUDGET:
        if policy.in_force & rules.BIT[rule]:
            found[rule] = run_on_one_side(policy.side_run) if rule == "nelson_2" else trend_length(policy.trend_run) if rule == "nelson_3" \
                else out_of_control(policy, rule, 0.0)
    return found
