"""What distributions exceed, against scipy's own distributions."""

from __future__ import annotations

import pytest
from scipy import stats  # type: ignore[import-untyped]  # scipy ships no types

from qiantang.domains.factory.charts.quantiles import (
    chi_square_beyond,
    fisher_beyond,
    normal_beyond,
    student_beyond,
)

ALPHAS = (0.5, 0.05, 1e-2, 1e-4, 1e-7)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_quantiles_are_those_of_the_distributions(alpha: float) -> None:
    assert normal_beyond(alpha) == pytest.approx(stats.norm.isf(alpha), rel=1e-10, abs=1e-15)
    for freedom in (2.0, 7.3, 99.0, 799.0):
        assert student_beyond(alpha, freedom) == pytest.approx(stats.t.isf(alpha, freedom), rel=1e-9, abs=1e-12)
        assert chi_square_beyond(alpha, freedom) == pytest.approx(stats.chi2.isf(alpha, freedom), rel=1e-9)
        for components in (1, 4, 33):
            assert stats.f.sf(fisher_beyond(alpha, components, freedom), components, freedom) == pytest.approx(alpha, rel=1e-9)
