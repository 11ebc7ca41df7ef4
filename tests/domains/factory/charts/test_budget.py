"""The alarm budget: textbook limits break it by thousands, the plant's own keep it, and what is really wrong is still found."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from qiantang.domains.factory.charts import layout, rules, run_lengths
from qiantang.domains.factory.charts.analysis import Analysis
from qiantang.domains.factory.charts.budget import budgeted, out_of_control, points_an_hour, policy_for, textbook_rate
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import charted, plain
from qiantang.domains.factory.plant import Asset, Phase, Plant, Recipe, Signal
from qiantang.kernel.readings import readings
from qiantang.kernel.words import same

SECOND = 1_000_000


def plant(machines: int, each: int, operators: int = 4, rate_hz: float = 1.0) -> Plant:
    assets = [Asset("site", same("site"), "site")]
    signals = []
    for m in range(machines):
        assets.append(Asset(f"m{m}", same("m"), "cell", "site", ideal_cycle_s=60.0))
        signals += [Signal(m * each + k, f"m{m}/s{k}", f"m{m}", f"s{k}", "x", same("x"), "", rate_hz=rate_hz) for k in range(each)]
    return Plant("plant", same("plant"), tuple(assets), tuple(signals), operators=operators, synthetic=True)


def test_ten_thousand_signals_in_control_raise_a_hundred_and_more_false_alarms_a_second_by_the_textbook():
    assert textbook_rate() * 10_000 == pytest.approx(126.0, abs=1.0)


def test_the_budget_of_ten_thousand_signals_is_kept():
    ours = plant(80, 125)
    found = budgeted(ours, charted(ours))
    assert found.allowed == 4 * 6 * 0.5
    assert found.textbook == pytest.approx(126.0 * 3600, rel=0.01)
    assert 0.4 * found.allowed < found.expected <= found.allowed
    charts = 6 + 1
    spent = 10_000 * 360 * charts / found.run_length.min()
    assert spent <= found.allowed * 1.01


def test_more_operators_make_tighter_limits():
    limits = [budgeted(p, charted(p)).settings.policies[0].limit for p in (plant(4, 25, 1), plant(4, 25, 8))]
    assert limits[0] > limits[1]


def test_a_signal_read_ten_times_a_second_gets_no_more_of_the_budget_than_one_read_once():
    ours = plant(2, 3)
    quick = Plant("p", same("p"), ours.assets, (*ours.signals[:3], *(Signal(k, f"q{k}", "m1", f"q{k}", "x", same("x"), "", rate_hz=10.0)
                                                                    for k in range(3, 6))), operators=2)
    found = budgeted(quick, charted(quick, window_s=0.0))
    assert found.points_an_hour[5] == 10 * found.points_an_hour[0]
    assert found.run_length[5] == pytest.approx(10 * found.run_length[0], rel=0.4)


@pytest.mark.parametrize("learning", [0, 200])
def test_every_tuned_chart_spends_just_its_part(learning):
    tuned = policy_for(1e4, learning=learning)
    for rule, rate in tuned.rates.items():
        assert rate <= 1.001e-4, rule
        assert rule in ("nelson_2", "nelson_3", "nelson_8") or rate > 0.9e-4, rule
    if not learning:
        assert run_lengths.cusum(0.5, tuned.policy.cusum_decision) == pytest.approx(1e4, rel=0.02)


def test_limits_of_an_estimated_baseline_are_wider():
    known, estimated = policy_for(1e5).policy, policy_for(1e5, learning=200).policy
    assert estimated.limit > known.limit
    assert estimated.drift_limit > 1.2 * known.drift_limit
    assert estimated.cusum_slack == pytest.approx(known.cusum_slack + 2 / 200**0.5)


def test_rules_that_cannot_run_so_long_are_not_in_force():
    strict, easy = policy_for(1e6).policy, policy_for(200.0).policy
    assert not {"nelson_2", "nelson_4", "nelson_5", "nelson_6", "nelson_7", "nelson_8"} & set(rules.names(strict.in_force))
    assert {"nelson_1", "ewma", "cusum", "drift", "range", "quality", "stuck", "t2", "spe"} <= set(rules.names(strict.in_force))
    assert {"nelson_2", "nelson_4", "nelson_5"} <= set(rules.names(easy.in_force))


def test_false_alarms_simulated_are_within_the_budget_and_not_far_below():
    """Four hundred signals at one window a tick, baselines from phase I: alarms that the budget allows over the time simulated."""
    tuned = policy_for(2000.0, learning=200, base=Policy(release=0.5))
    n, ticks, learning = 400, 3000, 200
    settings = plain(n, tuned.policy, known=False, learning=learning)
    analysis = Analysis(settings)
    random = np.random.default_rng(7)
    counted = np.zeros(len(rules.RULES))
    for start in range(0, ticks + learning, 100):
        at = np.repeat((np.arange(start, start + 100) + 1) * SECOND, n)
        found = analysis.feed(readings(np.tile(np.arange(n), 100), at, random.standard_normal(100 * n)))
        counted += np.bincount(found.bit, minlength=len(rules.RULES))
    for rule, rate in tuned.rates.items():
        expected = rate * n * ticks
        assert counted[rules.RULES.index(rule)] <= expected + 4 * expected**0.5, rule
    total = sum(tuned.rates.values()) * n * ticks
    assert 0.5 * total < counted.sum() <= 1.1 * total


def phased(signals: int) -> Plant:
    """One machine with a phase of 25 s and one of 5 s, and signals that follow them."""
    assets = (Asset("site", same("site"), "site"), Asset("m", same("m"), "cell", "site", step="s", ideal_cycle_s=30.0))
    follow = tuple(Signal(k, f"m/s{k}", "m", f"s{k}", "x", same("x"), "", phases=True) for k in range(1, signals + 1))
    told = Signal(0, "m/phase", "m", "phase", "phase_number", same("phase"), "")
    return Plant("plant", same("plant"), assets, (told, *follow), recipes=(Recipe("r", "", "s", (Phase("long", 25.0), Phase("short", 5.0))),),
                 operators=4, synthetic=True)


def test_windows_that_a_phase_cuts_short_are_points_as_well():
    made = phased(1)
    settings = charted(made, window_s=10.0)
    # 360 windows and 240 ends of phases an hour.
    assert list(points_an_hour(made, settings)) == [0.0, 600.0]


def test_windows_learnt_from_as_few_points_as_there_are_cycles_raise_no_more_false_alarms_than_their_limits_promise():
    """A window of 10 s, one of 10 s and one of 5 s in the long phase, one of 5 s in the short one: four points a cycle of each signal."""
    n, learning, judged = 120, 100, 500
    tuned = policy_for(2000.0, learning=learning, base=Policy(release=0.5))
    settings = charted(phased(n), policies=[tuned.policy], learning=learning, patience=4, window_s=10.0, settle_s=0.0, machine_every_s=0.0)
    analysis = Analysis(settings)
    random = np.random.default_rng(8)
    counted = np.zeros(len(rules.RULES))
    for start in range(0, learning + judged, 20):
        seconds = np.arange(start * 30, (start + 20) * 30)
        values = random.standard_normal((len(seconds), n + 1))
        values[:, 0] = seconds % 30 >= 25
        found = analysis.feed(readings(np.tile(np.arange(n + 1), len(seconds)), np.repeat((seconds + 1) * SECOND, n + 1), values.ravel()))
        counted += np.bincount(found.bit, minlength=len(rules.RULES))
        if start + 20 == learning:
            assert counted.sum() == 0
    parts = settings.plan[1:, layout.FIRST_BASE, None] + np.array([0, 1, 2, 3])
    assert analysis.learned[parts].all()
    for rule, rate in tuned.rates.items():
        expected = rate * n * 4 * judged
        assert counted[rules.RULES.index(rule)] <= expected + 4 * expected**0.5, rule


def test_delays_are_those_of_theory_and_a_large_shift_is_found_at_once():
    ours = plant(80, 125)
    found = budgeted(ours, charted(ours))
    delays = found.delays(0)
    assert [d.shift for d in delays] == [0.5, 1.0, 2.0, 3.0, 4.0, 6.0]
    assert all(a.seconds > b.seconds for a, b in itertools.pairwise(delays))
    assert delays[-2].seconds < 60
    policy = found.settings.policies[int(found.settings.plan[0, layout.POLICY])]
    assert delays[3].points == pytest.approx(out_of_control(policy, delays[3].rule, 3.0))
