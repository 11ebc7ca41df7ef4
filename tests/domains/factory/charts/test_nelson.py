"""Nelson's and the Western Electric rules, EWMA and CUSUM on short sequences: which point breaks the rule, and since when."""

from __future__ import annotations

import numpy as np
import pytest

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis, Raised
from qiantang.domains.factory.charts.policy import Policy
from qiantang.domains.factory.charts.settings import ChartSettings, plain
from qiantang.kernel.readings import readings

SECOND = 1_000_000

# L. S. Nelson, "The Shewhart Control Chart: Tests for Special Causes", Journal of Quality Technology 16 (1984) 237-239, gives each
# test in words and as a figure of zones; the sequences walk through the zones as the words say, in standard deviations.
EXAMPLES = {
    "nelson_1": ([0.2, -1.1, 0.7, 3.1, 0.4], 4, 4),
    "nelson_2": ([-0.3, 0.4, 1.2, 0.3, 0.9, 0.1, 2.1, 0.6, 0.2, 0.8, -0.5], 10, 2),
    "nelson_3": ([0.5, -1.2, -0.8, -0.3, 0.1, 0.9, 1.6, 0.2], 7, 2),
    "nelson_4": ([0.0, 0.6, -0.4, 0.9, 0.2, 1.1, -0.9, 0.3, -0.2, 1.4, 0.1, 0.5, -1.2, 0.7, 0.8], 14, 1),
    "nelson_5": ([0.1, 2.3, 0.4, 2.6, -0.2], 4, 2),
    "nelson_6": ([-0.2, -1.3, -1.6, 0.1, -1.1, -1.9, 0.3], 6, 2),
    "nelson_7": ([1.5, *[0.4, -0.3, 0.9, -0.8, 0.1, 0.2, -0.6, 0.7, -0.1, 0.5, -0.9, 0.3, -0.2, 0.6, -0.4], 1.7], 16, 2),
    "nelson_8": ([0.3, 1.4, -1.2, 1.9, -1.6, 1.1, 1.3, -1.8, 1.2, 0.4], 9, 2),
}


def raised(values: list[float], policy: Policy, settings: ChartSettings | None = None) -> Raised:
    at = (np.arange(len(values)) + 1) * SECOND
    return Analysis(settings or plain(1, policy)).feed(readings([0] * len(values), at, values))


def only(rule: str, **settings: float) -> Policy:
    return Policy(in_force=rules.mask(rule), **settings)  # type: ignore[arg-type]  # numbers of a policy by name


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_rule_breaks_at_the_point_that_completes_the_pattern(rule):
    values, breaks, since = EXAMPLES[rule]
    found = raised(values, only(rule))
    assert [(int(a), int(s)) for a, s in zip(found.at, found.since, strict=True)] == [(breaks * SECOND, since * SECOND)]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_mirrored_pattern_breaks_it_at_the_same_point(rule):
    values, breaks, _ = EXAMPLES[rule]
    found = raised([-v for v in values], only(rule))
    assert list(found.at) == [breaks * SECOND]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_pattern_short_of_its_last_point_breaks_nothing(rule):
    values, breaks, _ = EXAMPLES[rule]
    assert len(raised(values[:breaks - 1], only(rule))) == 0


@pytest.mark.parametrize(("rule", "values"), [
    ("nelson_1", [3.0, -3.0]),
    ("nelson_2", [0.5] * 8 + [0.0] + [0.5] * 8),
    ("nelson_3", [0.1, 0.2, 0.3, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8]),
    ("nelson_4", [0.0, 1.0] * 6 + [0.0, 0.0] + [1.0, 0.0] * 6),
    ("nelson_5", [2.0, 2.0, 2.1, 0.0, 0.0, 2.1, -2.1]),
    ("nelson_6", [1.1, 1.1, 1.1, 1.0, 1.0, 1.1, 1.1, 1.1]),
    ("nelson_7", [0.5] * 14 + [1.0] + [0.5] * 14),
    ("nelson_8", [1.2] * 12),
])
def test_a_point_on_the_line_does_not_count(rule, values):
    assert len(raised(values, only(rule))) == 0


def test_eight_on_one_side_is_western_electric_and_not_nelson():
    values = [0.5] * 8 + [-0.5]
    assert len(raised(values, only("nelson_2"))) == 0
    assert list(raised(values, only("nelson_2", side_run=8)).at) == [8 * SECOND]


def test_an_alarm_is_raised_once_while_it_holds_and_again_after_it_ceased():
    found = raised([4.0, 4.0, 0.0, 4.0], only("nelson_1"))
    assert list(found.at) == [1 * SECOND, 4 * SECOND]
    assert list(found.cleared[found.mask == 0]) == [rules.BIT["nelson_1"]]


# D. C. Montgomery, Introduction to Statistical Quality Control, table 9.1: twenty points at mean 10, ten at mean 11, σ = 1.
MONTGOMERY = [9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84,
              10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52]


def shifted(policy: Policy) -> ChartSettings:
    """Signal 0 with mean 10 and standard deviation 1."""
    made = plain(1, policy)
    return ChartSettings(made.plan, made.bounds, made.policies, bases=1, learning=made.learning, asset_of=("",), known={0: (10.0, 1.0)})


def test_montgomerys_cusum_signals_at_the_29th_point_and_begins_after_the_22nd():
    """His table 9.2 has C⁺ = 5.28 at point 29 with N⁺ = 7: the shift lies between points 22 and 23."""
    policy = only("cusum", cusum_slack=0.5, cusum_decision=5.0)
    found = raised(MONTGOMERY, policy, shifted(policy))
    assert (list(found.at), list(found.since)) == ([29 * SECOND], [23 * SECOND])
    assert found.value[0] == pytest.approx(5.28, abs=0.005)
    assert found.limit[0] == 5.0


def test_montgomerys_ewma_is_beyond_its_limit_from_the_29th_point_on():
    """His example of the EWMA, λ = 0.1 and L = 2.7: z = 10.6468 and 10.6341 at points 29 and 30, the upper limit 10.62."""
    policy = only("ewma", ewma_weight=0.1, ewma_limit=2.7)
    at_target = ChartSettings(shifted(policy).plan, shifted(policy).bounds, (policy,), bases=1, asset_of=("",), known={0: (10.0, 1.0)})
    found = raised(MONTGOMERY, policy, at_target)
    assert list(found.at) == [29 * SECOND]
    assert found.value[0] == pytest.approx(10.6468, abs=5e-5)
    assert found.limit[0] == pytest.approx(10.62, abs=5e-3)


def test_montgomerys_data_break_no_rule_of_shewharts():
    """He says so where he brings them: no point lies beyond three sigma."""
    policy = only("nelson_1")
    assert len(raised(MONTGOMERY, policy, shifted(policy))) == 0


def test_a_cusum_is_back_within_h_over_k_points_of_the_end_of_its_cause():
    policy = only("cusum")
    found = raised([5.0] * 50 + [0.0] * 12, policy)
    ceased = [int(i) + 1 - 50 for i, c in zip(found.index, found.cleared, strict=True) if c]
    assert len(ceased) == 1
    assert ceased[0] <= 10


def test_with_a_release_one_departure_is_one_alarm():
    values = [6.0, -0.5, 3.0, -0.5, 3.0, *[0.0] * 7]
    assert len(raised(values, only("ewma"))) == 3
    found = raised(values, only("ewma", release=0.4))
    assert len(found) == 1
    assert found.cleared[-1] == rules.BIT["ewma"]
