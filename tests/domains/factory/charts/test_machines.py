"""T² and SPE of a machine: limits from theory, contributions that add up, relations that break though no signal is out of bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2  # type: ignore[import-untyped]  # scipy ships no types

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.memory import averages, memory
from qiantang.domains.factory.charts.multivariate import Unseen, box, jackson_mudholkar, model, t2_limit
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import ChartSettings, charted
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.readings import Readings, readings
from qiantang.kernel.words import same

SECOND = 1_000_000
LOADINGS = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, -0.2], [0.0, 1.0], [0.1, 0.9], [0.5, 0.5]])


def points(random: np.random.Generator, n: int, noise: float = 0.3) -> np.ndarray:
    """Six signals driven by two causes."""
    found: np.ndarray = random.standard_normal((n, 2)) @ LOADINGS.T + noise * random.standard_normal((n, 6))
    return found


def test_the_limit_of_spe_is_the_quantile_of_its_distribution():
    """With equal variances SPE is a multiple of χ², and both approximations are then exact or nearly."""
    left = np.full(8, 0.25)
    exact = 0.25 * chi2.isf(0.01, 8)
    assert box(float(left.sum()), 2 * float((left**2).sum()), 0.01) == pytest.approx(exact)
    assert jackson_mudholkar(left, 0.01) == pytest.approx(exact, rel=0.005)


def test_both_approximations_keep_their_promise_on_unequal_variances():
    left = np.array([2.0, 1.0, 0.5, 0.25, 0.1])
    drawn = (np.random.default_rng(1).standard_normal((200_000, 5)) ** 2) @ left
    assert (drawn > jackson_mudholkar(left, 0.01)).mean() == pytest.approx(0.01, rel=0.4)
    assert (drawn > box(float(left.sum()), 2 * float((left**2).sum()), 0.01)).mean() == pytest.approx(0.01, rel=0.4)


def test_with_many_points_the_limit_of_t2_is_that_of_chi_squared():
    assert t2_limit(3, 1_000_000, 0.01) == pytest.approx(chi2.isf(0.01, 3), rel=1e-3)
    assert t2_limit(3, 30, 0.01) > 1.3 * chi2.isf(0.01, 3)


def test_new_points_in_control_are_beyond_the_limits_as_often_as_promised():
    random = np.random.default_rng(2)
    t2 = spe = total = 0
    for _ in range(40):
        made = model(points(random, 200), 0.01)
        assert made is not None
        assert len(made.variances) == 2
        for row in points(random, 500):
            z = made.standardised(row)
            t2 += made.t2(z) > made.t2_limit
            spe += made.spe(z) > made.spe_limit
            total += 1
    assert t2 / total == pytest.approx(0.01, rel=0.4)
    assert spe / total == pytest.approx(0.01, rel=0.4)


def test_contributions_add_up_and_point_at_the_signal_that_moved():
    random = np.random.default_rng(3)
    made = model(points(random, 300), 0.001)
    assert made is not None
    row = points(random, 1)[0]
    row[4] += 3.0
    z = made.standardised(row)
    assert made.t2_contributions(z).sum() == pytest.approx(made.t2(z))
    assert made.spe_contributions(z).sum() == pytest.approx(made.spe(z))
    assert made.spe(z) > made.spe_limit
    assert int(np.argmax(made.spe_contributions(z))) == 4


def test_a_constant_signal_and_one_hardly_ever_read_are_left_out():
    random = np.random.default_rng(4)
    learnt = points(random, 100)
    learnt[:, 1] = 5.0
    learnt[:80, 2] = np.nan
    made = model(learnt, 0.01)
    assert made is not None
    assert list(made.used) == [True, False, False, True, True, True]


def test_outliers_in_phase_one_do_not_widen_the_limits():
    random = np.random.default_rng(5)
    learnt = points(random, 200)
    clean = model(learnt, 0.01)
    learnt[50] = 40.0 * np.array([1, -1, 1, -1, 1, -1])
    spoilt = model(learnt, 0.01)
    assert clean is not None
    assert spoilt is not None
    moved = points(random, 1)[0]
    moved[0] += 4.0
    assert clean.spe(clean.standardised(moved)) > clean.spe_limit


def machine(n: int = 6) -> Plant:
    signals = tuple(Signal(k, f"s{k}", "m", f"s{k}", "x", same("x"), "") for k in range(n))
    return Plant("plant", same("plant"), (Asset("m", same("m"), "cell"),), signals)


def settings(weight: float = 1.0, learning: int = 50) -> ChartSettings:
    return charted(machine(), policies=[Policy(limit=4.5, in_force=rules.mask("nelson_1", "t2", "spe"))], learning=learning, window_s=0.0, patience=1,
                   most_order=0, machine_every_s=1.0, machine_alpha=1e-4, machine_weight=weight)


def second_by_second(values: np.ndarray, start: int = 1) -> Readings:
    n = values.shape[1]
    return readings(np.tile(np.arange(n), len(values)), np.repeat((np.arange(len(values)) + start) * SECOND, n), values.ravel())


def test_a_broken_relation_is_found_though_every_signal_is_within_its_limits():
    random = np.random.default_rng(6)
    values = points(random, 400)
    values[350:, 0] = -values[350:, 0]
    analysis = Analysis(settings())
    found = analysis.alarms_of(analysis.feed(second_by_second(values)))
    assert found
    assert {(a.signal, a.asset, a.rule) for a in found} == {(-1, "m", "spe")}
    assert all(a.at >= 350 * SECOND for a in found)
    assert all(a.value > a.limit for a in found)
    assert sum(0 in a.others for a in found) > len(found) / 2


@pytest.mark.parametrize(("weight", "known_from"), [(1.0, 0), (0.1, 0), (1.0, 150), (0.1, 300)])
def test_machines_are_judged_alike_in_any_batches_and_after_a_restart(weight: float, known_from: int):
    """Also while a second model is learnt, with the signal that was not read at first."""
    random = np.random.default_rng(7)
    values = points(random, 600)
    values[520:, 3] += 3.0
    values[:known_from, 5] = np.nan
    whole = second_by_second(values)
    straight = Analysis(settings(weight))
    expected = straight.alarms_of(straight.feed(whole))
    assert {a.rule for a in expected} >= ({"spe"} if weight == 1.0 else {"spe", "spe_shift", "spe_spread"})
    analysis, found = Analysis(settings(weight)), []
    for start in range(0, len(whole), 371):
        found += analysis.alarms_of(analysis.feed(whole.taken(slice(start, start + 371))))
        analysis = Analysis(settings(weight)).restored(analysis.snapshot())
    assert found == expected


def test_a_signal_that_is_known_later_belongs_to_the_machine_too():
    """The first model rests on five signals and stays in force until the one of all six is made; each learns for 50 points, the models for 60."""
    random = np.random.default_rng(8)
    values = points(random, 600)
    values[:130, 5] = np.nan
    values[550:, 5] += 3.0
    analysis = Analysis(replace(settings(), machine_learning=60))
    used, found = [], []
    for second in range(600):
        found += analysis.alarms_of(analysis.feed(second_by_second(values[second:second + 1], second + 1)))
        made = analysis.machines.models[0]
        used.append(0 if made is None else int(made.used.sum()))
    # A sample is taken when the next second begins: of signals 0 to 4 from the 51st on, of signal 5 from the 181st on.
    assert [used.index(n) for n in (5, 6)] == [50 + 60, 130 + 50 + 60]
    assert set(used[240:]) == {6}
    assert found
    assert all(alarm.at > 550 * SECOND for alarm in found)
    assert any(alarm.rule == "spe" and alarm.others[0] == 5 for alarm in found)


def test_a_signal_that_is_known_while_a_model_is_learnt_does_not_delay_it():
    random = np.random.default_rng(9)
    values = points(random, 400)
    values[:40, 5] = np.nan
    analysis = Analysis(replace(settings(), machine_learning=60))
    used = []
    for second in range(400):
        analysis.feed(second_by_second(values[second:second + 1], second + 1))
        made = analysis.machines.models[0]
        used.append(0 if made is None else int(made.used.sum()))
    assert [used.index(n) for n in (5, 6)] == [110, 170]
    assert not analysis.machines.held()


def test_a_signal_that_never_varies_is_waited_for_once():
    random = np.random.default_rng(10)
    values = points(random, 400)
    values[:100, 5], values[100:, 5] = np.nan, 7.0
    analysis = Analysis(replace(settings(), machine_learning=60))
    analysis.feed(second_by_second(values))
    made = analysis.machines.models[0]
    assert made is not None
    assert list(made.used) == [True] * 5 + [False]
    assert not analysis.machines.held()


def test_what_was_learnt_since_an_instant_is_forgotten_and_nothing_else():
    random = np.random.default_rng(11)
    values = points(random, 300)
    analysis = Analysis(replace(settings(), machine_learning=60))
    analysis.feed(second_by_second(values[:90]))
    assert analysis.machines.standing(0) == (0, 0, 39, 60)
    assert analysis.machines.in_doubt([2], 80 * SECOND) == [0]
    assert analysis.machines.in_doubt([2], 91 * SECOND) == []
    analysis.learn_again(np.zeros(0, np.int64), [0], 80 * SECOND, at=90 * SECOND, who="zhang", why=same("valve"))
    # The samples of seconds 52 to 79.
    assert analysis.machines.held()[0].n == 28
    assert not analysis.machines.learned[0]
    analysis.feed(second_by_second(values[90:150], 91))
    assert analysis.machines.standing(0) == (6, 122 * SECOND, 0, 0)
    assert analysis.machines.in_doubt([2], 150 * SECOND) == []
    analysis.learn_again(np.zeros(0, np.int64), [0], 100 * SECOND, at=150 * SECOND, who="zhang", why=same("valve"))
    assert not analysis.machines.learned[0]
    assert not analysis.machines.held()


def test_points_that_rest_on_few_readings_scatter_no_more_than_others_do():
    """Ten readings come between two samples, and in two of a hundred but one: as means they would lie three times as far out."""
    random = np.random.default_rng(13)
    many = np.where(random.random(8000) < 0.02, 1, 10)
    first = np.arange(len(many)) * 10 + 1
    at = np.concatenate([start + np.arange(n) for start, n in zip(first, many, strict=True)]) * SECOND
    read = readings(np.tile(np.arange(6), len(at)), np.repeat(at, 6), random.standard_normal(6 * len(at)))
    made = charted(machine(), policies=[Policy(in_force=rules.mask("t2", "spe"))], learning=200, window_s=0.0, most_order=0, machine_every_s=10.0)
    analysis = Analysis(made)
    found = analysis.alarms_of(analysis.feed(read))
    assert analysis.machines.learned[0]
    # 7,600 samples by two limits of one in ten thousand; as means there were 33.
    assert len(found) <= 8


CYCLE_S = 30


def press(n: int = 6, grouped: int = 6) -> Plant:
    """A machine with a counter of its cycles and n signals, the first of which are charted by the cycle."""
    signals = tuple(Signal(k, f"s{k}", "m", f"s{k}", "x", same("x"), "", grouped="cycle" if k < grouped else "each") for k in range(n))
    return Plant("plant", same("plant"), (Asset("m", same("m"), "cell", ideal_cycle_s=float(CYCLE_S)),),
                 (*signals, Signal(n, "c", "m", "c", "cycle_number", same("c"), "")))


def cycle_by_cycle(values: np.ndarray, random: np.random.Generator) -> Readings:
    """Each cycle's values as read every second of it, with noise, after the cycle's number."""
    cycles, n = values.shape
    read = np.repeat(values, CYCLE_S, axis=0) + 0.3 * random.standard_normal((cycles * CYCLE_S, n))
    number = np.repeat(np.arange(cycles), CYCLE_S)[:, None]
    at = (np.arange(cycles * CYCLE_S) + 1) * SECOND
    return readings(np.tile([n, *range(n)], len(read)), np.repeat(at, n + 1), np.concatenate([number, read], axis=1).ravel())


def test_a_machine_that_works_by_cycles_is_a_point_at_the_end_of_each():
    """By the clock most of its signals would be missing from two points of three, and its model would rest on none of them."""
    random = np.random.default_rng(12)
    values = points(random, 260)
    values[240, 0] = -3.0 * np.sign(values[240, 0]) - values[240, 0]
    made = charted(press(), policies=[Policy(limit=6.0, in_force=rules.mask("nelson_1", "t2", "spe"))], learning=50, patience=1, machine_every_s=10.0)
    analysis = Analysis(replace(made, machine_learning=60))
    read = cycle_by_cycle(values, random)
    found = analysis.alarms_of(analysis.feed(read))
    made_of = analysis.machines.models[0]
    assert made_of is not None
    assert made_of.used.all()
    assert [alarm.rule for alarm in found if alarm.rule == "spe"] == ["spe"]
    alarm = next(alarm for alarm in found if alarm.rule == "spe")
    assert (alarm.at, alarm.asset, alarm.others[0]) == ((241 * CYCLE_S + 1) * SECOND, "m", 0)
    again = Analysis(analysis.settings)
    parts = []
    for start in range(0, len(read), 1013):
        parts += again.alarms_of(again.feed(read.taken(slice(start, start + 1013))))
        again = Analysis(analysis.settings).restored(again.snapshot())
    assert parts == found


@pytest.mark.parametrize(("grouped", "every_s", "by_cycle", "times"), [(6, 10.0, True, 3.0), (2, 10.0, True, 3.0), (1, 10.0, False, 1.0), (6, 60.0, True, 1.0),
                                                                      (6, 0.0, False, 1.0)])
def test_how_often_a_machine_is_a_point_says_how_many_it_learns_from_and_how_rare_its_false_alarms_are(grouped: int, every_s: float, by_cycle: bool,
                                                                                                      times: float):
    made = charted(press(grouped=grouped), learning=50, patience=4, machine_every_s=every_s, machine_alpha=1e-4)
    assert bool(made.laid().machine_contexts[0] >= 0) == by_cycle
    assert made.machine_alphas() == pytest.approx([1e-4 * times])
    assert made.machine_points() == [max(round(200 / times), 50)]


def test_limits_beyond_all_points_follow_the_points_own_tail():
    """Exponential points, of which the formula is exact: at one in ten thousand from 400 points it is kept on the whole."""
    random = np.random.default_rng(23)
    limits = np.array([Unseen.of(random.exponential(2.0, 400)).tail_limit(1e-4) for _ in range(500)])
    assert np.median(limits) == pytest.approx(2.0 * np.log(1e4), rel=0.05)


def dependent(random: np.random.Generator, n: int, phi: float) -> np.ndarray:
    """Six signals driven by two causes, all of them autoregressions of the first order, after they have settled."""
    found = random.standard_normal((n + 200, 8))
    for tick in range(1, len(found)):
        found[tick] = phi * found[tick - 1] + np.sqrt(1.0 - phi * phi) * found[tick]
    made: np.ndarray = found[200:, :2] @ LOADINGS.T + 0.3 * found[200:, 2:]
    return made


@pytest.mark.parametrize(("phi", "most"), [(0.0, 0.015), (0.7, 0.02)])
def test_each_remembered_chart_is_beyond_its_limit_about_as_often_as_promised(phi: float, most: float):
    """At 1 in 100, by 40 phases I of 400 points. Of averages at λ = 0.1 these are worth but 21, which the limits allow for; what
    the signals' own dependence takes away besides is not known to them, and costs up to as many false alarms again."""
    random, weight, seen = np.random.default_rng(24), 0.1, []
    for _ in range(40):
        values = dependent(random, 1400, phi)
        made = model(values[:400], 0.01)
        assert made is not None
        kept = memory(values[:400], made, weight, 0.01)
        assert kept is not None
        z = [made.standardised(row) for row in values[400:]]
        spread = averages(np.array([(made.t2(row), made.spe(row)) for row in z]), weight)[20:]
        means = [kept.averaged.standardised(row) for row in averages(values, weight)[400:]]
        shift = np.array([(kept.averaged.t2(row), kept.averaged.spe(row)) for row in means])
        seen.append([*(shift > (kept.averaged.t2_limit, kept.averaged.spe_limit)).mean(axis=0), *(spread > (kept.t2_limit, kept.spe_limit)).mean(axis=0)])
    rates = np.mean(seen, axis=0)
    assert (rates > 0.003).all()
    assert (rates < most).all()


