"""Faults of the wire: readings lost, late, twice, or with a wrong clock; births and deaths."""

from __future__ import annotations

import numpy as np

from qiantang.domains.factory.simulation.gateways import Gateways
from qiantang.domains.factory.simulation.signals import Signals
from tests.domains.factory.simulation.running import HOUR
from tests.domains.factory.simulation.test_running_plant import Nobody, quiet

GATEWAY = "gw-press-2"


def with_fault(cause: str, repaired_after: int = 60):
    running = quiet(mender=Nobody()).run(HOUR)
    running.inject(cause, GATEWAY)
    running.run(HOUR + repaired_after)
    running.repair(GATEWAY, "t-01")
    running.run(HOUR + 300)
    signals = Signals(running)
    gateways = Gateways(signals)
    return signals, gateways


def mine(signals: Signals, readings):
    return signals.gateway_of[readings.signal] == signals.gateways.index(GATEWAY)


def test_without_a_fault_everything_arrives_once_and_in_order():
    running = quiet().run(HOUR)
    signals = Signals(running)
    span = signals.between(HOUR - 60, HOUR)
    sent = Gateways(signals).sent(span, HOUR - 60, HOUR)
    assert np.array_equal(sent.value, span.readings.value)
    assert (np.diff(sent.received) >= 0).all()


def test_a_lost_network_leaves_out_one_gateway_while_it_lasts():
    signals, gateways = with_fault("network_loss")
    span = signals.between(HOUR, HOUR + 120)
    sent = gateways.sent(span, HOUR, HOUR + 120)
    assert not mine(signals, sent)[sent.at < sent.at[0] + 60_000_000].any()
    assert mine(signals, sent)[sent.at >= sent.at[0] + 60_000_000].any()
    others = ~mine(signals, span.readings)
    assert (~mine(signals, sent)).sum() == others.sum()
    assert [(n.kind, n.source) for n in gateways.notices(HOUR, HOUR + 120)] == [("death", GATEWAY), ("birth", GATEWAY)]


def test_a_skewed_clock_is_seven_minutes_ahead():
    signals, gateways = with_fault("clock_skew")
    sent = gateways.sent(signals.between(HOUR, HOUR + 30), HOUR, HOUR + 30)
    ahead = sent.at - sent.received
    assert (ahead[mine(signals, sent)] > 419_000_000).all()
    assert (ahead[~mine(signals, sent)] < 0).all()


def test_repeated_frames_come_twice_and_late_ones_later():
    signals, gateways = with_fault("frames_repeated")
    spans = [(HOUR + k * 30, signals.between(HOUR + k * 30, HOUR + (k + 1) * 30)) for k in range(4)]
    sent = [gateways.sent(span, start, start + 30) for start, span in spans]
    whole = sum(len(span.readings) for _, span in spans)
    arrived = sum(map(len, sent))
    faulty = sum(int((mine(signals, span.readings) & (span.readings.at < spans[2][1].readings.at[0])).sum()) for _, span in spans)
    assert 0.04 < (arrived - whole) / faulty < 0.06
    late = sum(int(((r.received - r.at) > 1_000_000).sum()) for r in sent)
    assert 0.08 < late / faulty < 0.12
    for one in sent:
        assert (np.diff(one.received) >= 0).all()


def test_a_storm_of_births_is_ten_a_minute():
    _, gateways = with_fault("rebirth_storm", 120)
    births = gateways.notices(HOUR, HOUR + 60) + gateways.notices(HOUR + 60, HOUR + 180)
    assert {n.source for n in births} == {GATEWAY}
    assert len(births) == 20
    assert len({n.at for n in births}) == 20


def test_every_signal_is_announced_once():
    running = quiet().run(1)
    gateways = Gateways(Signals(running))
    announced = [signal.number for _, _, of in gateways.births() for signal in of]
    assert sorted(announced) == list(range(len(running.plant.signals)))


def test_readings_divide_among_the_gateways():
    running = quiet().run(HOUR)
    signals = Signals(running)
    readings = signals.between(HOUR - 5, HOUR).readings
    parts = dict(Gateways(signals).by_gateway(readings))
    assert set(parts) == set(signals.gateways)
    assert sum(map(len, parts.values())) == len(readings)
