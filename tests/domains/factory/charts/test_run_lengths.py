"""Run lengths: theory against published tables, and the charts themselves against theory, on signals made by a seed."""

from __future__ import annotations

import numpy as np
import pytest

from qiantang.domains.factory.charts import rules, run_lengths
from qiantang.domains.factory.charts.measured import Autoregressive, independent, measured_run_lengths
from qiantang.domains.factory.charts.policy import CORE, TEXTBOOK, Policy
from qiantang.domains.factory.charts.settings import plain


@pytest.mark.parametrize(("shift", "expected"), [(0.0, 370.40), (1.0, 43.89), (2.0, 6.30), (3.0, 2.00)])
def test_three_sigma_limits_have_the_run_lengths_of_every_textbook(shift, expected):
    assert run_lengths.shewhart(3.0, shift) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("names", "expected"), [
    (("nelson_1", "nelson_5"), 225.44), (("nelson_1", "nelson_6"), 166.05), (("nelson_1", "nelson_2"), 152.73),
    (("nelson_1", "nelson_5", "nelson_6"), 132.89), (("nelson_1", "nelson_5", "nelson_2"), 122.05),
    (("nelson_1", "nelson_6", "nelson_2"), 105.78), (("nelson_1", "nelson_5", "nelson_6", "nelson_2"), 91.75),
])
def test_runs_rules_have_the_run_lengths_of_champ_and_woodall(names, expected):
    """C. W. Champ and W. H. Woodall, Technometrics 29 (1987) 393-399, table 1, with runs of eight."""
    assert run_lengths.zone_rules(names, side_run=8) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("weight", "limit", "shift", "expected"), [
    (0.40, 3.054, 0.0, 500.0), (0.25, 2.998, 0.0, 500.0), (0.20, 2.962, 0.0, 500.0), (0.10, 2.814, 0.0, 500.0), (0.05, 2.615, 0.0, 500.0),
    (0.40, 3.054, 1.0, 14.3), (0.20, 2.962, 1.0, 10.5), (0.10, 2.814, 1.0, 10.3), (0.05, 2.615, 1.0, 11.4), (0.10, 2.814, 2.0, 4.36),
])
def test_the_ewma_has_the_run_lengths_of_lucas_and_saccucci(weight, limit, shift, expected):
    """J. M. Lucas and M. S. Saccucci, Technometrics 32 (1990) 1-12, table 3, as they round it."""
    assert run_lengths.ewma(weight, limit, shift) == pytest.approx(expected, rel=0.012)


@pytest.mark.parametrize(("decision", "shift", "expected"), [
    (4.0, 0.0, 168.0), (5.0, 0.0, 465.0), (4.0, 1.0, 8.38), (5.0, 1.0, 10.4), (5.0, 0.5, 38.0), (5.0, 2.0, 4.01), (5.0, 3.0, 2.57),
])
def test_the_cusum_has_the_run_lengths_of_montgomery(decision, shift, expected):
    """D. C. Montgomery, Introduction to Statistical Quality Control, table of tabular CUSUMs with k = 1/2."""
    assert run_lengths.cusum(0.5, decision, shift) == pytest.approx(expected, rel=0.005)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0])
def test_siegmunds_closed_form_is_near_the_integral_equation(shift):
    assert run_lengths.siegmund(0.5, 5.0, shift) == pytest.approx(run_lengths.cusum(0.5, 5.0, shift), rel=0.04)


def test_nine_in_a_row_are_nine_equal_tosses():
    assert run_lengths.run_on_one_side(9) == pytest.approx(511.0)
    assert run_lengths.run_on_one_side(9) == pytest.approx(run_lengths.zone_rules(("nelson_2",)))


def test_three_points_in_order_come_soon_and_the_equations_know_it():
    """Of three points in a row one third are in order; the run length is told by counting orders: 1 + 1/(1 - ...) as the series
    of up-down numbers, e.g. A. Foata: the generating function sec + tan gives 1 + sum of 2·E_n/n! = 2(sec 1 + tan 1) - 2."""
    expected = 2.0 * (1.0 / np.cos(1.0) + np.tan(1.0)) - 2.0
    # Points until three are in order: P(length > n) is the share of n-point orders that alternate throughout, 2·E_n/n!.
    assert run_lengths.trend(3) == pytest.approx(expected, abs=2e-3)


def test_a_baseline_known_exactly_costs_nothing_and_a_poor_one_much():
    def rate(shift: float, factor: float) -> float:
        return 1.0 / run_lengths.shewhart(3.0 * factor, shift)

    from scipy.stats import t  # type: ignore[import-untyped]  # scipy ships no types

    assert run_lengths.estimated(rate, 10_000_000) == pytest.approx(1.0 / 370.4, rel=1e-3)
    exactly = 2.0 * float(t.sf(3.0 / (1.0 + 1.0 / 50) ** 0.5, 49))
    assert exactly > 1.5 / 370.4
    assert run_lengths.estimated(rate, 50) == pytest.approx(exactly, rel=0.06)


