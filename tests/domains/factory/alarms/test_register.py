"""The register: told once, answered by people, put aside for a time, and the same however its alarms are cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.bearing import Bearing, operators_of
from qiantang.domains.factory.alarms.entry import Change
from qiantang.domains.factory.alarms.grouping import connection
from qiantang.domains.factory.alarms.life import Event, State
from qiantang.domains.factory.alarms.register import Register
from qiantang.kernel.errors import ActionError, SubjectError
from tests.domains.factory.plants import MINUTE, ONE_OPERATOR, SECOND, SMALL, START, alarm, machine_alarm

HOUR = 60 * MINUTE
P1L_TEMPERATURE, P1L_PRESSURE, P1L_FLOW, P1R_TEMPERATURE, P2L_TEMPERATURE, TORQUE = 0, 1, 2, 3, 6, 12


def _told(changes: Sequence[Change]) -> list[str]:
    return [change.alarm.id for change in changes if change.told]


def test_an_alarm_is_told_once_and_counted_when_it_is_raised_again() -> None:
    register = Register(SMALL)
    first = register.raised([alarm(P1L_TEMPERATURE, 0)])
    again = register.raised([alarm(P1L_TEMPERATURE, 90 * SECOND), alarm(P1L_TEMPERATURE, 200 * SECOND)])
    assert _told(first) == [f"0-nelson_1-{0}"]
    assert _told(again) == []
    assert [change.times for change in again] == [2, 3]
    assert [entry.state for entry in register.shown()] == [State.UNACKNOWLEDGED]


def test_an_acknowledged_alarm_that_is_not_raised_again_is_normal_and_forgotten() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.acknowledge(raised.id, "li", START + SECOND)
    changes = register.passed(START + HOUR)
    assert [(change.event, change.state, change.at) for change in changes] == [(Event.RETURNED, State.NORMAL, START + 5 * MINUTE)]
    assert register.shown() == []
    with pytest.raises(SubjectError, match="no alarm"):
        register.acknowledge(raised.id, "li", START + HOUR)


def test_an_alarm_of_which_the_chart_says_that_it_still_holds_stands_until_it_is_over_and_is_called_so_after_a_day() -> None:
    wrong = {("P1L", P1L_TEMPERATURE, "nelson_1")}
    register = Register(SMALL, still=wrong.__contains__)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.acknowledge(raised.id, "li", START + SECOND)
    assert register.passed(START + 25 * HOUR) == []
    assert [entry.alarm.id for entry in register.standing()] == [raised.id]
    again = Register.restored(SMALL, register.snapshot(), still=wrong.__contains__)
    assert again.passed(START + 26 * HOUR) == []
    wrong.clear()
    assert [(change.event, change.state) for change in again.passed(START + 27 * HOUR)] == [(Event.RETURNED, State.NORMAL)]


def test_an_alarm_that_went_by_itself_still_waits_to_be_acknowledged() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.returned(P1L_TEMPERATURE, "P1L", "nelson_1", START + 10 * SECOND)
    assert [entry.state for entry in register.shown()] == [State.RETURNED]
    done = register.acknowledge(raised.id, "li", START + HOUR)
    assert [(change.state, change.by) for change in done] == [(State.NORMAL, "li")]


def test_an_acknowledged_alarm_cannot_be_acknowledged_again_and_the_error_says_what_can() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.acknowledge(raised.id, "li", START + SECOND)
    with pytest.raises(ActionError) as refused:
        register.acknowledge(raised.id, "wang", START + 2 * SECOND)
    assert "shelved" in refused.value.said("en")


def test_shelving_needs_a_reason_and_an_end_within_a_shift_both_told_together() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    with pytest.raises(ActionError) as refused:
        register.shelve(raised.id, "li", " ", START + 9 * HOUR, START + SECOND)
    assert {fault.rule for fault in refused.value.faults} == {"shelved-with-reason", "shelved-for-a-time"}


def test_a_shelved_alarm_comes_back_by_itself_where_it_still_holds() -> None:
    register = Register(SMALL, Bearing(quiet=3 * HOUR))
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.shelve(raised.id, "li", "sensor on order", START + HOUR, START + SECOND)
    assert register.shown() == []
    assert [(entry.reason, entry.by) for entry in register.held()] == [("sensor on order", "li")]
    assert _told(register.raised([alarm(P1L_TEMPERATURE, 10 * MINUTE)])) == []
    back = register.passed(START + 2 * HOUR)
    assert [(change.event, change.at, change.told) for change in back] == [(Event.UNSHELVED, START + HOUR, True)]
    assert [entry.state for entry in register.shown()] == [State.UNACKNOWLEDGED]


def test_a_shelved_alarm_whose_cause_is_gone_comes_back_as_normal() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.shelve(raised.id, "li", "known", START + HOUR, START + SECOND)
    changes = register.passed(START + 2 * HOUR)
    assert [(change.event, change.state) for change in changes] == [(Event.RETURNED, State.SHELVED), (Event.UNSHELVED, State.NORMAL)]
    assert not any(change.told for change in changes)


def test_a_planned_stop_suppresses_a_machine_and_what_still_holds_is_told_when_it_starts() -> None:
    register = Register(SMALL, Bearing(quiet=HOUR))
    register.raised([alarm(P1L_TEMPERATURE, 0)])
    register.suppress("P1", "mould change", START + MINUTE)
    hidden = register.raised([alarm(P1R_TEMPERATURE, 2 * MINUTE), alarm(P2L_TEMPERATURE, 3 * MINUTE)])
    assert _told(hidden) == [f"6-nelson_1-{3 * MINUTE}"]
    started = register.unsuppress("P1", START + 20 * MINUTE)
    assert {change.alarm.asset for change in started} == {"P1L", "P1R"}
    assert {change.state for change in started} == {State.UNACKNOWLEDGED}


def test_out_of_service_has_no_end_until_it_is_restored() -> None:
    register = Register(SMALL)
    raised = alarm(P1L_TEMPERATURE, 0)
    register.raised([raised])
    register.remove(raised.id, "li", "thermocouple taken out", START + SECOND)
    register.passed(START + 1000 * HOUR)
    assert [entry.state for entry in register.held()] == [State.OUT_OF_SERVICE]
    assert [change.state for change in register.restore(raised.id, "li", START + 1001 * HOUR)] == [State.NORMAL]


def test_an_alarm_that_chatters_is_merged_until_it_has_been_quiet_for_the_span() -> None:
    register = Register(SMALL)
    told: list[str] = []
    for n in range(10):
        told += _told(register.raised([alarm(P1L_TEMPERATURE, n * 10 * SECOND)]))
        register.returned(P1L_TEMPERATURE, "P1L", "nelson_1", START + n * 10 * SECOND + SECOND)
    assert len(told) == 1  # within its group it is counted; from the third within the minute on it chatters as well
    assert register.shown()[0].chattering
    later = alarm(P1L_TEMPERATURE, HOUR)
    assert _told(register.raised([later])) == [later.id]
    assert not register.shown()[0].chattering


def test_a_leader_that_returns_and_rises_again_is_told_once_and_counted_until_its_group_is_over() -> None:
    register = Register(SMALL)
    told: list[str] = []
    for n in range(8):  # every two minutes: too slow to chatter
        told += _told(register.raised([alarm(P1L_TEMPERATURE, 2 * n * MINUTE)]))
        register.returned(P1L_TEMPERATURE, "P1L", "nelson_1", START + 2 * n * MINUTE + SECOND)
    entry, = register.shown()
    assert told == [alarm(P1L_TEMPERATURE, 0).id]
    assert (entry.first, entry.times, entry.chattering, entry.leader) == (alarm(P1L_TEMPERATURE, 0).id, 8, False, "")
    assert _told(register.raised([alarm(P1L_TEMPERATURE, 32 * MINUTE)])) == [alarm(P1L_TEMPERATURE, 32 * MINUTE).id]


def test_a_leader_that_was_acknowledged_and_rises_again_is_known_by_its_first_id_and_goes_on_counting() -> None:
    register = Register(SMALL)
    first = alarm(P1L_TEMPERATURE, 0)
    register.raised([first])
    for n in (1, 2):
        register.acknowledge(register.shown()[0].first, "chen", START + 2 * n * MINUTE - 2 * SECOND)
        register.returned(P1L_TEMPERATURE, "P1L", "nelson_1", START + 2 * n * MINUTE - SECOND)
        assert register.shown() == []
        assert _told(register.raised([alarm(P1L_TEMPERATURE, 2 * n * MINUTE)])) == []
    entry, = register.shown()
    assert (entry.first, entry.times) == (first.id, 3)
    again = Register.restored(SMALL, register.snapshot())
    assert again.snapshot() == register.snapshot()


def test_what_rises_again_after_a_repair_is_told_anew_and_what_charts_no_longer_say_is_over() -> None:
    register = Register(SMALL)
    register.raised([alarm(P1L_TEMPERATURE, 0), alarm(P1L_TEMPERATURE, 2 * SECOND, "range")])
    changes = register.mended(["P1"], {("P1L", P1L_TEMPERATURE, "nelson_1")}, START + MINUTE)
    assert [(c.alarm.rule, c.state) for c in changes] == [("nelson_1", State.RETURNED)]
    again = alarm(P1L_TEMPERATURE, 2 * MINUTE)
    assert _told(register.raised([again])) == [again.id]
    # Of the other press nothing changes.
    register.raised([alarm(6, 2 * MINUTE)])
    register.returned(6, "P2L", "nelson_1", START + 2 * MINUTE + SECOND)
    register.mended(["P1"], (), START + 3 * MINUTE)
    assert _told(register.raised([alarm(6, 4 * MINUTE)])) == []


def test_alarms_of_one_unit_within_the_span_are_told_as_one_with_the_others_after_it() -> None:
    register = Register(SMALL)
    first, second, elsewhere = alarm(P1L_TEMPERATURE, 0), alarm(P1L_PRESSURE, MINUTE), alarm(P2L_TEMPERATURE, MINUTE)
    changes = register.raised([first, second, elsewhere])
    assert _told(changes) == [first.id, elsewhere.id]
    assert [change.leader for change in changes] == ["", first.id, ""]
    answered = register.acknowledge(first.id, "li", START + 2 * MINUTE)
    assert [change.alarm.id for change in answered] == [first.id, second.id]


def test_the_other_cavity_joins_only_where_its_signal_moved_with_the_first() -> None:
    apart = Register(SMALL).raised([alarm(P1L_TEMPERATURE, 0), alarm(P1R_TEMPERATURE, MINUTE)])
    moved = Register(SMALL).raised([alarm(P1L_TEMPERATURE, 0, others=(P1R_TEMPERATURE,)), alarm(P1R_TEMPERATURE, MINUTE)])
    whole = Register(SMALL).raised([machine_alarm("P1", 0, others=(P1L_FLOW,)), alarm(P1L_FLOW, MINUTE)])
    assert [len(_told(changes)) for changes in (apart, moved, whole)] == [2, 1, 1]


def test_that_a_machine_stands_joins_what_was_told_of_any_of_its_units_just_before() -> None:
    register = Register(SMALL)
    changes = register.raised([alarm(P1L_TEMPERATURE, 0), alarm(P1R_TEMPERATURE, MINUTE, "down"), alarm(P2L_TEMPERATURE, MINUTE, "down")])
    assert [len(_told([change])) for change in changes] == [1, 0, 1]
    later = register.raised([alarm(P1L_TEMPERATURE, 20 * MINUTE, "ewma"), alarm(P1R_TEMPERATURE, 40 * MINUTE, "down")])
    assert len(_told(later)) == 2


def test_a_graver_alarm_is_told_even_where_it_joins_a_group() -> None:
    register = Register(SMALL)
    lesser = machine_alarm("M1", 0)  # priority 3: nothing is known to have moved
    grave = alarm(TORQUE, MINUTE)  # priority 1
    assert _told(register.raised([lesser, grave])) == [lesser.id, grave.id]


def test_of_alarms_of_one_instant_the_gravest_raised_first_is_the_only_one_told() -> None:
    lesser, grave = machine_alarm("M1", 0), alarm(TORQUE, 0)
    register = Register(SMALL)
    assert [register.priority(a) for a in (lesser, grave, machine_alarm("P1", 0, others=(P1L_FLOW,)))] == [3, 1, 2]
    assert _told(register.raised(sorted((lesser, grave), key=register.priority))) == [grave.id]


def test_bad_quality_is_of_the_connection_and_a_lost_gateway_is_one_alarm() -> None:
    register = Register(SMALL)
    lost = [alarm(signal, signal * SECOND, "quality") for signal in range(6)]
    stuck = alarm(4, 10 * SECOND, "stuck")
    assert _told(register.raised([*lost, stuck])) == [lost[0].id]
    assert [connection(address) for address in ("curing/P1/P1L/t", "opc.tcp://h:4840|ns=2;s=a", "10.0.0.1:502/1/40001",
                                             "modbus://10.0.0.5:502/1/holding/1000/float32")] == [
        "curing/P1", "opc.tcp://h:4840", "10.0.0.1:502", "modbus://10.0.0.5:502"]


def test_what_lasts_longer_than_six_spans_is_told_anew() -> None:
    register = Register(SMALL)
    changes = register.raised([alarm(n % 3, n * 4 * MINUTE, rule=f"nelson_{1 + n % 8}") for n in range(20)])
    assert len(_told(changes)) == 3  # 80 minutes, told every 30


def test_a_flood_begins_with_the_eleventh_alarm_in_ten_minutes_and_groups_whole_machines() -> None:
    register = Register(ONE_OPERATOR, Bearing(together=SECOND))
    many = [alarm(n % 13, n * 20 * SECOND, rule=f"nelson_{1 + n % 8}") for n in range(11)]
    assert len(_told(register.raised(many))) == 11
    assert register.in_flood() == (0,)
    at = 11 * 20 * SECOND
    flooded = register.raised([alarm(P1L_TEMPERATURE, at, "ewma"), alarm(P1R_TEMPERATURE, at, "ewma")])
    assert len(_told(flooded)) == 1
    # Over once fewer than five of the last ten minutes are left: the eighth of twelve is then ten minutes old.
    register.passed(START + 2 * HOUR)
    assert register.in_flood() == ()
    began, eighth = START + 200 * SECOND, START + 140 * SECOND + 10 * MINUTE
    assert register.flood_share() == pytest.approx((eighth - began) / (2 * HOUR))
    assert register.most_in_a_flood_span() == 12


def test_a_late_reading_amends_an_alarm_or_withdraws_it() -> None:
    register = Register(SMALL)
    wrong, other = alarm(P1L_TEMPERATURE, 0), alarm(P2L_TEMPERATURE, 0)
    register.raised([wrong, other])
    amended = register.raised([alarm(P1L_TEMPERATURE, SECOND, amends=wrong.id, value=160.0),
                               alarm(P2L_TEMPERATURE, SECOND, amends=other.id, withdrawn=True)])
    assert [(change.event, change.state, change.told) for change in amended] == [
        (None, State.UNACKNOWLEDGED, False), (Event.WITHDRAWN, State.NORMAL, False)]
    assert [entry.alarm.value for entry in register.shown()] == [160.0]


def test_the_withdrawal_of_an_alarm_long_gone_is_still_given_out() -> None:
    changes = Register(SMALL).raised([alarm(P1L_TEMPERATURE, 0, amends="gone", withdrawn=True)])
    assert [(change.event, change.alarm.amends) for change in changes] == [(Event.WITHDRAWN, "gone")]


def test_metrics_count_what_was_told_by_operator_and_hour_and_name_the_bad_actors() -> None:
    register = Register(SMALL)
    register.passed(START)
    register.raised([alarm(P1L_TEMPERATURE, n * 6 * MINUTE) for n in range(10)] + [alarm(TORQUE, HOUR)])
    register.passed(START + 2 * HOUR)
    told = sum(register.metrics.told_to)
    assert register.metrics.per_operator_hour() == pytest.approx(told / 4)
    worst = register.metrics.bad_actors()
    assert [(actor.asset, actor.times) for actor in worst] == [("P1L", 10), ("M1", 1)]
    assert worst[0].share == pytest.approx(10 / 11)
    assert register.metrics.by_priority[1] == 1


@pytest.mark.parametrize("operators", [1, 5])
def test_another_number_of_operators_changes_nothing_of_the_hours_that_were_borne_before(operators: int) -> None:
    """What is published of a day is what these sums grew by: one that fell would pass for a node that began anew."""
    register = Register(SMALL)
    register.passed(START)
    register.raised([alarm(P1L_TEMPERATURE, n * 6 * MINUTE) for n in range(10)] + [alarm(TORQUE, HOUR)])
    register.passed(START + 2 * HOUR)
    before, borne = register.metrics.per_operator_hour(), register.metrics.borne
    register.go_on(replace(SMALL, operators=operators))
    assert (register.metrics.per_operator_hour(), register.metrics.borne) == (before, borne) == (before, 4 * HOUR)
    register.passed(START + 3 * HOUR)
    assert register.metrics.borne == (4 + operators) * HOUR
    assert Register.restored(register.plant, register.snapshot()).metrics.borne == register.metrics.borne


def test_an_alarm_that_stands_for_a_day_is_stale() -> None:
    register = Register(SMALL, Bearing(quiet=48 * HOUR))
    register.raised([alarm(P1L_TEMPERATURE, 0)])
    register.passed(START + 23 * HOUR)
    assert register.standing() == []
    register.passed(START + 24 * HOUR)
    assert len(register.standing()) == 1


def test_areas_are_dealt_out_to_operators_and_a_machine_has_one() -> None:
    of = operators_of(SMALL)
    assert of["P1"] == of["P2L"] == 0
    assert of["M1"] == 1


def test_what_has_passed_leaves_nothing_behind() -> None:
    register = Register(SMALL)
    for n in range(500):
        register.raised([alarm(n % 13, n * MINUTE, rule=f"nelson_{1 + n % 8}")])
        for entry in register.shown():
            if entry.state is not State.ACKNOWLEDGED:
                register.acknowledge(entry.first, "li", register.now)
    register.passed(START + 600 * MINUTE)
    assert register.shown() == [] == register.held()
    assert len(register.snapshot()) < 20_000


_ALARMS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 200), st.sampled_from(("nelson_1", "ewma", "quality", "stuck"))), max_size=60)


def _stream(drawn: Sequence[tuple[int, int, str]]) -> list[Alarm]:
    at = 0
    found = []
    for signal, gap, rule in drawn:
        at += gap * SECOND
        found.append(alarm(signal, at, rule))
    return found


@settings(max_examples=60, deadline=None)
@given(_ALARMS, st.lists(st.integers(1, 7), min_size=1, max_size=60))
def test_batches_and_restarts_change_nothing(drawn: Sequence[tuple[int, int, str]], sizes: Sequence[int]) -> None:
    stream = _stream(drawn)
    whole = Register(SMALL)
    expected = whole.raised(stream) + whole.passed(START + 10 * HOUR)
    cut, found, place = Register(SMALL), [], 0
    for size in [*sizes, len(stream)]:
        found += cut.raised(stream[place:place + size])
        place += size
        cut = Register.restored(SMALL, cut.snapshot())
    found += cut.passed(START + 10 * HOUR)
    assert found == expected
    assert cut.snapshot() == whole.snapshot()


@settings(max_examples=60, deadline=None)
@given(_ALARMS)
@example([(0, 0, "quality"), (2, 0, "quality"), (0, 101, "nelson_1"), (2, 200, "quality"), (0, 0, "stuck")])
def test_every_alarm_is_told_or_counted_under_one_that_was(drawn: Sequence[tuple[int, int, str]]) -> None:
    stream = _stream(drawn)
    changes = [c for c in Register(SMALL).raised(stream) if c.event is Event.RAISED]
    assert [change.alarm.id for change in changes] == [each.id for each in stream]
    told = {change.alarm.id for change in changes if change.told}
    seen: set[tuple[str, int, str]] = set()
    for change in changes:
        key = (change.alarm.asset, change.alarm.signal, change.alarm.rule)
        assert change.told or change.times > 1 or change.leader in told or key in seen
        seen.add(key)
