"""Every figure is written in one way: in the size that suits it, with its unit, and a dash with a reason where it is missing."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from qiantang.kernel.pages.blocks import Gantt, Span
from qiantang.kernel.pages.values import Amount, zone_said
from qiantang.kernel.words import Lang, Text, same
from qiantang.web.charts.places import gantt
from qiantang.web.i18n.formats import amount, day, number
from tests.web.test_golden import shell

MU = Text("亩", "mu")


@pytest.mark.parametrize(("of", "lang", "said"), [
    (Amount(Decimal(28600000), money=True), "zh", "2,860亿元"),
    (Amount(Decimal("153.09"), money=True), "zh", "153.1万元"),
    (Amount(Decimal("0.5"), money=True), "zh", "5,000元"),
    (Amount(Decimal("153.09"), money=True), "en", "CNY 1.5 m"),
    (Amount(Decimal("0.0443"), percent=True), "zh", "4.43%"),
    (Amount(Decimal("0.0031"), points=True, signed=True), "zh", "+0.31个百分点"),
    (Amount(Decimal("-0.0031"), points=True, signed=True), "en", "−0.31 pp"),
    (Amount(Decimal("14.6912"), MU), "zh", "14.6912亩"), (Amount(Decimal("14.6912"), MU, 1), "en", "14.7 mu"),
    (Amount(0, MU), "zh", "0亩"), (Amount(None, MU), "zh", "—"), (Amount(Decimal("-0.001"), decimals=2), "zh", "0.00"),
    (Amount(Decimal(8), Text("万元/亩", "10k yuan/mu")), "en", "80,000 yuan/mu"), (Amount(1_234_567), "en", "1,234,567")], ids=str)
def test_an_amount_is_read_so(of: Amount, lang: Lang, said: str) -> None:
    assert str(amount(of, lang)) == said


def test_half_goes_up() -> None:
    assert (number(Decimal("0.125"), 2), number(Decimal("-0.125"), 2)) == ("0.13", "−0.13")


NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_an_instant_of_a_named_place_is_told_by_the_clock_there_and_others_by_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert day(NOON.astimezone(ZoneInfo("Asia/Shanghai"))) == "2026-11-26 20:00"
        assert day(NOON.astimezone(ZoneInfo("UTC"))) == "2026-11-26 12:00"
        assert day(NOON) == "2026-11-26 07:00"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(("zone", "said"), [
    ("Asia/Shanghai", "UTC+08:00"), ("Asia/Kolkata", "UTC+05:30"), ("UTC", "UTC"), ("America/Phoenix", "UTC-07:00"), ("Europe/Berlin", "Europe/Berlin"),
    ("America/New_York", "America/New_York"), ("Africa/Casablanca", "Africa/Casablanca")])
def test_a_zone_is_named_by_its_offset_or_where_that_changes_in_a_year_by_its_place(zone: str, said: str) -> None:
    assert zone_said(NOON.astimezone(ZoneInfo(zone))) == said


def test_instants_without_a_place_are_named_by_their_offset() -> None:
    assert [zone_said(NOON), zone_said(NOON.replace(tzinfo=None))] == ["UTC", ""]


def test_work_over_a_night_in_which_the_clock_is_put_back_is_drawn_as_long_as_it_lasts() -> None:
    zone = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    at = [(begun + timedelta(minutes=20 * n)).astimezone(zone) for n in range(4)]
    drawn = str(gantt(Gantt("plan", (("w", same("w")),), (Span("w", at[0], at[1], same("a")), Span("w", at[1], at[3], same("b"))), at[2]), shell("en")))
    bars = [float(width) for width in re.findall(r'<rect[^>]*width="([0-9.]+)"[^>]*class="span', drawn)]
    assert bars[1] == pytest.approx(2 * bars[0], rel=0.01)
    assert re.findall(r">(\d\d:\d\d)<", drawn) == ["02:30", "02:40", "02:50", "02:00", "02:10", "02:20", "02:30"]
    assert 'class="now"' in drawn
