"""Whatever the wires do to the order of readings, each source's are handed on in the order they happened, each once."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qiantang.domains.factory.ordering import TICK, Ordering
from qiantang.domains.factory.sorting import in_order
from qiantang.kernel.readings import Quality, Readings, readings, together

S = 1_000_000
NOON = 1_795_694_400 * S
LATENESS = 2 * S
DAY = 86_400 * S


def ordering(sources: int = 1, signals: int = 4, lateness: int = LATENESS, *, remember_us: int = 30 * S, remember_most: int = 1_000_000) -> Ordering:
    return Ordering(np.arange(signals, dtype=np.int32) % sources, np.full(sources, lateness), remember_us=remember_us, remember_most=remember_most)


def told(r: Readings, *, source: int = 0, of: int = 1) -> list[tuple[int, int, int, float]]:
    mine = r.taken(r.signal % of == source)
    return list(zip(mine.at.tolist(), mine.signal.tolist(), mine.sequence.tolist(), mine.value.tolist(), strict=True))


def fed(o: Ordering, batches: list[Readings]) -> tuple[Readings, Readings]:
    found = [o.feed(b) for b in batches] + [o.flush()]
    return together([f.readings for f in found]), together([f.late for f in found])


def split(r: Readings, cuts: list[int]) -> list[Readings]:
    places = [0, *sorted(c % (len(r) + 1) for c in cuts), len(r)]
    return [r.taken(slice(a, b)) for a, b in pairwise(places)]


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Readings, Readings, list[int]]:
    """What happened, how it was delivered (delayed within the lateness, shuffled, repeated), and where batches end."""
    n = draw(st.integers(1, 60))
    at = np.cumsum(draw(st.lists(st.sampled_from([0, 0, 1, 50_000, 700_000, 5 * S]), min_size=n, max_size=n))) + NOON
    signal = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    happened = readings(signal, at, np.arange(n) / 4, sequence=np.arange(n))
    again = np.array(draw(st.lists(st.integers(0, n - 1), max_size=n)), np.int64)
    which = np.concatenate([np.arange(n), again])
    delay = np.array(draw(st.lists(st.integers(0, LATENESS - 50_000), min_size=len(which), max_size=len(which))), np.int64)
    received = happened.at[which] + delay
    come = np.argsort(received, kind="stable")
    delivered = happened.taken(which[come])
    delivered = Readings(delivered.signal, delivered.at, received[come], delivered.value, delivered.quality, delivered.sequence)
    return happened, delivered, draw(st.lists(st.integers(0, 200), max_size=8))


@given(deliveries(), st.sampled_from([1, 2]))
def test_any_order_delay_or_repetition_gives_the_same_sequence(case: tuple[Readings, Readings, list[int]], sources: int) -> None:
    happened, delivered, cuts = case
    o = ordering(sources)
    released, late = fed(o, split(delivered, cuts))
    expected = in_order(happened)[0]
    assert len(late) == 0
    for source in range(sources):
        assert told(released, source=source, of=sources) == told(expected, source=source, of=sources)
    assert o.counters.counts.get("repeated", 0) == len(delivered) - len(happened)


@given(deliveries(), st.lists(st.integers(0, 200), max_size=8), st.sampled_from([0, 100_000, LATENESS]))
def test_how_readings_are_split_into_batches_changes_nothing(case: tuple[Readings, Readings, list[int]], other: list[int], lateness: int) -> None:
    _, delivered, cuts = case
    one, two = (fed(ordering(lateness=lateness), split(delivered, c)) for c in (cuts, other))
    for signal in range(4):
        assert told(one[0].taken(one[0].signal == signal)) == told(two[0].taken(two[0].signal == signal))
    assert sorted(told(one[1])) == sorted(told(two[1]))


@given(deliveries(), st.integers(0, 200))
def test_a_snapshot_goes_on_as_if_nothing_had_happened(case: tuple[Readings, Readings, list[int]], cut: int) -> None:
    _, delivered, _ = case
    first, second = split(delivered, [cut])
    straight, before, after = ordering(lateness=100_000), ordering(lateness=100_000), ordering(lateness=100_000)
    a = straight.feed(first)
    a = straight.feed(second)
    before.feed(first)
    after.restore(before.snapshot())
    b = after.feed(second)
    assert told(a.readings) == told(b.readings)
    assert told(a.late) == told(b.late)
    assert told(straight.flush().readings) == told(after.flush().readings)
    assert straight.counters.counts == after.counters.counts


def test_what_is_later_than_the_watermark_is_handed_out_as_late_once() -> None:
    o = ordering()
    o.feed(readings([0, 0], [NOON, NOON + 10 * S], [1.0, 2.0]))
    late = readings([1], [NOON + 3 * S], [7.0], received=NOON + 11 * S)
    first, again = o.feed(late), o.feed(late)
    assert told(first.late) == [(NOON + 3 * S, 1, -1, 7.0)]
    assert len(again.late) == 0
    assert (o.counters.counts["late"], o.counters.counts["repeated"]) == (1, 1)


def test_a_repetition_long_after_is_recognised_as_long_as_it_is_remembered() -> None:
    o = ordering(remember_us=60 * S)
    at = NOON + np.arange(100) * S
    for second in range(100):
        o.feed(readings([0], [at[second]], [float(second)]))
        o.step()
    found = o.feed(readings(np.zeros(100), at, np.arange(100.0), received=at[-1] + S))
    assert (len(found.readings), len(found.late)) == (0, 0)
    assert found.older.at.tolist() == at[at <= o.recent.forgotten[0]].tolist()
    assert len(found.older) > 30
    assert o.counters.counts["repeated"] + len(found.older) + o.pending // 2 == 100


def test_a_window_can_be_had_anew_with_the_late_reading_in_its_place() -> None:
    o = ordering()
    at = NOON + np.arange(20) * S
    o.feed(readings(np.zeros(20), [*np.delete(at, 7).tolist(), at[-1] + S], np.zeros(20)))
    mark = np.array([NOON + 5 * S])
    o.feed(readings([0], [at[7]], [0.5], received=at[-1]))
    assert o.anew(mark[o.source]).at.tolist() == [t for t in at.tolist() if NOON + 5 * S <= t < o.frontier[0]]


def test_a_source_that_keeps_its_order_is_not_waited_for() -> None:
    o = ordering(lateness=0)
    found = o.feed(readings([1, 0, 1], [NOON, NOON, NOON + 1], [1.0, 2.0, 3.0]))
    assert len(found.readings) == 3
    assert len(o.feed(readings([2], [NOON + 1], [1.0])).readings) == 1
    assert len(o.feed(readings([2], [NOON], [1.0])).late) == 1


def test_a_silent_source_holds_nothing_back() -> None:
    o = ordering(2)
    o.feed(readings([0, 1], [NOON, NOON], [1.0, 2.0]))
    found = o.feed(readings([TICK], [NOON + 4 * S], [0.0]))
    assert sorted(found.readings.signal.tolist()) == [0, 1]
    assert o.pending == 0
    assert o.counters.counts == {"received": 2, "released": 2}


def test_a_clock_set_back_by_a_day_is_moved_and_marked_and_keeps_its_pace() -> None:
    o = ordering()
    true = NOON + np.arange(20) * S
    source = np.where(np.arange(20) < 10, true, true - DAY)
    released, late = fed(o, [readings(np.zeros(20), source, np.arange(20.0), received=true + 1_000)])
    assert len(late) == 0
    assert np.diff(released.at).tolist()[10:] == [S] * 9
    assert abs(int(released.at[10]) - int(true[10])) <= 1_000
    assert (released.quality == np.where(np.arange(20) < 10, 0, Quality.CLOCK)).all()
    assert o.counters.counts["clock"] == 10
    assert len(o.feed(readings([0], [int(source[15])], [15.0], received=true[15] + 5_000)).late) == 0


def test_a_clock_far_ahead_does_not_make_the_others_late() -> None:
    o = ordering()
    o.feed(readings([0, 1, 0], [NOON, NOON + DAY, NOON + S], [1.0, 2.0, 3.0], received=NOON))
    assert o.counters.counts == {"received": 3, "clock": 1}


def test_what_was_kept_at_the_edge_for_days_is_believed_when_it_says_so() -> None:
    o = ordering()
    found = o.feed(readings([0], [NOON - 3 * DAY], [1.0], received=NOON, quality=int(Quality.HISTORICAL)))
    assert told(together([found.readings, o.flush().readings])) == [(NOON - 3 * DAY, 0, -1, 1.0)]


def test_a_broker_that_was_dead_for_an_hour_delivers_an_hour_in_order() -> None:
    o = ordering()
    at = NOON + np.arange(3600) * S
    released, late = fed(o, [readings(np.zeros(3600), at, np.arange(3600.0), received=NOON + 3600 * S)])
    assert len(late) == 0
    assert "clock" not in o.counters.counts
    assert released.at.tolist() == at.tolist()


def test_of_two_values_for_one_reading_the_same_one_stays_whatever_came_first() -> None:
    pair = readings([0, 0], [NOON, NOON], [1.0, -1.0], sequence=5)
    kept = [in_order(pair.taken(np.array(which)))[0].value.tolist() for which in ([0, 1], [1, 0])]
    assert kept[0] == kept[1]
    assert in_order(pair)[1:] == (1, 1)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-5, 5), st.integers(0, 2), st.sampled_from([0, 3 * S, DAY])), min_size=1, max_size=80))
def test_both_ways_of_sorting_agree_with_a_plain_sort(rows: list[tuple[int, int, int, int]]) -> None:
    keys = [(NOON + at + far, signal, sequence) for signal, at, sequence, far in rows]
    r = readings([k[1] for k in keys], [k[0] for k in keys], np.zeros(len(keys)), sequence=np.array([k[2] for k in keys]))
    found, repeated, _ = in_order(r)
    assert [k[:3] for k in told(found)] == sorted(set(keys))
    assert repeated == len(keys) - len(set(keys))


def test_memory_stays_bounded_when_much_more_comes_than_is_remembered() -> None:
    o = ordering(signals=100, remember_most=10_000)
    for second in range(100):
        o.feed(readings(np.tile(np.arange(100), 10), np.repeat(NOON + second * S + np.arange(10) * 100_000, 100), np.zeros(1000)))
        o.step()
    assert len(o.recent) <= 10_000
    assert o.pending <= 2_100


def test_what_repeats_a_reading_that_is_ripe_and_not_yet_handed_on_is_no_late_one() -> None:
    o = ordering()
    o.feed(readings([0], [NOON], [1.0]))
    found = [o.feed(readings([signal], [at], [value], received=NOON + 10_000 * (k + 1)))
             for k, (signal, at, value) in enumerate([(1, NOON + 2 * S + 60_000, 2.0), (0, NOON, 1.0)])]
    assert sum(len(f.late) + len(f.older) for f in found) == 0
    assert sum(len(f.readings) for f in found) == 1
    assert o.counters.counts["repeated"] == 1
