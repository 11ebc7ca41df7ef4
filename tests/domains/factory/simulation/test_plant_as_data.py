"""The simulated plant as data: enough of everything, every figure owned, nothing real in it."""

from __future__ import annotations

import pytest

from qiantang.domains.factory.simulation.causes import stated_causes
from qiantang.domains.factory.simulation.figures import stated_figures
from qiantang.domains.factory.simulation.kinds import phases, stated_kinds
from qiantang.domains.factory.simulation.making import CREW, SKILLS, family_of, gateway_of, made_plant, named_kinds
from qiantang.domains.factory.simulation.measured import loudness
from qiantang.domains.factory.simulation.repairs import STRIKES_ON
from qiantang.kernel.errors import SubjectError

PLANT = made_plant(1)


def test_more_than_ten_thousand_signals_of_more_than_a_hundred_kinds():
    assert len(PLANT.signals) >= 10_000
    assert len({signal.kind for signal in PLANT.signals}) > 100
    assert [signal.number for signal in PLANT.signals] == list(range(len(PLANT.signals)))
    assert len(PLANT.by_address) == len(PLANT.signals)


def test_it_says_that_it_is_synthetic_and_names_nobody():
    assert PLANT.synthetic
    assert all(who.name.startswith("演示技师") for who in PLANT.technicians)


def test_machines_are_those_of_the_reference():
    families = [family_of(a.id) for a in PLANT.assets if a.level == "cell" and a.step not in ("", "network")]
    count = {family: families.count(family) for family in set(families)}
    assert count == {"mixer": 4, "extruder": 3, "calender": 2, "cutter": 6, "bead_line": 4, "builder": 10, "press": 80, "uniformity": 5,
                     "xray": 3, "balance": 4}
    assert sum(a.level == "unit" for a in PLANT.assets) == 160
    assert len(PLANT.vehicles) == 40


def test_every_figure_has_a_source_or_says_that_it_is_assumed():
    for figure in stated_figures().stated.values():
        assert bool(figure.source) != bool(figure.assumption), figure.name
        assert figure.unit, figure.name


def test_a_figure_that_is_set_for_one_run_loses_its_source():
    changed = stated_figures().but({"curing.cure_s": 780})
    assert changed["curing.cure_s"] == 780.0
    assert changed.stated["curing.cure_s"].source == ""
    assert stated_figures()["curing.cure_s"] == 960.0


def test_an_unknown_figure_is_refused_by_name():
    with pytest.raises(SubjectError, match=r"curing\.cure_min"):
        stated_figures().but({"curing.cure_min": 16})


def test_every_skill_that_a_cause_asks_for_is_on_every_shift():
    names = {name for name, _ in SKILLS}
    assert {cause.skill for cause in stated_causes().values()} <= names
    for shift in PLANT.shifts:
        assert names == {skill for who in PLANT.technicians if who.shift == shift.name for skill in who.skills}
    assert {skill for skills in CREW[:3] for skill in skills} == names


def test_the_cause_of_every_fault_shows_on_signals_that_its_assets_have():
    assets = {family_of(a.id): a for a in PLANT.assets if a.level in ("cell", "unit")}
    for cause in stated_causes().values():
        for family in STRIKES_ON.get(cause.on, (cause.on,)):
            for showing in cause.shows:
                if showing.kind == "*":
                    assert family == "gateway"
                    continue
                found = [kind for _, kind, _ in named_kinds(assets["uniformity" if showing.later else family]) if kind.name == showing.kind]
                assert found, (cause.name, showing.kind)
                assert len(found) >= showing.copy
                assert not showing.phase or showing.phase in phases(found[0].family)


def test_levels_lie_within_the_physical_range():
    for kind in stated_kinds():
        if kind.role == "measured":
            for phase in phases(kind.family):
                level = kind.level(phase)
                assert level >= kind.least, kind.name
                assert kind.most is None or level + 4 * kind.sigma * loudness(kind, level) <= kind.most, kind.name


def test_every_machine_stands_behind_a_gateway_that_is_an_asset():
    for asset in PLANT.assets:
        if asset.level == "cell" and asset.step not in ("", "network"):
            assert gateway_of(family_of(asset.id), int(asset.id.rpartition("-")[2])) in PLANT.asset


def test_counters_come_before_what_they_count_for():
    first = min(s.number for s in PLANT.signals if s.kind not in ("cycle_number", "phase_number", "recipe_number", "batch_number", "piece_number"))
    assert all(s.number < first for s in PLANT.signals if s.kind in ("cycle_number", "phase_number", "recipe_number"))


def test_phases_that_are_told_are_those_of_the_recipes():
    curing = [recipe for recipe in PLANT.recipes if recipe.step == "curing"]
    assert len(curing) == 5
    assert [phase.name for phase in curing[0].phases] == ["load", "shape", "steam", "nitrogen", "exhaust"]
    assert sum(sum(phase.seconds for phase in recipe.phases) for recipe in curing) / 5 == pytest.approx(960 + 90)
    assert curing[2].phases[3].baselines["nitrogen_pressure"] == pytest.approx(2.2)
