"""Capability: worked examples, intervals that hold the true index as often as they say, unknown where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm  # type: ignore[import-untyped]  # scipy ships no types

from qiantang.domains.factory.measures.capability import capability


def _with(mean: float, sd: float, n: int) -> np.ndarray:
    """Values of exactly this mean and standard deviation."""
    z = norm.ppf((np.arange(n) + 0.5) / n)
    return np.asarray(mean + sd * (z - z.mean()) / z.std(ddof=1))


def test_the_worked_example_of_the_nist_handbook() -> None:
    # NIST/SEMATECH e-Handbook 6.1.6: limits 8 and 20, mean 16, s 2: Cp 1.0, Cpk 0.6667.
    found = capability(_with(16.0, 2.0, 50), None, 8.0, 20.0)
    assert found is not None
    assert found.pp is not None
    assert found.pp.value == pytest.approx(1.0)
    assert found.ppk.value == pytest.approx(2 / 3)
    n = 50
    assert found.pp.low == pytest.approx(np.sqrt(chi2.ppf(0.025, n - 1) / (n - 1)))
    assert found.pp.high == pytest.approx(np.sqrt(chi2.ppf(0.975, n - 1) / (n - 1)))
    assert found.ppk.high - found.ppk.value == pytest.approx(1.959964 * np.sqrt(1 / (9 * n) + (2 / 3) ** 2 / (2 * (n - 1))), rel=1e-6)


def test_a_shift_between_subgroups_lowers_ppk_and_leaves_cpk() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(200), 5)
    values = rng.normal(0, 1, 1000) + np.repeat(rng.normal(0, 2, 200), 5)
    found = capability(values, group, -6.0, 6.0)
    assert found is not None
    assert found.within == pytest.approx(1.0, abs=0.06)
    assert found.overall == pytest.approx(np.sqrt(5), abs=0.25)
    assert found.freedom == 800
    assert found.cpk.value > 1.7 > found.ppk.value


def test_one_sided_specifications_have_no_width() -> None:
    found = capability(_with(16.0, 2.0, 30), None, None, 20.0)
    assert found is not None
    assert found.cp is None
    assert found.pp is None
    assert found.ppk.value == pytest.approx(4 / 6)


@pytest.mark.parametrize(("values", "lower", "upper"), [
    ([1.0, 2.0, 3.0], None, None), ([1.0], 0.0, 2.0), ([2.0, 2.0, 2.0], 0.0, 3.0), ([np.nan, 1.0], 0.0, 3.0)])
def test_where_nothing_can_be_said_nothing_is(values, lower, upper) -> None:
    assert capability(np.array(values), None, lower, upper) is None


def test_subgroups_of_one_say_nothing_of_what_is_within() -> None:
    assert capability(np.array([1.0, 2.0, 3.0]), np.array([1, 2, 3]), 0.0, 5.0) is None


def test_what_is_no_number_is_left_out() -> None:
    clean = _with(16.0, 2.0, 30)
    assert capability(np.r_[clean, np.nan], None, 8.0, 20.0) == capability(clean, None, 8.0, 20.0)


def test_the_intervals_hold_the_true_index_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    times, held_cp, held_cpk, held_single = 2000, 0, 0, 0
    group = np.repeat(np.arange(20), 5)
    for _ in range(times):
        values = rng.normal(0.5, 1.0, 100)  # true Cp 4/3, Cpk 3.5/3
        found = capability(values, group, -4.0, 4.0)
        alone = capability(values, None, -4.0, 4.0)
        assert found is not None
        assert found.cp is not None
        assert alone is not None
        assert alone.cp is not None
        held_cp += found.cp.low <= 4 / 3 <= found.cp.high
        held_cpk += found.cpk.low <= 3.5 / 3 <= found.cpk.high
        held_single += alone.cp.low <= 4 / 3 <= alone.cp.high
    # 95 % of 2,000 is 1,900 ± 30 (three standard deviations); Bissell's and the moving range's are approximations.
    assert abs(held_cp - 1900) <= 30
    assert abs(held_cpk - 1900) <= 40
    assert abs(held_single - 1900) <= 45
