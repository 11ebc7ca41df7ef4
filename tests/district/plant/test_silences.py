"""A gateway that falls silent is one alarm with its signals counted; it is over when they are back, and the log read in any pieces says the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.district.plant.pipeline import Pipeline, Step
from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.life import Event
from qiantang.domains.factory.alarms.wording import told
from qiantang.kernel.readings import Quality, Readings, readings, together
from qiantang.stores.snapshots import Snapshot
from tests.district.plant import lines
from tests.district.plant.lines import START, S
from tests.domains.factory.plants import SMALL


def with_a_silence(seconds: int = 80, *, silent: tuple[int, ...] = (0, 1, 2, 3, 4, 5), since_s: int = 20, until_s: int = 40,
                   missing: tuple[int, ...] = (), afterwards: Quality = Quality.GOOD) -> Readings:
    """Signals without a fault, of which some are stale for a while, as a lost gateway tells it: once, then nothing."""
    r = lines.happened(seconds, 3, faults=0)
    gone = np.isin(r.signal, silent) & (r.at >= START + since_s * S) & ((r.at < START + until_s * S) | np.isin(r.signal, missing))
    quality = r.quality.copy()
    quality[np.isin(r.signal, silent) & (r.at >= START + until_s * S)] |= int(afterwards)
    kept = Readings(r.signal, r.at, r.received, r.value, quality, r.sequence).taken(~gone)
    lost = readings(list(silent), START + since_s * S, 0.0, quality=int(Quality.STALE))
    return lines.delivered(together([kept, lost]), np.zeros(len(kept) + len(lost), np.int64))


def ran(r: Readings) -> tuple[Pipeline, list[Step]]:
    return lines.piped([(0, r)])


def raised(steps: list[Step]) -> list[Alarm]:
    return [alarm for step in steps for alarm in step.alarms if alarm.rule in ("silent", "quality")]


def test_a_lost_gateway_is_one_alarm_with_its_signals_and_machines_counted_and_over_when_they_are_back() -> None:
    _, steps = ran(with_a_silence())
    (alarm,) = raised(steps)
    assert (alarm.rule, alarm.value, alarm.limit, alarm.since) == ("silent", 6.0, 6.0, START + 20 * S)
    said = told(alarm, SMALL).en
    assert said.startswith("gateway curing/P1 is silent or its connection is lost; 6 signals of 1 machine are stale, since ")
    assert "plate temperature" not in said
    changes = [change for step in steps for change in step.changes if change.alarm.id == alarm.id]
    assert [(c.event, c.told, c.priority) for c in changes] == [(Event.RAISED, True, 2), (Event.RETURNED, False, 2)]
    assert changes[-1].at == START + 40 * S
    assert [f.values["alarm"] for step in steps for f in step.findings if f.values["rule"] in ("silent", "quality")] == [alarm.id]


def test_two_gateways_are_two_alarms_and_one_device_of_a_gateway_says_how_many_of_its_signals() -> None:
    both = raised(ran(with_a_silence(silent=(*range(6), 12)))[1])
    assert [(alarm.asset, alarm.value) for alarm in both] == [("P1", 6.0), ("M1", 1.0)]
    (device,) = raised(ran(with_a_silence(silent=(0, 1, 2)))[1])
    assert "leaves 3 of its 6 signals stale, of 1 machine" in told(device, SMALL).en


def test_what_does_not_come_back_with_the_others_is_told_as_what_it_is_after_a_minute() -> None:
    whole, rest = raised(ran(with_a_silence(120, missing=(4,)))[1])
    assert (whole.value, rest.value) == (6.0, 1.0)
    assert rest.others == (4,)


def test_what_is_bad_once_its_gateway_is_heard_again_is_raised_by_itself() -> None:
    silence, *bad = raised(ran(with_a_silence(silent=(0, 1), afterwards=Quality.BAD))[1])
    assert silence.rule == "silent"
    assert [(a.rule, a.signal, a.since) for a in bad] == [("quality", signal, START + 40 * S) for signal in (0, 1)]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
@settings(max_examples=10, deadline=None)
def test_where_the_log_is_cut_changes_nothing(sizes: list[int]) -> None:
    r = with_a_silence(60, missing=(3,))
    whole, cut = ran(r), lines.piped(lines.split(r, np.array(sizes)))
    assert [a for step in whole[1] for a in step.alarms] == [a for step in cut[1] for a in step.alarms]
    assert whole[0].register.snapshot() == cut[0].register.snapshot()


@pytest.mark.parametrize("second", [15, 25, 45])
def test_a_snapshot_goes_on_as_if_nothing_had_happened(second: int) -> None:
    r = with_a_silence(120, missing=(4,))
    _, steps = ran(r)
    place = int(np.searchsorted(r.received, START + second * S))
    first: list[Step] = []
    taken: list[Snapshot] = []

    def heard(step: Step) -> None:
        if not taken:
            first.append(step)
        if step.upto >= place and not taken:
            taken.append(pipeline.snapshot())

    pipeline = Pipeline([lines.judged_by(lines.settings())], heard, addresses=lines.ADDRESSES)
    pipeline.take(0, r)
    rest: list[Step] = []
    again = Pipeline([lines.judged_by(lines.settings())], rest.append, addresses=lines.ADDRESSES)
    again.restore(taken[0])
    again.take(again.position, r.taken(slice(again.position, None)))
    again.finish()
    assert raised(first + rest) == raised(steps)
