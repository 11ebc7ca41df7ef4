"""What the host makes of births, data and deaths, and of everything an edge node may do wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.readings import Directory, Quality, Readings, together
from qiantang.kernel.words import LANGS
from qiantang.links.messages import Said, messages
from qiantang.links.sparkplug.decoding import decode
from qiantang.links.sparkplug.encoding import Metric, payload
from qiantang.links.sparkplug.fields import DataType
from qiantang.links.sparkplug.host import HostSettings, SparkplugHost
from qiantang.links.sparkplug.nodes import TABLE, Event, State
from qiantang.links.sparkplug.remembering import RememberingHost
from qiantang.links.sparkplug.taking import ClockRule
from qiantang.links.sparkplug.telling import TELLINGS
from tests.links.sparkplug.reference import Payload
from tests.links.sparkplug.talking import MS, SECOND, T0, Message, Talker, batch, host_of, kinds, tell, values


def rows(readings: Readings) -> list[tuple[int, int, float, int]]:
    """Signal, instant, value (NaN as None's like), quality."""
    return list(zip(readings.signal.tolist(), readings.at.tolist(), [v if math.isfinite(v) else -1e99 for v in readings.value.tolist()],
                    readings.quality.tolist(), strict=True))


# What goes right.

def test_births_name_the_signals_and_data_by_alias_are_their_readings() -> None:
    talker, host = Talker(), host_of()
    born = tell(host, *talker.births())
    assert host.directory.addresses == ["G/E/P1/temperature", "G/E/P1/pressure"], "bdSeq and Node Control are no signals"
    assert values(born) == [170.0, -5.0], "the values of the birth are the first readings"
    said = tell(host, talker.ddata(171.5), talker.ddata(-7, alias=2, datatype=DataType.INT16))
    assert said.readings.signal.tolist() == [0, 1]
    assert values(said) == [171.5, -7.0]
    assert said.readings.quality.tolist() == [0, 0]
    assert said.readings.at.tolist() == [talker.now - 10 * MS, talker.now]
    assert host.counters.counts["readings"] == 4


def test_the_same_name_on_two_devices_is_two_signals_and_a_node_s_own_metric_has_no_device() -> None:
    talker, host = Talker(), host_of()
    tell(host, talker.nbirth(Metric("load", DataType.FLOAT, 0.5, 9)), talker.dbirth(),
         talker.dbirth(Metric("temperature", DataType.DOUBLE, 1.0, 3), device="P2"))
    assert host.directory.addresses == ["G/E//load", "G/E/P1/temperature", "G/E/P1/pressure", "G/E/P2/temperature"]
    assert [(m.device, m.name, m.unit, m.datatype) for m in host.births if m.name == "temperature"] == [
        ("P1", "temperature", "°C", DataType.DOUBLE), ("P2", "temperature", "", DataType.DOUBLE)]


def test_an_edge_without_aliases_is_understood_by_names() -> None:
    talker, host = Talker(), host_of()
    tell(host, talker.nbirth(), talker.dbirth(Metric("温度", DataType.DOUBLE, 1.0), Metric("n", DataType.INT32, 1)))
    now = talker.later()
    metrics = [Metric("n", DataType.INT32, -9), Metric("温度", DataType.DOUBLE, 2.5)]
    said = tell(host, (talker.topic("DDATA", "P1"), payload(now // MS, metrics, talker.count()), now))
    assert said.readings.signal.tolist() == [1, 0]
    assert values(said) == [-9.0, 2.5]


@pytest.mark.parametrize(("datatype", "value"), [
    (DataType.INT8, -128), (DataType.INT16, -32768), (DataType.INT32, -2**31), (DataType.INT64, -2**40), (DataType.UINT8, 255), (DataType.UINT16, 65535),
    (DataType.UINT32, 2**32 - 1), (DataType.UINT64, 2**53), (DataType.FLOAT, 0.25), (DataType.DOUBLE, 1e-300), (DataType.BOOLEAN, 1)])
def test_every_numeric_datatype_becomes_a_number_by_the_datatype_of_its_birth(datatype: DataType, value: float) -> None:
    talker, host = Talker(), host_of()
    stated = Metric("x", datatype, 0, 1)
    tell(host, talker.nbirth(), talker.dbirth(stated))
    found = Payload()
    found.seq = talker.count()
    metric = found.metrics.add(alias=1)
    sample = Payload.FromString(payload(1, [Metric("x", datatype, value, 1)])).metrics[0]
    member = sample.WhichOneof("value")
    setattr(metric, member, getattr(sample, member))
    assert not metric.HasField("datatype"), "data need not repeat it"
    assert values(tell(host, (talker.topic("DDATA", "P1"), found.SerializeToString(), T0))) == [value]


def test_eight_bits_of_a_negative_number_are_read_whether_sent_as_8_or_32() -> None:
    talker, host = Talker(), host_of()
    tell(host, talker.nbirth(), talker.dbirth(Metric("x", DataType.INT8, 0, 1)))
    for raw in (0xFF, 0xFFFFFFFF):
        found = Payload(seq=talker.count())
        found.metrics.add(alias=1, v_int=raw)
        assert values(tell(host, (talker.topic("DDATA", "P1"), found.SerializeToString(), T0))) == [-1.0]


def test_a_metric_without_an_instant_has_its_message_s_and_a_message_without_one_ours() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    with_one = payload(T0 // MS + 77, [Metric("", DataType.DOUBLE, 1.0, 1)], talker.count())
    without = payload(None, [Metric("", DataType.DOUBLE, 1.0, 1)], talker.count())
    said = tell(host, (talker.topic("DDATA", "P1"), with_one, T0 + 5), (talker.topic("DDATA", "P1"), without, T0 + 6))
    assert said.readings.at.tolist() == [T0 + 77 * MS, T0 + 6]


# The certificate of the host.

def test_the_host_s_birth_has_the_timestamp_of_its_will_and_both_are_retained() -> None:
    host = SparkplugHost("district", Directory())
    will = host.will(T0)
    assert will is not None
    assert (will.topic, will.qos, will.retain) == ("spBv1.0/STATE/district", 1, True)
    assert json.loads(will.payload) == {"online": False, "timestamp": T0 // MS}
    (birth,) = host.connected(T0 + SECOND).publications
    assert (birth.topic, birth.qos, birth.retain) == (will.topic, 1, True)
    assert json.loads(birth.payload) == {"online": True, "timestamp": T0 // MS}
    assert json.loads(host.farewell(T0 + 9 * SECOND)[0].payload) == {"online": False, "timestamp": T0 // MS + 9_000}
    again = host.will(T0 + 60 * SECOND)
    assert again is not None
    assert json.loads(again.payload)["timestamp"] == T0 // MS + 60_000, "each connection has its own"


def test_the_host_subscribes_its_own_state_first_and_then_what_edges_publish() -> None:
    host = SparkplugHost("district", Directory(), groups=("G",))
    topics = [topic for topic, _ in host.subscriptions]
    assert topics[0] == "spBv1.0/STATE/district"
    assert "spBv1.0/G/NDATA/+" in topics
    assert "spBv1.0/G/DBIRTH/+/+" in topics


def test_a_secondary_host_publishes_no_certificate() -> None:
    host = SparkplugHost("district", Directory(), HostSettings(primary=False))
    assert host.will(T0) is None
    assert host.connected(T0).publications == ()
    assert host.farewell(T0) == ()


def test_a_host_that_is_said_to_be_offline_says_at_once_that_it_is_not() -> None:
    host, later = host_of(), json.dumps({"online": False, "timestamp": T0 // MS + 500}).encode()
    said = tell(host, ("spBv1.0/STATE/district", later, T0 + SECOND))
    assert [(p.topic, json.loads(p.payload), p.retain) for p in said.publications] == [
        ("spBv1.0/STATE/district", {"online": True, "timestamp": T0 // MS}, True)]
    assert kinds(said) == ["contested"]
    assert tell(host, ("spBv1.0/STATE/district", later, T0 + SECOND + 1)).publications == (), "two hosts of one name do not shout"
    assert tell(host, ("spBv1.0/STATE/other", b'{"online":false,"timestamp":1}', T0 + 3 * SECOND)).publications == ()
    assert tell(host, ("spBv1.0/STATE/district", b"OFFLINE", T0 + 3 * SECOND)).publications == ()


def test_a_certificate_nested_without_end_is_no_certificate() -> None:
    """It is retained: a host that stumbles over it stumbles at every connection, and hears nobody."""
    talker, host = Talker(), host_of()
    host.connected(T0)
    said = tell(host, ("spBv1.0/STATE/district", b"[" * 200_000, T0 + SECOND), *talker.births())
    assert kinds(said) == ["garbled", "birth", "birth"]
    assert len(said.readings)


def test_what_the_host_itself_said_when_it_left_last_is_contradicted_and_laid_to_nobody() -> None:
    host = host_of()
    said = tell(host, ("spBv1.0/STATE/district", json.dumps({"online": False, "timestamp": T0 // MS - 60_000}).encode(), T0 + SECOND))
    assert [json.loads(p.payload) for p in said.publications] == [{"online": True, "timestamp": T0 // MS}]
    assert kinds(said) == []


@pytest.mark.parametrize("name", ["", "a/b", "a+", "#"])
def test_an_id_with_reserved_characters_is_refused(name: str) -> None:
    with pytest.raises(Exception, match=r"\+ / #") as refused:
        SparkplugHost(name, Directory())
    assert "+ / #" in str(refused.value)


# Deaths.

def test_a_death_leaves_every_signal_stale_at_its_last_value_by_our_clock() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births(), talker.ddata(180.0))
    topic, content, _ = talker.ndeath()
    said = tell(host, (topic, content, T0 + 99 * SECOND))
    assert rows(said.readings) == [(0, T0 + 99 * SECOND, 180.0, Quality.STALE), (1, T0 + 99 * SECOND, -5.0, Quality.STALE)]
    assert kinds(said) == ["death"]
    assert host.state("G", "E") is State.OFFLINE
    assert values(tell(host, talker.ddata())) == [], "data of the dead mean nothing"


def test_what_is_stale_comes_after_the_last_reading_of_a_node_whose_clock_is_ahead() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    ahead = talker.now + 3 * SECOND
    tell(host, (talker.topic("DDATA", "P1"), payload(ahead // MS, [Metric("", DataType.DOUBLE, 9.0, 1, ahead // MS)], talker.count()), talker.later()))
    said = tell(host, talker.ndeath())
    assert said.readings.at.min() > ahead
    assert (said.readings.received == talker.now).all()


def test_a_device_s_death_leaves_its_signals_stale_at_the_instant_it_states() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births(), talker.dbirth(Metric("x", DataType.DOUBLE, 3.0, 3), device="P2"))
    topic, content, at = talker.ddeath()
    said = tell(host, (topic, content, at + 2 * SECOND))
    assert [(s, t, q) for s, t, _, q in rows(said.readings)] == [(0, at, Quality.STALE), (1, at, Quality.STALE)]
    assert values(tell(host, talker.ddata(4.0, alias=3, device="P2"))) == [4.0], "the other device goes on"
    asking = tell(host, talker.ddata(4.0))
    assert kinds(asking) == ["unborn", "rebirth"]


def test_the_will_of_an_earlier_connection_kills_nobody() -> None:
    talker, host = Talker(bdseq=4), host_of()
    tell(host, *talker.births())
    said = tell(host, talker.ndeath(bdseq=3))
    assert kinds(said) == ["old_death"]
    assert len(said.readings) == 0
    assert host.state("G", "E") is State.ONLINE
    assert kinds(tell(host, talker.ndeath(bdseq=4))) == ["death"]


def test_a_device_that_is_not_born_again_with_its_node_becomes_stale() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    tell(host, talker.nbirth())
    assert len(host.tick(talker.now + 9 * SECOND).readings) == 0
    late = host.tick(talker.now + 11 * SECOND)
    assert kinds(late) == ["missing_device"]
    assert late.readings.quality.tolist() == [Quality.STALE] * 2
    assert len(host.tick(talker.now + 30 * SECOND).readings) == 0, "once"


# Counts.

def test_data_before_any_birth_are_set_aside_and_a_rebirth_is_asked_for_but_not_again_and_again() -> None:
    talker, host = Talker(), host_of()
    first = tell(host, talker.ddata())
    assert len(first.readings) == 0
    (request,) = first.publications
    assert (request.topic, request.qos, request.retain) == ("spBv1.0/G/NCMD/E", 0, False)
    command = Payload.FromString(request.payload)
    assert [(m.name, m.v_bool, m.datatype) for m in command.metrics] == [("Node Control/Rebirth", True, DataType.BOOLEAN)]
    assert command.HasField("timestamp")
    assert not command.HasField("seq"), "a command carries no count"
    asked = sum(len(tell(host, talker.ddata()).publications) for _ in range(2500))
    assert asked == 1, "25 seconds of data bring one more request, ten seconds after the first; the next waits twice as long"
    assert host.counters.counts["unborn"] == 2501


def test_many_nodes_at_once_are_asked_a_few_a_second() -> None:
    host = host_of()
    storm = [Talker(edge=f"E{i}").ddata() for i in range(400)]
    assert len(tell(host, *storm).publications) == 50
    later = [len(host.tick(T0 + second * SECOND).publications) for second in range(1, 9)]
    assert later == [50] * 7 + [0]


def test_a_missing_message_is_waited_for_and_then_given_up_with_a_rebirth() -> None:
    talker, host = Talker(), host_of(HostSettings(reorder_us=2 * SECOND))
    tell(host, *talker.births())
    talker.ddata(1.0)
    waiting = tell(host, talker.ddata(2.0), talker.ddata(3.0))
    assert len(waiting.readings) == 0
    assert host.state("G", "E") is State.WAITING
    given_up = host.tick(talker.now + 2 * SECOND)
    assert values(given_up) == [2.0, 3.0], "nothing that came is lost"
    assert kinds(given_up) == ["gap", "rebirth"]
    assert "count 3 came where 2 was due" in given_up.notices[0].told.en
    assert len(given_up.publications) == 1
    assert values(tell(host, talker.ddata(4.0))) == [4.0]


def test_messages_out_of_order_are_put_in_order_and_no_rebirth_is_asked_for() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    one, two, three = talker.ddata(1.0), talker.ddata(2.0), talker.ddata(3.0)
    said = [tell(host, three), tell(host, one), tell(host, two), host.tick(talker.now + 60 * SECOND)]
    assert values(Said(together(s.readings for s in said))) == [1.0, 2.0, 3.0]
    assert not any(s.publications for s in said)
    assert host.counters.counts["reordered"] == 1
    assert host.state("G", "E") is State.ONLINE


def test_a_message_that_comes_after_it_was_given_up_is_still_taken_and_one_repeated_is_taken_once() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    missing, after = talker.ddata(1.0), talker.ddata(2.0)
    tell(host, after)
    host.tick(talker.now + 3 * SECOND)
    late = tell(host, missing)
    assert values(late) == [1.0]
    assert kinds(late) == ["late_message"]
    again = tell(host, missing, after, after)
    assert len(again.readings) == 0
    assert host.counters.counts["repeat"] == 3
    assert values(tell(host, talker.ddata(3.0))) == [3.0]


def test_a_birth_that_is_repeated_is_taken_once() -> None:
    talker, host = Talker(), host_of()
    births = talker.births()
    tell(host, *births, talker.ddata(1.0))
    said = tell(host, births[0], births[1], talker.ddata(2.0))
    assert values(said) == [2.0]
    assert kinds(said) == ["repeat"]
    tell(host, talker.ndeath())
    assert len(tell(host, *births).readings) == 0, "nor does an old birth raise the dead"
    assert host.state("G", "E") is State.OFFLINE


def test_a_birth_that_comes_after_its_device_s_birth_and_data_is_put_before_them() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    old = talker.ddata(1.0)
    talker.ddata()
    waiting = talker.ddata(2.0)
    node, device = talker.nbirth(), talker.dbirth(Metric("pressure", DataType.INT16, 7, 1), Metric("temperature", DataType.DOUBLE, 8.0, 2))
    after = talker.ddata(9.0, alias=2)
    said = [tell(host, message) for message in (old, waiting, device, after, node)]
    assert [[(s, v) for s, _, v, _ in rows(one.readings)] for one in said] == [
        [(0, 1.0)], [], [], [], [(0, 2.0), (1, 7.0), (0, 8.0), (0, 9.0)]], "what was sent before the birth by the old aliases, the rest by the new"
    assert host.state("G", "E") is State.ONLINE


def test_the_count_wraps_from_255_to_0_without_a_gap() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    said = tell(host, *(talker.ddata(float(i)) for i in range(600)))
    assert values(said) == [float(i) for i in range(600)]
    assert kinds(said) == []


def test_messages_without_a_count_are_taken_and_told_once() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    topic = talker.topic("DDATA", "P1")
    said = [tell(host, (topic, payload(T0 // MS, [Metric("", DataType.DOUBLE, 1.0, 1)]), T0)) for _ in range(3)]
    assert [len(s.readings) for s in said] == [1, 1, 1]
    assert [kinds(s) for s in said] == [["unnumbered"], [], []]
    assert host.counters.counts["unnumbered"] == 3


def test_what_waits_is_bounded() -> None:
    talker, host = Talker(), host_of(HostSettings(most_held=2_000))
    tell(host, *talker.births())
    talker.ddata()
    said = tell(host, *(talker.ddata(float(i)) for i in range(100)))
    assert values(said) == [float(i) for i in range(100)]
    assert host.counters.counts["gap"] == 1


# Rebirths that change something.

def test_a_rebirth_may_give_the_aliases_to_other_metrics() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    swapped = (Metric("pressure", DataType.INT16, 1, 1), Metric("temperature", DataType.DOUBLE, 2.0, 2, None, {"engUnit": "°C"}))
    before = talker.ddata(5.0)
    said = tell(host, before, talker.nbirth(), talker.dbirth(*swapped), talker.ddata(6.0, alias=2))
    assert [(s, v) for s, _, v, _ in rows(said.readings)] == [(0, 5.0), (1, 1.0), (0, 2.0), (0, 6.0)]


def test_a_metric_that_changes_its_unit_is_marked_until_somebody_confirms_it() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    fahrenheit = Metric("temperature", DataType.DOUBLE, 338.0, 1, None, {"engUnit": "°F"})
    said = tell(host, talker.nbirth(), talker.dbirth(fahrenheit), talker.ddata(340.0))
    assert said.readings.quality.tolist() == [Quality.UNIT, Quality.UNIT]
    (changed,) = [n for n in said.notices if n.kind == "unit"]
    assert changed.source == "G/E/P1/temperature"
    assert "should be '°C' and is told as '°F'" in changed.told.en
    assert kinds(tell(host, talker.nbirth(), talker.dbirth(fahrenheit))) == ["birth", "birth"], "told once"
    host.units.confirm(host.units.doubts["G/E/P1/temperature"])
    said = tell(host, talker.ddata(212.0))
    assert (said.readings.quality.tolist(), said.readings.value.tolist()) == ([0], pytest.approx([100.0]))
    assert tell(host, talker.nbirth(), talker.dbirth(fahrenheit)).readings.quality.tolist() == [0]


def test_a_metric_that_changes_its_datatype_is_marked_and_unmarked_when_it_changes_back() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    said = tell(host, talker.nbirth(), talker.dbirth(Metric("temperature", DataType.INT32, 1, 1, None, {"engUnit": "°C"})))
    assert said.readings.quality.tolist() == [Quality.UNIT]
    assert "datatype" in kinds(said)
    assert tell(host, *talker.births()).readings.quality.tolist() == [0, 0]


def test_an_alias_given_twice_means_the_later_and_is_told() -> None:
    talker, host = Talker(), host_of()
    said = tell(host, talker.nbirth(), talker.dbirth(Metric("a", DataType.DOUBLE, 1.0, 1), Metric("b", DataType.DOUBLE, 2.0, 1)), talker.ddata(3.0))
    assert "alias" in kinds(said)
    assert said.readings.signal.tolist()[-1] == 1


# Bad values, bad clocks.

@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_nan_infinity_and_null_are_no_numbers(value: float | None) -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    now = talker.later()
    said = tell(host, (talker.topic("DDATA", "P1"), payload(now // MS, [Metric("", DataType.DOUBLE, value, 1)], talker.count()), now))
    assert said.readings.quality.tolist() == [Quality.NOT_A_NUMBER]
    assert kinds(said) == ["not_a_number"]
    assert host.counters.counts["not_a_number"] == 1


def test_a_clock_set_back_by_a_day_is_not_believed_and_told_once_a_minute() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    day = 86_400 * SECOND
    said = [tell(host, talker.ddata(float(i), at=talker.now - day)) for i in range(100)]
    assert all(s.readings.quality.tolist() == [Quality.CLOCK] and s.readings.at.tolist() == s.readings.received.tolist() for s in said)
    assert sum(kinds(s) == ["clock"] for s in said) == 1
    assert "-86400.0 s" in next(n for s in said for n in s.notices).told.en
    assert host.counters.counts["clock"] == 100


@pytest.mark.parametrize(("off", "quality"), [(5_000, 0), (5_001, Quality.CLOCK), (-600_000, 0), (-600_001, Quality.CLOCK)])
def test_how_far_a_clock_may_be_off_is_a_setting_with_an_edge(off: int, quality: int) -> None:
    talker, host = Talker(), host_of(HostSettings(clock=ClockRule(5 * SECOND, 600 * SECOND)))
    tell(host, *talker.births())
    said = tell(host, talker.ddata(1.0, at=T0 + off * MS, received=T0))
    assert said.readings.quality.tolist() == [quality]


def test_what_was_kept_at_the_edge_is_historical_and_may_be_old_but_not_of_the_future() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births(), talker.ddata(9.0))
    said = tell(host, talker.ddata(1.0, at=T0 - 7200 * SECOND, historical=True), talker.ddata(2.0, at=T0 + 7200 * SECOND, historical=True))
    assert [(t, q) for _, t, _, q in rows(said.readings)] == [(T0 - 7200 * SECOND, Quality.HISTORICAL), (talker.now, Quality.HISTORICAL | Quality.CLOCK)]
    assert tell(host, talker.ndeath()).readings.value.tolist() == [9.0, -5.0], "history is no news: it does not become the last value"


@pytest.mark.parametrize(("code", "quality"), [(192, 0), (0, Quality.BAD), (500, Quality.STALE), (64, Quality.BAD)])
def test_the_quality_that_the_source_states_is_kept(code: int, quality: int) -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    now = talker.later()
    metric = Metric("", DataType.DOUBLE, 1.0, 1, None, {"other": "x", "Quality": code, "engUnit": "°C"})
    said = tell(host, (talker.topic("DDATA", "P1"), payload(now // MS, [metric], talker.count()), now))
    assert said.readings.quality.tolist() == [quality]


# What is no reading.

def test_texts_templates_and_data_sets_are_left_aside_with_a_notice_each() -> None:
    talker, host = Talker(), host_of()
    born = Payload(timestamp=T0 // MS, seq=1)
    for alias, (name, datatype) in enumerate([("recipe", 12), ("kind", 19), ("table", 16), ("file", 18), ("level", 10)], start=1):
        metric = born.metrics.add(name=name, alias=alias, datatype=datatype)
        if datatype == 19:
            metric.v_template.metrics.add(name="inside", datatype=10, v_double=1.0)
        elif datatype == 16:
            metric.v_dataset.columns.append("c")
        elif datatype == 10:
            metric.v_double = 5.0
    data = Payload(timestamp=T0 // MS, seq=2)
    data.metrics.extend(born.metrics)
    said = tell(host, talker.nbirth(), (talker.topic("DBIRTH", "P1"), born.SerializeToString(), T0),
                (talker.topic("DDATA", "P1"), data.SerializeToString(), T0))
    assert host.directory.addresses == ["G/E/P1/level"]
    assert values(said) == [5.0, 5.0]
    assert sorted(k for k in kinds(said) if k != "birth") == ["dataset", "other", "template", "text"]
    assert {k: host.counters.counts[k] for k in ("dataset", "other", "template", "text")} == dict.fromkeys(("dataset", "other", "template", "text"), 2)


def test_a_value_in_a_member_that_the_datatype_does_not_allow_is_no_number() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    data = Payload(timestamp=talker.later() // MS, seq=talker.count())
    data.metrics.add(alias=1, v_text="170")
    said = tell(host, (talker.topic("DDATA", "P1"), data.SerializeToString(), talker.now))
    assert said.readings.quality.tolist() == [Quality.NOT_A_NUMBER]
    assert kinds(said) == ["not_a_number", "kind"]


def test_an_alias_that_no_birth_stated_is_told_and_a_rebirth_asked_for() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    said = tell(host, talker.ddata(1.0, alias=77), talker.ddata(2.0))
    assert values(said) == [2.0]
    assert kinds(said) == ["unknown", "rebirth"]


def test_a_garbled_payload_is_told_and_the_next_count_shows_what_is_missing() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    topic, content, now = talker.ddata(1.0)
    said = tell(host, (topic, content[:-3], now), talker.ddata(2.0))
    assert kinds(said) == ["garbled"]
    assert host.state("G", "E") is State.WAITING
    assert kinds(host.tick(talker.now + 2 * SECOND)) == ["gap", "rebirth"]


@pytest.mark.parametrize("topic", ["spBv1.0/G/DDATA/E", "spBv1.0/G/NDATA/E/P1", "spBv1.0/G/XDATA/E", "spBv1.0//NDATA/E", "spAv1.0/G/NDATA/E", "a",
                                   "spBv1.0/G/NDATA"])
def test_a_topic_that_is_none_of_ours_is_told_and_left(topic: str) -> None:
    host = host_of()
    said = tell(host, (topic, b"", T0))
    assert kinds(said) == ["topic"]
    assert len(said.readings) == 0


def test_there_are_at_most_so_many_edge_nodes_and_signals() -> None:
    host = host_of(HostSettings(most_edges=2, most_signals=3))
    said = tell(host, *(message for i in range(3) for message in Talker(edge=f"E{i}").births()))
    assert len(host.directory) == 3
    assert host.counters.counts["full"] == 1 + 2, "one signal of the second edge node, two messages of the third"
    assert "full" in kinds(said)


def test_an_edge_node_has_at_most_so_many_devices() -> None:
    talker, host = Talker(), host_of(HostSettings(most_devices=2))
    tell(host, talker.nbirth(), *(talker.dbirth(Metric("x", DataType.DOUBLE, 1.0, i), device=f"P{i}") for i in range(4)))
    assert host.directory.addresses == ["G/E/P0/x", "G/E/P1/x"]
    assert host.counters.counts["full"] == 2


# Our own connection.

def test_when_our_connection_is_lost_all_is_stale_and_a_count_that_goes_on_is_believed() -> None:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    lost = host.disconnected(talker.now)
    assert lost.readings.quality.tolist() == [Quality.STALE] * 2
    assert kinds(lost) == ["lost"]
    host.will(talker.now)
    host.connected(talker.now)
    said = tell(host, talker.ddata(5.0))
    assert values(said) == [5.0]
    assert len(said.publications) == 1, "and a rebirth refreshes what did not change"


def after_a_break() -> tuple[Talker, SparkplugHost]:
    talker, host = Talker(), host_of()
    tell(host, *talker.births())
    host.disconnected(talker.now)
    host.will(talker.now)
    host.connected(talker.now)
    talker.ddata()
    said = tell(host, talker.ddata(5.0), talker.ddata(6.0))
    assert len(said.readings) == 0, "a birth may have been missed, and the alias given to another"
    assert kinds(said) == ["rebirth"]
    assert said.holding, "so that they are not acknowledged yet"
    return talker, host


def test_what_comes_after_a_break_is_kept_and_taken_when_the_rebirth_says_that_its_aliases_hold() -> None:
    talker, host = after_a_break()
    said = tell(host, *talker.births())
    assert values(said) == [5.0, 6.0, 170.0, -5.0]
    assert not said.holding
    assert host.counters.counts["kept"] == 2


def test_what_comes_after_a_break_is_set_aside_where_the_rebirth_gives_its_aliases_to_others() -> None:
    talker, host = after_a_break()
    said = tell(host, talker.nbirth(), talker.dbirth(Metric("pressure", DataType.INT16, 1, 1), Metric("temperature", DataType.DOUBLE, 2.0, 2)))
    assert values(said) == [1.0, 2.0]
    assert host.counters.counts["unborn"] == 2


def test_what_comes_after_a_break_is_not_kept_for_ever() -> None:
    talker, host = after_a_break()
    assert host.tick(talker.now + 59 * SECOND).holding
    given_up = host.tick(talker.now + 61 * SECOND)
    assert "unborn" in kinds(given_up)
    assert not given_up.holding
    assert host.counters.counts["unborn"] == 2


def test_a_host_that_starts_anew_with_its_snapshot_understands_who_goes_on() -> None:
    talker, directory = Talker(), Directory()
    before = host_of(directory=directory)
    tell(before, *talker.births(), talker.ddata(1.0))
    after = host_of(births=before.snapshot(), directory=Directory(directory.addresses))
    assert values(tell(after, talker.ddata(2.0))) == [2.0]
    assert after.births == before.births
    fahrenheit = tell(after, talker.nbirth(), talker.dbirth(Metric("temperature", DataType.DOUBLE, 1.0, 1, None, {"engUnit": "°F"})))
    assert fahrenheit.readings.quality.tolist() == [Quality.UNIT], "and still knows what the unit was"


def remembering(path: Path, directory: Directory) -> RememberingHost:
    host = RememberingHost(path, "district", directory)
    host.will(T0)
    host.connected(T0)
    return host


def test_births_kept_in_a_file_outlive_the_host(tmp_path: Path) -> None:
    talker, directory, path = Talker(), Directory(), tmp_path / "plant" / "births.json"
    killed = remembering(path, directory)
    tell(killed, *talker.births())
    killed.tick(talker.now + 6 * SECOND)
    tell(killed, talker.ddata(1.0), talker.ddata(2.0))
    unsettled = [talker.ddata(3.0), talker.ddata(4.0)]
    tell(killed, *unsettled)

    after = remembering(path, Directory(directory.addresses))
    waiting = tell(after, *unsettled)
    assert waiting.holding
    assert len(waiting.publications) == 1
    said = tell(after, *talker.births())
    assert values(said) == [3.0, 4.0, 170.0, -5.0], "what the broker sent again is not lost"
    after.farewell(talker.now)
    left = remembering(path, Directory(directory.addresses))
    assert values(tell(left, talker.ddata(5.0))) == [5.0], "left in good order, the count goes on"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"known": {}, "edges": [1]}', b'{"known": 3, "edges": []}'])
def test_a_file_of_births_that_cannot_be_read_is_counted_and_left_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "births.json"
    path.write_bytes(content)
    host = remembering(path, Directory())
    assert host.counters.counts == {"births_unread": 1}
    assert len(tell(host, *Talker().births()).readings) == 2


def test_births_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / "births.json").mkdir()
    host = remembering(tmp_path / "births.json", Directory())
    host.farewell(T0)
    assert host.counters.counts["births_unwritten"] == 1


# The table, and batches.

def test_the_table_knows_every_event_in_every_state() -> None:
    only_waiting = {Event.FILLED, Event.OVERDUE}
    assert set(TABLE) == {(state, event) for state in State for event in Event if event not in only_waiting or state is State.WAITING}


def test_every_notice_exists_in_both_languages_and_its_places_can_be_filled() -> None:
    fills = {"source": "G/E", "signals": 2, "expected": 3, "found": 4, "seconds": -1.5, "was": "a", "now": "b", "alias": 7}
    for kind, telling in TELLINGS.items():
        told = telling.text.filled(**fills)
        assert all("{" not in told.said(lang) and told.said(lang) for lang in LANGS), kind
        assert told.zh != told.en


def story(draw: st.DrawFn) -> list[Message]:
    """Two edge nodes doing right and wrong things."""
    talkers = [Talker(edge="E1"), Talker(edge="E2")]
    said = [talkers[0].ddata()]
    for _ in range(draw(st.integers(1, 40))):
        talker = draw(st.sampled_from(talkers))
        match draw(st.integers(0, 9)):
            case 0:
                said += talker.births()
            case 1:
                said.append(talker.ndeath())
            case 2:
                said.append(talker.ddeath())
            case 3:
                topic, content, now = talker.ddata()
                said.append((topic, content[:draw(st.integers(0, len(content)))], now))
            case 4:
                talker.ddata()
            case 5 if said:
                said.append(draw(st.sampled_from(said)))
            case 6 if len(said) > 1:
                said[-1], said[-2] = said[-2], said[-1]
            case _:
                said.append(talker.ddata(draw(st.floats(-1e6, 1e6)), alias=draw(st.integers(1, 3)), historical=draw(st.booleans())))
    return said


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_split_of_the_messages_gives_the_same_readings_and_counters(data: st.DataObject) -> None:
    said = data.draw(st.composite(story)())
    whole = host_of()
    expected = whole.feed(batch(said))
    parted = host_of()
    pieces, start = [], 0
    while start < len(said):
        many = data.draw(st.integers(1, len(said) - start))
        pieces.append(parted.feed(batch(said[start:start + many])))
        start += many
    assert rows(together(piece.readings for piece in pieces)) == rows(expected.readings)
    # Whether somebody is still to be asked for a rebirth is looked at once a batch.
    assert {k: v for k, v in parted.counters.counts.items() if k != "rebirth"} == {k: v for k, v in whole.counters.counts.items() if k != "rebirth"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["spBv1.0/G/NBIRTH/E", "spBv1.0/G/NDATA/E", "spBv1.0/G/DBIRTH/E/P1", "spBv1.0/G/DDATA/E/P1", "spBv1.0/G/NDEATH/E",
                                           "spBv1.0/STATE/district", "x"]), st.binary(max_size=40)), max_size=20))
def test_no_payload_whatever_stops_the_host(said: list[tuple[str, bytes]]) -> None:
    host = host_of()
    found = host.feed(messages(*((topic, content, T0 + i) for i, (topic, content) in enumerate(said))))
    assert len(found.readings.at) == len(found.readings.value)
    host.tick(T0 + 100 * SECOND)


def test_a_thousand_births_later_aliases_still_mean_the_newest() -> None:
    talker, host = Talker(), host_of()
    for i in range(1000):
        tell(host, talker.nbirth(), talker.dbirth(*(Metric(f"m{(i + k) % 7}", DataType.DOUBLE, 0.0, k) for k in range(7))))
    said = tell(host, *(talker.ddata(float(k), alias=k) for k in range(7)))
    names = [host.directory.addresses[s].rpartition("/")[2] for s in said.readings.signal]
    assert names == [f"m{(999 + k) % 7}" for k in range(7)]
    assert np.all(decode([p for _, p, _ in talker.births()]).fine)
