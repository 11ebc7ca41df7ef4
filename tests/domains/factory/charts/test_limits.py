"""Limits: phase I with outliers, baselines by recipe and phase, subgroups, quantiles of skewed values, versions."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from qiantang.domains.factory.charts import fitting, layout, rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import ChartSettings, charted, plain
from qiantang.domains.factory.plant import Asset, Phase, Plant, Recipe, Signal
from qiantang.kernel.readings import Quality, Readings, readings
from qiantang.kernel.words import Text, same

SECOND = 1_000_000


def series(values: np.ndarray, start: int = 1) -> Readings:
    return readings(np.zeros(len(values), int), (np.arange(len(values)) + start) * SECOND, values)


def only(*names: str, **settings: float) -> Policy:
    return Policy(in_force=rules.mask(*names), **settings)  # type: ignore[arg-type]  # numbers of a policy by name


def test_phase_one_finds_mean_and_deviation_and_then_charts():
    values = np.random.default_rng(12).normal(50.0, 2.0, 500)
    analysis = Analysis(plain(1, only("nelson_1"), known=False, learning=500))
    assert len(analysis.feed(series(values))) == 0
    assert analysis.learned.all()
    base = analysis.baselines[0]
    assert base[fitting.CENTRE] == pytest.approx(50.0, abs=0.25)
    assert 1.0 / base[fitting.SCALE] == pytest.approx(values.std(ddof=1), rel=0.02)
    found = analysis.feed(series(np.array([57.0, 50.0, 43.0]), 501))
    assert list(found.at) == [501 * SECOND, 503 * SECOND]
    assert found.limit[0] == pytest.approx(50.0 + 3 * 2.0, abs=0.6)
    assert list(found.version) == [1, 1]


def test_outliers_in_phase_one_do_not_widen_the_limits():
    random = np.random.default_rng(2)
    clean = random.normal(0.0, 1.0, 200)
    spoilt = clean.copy()
    spoilt[random.choice(200, 14, replace=False)] = 30.0
    _, with_all, none_out = fitting.trimmed(clean)
    centre, spread, out = fitting.trimmed(spoilt)
    assert none_out <= 0.01
    assert out == pytest.approx(0.07, abs=0.01)
    assert spread == pytest.approx(with_all, rel=0.1)
    assert abs(centre) < 0.25


def test_the_deviation_is_unbiased_though_the_tails_are_cut():
    random = np.random.default_rng(3)
    spreads = [fitting.trimmed(random.standard_normal(200))[1] for _ in range(2000)]
    assert np.mean(spreads) == pytest.approx(1.0, abs=0.01)


def test_a_process_out_of_control_begins_phase_one_anew_three_times_at_most():
    two_levels = np.tile(np.r_[np.zeros(70), np.full(30, 20.0)], 3) + np.random.default_rng(4).normal(0, 0.5, 300)
    analysis = Analysis(plain(1, only("nelson_1"), known=False, learning=100))
    analysis.feed(series(two_levels[:200]))
    assert not analysis.learned.any()
    analysis.feed(series(two_levels[200:], 201))
    assert analysis.learned.all()
    assert 1.0 / analysis.baselines[0, fitting.SCALE] == pytest.approx(9.2, abs=0.3)
    assert len(analysis.feed(series(two_levels[:100], 301))) == 0


def test_phase_one_begins_anew_where_it_shifted_on_its_way():
    random = np.random.default_rng(17)
    mended = np.r_[random.normal(2.0, 1.0, 60), random.normal(0.0, 1.0, 141)]
    settings = replace(grouped(1, only("nelson_1")), known={}, learning=100, needs=None)
    first, batch = settings.plan[2, layout.FIRST_BASE], means([[mean] for mean in mended])
    analysis = Analysis(settings)
    early = batch.at <= 1500 * SECOND
    analysis.feed(batch.taken(early))
    assert not analysis.learned[first]
    analysis.feed(batch.taken(~early))
    assert analysis.learned[first]
    assert analysis.baselines[first, fitting.CENTRE] == pytest.approx(0.0, abs=0.3)


def test_steady_points_are_seldom_called_unsteady_whatever_their_shape():
    random = np.random.default_rng(18)
    for draw in (lambda: random.standard_normal(100), lambda: np.exp(random.standard_normal(100)), lambda: np.round(random.standard_normal(100))):
        assert sum(fitting.unsteady(draw()) for _ in range(5000)) <= 3
    assert not fitting.unsteady(np.full(100, 3.0))


def test_a_signal_that_never_moved_is_not_charted():
    analysis = Analysis(plain(1, Policy(in_force=rules.ALL & ~rules.mask("stuck")), known=False, learning=50))
    found = analysis.feed(series(np.r_[np.full(60, 7.0), 8.0, np.full(30, 7.0)]))
    assert len(found) == 0


def test_a_signal_that_repeats_itself_needs_a_longer_run_to_be_stuck():
    random = np.random.default_rng(5)
    fine, coarse = random.normal(0, 1, 400), random.normal(0, 1, 400).round(0)
    stuck = np.zeros(60)
    for values, soonest, latest in ((fine, 10, 12), (coarse, 13, 40)):
        analysis = Analysis(plain(1, only("stuck")))
        found = analysis.feed(series(np.r_[values, 5.0, stuck]))
        assert len(found) == 1
        assert soonest <= int(found.at[0]) // SECOND - 401 <= latest
        assert int(found.since[0]) // SECOND == 402
        assert found.limit[0] == found.readings[0]


def test_a_signal_that_leans_against_the_end_of_its_range_is_one_alarm_until_it_moves_again():
    random = np.random.default_rng(19)
    analysis = Analysis(plain(1, only("stuck", stuck_run=4, stuck_rate=1e-3), learning=50))
    analysis.feed(series(random.normal(0, 1, 50)))
    leaning = np.tile([9.0] * 8 + [8.9, 8.8], 10)
    for start in (51, 400):
        found = analysis.feed(series(leaning, start))
        assert [int(mask) for mask in found.mask] == [rules.BIT["stuck"]]
        found = analysis.feed(series(random.normal(0, 1, 100), start + 100))
        assert [int(mask) for mask in found.cleared] == [rules.BIT["stuck"]]


def test_a_valve_that_hardly_ever_moves_is_never_stuck():
    assert len(Analysis(plain(1, only("stuck"))).feed(series(np.zeros(5000)))) == 0


def test_the_mean_of_a_window_is_a_point_at_its_end():
    settings = plain(1, only("nelson_1"), window_s=10.0)
    values = np.r_[np.full(10, 1.0), np.full(10, 4.0), np.full(10, 0.0)]
    found = Analysis(settings).feed(series(values, 10))
    assert (list(found.at), list(found.since), list(found.value)) == ([30 * SECOND], [20 * SECOND], [4.0])


def test_a_subgroup_may_be_given_by_number_or_by_its_last_reading():
    values = np.array([4.0, 5.0, 3.0, 0.0, 1.0, -1.0])
    by_number = Analysis(plain(1, only("nelson_1"))).feed(series(values), group=np.array([1, 1, 1, 2, 2, 2]))
    assert (list(by_number.index[by_number.event]), list(by_number.value), list(by_number.since)) == ([3], [4.0], [SECOND])
    by_mark = Analysis(plain(1, only("nelson_1"))).feed(series(values), group=np.ones(6, np.int64), ends=np.array([0, 0, 1, 0, 0, 1], bool))
    assert (list(by_mark.index[by_mark.event]), list(by_mark.value)) == ([2], [4.0])


def test_the_phase_of_a_reading_chooses_its_baseline():
    settings = plain(1, only("nelson_1"), phases=2)
    known = ChartSettings(settings.plan, settings.bounds, settings.policies, bases=2, asset_of=("",), known={0: (20.0, 1.0), 1: (170.0, 2.0)})
    values, phase = np.array([21.0, 169.0, 22.0, 171.0, 27.0, 172.0, 99.0]), np.array([0, 1, 0, 1, 0, 1, 2])
    found = Analysis(known).feed(series(values), phase=phase)
    assert (list(found.value), list(found.limit)) == ([27.0], [23.0])


def press() -> Plant:
    """One press with a counter of cycles, a phase number, and a plate temperature that is 20 °C between cycles and 170 °C in them."""
    assets = (Asset("site", same("site"), "site"), Asset("press", same("press"), "cell", "site", step="curing", ideal_cycle_s=60.0),
              Asset("press/left", same("left"), "unit", "press"))
    signals = (
        Signal(0, "p/cycle", "press", "cycle", "cycle_number", same("cycle"), ""),
        Signal(1, "p/phase", "press", "phase", "phase_number", same("phase"), ""),
        Signal(2, "p/plate", "press/left", "plate", "plate_temperature", same("plate"), "°C", phases=True),
        Signal(3, "p/force", "press/left", "force", "closing_force", same("force"), "kN", grouped="cycle"),
        Signal(4, "p/valve", "press", "valve", "valve_state", same("valve"), ""),
    )
    recipe = Recipe("r", "tire", "curing", (Phase("heat", 20.0), Phase("hold", 20.0)))
    return Plant("plant", same("plant"), assets, signals, recipes=(recipe,), synthetic=True)


def cycles(many: int, random: np.random.Generator, *, plate_off: float = 0.0, force_off: float = 0.0, start: int = 0) -> Readings:
    """Cycles of 60 s: 20 s heating at 100 °C, 20 s holding at 170 °C, 20 s open at about 20 °C (phase -1)."""
    rows = []
    for cycle in range(start, start + many):
        for second in range(60):
            at = (1 + cycle * 60 + second) * SECOND
            phase = 0 if second < 20 else 1 if second < 40 else -1
            if second == 0:
                rows.append((0, at, float(cycle)))
            if second in (0, 20, 40):
                rows.append((1, at, float(phase)))
            level = (100.0, 170.0)[phase] if phase >= 0 else 20.0
            rows.append((2, at, level + random.normal(0, 1) + (plate_off if phase == 1 else 0.0)))
            rows.append((3, at, 500.0 + random.normal(0, 10) + force_off))
            rows.append((4, at, float(second % 2)))
    return readings([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def test_a_press_is_charted_by_its_phases_and_not_at_all_between_cycles():
    random = np.random.default_rng(6)
    settings = charted(press(), policies=[only("nelson_1", limit=4.5)], learning=50, window_s=0.0, patience=1, unwatched=frozenset({"valve_state"}))
    analysis = Analysis(settings)
    assert len(analysis.feed(cycles(60, random))) == 0
    base = analysis.baselines
    first = settings.plan[2, layout.FIRST_BASE]
    assert base[first, fitting.CENTRE] == pytest.approx(100.0, abs=0.6)
    assert base[first + 1, fitting.CENTRE] == pytest.approx(170.0, abs=0.6)
    found = analysis.alarms_of(analysis.feed(cycles(1, random, plate_off=9.0, start=60)))
    assert {a.signal for a in found} == {2}
    assert all(20 <= a.at // SECOND - 1 - 60 * 60 < 40 for a in found)
    assert found[0].asset == "press/left"
    assert found[0].limit == pytest.approx(174.5, abs=1.0)


def test_a_signal_grouped_by_cycle_is_judged_when_the_next_cycle_begins():
    random = np.random.default_rng(7)
    settings = charted(press(), policies=[only("nelson_1", limit=5.0)], learning=30, patience=1, unwatched=frozenset({"valve_state"}))
    analysis = Analysis(settings)
    assert len(analysis.feed(cycles(40, random))) == 0
    found = analysis.alarms_of(analysis.feed(cycles(1, random, force_off=15.0, start=40)))
    assert found == []
    found = analysis.alarms_of(analysis.feed(cycles(1, random, start=41)))
    assert [(a.signal, a.rule, a.at) for a in found] == [(3, "nelson_1", (1 + 41 * 60) * SECOND)]
    assert found[0].since == (1 + 40 * 60) * SECOND
    assert found[0].value == pytest.approx(515.0, abs=4.0)


def test_windows_within_a_phase_have_baselines_of_their_own_once_the_signal_has_settled():
    """Of 20 s in a phase 5 s pass while it settles; then one window of 10 s and one that the phase's end cuts short to 5 s."""
    settings = charted(press(), policies=[only("nelson_1", limit=5.0)], learning=40, patience=1, window_s=10.0, unwatched=frozenset({"valve_state"}))
    first = int(settings.plan[2, layout.FIRST_BASE])
    assert settings.settling is not None
    assert list(settings.settling[first:first + 6]) == [5 * SECOND] * 6
    analysis = Analysis(settings)
    assert len(analysis.feed(cycles(60, np.random.default_rng(12)))) == 0
    assert list(analysis.learned[first:first + 6]) == [True, False, True, True, False, True]
    window, rest = (1.0 / analysis.baselines[first + part, fitting.SCALE] for part in (0, 2))
    assert window == pytest.approx(10**-0.5, rel=0.35)
    assert rest == pytest.approx(5**-0.5, rel=0.35)


