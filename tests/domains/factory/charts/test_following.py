"""A signal followed point by point gives the very points and rules of the plant's charts, of whatever subgroups and phases they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qiantang.domains.factory.charts import layout, rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.following import Followed
from qiantang.domains.factory.charts.machine_trail import MOST, Trail
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Phase, Recipe, Signal
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.words import same
from tests.domains.factory.plants import SECOND, SMALL, START

PHASES = Recipe("r", "", "curing", (Phase("close", 20.0), Phase("cure", 40.0)))
WATCHED = 2


def a_press(grouped: str, *, phases: bool) -> ChartSettings:
    signals = (Signal(0, "cycle", "P1", "cycle_number", "cycle_number", same("cycle"), ""),
               Signal(1, "phase", "P1", "phase_number", "phase_number", same("phase"), ""),
               Signal(WATCHED, "t", "P1L", "plate_temperature", "plate_temperature", same("t"), "°C", grouped=grouped, phases=phases),  # type: ignore[arg-type]
               Signal(3, "p", "P1R", "inner_pressure", "inner_pressure", same("p"), "MPa"))
    return charted(replace(SMALL, signals=signals, recipes=(PHASES,)), learning=20, window_s=5.0, machine_every_s=0.0, most_order=1, patience=1)


def cycles(many: int, seed: int) -> Readings:
    """Cycles of a minute: 20 s in one phase, 40 in the other, a shift in the last ten cycles."""
    draws = np.random.default_rng(seed)
    second = np.arange(many * 60)
    cycle, phase = second // 60, (second % 60 >= 20).astype(float)
    value = 150.0 + 20.0 * phase + draws.normal(size=len(second)) + 6.0 * (cycle >= many - 10)
    columns = np.stack([cycle.astype(float), phase, np.round(value, 2), np.round(draws.normal(size=len(second)), 2)], axis=1)
    return readings(np.tile(np.arange(4), len(second)), START + SECOND * np.repeat(second, 4), columns.ravel())


@pytest.mark.parametrize(("grouped", "phases"), [("each", False), ("each", True), ("cycle", False), ("cycle", True)])
def test_every_point_is_the_one_that_the_plants_charts_judged(grouped: str, phases: bool) -> None:
    settings = a_press(grouped, phases=phases)
    plant, one, batch = Analysis(settings), Followed(settings, WATCHED), cycles(90, 5)
    began: list[tuple[int, int]] = []
    for start in range(0, len(batch), 40):
        some = batch.taken(slice(start, start + 40))
        raised = plant.feed(some)
        of_it = (raised.signal == WATCHED) & (raised.mask & (rules.BIT["quality"] - 1) != 0)
        began += [(int(some.at[i]), int(m)) for i, m in zip(raised.index[of_it], raised.mask[of_it], strict=True)]
        one.feed(some)
        one.go_on(plant)
    charts = [chart for chart in range(len(one.signals) - 1, len(one.signals) + 2) if chart in one._kept]
    told = sorted((p.at, rules.mask(*p.began) & (rules.BIT["stuck"] - 1)) for chart in charts for p in one.points(chart) if p.began)
    first = min(p.at for chart in charts for p in one.points(chart))
    expected = sorted((at, mask & (rules.BIT["stuck"] - 1)) for at, mask in began if at >= first)
    assert told == [(at, mask) for at, mask in expected if mask]
    assert told
    for chart in charts:
        last = one.points(chart)[-1]
        row = plant._kept.chart[plant._charts_of(WATCHED)[chart - charts[0] + 1 if phases and grouped == "cycle" else 0]]
        if not (phases and grouped == "cycle"):
            assert (last.z, last.average, last.high) == (row[layout.LAST], row[layout.AVERAGE], row[layout.HIGH])


def test_what_was_before_is_judged_by_the_baselines_in_force_and_comes_to_the_same_averages() -> None:
    settings = a_press("each", phases=False)
    plant, batch = Analysis(settings), cycles(60, 8)
    plant.feed(batch)
    one = Followed(settings, WATCHED)
    one.learnt_as(plant)
    since = int(batch.at[-1]) - one.reach_us(1.0)
    one.feed(batch.taken(batch.at >= since))
    row = plant._kept.chart[WATCHED]
    last = one.points()[-1]
    # Windows of time begin with the first reading that is fed, so that the points are others, of the same chart.
    assert last.average == pytest.approx(row[layout.AVERAGE], rel=0.1)
    assert last.value == pytest.approx(176.0, abs=3.0)


def test_points_of_a_chart_that_learns_are_there_and_were_not_judged() -> None:
    settings = a_press("each", phases=False)
    one = Followed(settings, WATCHED)
    one.feed(cycles(1, 1))
    assert len(one.points()) > 8
    assert all(np.isnan(p.z) and p.began == () for p in one.points())


def test_a_machines_trail_keeps_its_last_points_and_those_judged_anew_once() -> None:
    trail = Trail(1)
    for n in range(MOST + 5):
        trail.add(0, n, [float(n), 100.0])
    assert trail.of(0)[[0, -1], :3].tolist() == [[5.0, 5.0, 100.0], [MOST + 4.0, MOST + 4.0, 100.0]]
    trail.add(0, MOST, [7.0, 100.0, 1.0, 2.0])
    rows = trail.of(0)
    assert rows[-1, :5].tolist() == [MOST, 7.0, 100.0, 1.0, 2.0]
    assert (np.diff(rows[:, 0]) > 0).all()
