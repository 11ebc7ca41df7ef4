"""What charts know goes on under other settings: what is charted as before says what it would have said, everything else learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.charts import fitting, layout
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.budget import budgeted
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Asset, Phase, Plant, Recipe, Signal
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.words import Text, same

S = 1_000_000
WHY = Text("换版", "another version")
_COUNTERS = ("cycle_number", "phase_number", "recipe_number")
_CYCLE_S, _PHASES = 30, (10, 20)


def _presses(many: int) -> Plant:
    """Presses with counters; on each a signal by the cycle with baselines for each phase, one by windows, two that are read one by one."""
    assets = [Asset("site", same("site"), "site"), Asset("line", same("line"), "line", "site")]
    signals: list[Signal] = []
    for press in range(many):
        name = f"p{press}"
        assets.append(Asset(name, same(name), "cell", "line", "curing"))

        def add(what: str, kind: str, name: str = name, **more: object) -> None:
            signals.append(Signal(len(signals), f"g/{name}/{what}", name, what, kind, same(what), "°C", **more))  # type: ignore[arg-type]

        for counter in _COUNTERS:
            add(counter, counter)
        add("plate", "temperature", grouped="cycle", phases=True)
        add("steam", "pressure", phases=True)
        add("torque", "torque")
        add("speed", "speed", skewed=True)
    recipes = tuple(Recipe(f"r{k}", "tire", "curing", tuple(Phase(f"f{n}", float(s)) for n, s in enumerate(_PHASES))) for k in range(2))
    return Plant("line", same("line"), tuple(assets), tuple(signals), recipes=recipes, operators=2, synthetic=True)


PLANT = _presses(3)


def _happened(seed: int, seconds: int) -> Readings:
    """A reading of every signal each second; now and then something is wrong for a while."""
    draws = np.random.default_rng(seed)
    many = len(PLANT.signals)
    value = np.round(draws.normal(size=(seconds, many)), 3)
    tick = np.arange(seconds)
    for _ in range(12):
        begins = int(draws.integers(seconds // 2, seconds))
        value[begins:begins + int(draws.integers(5, 90)), int(draws.integers(many))] += float(draws.choice([-5.0, 3.0, 6.0]))
    for signal in PLANT.signals:
        if signal.kind == "cycle_number":
            value[:, signal.number] = tick // _CYCLE_S
        elif signal.kind == "phase_number":
            value[:, signal.number] = tick % _CYCLE_S >= _PHASES[0]
        elif signal.kind == "recipe_number":
            value[:, signal.number] = tick // (7 * _CYCLE_S) % 2
        elif signal.skewed:
            value[:, signal.number] = np.exp(value[:, signal.number])
    at = np.repeat((tick + 1) * S, many) + np.tile(np.arange(many), seconds)
    return readings(np.tile(np.arange(many), seconds), at, value.ravel())


def _charts(plant: Plant, **more: object) -> ChartSettings:
    made = charted(plant, learning=20, patience=1, machine_every_s=5.0, machine_alpha=1e-3, machine_weight=0.2, **more)  # type: ignore[arg-type]
    return replace(made, machine_learning=100)


def _shuffled(plant: Plant, seed: int) -> Plant:
    """The same plant with its rows in another order."""
    draws = np.random.default_rng(seed)
    return replace(plant, signals=tuple(plant.signals[k] for k in draws.permutation(len(plant.signals))))


def _said(alarms: list[Alarm]) -> list[Alarm]:
    return sorted((replace(a, others=tuple(sorted(a.others))) for a in alarms), key=lambda a: (a.at, a.asset, a.signal, a.rule))


def _fed(analysis: Analysis, batch: Readings) -> list[Alarm]:
    return analysis.alarms_of(analysis.feed(batch))


SECONDS = 1500
STRAIGHT = _charts(PLANT)


@settings(max_examples=8)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_rows_in_another_order_change_nothing(seed: int, share: float) -> None:
    """Wherever in its cycle, phase I or run each signal is: baselines, subgroups, runs, machine models and contexts all lie elsewhere, and
    the alarms are those of charts that were never touched."""
    batch = _happened(seed, SECONDS)
    cut = int(share * len(batch))
    expected = _fed(Analysis(STRAIGHT), batch)
    first = Analysis(STRAIGHT)
    found = _fed(first, batch.taken(slice(0, cut)))
    second, kept = first.going_on(_charts(_shuffled(PLANT, seed)), (), at=0, who="model", why=WHY)
    assert (len(kept.signals), len(kept.machines), len(kept.contexts)) == (len(PLANT.signals), 3, 9)
    found += _fed(second, batch.taken(slice(cut, None)))
    assert _said(found) == _said(expected)


def test_the_happenings_break_rules_of_every_kind_of_chart() -> None:
    alarms = [a for seed in range(6) for a in _fed(Analysis(STRAIGHT), _happened(seed, SECONDS))]
    rules = {(a.rule, PLANT.signals[a.signal].name if a.signal >= 0 else "machine") for a in alarms}
    assert {name for _, name in rules} >= {"plate", "steam", "torque", "speed", "machine"}
    assert {rule for rule, _ in rules} >= {"nelson_1", "ewma", "cusum", "t2", "spe"}


def test_what_changed_learns_and_what_came_learns_and_everything_else_goes_on() -> None:
    batch = _happened(4, 2 * SECONDS)
    half = len(batch) // 2
    half -= half % len(PLANT.signals)
    first = Analysis(STRAIGHT)
    _fed(first, batch.taken(slice(0, half)))
    measured = [s.number for s in PLANT.signals if s.kind not in _COUNTERS]
    assert first.learned[STRAIGHT.plan[measured, layout.FIRST_BASE]].all()
    torque, speed, plate = (next(s.number for s in PLANT.signals if s.asset == "p0" and s.name == n) for n in ("torque", "speed", "plate"))
    new = Signal(len(PLANT.signals), "g/p1/more", "p1", "more", "temperature", same("more"), "°C")
    rows = (replace(s, skewed=False) if s.number == speed else s for s in PLANT.signals if s.number != plate)
    plant = replace(PLANT, signals=(*rows, new))
    second, kept = first.going_on(_charts(plant), {torque}, at=77 * S, who="model", why=WHY)
    signals = set(kept.signals.tolist())
    assert signals == set(range(len(PLANT.signals))) - {torque, speed, plate}
    assert [second.settings.machines[b] for _, b in kept.machines.tolist()] == ["p2"]
    learnt = {s for s in (*measured, new.number) if second.learned[second.settings.plan[s, layout.FIRST_BASE]]}
    assert learnt == signals.intersection(measured)
    assert (second.limits[-1].number, second.limits[-1].at, second.limits[-1].who) == (2, 77 * S, "model")
    rest = batch.taken(slice(half, None))

    def of_those(alarms: list[Alarm]) -> list[Alarm]:
        """What moved besides may be of those that begin anew."""
        return [a if a.asset == "p2" else replace(a, others=()) for a in _said(alarms) if a.signal in signals or a.asset == "p2"]

    expected, found = _fed(first, rest), _fed(second, rest)
    assert of_those(found) == of_those(expected)
    assert {a.asset for a in of_those(found)} == {"p0", "p1", "p2"}
    assert not [a for a in found if a.signal == plate]
    versions = {s: int(second._kept.base_whole[second.settings.plan[s, layout.FIRST_BASE], fitting.VERSION]) for s in (torque, new.number, *signals)}
    assert {s for s, version in versions.items() if version == 2} == {torque, new.number}


def test_a_phase_i_of_another_length_begins_from_the_beginning_and_what_is_in_force_stays() -> None:
    batch = _happened(5, 400)
    first = Analysis(STRAIGHT)
    _fed(first, batch)
    in_force, on_its_way = first.learned.copy(), first.points_so_far.copy()
    assert in_force.any()
    assert on_its_way.any()
    longer = replace(charted(PLANT, learning=40, patience=1, machine_every_s=5.0), machine_learning=100)
    second, _ = first.going_on(longer, (), at=0, who="model", why=WHY)
    assert (second.learned == in_force).all()
    assert not second.points_so_far.any()
    versions = second._kept.base_whole[:, fitting.VERSION]
    assert (versions[second.learned] == 1).all()
    assert (versions[on_its_way > 0] == second.limits[-1].number).all(), "what begins anew is of the new version"
    same_length, _ = first.going_on(STRAIGHT, (), at=0, who="model", why=WHY)
    assert (same_length.points_so_far == on_its_way).all()


@pytest.mark.parametrize(("weight", "goes_on"), [(0.2, True), (1.0, False)])
def test_models_of_machines_go_on_where_their_averages_are_of_the_same_weight(weight: float, goes_on: bool) -> None:
    first = Analysis(STRAIGHT)
    _fed(first, _happened(6, SECONDS))
    other = replace(charted(PLANT, learning=20, patience=1, machine_every_s=5.0, machine_alpha=1e-3, machine_weight=weight), machine_learning=100)
    second, _ = first.going_on(other, (), at=0, who="model", why=WHY)
    assert [made is not None for made in second.machines.models] == [goes_on] * 3


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_machine_goes_on_under_another_alpha_with_the_limits_it_would_have_learnt_by_it(snapshot: bool) -> None:
    """The share of the alarm budget changes with every signal that comes or goes: nobody is to wait half a day for every machine's model."""
    batch, rarer = _happened(6, SECONDS), replace(STRAIGHT, machine_alpha=1e-4)
    first, anew = Analysis(STRAIGHT), Analysis(rarer)
    _fed(first, batch)
    _fed(anew, batch)
    if snapshot:
        first = Analysis(STRAIGHT).restored(first.snapshot())
    second, kept = first.going_on(rarer, (), at=0, who="model", why=WHY)
    assert len(kept.machines) == 3

    def limits(of: Analysis) -> list[tuple[float, ...]]:
        return [(made.t2_limit, made.spe_limit, memory.averaged.t2_limit, memory.averaged.spe_limit, memory.t2_limit, memory.spe_limit)
                for made, memory in zip(of.machines.models, of.machines.memories, strict=True) if made is not None and memory is not None]

    assert len(limits(anew)) == 3
    assert limits(second) == limits(anew)
    assert (np.array(limits(second)) > np.array(limits(first))).all()


def test_a_signal_that_comes_to_one_machine_leaves_the_models_of_the_others_under_an_alarm_budget() -> None:
    def charts(plant: Plant) -> ChartSettings:
        return budgeted(plant, _charts(plant)).settings

    first = Analysis(charts(PLANT))
    _fed(first, _happened(6, SECONDS))
    more = replace(PLANT, signals=(*PLANT.signals, Signal(len(PLANT.signals), "g/p1/more", "p1", "more", "temperature", same("more"), "°C")))
    now = charts(more)
    assert now.machine_alpha != first.settings.machine_alpha
    second, _ = first.going_on(now, (), at=0, who="model", why=WHY)
    assert {machine for machine, made in zip(now.machines, second.machines.models, strict=True) if made is not None} == {"p0", "p2"}