def test_windows_that_come_once_a_cycle_are_learnt_in_as_many_cycles_as_those_between_and_watched_from_then_on():
    """Of a phase of 50 s there are a first window, three between and a rest; one of 5 s is a single short window."""
    recipe = Recipe("r", "tire", "curing", (Phase("long", 50.0), Phase("short", 5.0)))
    settings = charted(replace(press(), recipes=(recipe,)), policies=[only("nelson_1", limit=6.0)], learning=40, patience=3, window_s=10.0,
                       settle_s=1.0, unwatched=frozenset({"valve_state"}))
    first = int(settings.plan[2, layout.FIRST_BASE])
    assert settings.needs is not None
    assert list(settings.needs[first:first + 6]) == [40, 120, 40, 40, 120, 40]
    assert settings.points_learnt(2) == 40

    def of(many: int, start: int, jam: tuple[int, int] = (-1, 0)) -> Readings:
        random = np.random.default_rng(start + 3)
        rows = []
        for cycle in range(start, start + many):
            for second in range(55):
                at = (1 + cycle * 60 + second) * SECOND
                if second in (0, 50):
                    rows.append((1, at, float(second // 50)))
                rows.append((2, at, 900.0 + random.normal(0, 1) + (180.0 if cycle == jam[0] and second >= jam[1] else 0.0)))
            rows.append((1, (1 + cycle * 60 + 55) * SECOND, -1.0))
        return readings(*([row[k] for row in rows] for k in range(3)))

    analysis = Analysis(settings)
    analysis.feed(of(39, 0))
    assert not analysis.learned[first:first + 6].any()
    analysis.feed(of(2, 39))
    assert list(analysis.learned[first:first + 6]) == [True, True, True, True, False, False]
    # A jam in the last three seconds of the cycle shows on the chart of the short phase, which is judged when the next cycle begins.
    found = analysis.alarms_of(analysis.feed(of(2, 41, jam=(41, 52))))
    assert [(a.signal, a.rule, a.since // SECOND - 1 - 41 * 60) for a in found] == [(2, "nelson_1", 51)]


def test_a_signals_limits_are_those_of_its_baseline_of_the_fewest_points():
    settings = charted(press(), learning=50, patience=4, window_s=5.0, settle_s=0.0, unwatched=frozenset({"valve_state"}))
    assert settings.points_learnt(2) == 50
    assert settings.points_learnt(3) == 50
    assert charted(press(), learning=50, patience=4, window_s=0.0).points_learnt(2) == 200


def standing(*states: tuple[int, int]) -> Readings:
    """The state of a machine once a second: each for so many seconds, one after the other."""
    values = np.concatenate([np.full(seconds, float(state)) for state, seconds in states])
    return readings(np.zeros(len(values), int), (np.arange(len(values)) + 1) * SECOND, values)


PRODUCING, DOWN, WAITING = 1, 3, 4


def stating() -> Analysis:
    signal = Signal(0, "p/state", "press", "state", "machine_state", same("state"), "", least=0.0, most=9.0)
    return Analysis(charted(replace(press(), signals=(signal,)), learning=5, unwatched=frozenset({"machine_state"})))


def test_a_machine_that_a_fault_has_stopped_for_a_minute_is_told_once_and_until_it_works_again():
    analysis = stating()
    told = standing((PRODUCING, 100), (DOWN, 61), (DOWN, 400), (PRODUCING, 5))
    found = analysis.feed(told)
    alarm, = analysis.alarms_of(found)
    assert (alarm.rule, alarm.asset, alarm.since, alarm.at) == ("down", "press", 101 * SECOND, 161 * SECOND)
    assert (alarm.value, alarm.limit) == (3.0, 60.0)
    assert [(int(told.at[i]) // SECOND, rules.names(int(m))) for i, m in zip(found.index, found.cleared, strict=True) if m] == [(562, ("down",))]


def test_short_stops_and_machines_that_wait_are_not_told_and_a_state_is_never_stuck():
    analysis = stating()
    stops = standing(*[(PRODUCING, 7), (DOWN, 60), (WAITING, 3000)] * 5, (0, 300), (5, 4000), (2, 4000))
    assert len(analysis.feed(stops)) == 0


def test_a_stop_is_told_at_the_same_instant_in_any_batches_and_after_a_restart():
    told = standing((PRODUCING, 30), (DOWN, 200), (PRODUCING, 30), (DOWN, 90))
    straight = stating()
    whole = [(a.at, a.since) for a in straight.alarms_of(straight.feed(told))]
    assert len(whole) == 2
    for cut in (31, 89, 90, 91, 230, 300):
        first = stating()
        found = first.alarms_of(first.feed(told.taken(slice(0, cut))))
        again = stating().restored(first.snapshot())
        found += again.alarms_of(again.feed(told.taken(slice(cut, None))))
        assert [(a.at, a.since) for a in found] == whole


def by_exception(cut: int = 10**9) -> list[tuple[str, int, int, bool]]:
    """A machine whose gateway tells its state when it changes, and a temperature every ten seconds, in two pieces."""
    state = Signal(0, "p/state", "press", "state", "machine_state", same("state"), "", least=0.0, most=9.0)
    beside = Signal(1, "p/plate", "press", "plate", "temperature", same("plate"), "°C", rate_hz=0.1)
    settings = charted(replace(press(), signals=(state, beside)), learning=200)
    changes = ((5, PRODUCING), (102, DOWN), (133, WAITING), (304, DOWN), (607, PRODUCING), (701, DOWN))
    told = [(0, second, float(state)) for second, state in changes]
    told += [(1, second, 150.0 + second % 7) for second in range(10, 1000, 10)]
    told.sort(key=lambda row: row[1])
    batch = readings([row[0] for row in told], [row[1] * SECOND for row in told], [row[2] for row in told])
    analysis, found = Analysis(settings), []
    for part in (batch.taken(slice(0, cut)), batch.taken(slice(cut, None))):
        raised = analysis.feed(part)
        found += [(a.rule, a.since // SECOND, a.at // SECOND, True) for a in analysis.alarms_of(raised)]
        found += [("down", 0, int(part.at[i]) // SECOND, False) for i, m in zip(raised.index, raised.cleared, strict=True) if m]
        analysis = Analysis(settings).restored(analysis.snapshot())
    if cut > len(batch):
        assert analysis.arm_again([0]) == {0: rules.BIT["down"]}
        again, = analysis.alarms_of(analysis.feed(readings([1], [1010 * SECOND], [150.0])))
        assert (again.rule, again.since // SECOND, again.signal) == ("down", 701, 0)
    return sorted(found, key=lambda row: row[2])


def test_a_machine_that_says_once_that_it_is_down_is_told_with_the_next_reading_of_any_of_its_signals_after_a_minute():
    """As OPC UA and Sparkplug tell states: when they change. Armed again after a repair it is told again."""
    expected = [("down", 304, 370, True), ("down", 0, 607, False), ("down", 701, 770, True)]
    assert by_exception() == expected
    for cut in (11, 12, 36, 37, 43, 44, 77, 78):
        assert by_exception(cut) == expected


def test_a_state_that_is_not_to_be_relied_on_stops_nobody():
    state = Signal(0, "p/state", "press", "state", "machine_state", same("state"), "", least=0.0, most=9.0)
    beside = Signal(1, "p/plate", "press", "plate", "temperature", same("plate"), "°C", rate_hz=0.1)
    analysis = Analysis(charted(replace(press(), signals=(state, beside)), learning=200))
    told = readings([0, 0, 1, 0, 1], np.array([10, 20, 200, 210, 300]) * SECOND, [3.0, 3.0, 150.0, 3.0, 151.0],
                    quality=np.array([0, int(Quality.STALE), 0, 0, 0], np.uint8))
    found = analysis.alarms_of(analysis.feed(told))
    assert [(a.rule, a.since // SECOND, a.at // SECOND) for a in found] == [("quality", 20, 20), ("down", 10, 210)]


def test_an_alarm_names_the_signals_of_the_machine_that_moved_with_it():
    signals = tuple(Signal(k, f"s{k}", "m", f"s{k}", "x", same("x"), "") for k in range(4))
    plant = Plant("plant", same("plant"), (Asset("m", same("m"), "cell"),), signals)
    analysis = Analysis(charted(plant, policies=[only("nelson_1")], learning=100, window_s=0.0, patience=1, most_order=0))
    random = np.random.default_rng(8)
    at = np.repeat((np.arange(101) + 1) * SECOND, 4)
    values = random.standard_normal((101, 4))
    values[100] = (8.0, 0.1, 9.0, -0.1)
    found = analysis.alarms_of(analysis.feed(readings(np.tile(np.arange(4), 101)[::-1], at, values[:, ::-1].ravel())))
    assert [(a.signal, a.others) for a in found] == [(2, ()), (0, (2,))]


NORMAL = NormalDist()


def sampled(shape: str, n: int) -> np.ndarray:
    """The quantiles of a lognormal distribution with a threshold at 3, to the right or to the left."""
    z = np.array([NORMAL.inv_cdf((k + 0.5) / n) for k in range(n)])
    return 3.0 + np.exp((z + 1.0) / 2.0) if shape == "right" else 3.0 - np.exp((z + 1.0) / 2.0)


@pytest.mark.parametrize("shape", ["right", "left"])
def test_skewed_values_become_normal_scores(shape):
    values = sampled(shape, 4000)
    base = np.zeros(fitting.BASELINE)
    fitting.lognormal(values, base)
    assert base[fitting.XI] == pytest.approx(3.0, abs=0.01)
    scores = np.array([fitting.score(v, base) for v in values])
    expected = np.array([NORMAL.inv_cdf((k + 0.5) / 4000) for k in range(4000)])
    assert np.abs(np.sort(scores) - expected).max() < 0.02
    for z in (-3.0, -1.0, 0.0, 2.0, 4.0):
        assert fitting.score(fitting.unscored(z, base), base) == pytest.approx(z, abs=1e-9)


def test_a_value_beyond_the_threshold_has_the_farthest_score():
    base = np.zeros(fitting.BASELINE)
    fitting.lognormal(sampled("right", 1000), base)
    assert fitting.score(2.0, base) == -fitting.FARTHEST


@pytest.mark.parametrize("draw", [lambda r, n: r.gamma(3.0, 1.0, n), lambda r, n: np.abs(r.standard_normal(n)), lambda r, n: r.rayleigh(1.0, n),
                                  lambda r, n: np.exp(0.5 * r.standard_normal(n))], ids=["gamma", "half normal", "rayleigh", "lognormal"])
def test_far_limits_of_skewed_values_keep_their_promise_within_a_few_times(draw):
    """At one in ten thousand, from 400 points of phase I: no more than three in ten thousand."""
    n, learning, after = 200, 400, 1000
    random = np.random.default_rng(13)
    values = draw(random, (learning + after) * n)
    analysis = Analysis(plain(n, only("nelson_1", limit=3.93), known=False, learning=learning, skewed=True))
    at = np.repeat((np.arange(learning + after) + 1) * SECOND, n)
    assert len(analysis.feed(readings(np.tile(np.arange(n), learning + after), at, values))) <= 3e-4 * n * after


def test_quantile_limits_keep_the_rate_of_false_alarms_that_symmetric_ones_break():
    """Lognormal values: 3σ limits of a mean and deviation raise six times as many as they promise and more; quantile limits keep within
    what 1,000 points of phase I let them know."""
    random = np.random.default_rng(9)
    n, learning, after = 100, 1000, 1000
    values = 3.0 + np.exp(random.standard_normal((learning + after, n)) / 2.0)
    at = np.repeat((np.arange(learning + after) + 1) * SECOND, n)
    batch = readings(np.tile(np.arange(n), learning + after), at, values.ravel())
    rates = {}
    for skewed in (False, True):
        analysis = Analysis(plain(n, only("nelson_1"), known=False, learning=learning, skewed=skewed))
        rates[skewed] = len(analysis.feed(batch)) / (n * after)
    assert rates[False] > 6 / 370.4
    assert 0.2 / 370.4 < rates[True] < 1.5 / 370.4


def test_a_quantile_limit_is_said_in_the_signals_own_unit():
    values = np.r_[np.random.default_rng(10).permutation(sampled("right", 2000)), 60.0]
    analysis = Analysis(plain(1, only("nelson_1"), known=False, learning=2000, skewed=True))
    found = analysis.feed(series(values))
    assert found.value[0] == 60.0
    assert found.limit[0] == pytest.approx(3.0 + np.exp((3.0 * (1.0 + 2.0 / 2000**0.5) + 1.0) / 2.0), rel=0.02)


def test_limits_set_by_hand_are_a_new_version_that_alarms_and_snapshots_carry():
    analysis = Analysis(plain(2, only("nelson_1")))
    number = analysis.set_limits({1: (10.0, 2.0)}, at=5 * SECOND, who="li.wei", why=Text("换料后重定", "set anew after a change of compound"))
    assert number == 2
    again = Analysis(plain(2, only("nelson_1"))).restored(analysis.snapshot())
    assert [(v.number, v.who, v.at) for v in again.limits] == [(1, "phase I", 0), (2, "li.wei", 5 * SECOND)]
    assert again.limits[1].why.zh == "换料后重定"
    found = again.alarms_of(again.feed(readings([0, 1, 1], [6 * SECOND, 7 * SECOND, 8 * SECOND], [4.0, 15.0, 17.0])))
    assert [(a.signal, a.limits, a.limit) for a in found] == [(0, 1, 3.0), (1, 2, 16.0)]


def test_a_signal_may_learn_again_after_a_repair():
    random = np.random.default_rng(11)
    analysis = Analysis(plain(1, only("nelson_1"), known=False, learning=100))
    analysis.feed(series(random.normal(0, 1, 100)))
    assert analysis.learn_again(np.array([0]), at=101 * SECOND, who="zhang", why=Text("更换热电偶", "thermocouple replaced")) == 2
    assert not analysis.learned.any()
    assert len(analysis.feed(series(random.normal(30, 1, 100), 101))) == 0
    assert analysis.learned.all()
    found = analysis.feed(series(np.array([30.0, 40.0]), 201))
    assert list(found.version) == [2]


def grouped(phases: int, policy: Policy) -> ChartSettings:
    """One signal of a press, a cycle a subgroup, so many phases a cycle with charts of their own, all known to be standard normal."""
    signals = (Signal(0, "p/cycle", "press", "cycle", "cycle_number", same("cycle"), ""),
               Signal(1, "p/phase", "press", "phase", "phase_number", same("phase"), ""),
               Signal(2, "p/plate", "press", "plate", "plate_temperature", same("plate"), "°C", grouped="cycle", phases=True))
    recipe = Recipe("r", "", "curing", tuple(Phase(f"phase {k}", 10.0, {}) for k in range(phases)))
    plant = Plant("plant", same("plant"), (Asset("press", same("press"), "cell", step="curing"),), signals, recipes=(recipe,))
    made = charted(plant, policies=[policy], settle_s=0.0, machine_every_s=0.0)
    first = made.plan[2, layout.FIRST_BASE]
    return replace(made, known=dict.fromkeys(range(first, first + phases), (0.0, 1.0)))


def means(of: list[list[float]], *, moving: float = 0.0) -> Readings:
    """Cycles of phases of ten readings, all at the phase's mean, or falling to it from ``moving`` above at the phase's first reading."""
    rows: list[tuple[int, int, float]] = []
    at = SECOND
    for number, cycle in enumerate(of):
        for phase, mean in enumerate(cycle):
            for second in range(10):
                if second == 0:
                    rows += [(0, at, float(number)), (1, at, float(phase))]
                rows.append((2, at, mean + moving * 0.5**second))
                at += SECOND
    return readings(*(np.array(column) for column in zip(*rows, strict=True)))


def test_phases_that_a_cycle_moves_together_do_not_pass_for_a_run():
    settings = grouped(5, only("nelson_2", "ewma", "cusum"))
    together = means([[1.4] * 5, [1.2] * 5, [-1.1] * 5, [-1.3] * 5] * 5)
    assert len(Analysis(settings).feed(together)) == 0
    on_one_chart = settings.plan.copy()
    on_one_chart[:, layout.CHARTS] = 0
    found = Analysis(replace(settings, plan=on_one_chart)).feed(together)
    assert {rules.RULES[bit] for bit in found.bit} == {"nelson_2", "ewma", "cusum"}


def test_a_shift_of_one_phase_is_found_on_its_own_chart():
    found = Analysis(grouped(5, only("nelson_2"))).feed(means([[0.3 * (-1) ** k, -0.2, 1.0, -0.3, 0.2 * (-1) ** k] for k in range(10)]))
    # Phase 1 stays below and is complete first; phases 2 and 3 are runs as well, but the signal's rule holds already.
    assert list(found.at) == [(8 * 50 + 21) * SECOND]
    assert list(found.since) == [11 * SECOND]


def test_a_rule_of_a_signal_holds_until_the_last_of_its_phases_is_back():
    analysis = Analysis(grouped(3, only("nelson_1")))
    steps = {}
    for k, cycle in enumerate([[0.0, 0.0, 0.0], [0.0, 5.0, 0.0], [6.0, 5.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]):
        batch = means([[0.0] * 3] * k + [cycle])
        of_this = batch.taken(batch.at > k * 30 * SECOND)
        found = analysis.feed(of_this)
        steps[k] = (int(found.mask.sum()), int(found.cleared.sum()), int(analysis.holding[2]))
    one = rules.BIT["nelson_1"]
    assert steps == {0: (0, 0, 0), 1: (one, 0, one), 2: (0, 0, one), 3: (0, 0, one), 4: (0, one, 0), 5: (0, 0, 0)}
    again = Analysis(grouped(3, only("nelson_1"))).restored(analysis.snapshot())
    assert again.snapshot() == analysis.snapshot()


def test_a_subgroup_with_a_gap_in_it_is_no_point():
    settings = grouped(2, only("nelson_1"))
    of = means([[5.0, 0.0], [5.0, 0.0], [0.0, 0.0]])
    assert int(Analysis(settings).feed(of).mask.sum()) == rules.BIT["nelson_1"]
    # The connection is lost in the first phase of the first cycle, and comes back in the first phase of the second.
    kept = (of.at < 4 * SECOND) | (of.at >= 24 * SECOND)
    assert int(Analysis(settings).feed(of.taken(kept)).mask.sum()) == 0
    # Three readings missing are no gap, and what is whole after a gap is judged.
    short = (of.at < 4 * SECOND) | (of.at >= 7 * SECOND)
    assert int(Analysis(settings).feed(of.taken(short)).mask.sum()) == rules.BIT["nelson_1"]
    later = means([[0.0, 0.0], [0.0, 0.0], [5.0, 0.0], [0.0, 0.0]])
    lost = (later.at < 4 * SECOND) | (later.at >= 24 * SECOND)
    assert list(Analysis(settings).feed(later.taken(lost)).at) == [51 * SECOND]


def test_numbers_of_cycles_and_phases_are_never_stuck():
    settings = replace(grouped(2, only("stuck", stuck_rate=1e-3)), learning=50, needs=None)
    of = means([[0.0, 1.0]] * 20)
    still = readings(np.tile([0, 1, 2], 200), np.repeat((np.arange(200) + 1000) * SECOND, 3), np.tile([19.0, 1.0, 0.7], 200))
    analysis = Analysis(settings)
    analysis.feed(of)
    assert set(analysis.feed(still).signal) == {2}


def test_the_only_recipe_of_a_step_is_meant_whatever_its_number():
    settings = grouped(2, only("nelson_1"))
    assert settings.plan[2, layout.RECIPE_CONTEXT] == layout.NO_CONTEXT


def test_a_mean_is_not_held_to_more_than_the_instants_it_was_read_at_let_it_know():
    """A signal that falls by half a second from 20 has a mean of 4 over ten readings, and of 2.8 where they come half a second later."""
    settings = grouped(2, only("nelson_1"))
    first = settings.plan[2, layout.FIRST_BASE]
    learnt = replace(settings, known={first: (4.0, 0.1), first + 1: (0.0, 1.0)})
    late = means([[0.0, 0.0]] * 3, moving=20.0 * 0.5**0.5)
    assert int(Analysis(learnt).feed(late).mask.sum()) == 0
    settled = means([[2.8, 0.0]] * 3)
    assert int(Analysis(learnt).feed(settled).mask.sum()) == rules.BIT["nelson_1"]
