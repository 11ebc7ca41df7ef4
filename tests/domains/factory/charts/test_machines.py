"""T² and SPE of a machine: limits from theory, contributions that add up, relations that break though no signal is out of bounds."""

from __future__ import annotations

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


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_machines_are_judged_alike_in_any_batches_and_after_a_restart(weight: float):
    random = np.random.default_rng(7)
    values = points(random, 500)
    values[420:, 3] += 3.0
    whole = second_by_second(values)
    straight = Analysis(settings(weight))
    expected = straight.alarms_of(straight.feed(whole))
    assert {a.rule for a in expected} >= ({"spe"} if weight == 1.0 else {"spe", "spe_shift", "spe_spread"})
    analysis, found = Analysis(settings(weight)), []
    for start in range(0, len(whole), 371):
        found += analysis.alarms_of(analysis.feed(whole.taken(slice(start, start + 371))))
        analysis = Analysis(settings(weight)).restored(analysis.snapshot())
    assert found == expected


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