THEORY = {"nelson_1": 370.4, "nelson_2": 511.0, "nelson_3": 421.6, "nelson_4": 601.0, "nelson_5": 510.7, "nelson_6": 291.3,
          "nelson_7": 963.3, "ewma": 559.9, "cusum": 465.4, "drift": 2889.7}


def test_in_control_every_chart_runs_as_long_as_theory_says():
    found = measured_run_lengths(plain(2000, TEXTBOOK), independent(), seed=20, watched=tuple(THEORY), most_ticks=6000)
    for rule, theory in THEORY.items():
        assert found[rule].agrees(theory), (found[rule], theory)


def test_after_a_shift_of_one_sigma_the_charts_run_as_long_as_theory_says():
    found = measured_run_lengths(plain(4000, CORE), independent(1.0), seed=22, watched=("nelson_1", "nelson_2", "ewma", "cusum"))
    assert found["nelson_1"].agrees(run_lengths.shewhart(3.0, 1.0))
    assert found["nelson_2"].agrees(run_lengths.run_on_one_side(9, 1.0))
    assert found["ewma"].agrees(run_lengths.ewma(0.2, 3.0, 1.0))
    assert found["cusum"].agrees(run_lengths.cusum(0.5, 5.0, 1.0))


ONCE = Policy(in_force=rules.mask("nelson_1", "ewma", "cusum"))


def test_autocorrelation_ruins_the_run_length_of_raw_charts():
    found = measured_run_lengths(plain(500, ONCE, known=False, learning=2000, most_order=0), Autoregressive(0.7), seed=3, warm=2000)
    assert found["ewma"].mean < 60
    assert found["cusum"].mean < 60


def test_residual_charts_run_as_long_as_theory_says_on_autocorrelated_signals():
    settings = plain(1500, ONCE, known=False, learning=4000, most_order=1)
    found = measured_run_lengths(settings, Autoregressive(0.7), seed=5, warm=4000, watched=("nelson_1", "ewma", "cusum"))

    def theory(run_length) -> float:
        """The run length averaged over what baselines of 4,000 points are off."""
        return run_lengths.estimated(run_length, 4000)

    assert found["nelson_1"].agrees(theory(lambda shift, factor: run_lengths.shewhart(3.0 * factor, shift)))
    assert found["ewma"].agrees(theory(lambda shift, factor: run_lengths.ewma(0.2, 3.0 * factor, shift)))
    assert found["cusum"].agrees(theory(lambda shift, factor: run_lengths.cusum(0.5 * factor, 5.0 * factor, shift)))


def test_the_fitted_autoregression_is_the_one_that_made_the_signal():
    from qiantang.domains.factory.charts.analysis import Analysis
    from qiantang.domains.factory.charts.fitting import ORDER, PHI1, PHI2
    from qiantang.kernel.readings import readings

    n, ticks = 200, 1000
    random = np.random.default_rng(6)
    x = np.zeros((ticks + 200, n))
    for t in range(2, len(x)):
        x[t] = 0.5 * x[t - 1] + 0.3 * x[t - 2] + random.standard_normal(n)
    x = x[200:]
    analysis = Analysis(plain(n, ONCE, known=False, learning=1000, most_order=3))
    analysis.feed(readings(np.tile(np.arange(n), ticks), np.repeat(np.arange(1, ticks + 1) * 1_000_000, n), x.ravel()))
    base = analysis.baselines
    assert analysis.learned.all()
    second = base.view(np.int64)[:, ORDER] == 2
    assert second.mean() > 0.85
    assert base[second, PHI1].mean() == pytest.approx(0.5, abs=0.02)
    assert base[second, PHI2].mean() == pytest.approx(0.3, abs=0.02)


def test_independent_signals_are_given_no_autoregression_but_by_chance():
    from qiantang.domains.factory.charts.analysis import Analysis
    from qiantang.domains.factory.charts.fitting import ORDER
    from qiantang.kernel.readings import readings

    n, ticks = 500, 200
    values = np.random.default_rng(8).standard_normal(n * ticks)
    analysis = Analysis(plain(n, ONCE, known=False, learning=200, most_order=1))
    analysis.feed(readings(np.tile(np.arange(n), ticks), np.repeat(np.arange(1, ticks + 1) * 1_000_000, n), values))
    assert (analysis.baselines.view(np.int64)[:, ORDER] > 0).mean() == pytest.approx(0.05, abs=0.03)
