"""The same readings give the same alarms: in any batches, in any interleaving, in both kernels, in plain Python, after a restart."""

from __future__ import annotations

import itertools
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.charts.analysis import Analysis, Raised, digest, digest_of
from qiantang.domains.factory.charts.policy import CORE, TEXTBOOK, Policy
from qiantang.domains.factory.charts.screening import Screening
from qiantang.domains.factory.charts.settings import ChartSettings, plain
from qiantang.kernel.readings import Quality, Readings, readings
from tests.domains.factory.charts.oracle import events_of

SECOND = 1_000_000
EVERYTHING = Policy(release=0.7, stuck_run=4, stuck_rate=1e-3)


def unruly(seed: int, signals: int = 7, ticks: int = 120) -> Readings:
    """Readings of some signals that misbehave in every way: shifts, trends, alternation, stuck, bad, out of range; some missing."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((ticks, signals))
    values[40:70, 0] += 2.5
    values[30:, 1] += np.arange(ticks - 30) * 0.08
    values[50:80, 2] = np.where(np.arange(30) % 2, 1.3, -1.3)
    values[60:90, 3] = 0.25
    values[20:60, 4] *= 0.3
    values[10, 5], values[80:83, 5] = np.nan, 12.0
    values = np.round(values, 2)
    here = random.random((ticks, signals)) < 0.9
    at, signal = np.nonzero(here)
    quality = np.where(random.random(len(at)) < 0.03, int(Quality.BAD), 0)
    return readings(signal, (at + 1) * SECOND + signal, values[here], quality=quality)


def bounded(policy: Policy, signals: int = 7, window_s: float = 0.0) -> ChartSettings:
    made = plain(signals, policy, learning=30, window_s=window_s)
    made.bounds[:] = (-9.0, 9.0, 5.0)
    return made


def raised_by(analysis: Analysis, batches: list[Readings]) -> list[tuple[int, int, int]]:
    found = []
    for batch in batches:
        raised = analysis.feed(batch)
        found += began(batch, raised)
    return sorted(found)


def began(batch: Readings, raised: Raised) -> list[tuple[int, int, int]]:
    return [(int(s), int(batch.at[i]), int(m)) for i, s, m in zip(raised.index, raised.signal, raised.mask, strict=True) if m]


def cut(batch: Readings, cuts: list[int]) -> list[Readings]:
    edges = [0, *sorted(c % (len(batch) + 1) for c in cuts), len(batch)]
    return [batch.taken(slice(a, b)) for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize("window_s", [0.0, 5.0])
@pytest.mark.parametrize("policy", [TEXTBOOK, EVERYTHING])
def test_plain_python_raises_the_same(policy, window_s):
    for seed in range(5):
        batch = unruly(seed)
        found = raised_by(Analysis(bounded(policy, window_s=window_s)), [batch])
        expected = events_of(policy, batch.signal.tolist(), batch.at.tolist(), batch.value.tolist(), batch.quality.tolist(), learning=30,
                             bounds=(-9.0, 9.0, 5.0), window_us=round(window_s * SECOND))
        assert found == expected
        assert len(found) > 20


def test_the_unruly_readings_break_every_rule_of_a_signal():
    seen = 0
    for seed in range(10):
        for _, _, mask in raised_by(Analysis(bounded(EVERYTHING)), [unruly(seed)]):
            seen |= mask
    assert rules.names(seen) == rules.RULES[:15]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.lists(st.integers(0, 10_000), max_size=12), st.sampled_from([0.0, 5.0]))
def test_any_cut_into_batches_gives_the_same(seed, cuts, window_s):
    batch = unruly(seed)
    whole = raised_by(Analysis(bounded(EVERYTHING, window_s=window_s)), [batch])
    assert raised_by(Analysis(bounded(EVERYTHING, window_s=window_s)), cut(batch, cuts)) == whole


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.randoms(use_true_random=False))
def test_any_interleaving_of_signals_gives_the_same(seed, random):
    batch = unruly(seed)
    places = [list(np.flatnonzero(batch.signal == s)) for s in range(7)]
    order = []
    while any(places):
        order.append(random.choice([p for p in places if p]).pop(0))
    mixed = batch.taken(np.array(order))
    assert raised_by(Analysis(bounded(EVERYTHING)), [mixed]) == raised_by(Analysis(bounded(EVERYTHING)), [batch])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(0, 10_000))
def test_a_restart_from_a_snapshot_gives_the_same(seed, at):
    before, after = cut(unruly(seed), [at])
    straight, first = Analysis(bounded(EVERYTHING, window_s=5.0)), Analysis(bounded(EVERYTHING, window_s=5.0))
    expected = raised_by(straight, [before, after])
    found = raised_by(first, [before])
    again = Analysis(bounded(EVERYTHING, window_s=5.0)).restored(first.snapshot())
    assert sorted(found + raised_by(again, [after])) == expected
    assert again.snapshot() == straight.snapshot()


def test_a_restart_in_the_middle_of_phase_one_gives_the_same():
    settings_ = plain(7, EVERYTHING, learning=60, known=False, most_order=2)
    before, after = cut(unruly(3), [300])
    straight, first = Analysis(settings_), Analysis(settings_)
    expected = raised_by(straight, [before, after])
    found = raised_by(first, [before])
    assert not first.learned.all()
    assert sorted(found + raised_by(Analysis(settings_).restored(first.snapshot()), [after])) == expected


def test_a_snapshot_of_other_settings_is_refused():
    snapshot = Analysis(plain(3)).snapshot()
    with pytest.raises(ValueError, match="3 signals"):
        Analysis(plain(4)).restored(snapshot)


def core_digests(ticks: np.ndarray, batch: int, *, policy: Policy = CORE) -> set[tuple[int, int]]:
    """The digest of every way to judge the same ticks: dense, scattered in two interleavings, full."""
    many, n = ticks.shape
    random = np.random.default_rng(5)
    found = set()
    for way in ("dense", "scattered", "shuffled", "by turns", "full"):
        so_far = (0, 0)
        screening = Screening(np.zeros(n), np.ones(n), [policy])
        analysis = Analysis(plain(n, policy))
        for start in range(0, many, batch):
            part = ticks[start:start + batch]
            order = np.arange(n) if way != "shuffled" else random.permutation(n)
            signal = np.tile(order.astype(np.int32), len(part))
            value = np.ascontiguousarray(part[:, order]).ravel()
            at = np.repeat((np.arange(start, start + len(part), dtype=np.int64) + 1) * SECOND, n)
            if way == "full":
                columns = readings(signal, at, value)
                so_far = digest(columns, analysis.feed(columns), so_far)
                continue
            dense = way == "dense" or (way == "by turns" and start // batch % 2)
            events = screening.ticks(part) if dense else screening.feed(signal, value)
            which = events.mask != 0
            so_far = digest_of(events.signal[which], at[events.index[which]], events.mask[which], so_far)
        found.add(so_far)
    return found


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_dense_scattered_and_full_kernels_have_one_digest(batch):
    ticks = np.random.default_rng(11).standard_normal((100, 333))
    assert len(core_digests(ticks, batch)) == 1


def test_every_batch_size_has_one_digest():
    ticks = np.random.default_rng(12).standard_normal((3000, 100))
    found = core_digests(ticks, 1) | core_digests(ticks, 13) | core_digests(ticks, 3000)
    assert len(found) == 1
    assert found.pop()[0] > 2000


def test_kernels_agree_also_with_a_release():
    ticks = np.random.default_rng(13).standard_normal((500, 150)) + 0.5
    assert len(core_digests(ticks, 50, policy=Policy(release=0.5, in_force=rules.CORE))) == 1


def test_policies_may_differ_from_signal_to_signal():
    n = 200
    policies = [CORE, Policy(limit=2.0, ewma_limit=2.0, in_force=rules.CORE), Policy(cusum_decision=3.0, in_force=rules.CORE)]
    of = np.random.default_rng(1).integers(0, 3, n)
    ticks = np.random.default_rng(2).standard_normal((200, n))
    dense, scattered = (Screening(np.zeros(n), np.ones(n), policies, of) for _ in range(2))
    a = dense.ticks(ticks)
    b = scattered.feed(np.tile(np.arange(n, dtype=np.int32), 200), ticks.ravel())
    for column in ("index", "signal", "mask", "cleared"):
        assert np.array_equal(getattr(a, column), getattr(b, column))
    full = Analysis(plain(n).with_policies(policies, of)).feed(
        readings(np.tile(np.arange(n), 200), np.repeat((np.arange(200) + 1) * SECOND, n), ticks.ravel()))
    assert np.array_equal(full.index, a.index)
    assert np.array_equal(full.mask, a.mask)


def test_missing_values_in_a_dense_tick_are_passed_over():
    ticks = np.random.default_rng(3).standard_normal((50, 70))
    ticks[10, 5] = np.nan
    screening = Screening(np.zeros(70), np.ones(70))
    parts = [screening.ticks(ticks[a:a + 10]) for a in range(0, 50, 10)]
    expected = events_of(CORE, *([c[~np.isnan(ticks.ravel())].tolist() for c in (
        np.tile(np.arange(70), 50), np.repeat(np.arange(50), 70), ticks.ravel(), np.zeros(3500, int))]), learning=10_000, bounds=(-inf, inf, inf))
    found = sorted((int(s), int(i) // 70 + 10 * part, int(m)) for part, p in enumerate(parts)
                   for i, s, m in zip(p.index, p.signal, p.mask, strict=True) if m)
    assert found == expected


def test_readings_of_signals_the_plant_does_not_know_are_counted_and_left_out():
    analysis = Analysis(plain(2))
    found = analysis.feed(readings([0, 7, -1, 1], [SECOND] * 4, [0.0, 9.0, 9.0, 9.0]))
    assert analysis.counters == {"unknown_signal": 2}
    assert list(found.index) == [3]


def test_no_readings_raise_nothing():
    assert len(Analysis(plain(2)).feed(readings([], [], []))) == 0