def test_fifths_in_time_keep_limits_honest_where_points_depend_on_each_other():
    random, t2, spe, total = np.random.default_rng(25), 0, 0, 0
    for _ in range(30):
        values = dependent(random, 900, 0.9)
        made = model(values[:400], 0.01)
        assert made is not None
        z = [made.standardised(row) for row in values[400:]]
        t2, spe, total = t2 + sum(made.t2(row) > made.t2_limit for row in z), spe + sum(made.spe(row) > made.spe_limit for row in z), total + len(z)
    assert t2 / total < 0.02
    assert spe / total < 0.02


def test_a_small_lasting_shift_is_found_by_memory_and_not_by_single_points():
    random = np.random.default_rng(26)
    values = points(random, 1000)
    values[600:, 3:5] += [0.45, -0.45]
    analysis = Analysis(settings(0.1, learning=200))
    found = analysis.alarms_of(analysis.feed(second_by_second(values)))
    assert "spe_shift" in {a.rule for a in found}
    first = next(a for a in found if a.rule == "spe_shift")
    assert 600 * SECOND < first.at < 640 * SECOND
    assert set(first.others[:2]) == {3, 4}
    assert not [a for a in found if a.rule in ("t2", "spe") and a.at < first.at]


def test_more_scatter_around_the_same_mean_is_found_by_the_average_of_spe():
    random = np.random.default_rng(29)
    values = points(random, 1000)
    values[600:] += 0.35 * random.standard_normal((400, 6))
    analysis = Analysis(settings(0.1, learning=200))
    found = analysis.alarms_of(analysis.feed(second_by_second(values)))
    assert found[0].rule == "spe_spread"
    assert 600 * SECOND < found[0].at < 640 * SECOND
    assert not {"t2_shift", "spe_shift"} & {a.rule for a in found}


def test_a_signal_never_read_does_not_spoil_a_machines_memory():
    random = np.random.default_rng(28)
    values = points(random, 300)
    values[:, 2] = np.nan
    made = model(values, 0.01)
    assert made is not None
    kept = memory(values, made, 0.1, 0.01)
    assert kept is not None
    assert not kept.averaged.used[2]
    assert np.isfinite([kept.averaged.t2_limit, kept.averaged.spe_limit, kept.t2_limit, kept.spe_limit]).all()


def test_a_snapshot_of_another_weight_is_refused_for_its_limits_belong_to_that():
    with pytest.raises(ValueError, match=r"weight 0\.1, the settings' of 1"):
        Analysis(settings()).restored(Analysis(settings(0.1)).snapshot())
