"""An alarm is told in both languages with all that makes it understood, and as a finding it can be amended but not rewritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from qiantang.domains.factory.alarms.finding import RULEBOOK, WITHDRAWN, finding_of
from qiantang.domains.factory.alarms.wording import as_read, figure, rule_title, told, told_together
from qiantang.domains.factory.charts.rules import RULES
from qiantang.domains.factory.hours import instant
from qiantang.kernel.findings.stream import current
from qiantang.kernel.words import Text, same
from tests.domains.factory.plants import SECOND, SMALL, alarm, machine_alarm


def test_the_sentence_names_machine_signal_value_limit_since_rule_and_what_else_moved() -> None:
    said = told(alarm(0, 0, others=(1, 2)), SMALL)
    assert said.en == ("press 1, left cavity, plate temperature: 166.25 °C against 168.5 °C, since 2023-11-15 06:13:18+08:00 (3 readings). "
                       "Rule: Nelson 1: one point beyond the control limit. Moved as well: inner pressure, nitrogen flow.")
    assert said.zh == ("1号硫化机·左模 平板温度：166.25 °C，限值 168.5 °C，自 2023-11-15 06:13:18+08:00 起（3 个读数）。"
                       "规则：尼尔森1：一点超出控制限。同时变化：内压、氮气流量。")


NAMED_TWICE = replace(
    SMALL, assets=tuple(replace(a, title=Text("1号硫化机 左模", "press 1 left")) if a.id == "P1L" else a for a in SMALL.assets),
    signals=(replace(SMALL.signals[0], unit="1"), *SMALL.signals[1:]))


def test_one_reading_a_part_named_after_its_machine_and_a_figure_without_dimension_are_said_as_people_say_them() -> None:
    said = told(replace(alarm(0, 0), readings=1), NAMED_TWICE)
    assert said.en.startswith("press 1 left, plate temperature: 166.25 against 168.5, since 2023-11-15 06:13:18+08:00 (1 reading). ")
    assert said.zh.startswith("1号硫化机 左模 平板温度：166.25，限值 168.5，自 2023-11-15 06:13:18+08:00 起（1 个读数）。")


def test_the_words_on_record_are_part_of_a_findings_id_and_stay_as_they_were() -> None:
    assert finding_of(replace(alarm(0, 0), readings=1), NAMED_TWICE).id == "8ea0535bc6cc86c36acc0f61b2f79dcad4d625dc483f4707bb2832c273aeb860"
    assert finding_of(alarm(0, 0), SMALL).id == "a03157ea0c6f406c10964d42eb73ca31122c57d871c8e1d2cdc5c0d6ec5e4d3c"


def test_the_instant_is_told_in_the_plants_own_time_or_in_a_given_one_and_on_record_in_utc() -> None:
    berlin = replace(SMALL, zone="Europe/Berlin")
    assert "since 2023-11-14 23:13:18+01:00 (" in told(alarm(0, 0), berlin).en
    assert "since 2023-11-15 06:13:18+08:00 (" in told(alarm(0, 0), berlin, SMALL.local).en
    recorded = finding_of(alarm(0, 0), berlin)
    assert "since 2023-11-14 22:13:18 (" in str(recorded.values["told_en"])
    assert recorded.id == finding_of(alarm(0, 0), SMALL).id
    for lang in ("zh", "en"):
        assert as_read(str(recorded.values[f"told_{lang}"]), int(str(recorded.values["since_us"])), berlin.local) == told(alarm(0, 0), berlin).said(lang)


def test_a_chart_over_a_machine_has_no_unit_and_is_said_of_the_machine() -> None:
    assert told(machine_alarm("P1", 0), SMALL).en.startswith("press 1, the whole machine: 21.5 against 18.25, since")


def test_rules_that_speak_of_readings_themselves_say_so() -> None:
    assert "plate temperature: stands at 166.25" in told(alarm(0, 0, "stuck"), SMALL).en
    assert "not to be relied on since" in told(alarm(0, 0, "quality"), SMALL).en
    assert "166" not in told(alarm(0, 0, "quality"), SMALL).en
    stopped = told(alarm(0, 0, "down", value=3.0, limit=60.0), SMALL)
    assert "stopped by a fault since 2023-11-15 06:13:18+08:00, for more than 60 s." in stopped.en
    assert "自 2023-11-15 06:13:18+08:00 起故障停机，已超过 60 秒。" in stopped.zh


def test_many_that_moved_are_counted_and_not_listed() -> None:
    assert "and 3 more" in told(alarm(12, 0, others=(0, 1, 2, 3, 4, 5, 6, 7)), SMALL).en


def test_those_of_one_cause_are_listed_after_the_first() -> None:
    said = told_together(alarm(0, 0), [alarm(1, SECOND, "ewma"), machine_alarm("P1", SECOND)], SMALL)
    assert "Of the same cause: inner pressure (exponentially weighted moving average beyond its limit); press 1 (T²" in said.en
    assert "同一原因的还有：内压（指数加权移动平均超限）；1号硫化机（" in said.zh


def test_every_rule_that_an_alarm_can_name_has_words() -> None:
    assert all(rule_title(rule) != same(rule) for rule in RULES)
    assert "mystery" in told(alarm(0, 0, "mystery"), SMALL).en


@pytest.mark.parametrize(("value", "read"), [(166.25, "166.25"), (0.1 + 0.2, "0.3"), (1e-9, "1e-09"), (123456.0, "123456")])
def test_figures_are_read_aloud_in_six_digits(value: float, read: str) -> None:
    assert figure(value) == read


def test_microseconds_are_kept_exactly() -> None:
    assert instant(1_700_000_000_123_457) == datetime(2023, 11, 14, 22, 13, 20, 123457, tzinfo=UTC)


def test_the_same_alarm_gives_the_same_finding_and_its_values_give_the_numbers_back() -> None:
    raised = alarm(0, 0, value=0.1 + 0.2)
    finding = finding_of(raised, SMALL)
    assert finding == finding_of(replace(raised), SMALL)
    assert (finding.rulebook, finding.subject, finding.outcome) == (RULEBOOK, "small/P1", "nelson_1")
    assert float(str(finding.values["value"])) == 0.1 + 0.2


def test_more_of_the_cause_and_a_late_reading_amend_the_finding_in_turn() -> None:
    raised = alarm(0, 0)
    first = finding_of(raised, SMALL)
    joined = finding_of(raised, SMALL, [alarm(1, SECOND)], first)
    over = finding_of(replace(raised, id="w", amends=raised.id, withdrawn=True), SMALL, amends=joined)
    latest = current([over, joined, first])
    assert [f.outcome for f in latest.latest] == [WITHDRAWN]
    assert latest.history[over.id] == (first, joined, over)
