"""Every land rulebook can be read, adds up, says what it does not know, and holds only in its time."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qiantang.district.assembly import assemble
from qiantang.domains.land import DOMAIN
from qiantang.kernel.errors import RulebookError
from qiantang.kernel.findings.judging import judged
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.sources import Status
from tests.cases.runner import Shown, stored_rows

LIBRARY = assemble([DOMAIN]).library
EVALUATIONS = [name for name in LIBRARY.ids if name.startswith("mu/")]
NEEDED = {
    "mu/huangyan-2021", "mu/huangyan-2022", "mu/linhai-2014", "mu/wenling-zone-2022", "mu/huaian-2024", "mu/jingde-2022", "mu/changle-2023",
    "mu/qiantang-placeholder", "price/shandong-2022", "price/ruian-2018", "lowland/qiantang-5wan",
}


def _own(rulebook: str) -> Iterator[tuple[str, Status, bool]]:
    for path, parameter in LIBRARY.book(rulebook).parameters.items():
        for entry in parameter.entries:
            yield path, entry.status, entry.admissible is not None


def test_every_rulebook_promised_is_there() -> None:
    assert set(LIBRARY.ids) >= NEEDED


def test_every_rulebook_can_be_read_on_its_usual_day() -> None:
    assert LIBRARY.check() == {}


@pytest.mark.parametrize("rulebook", LIBRARY.ids)
def test_no_parameter_stands_there_unread(rulebook: str) -> None:
    reading = LIBRARY.book(rulebook).on()
    assert set(reading.book.parameters) - set(reading.used) == set()


@pytest.mark.parametrize("rulebook", EVALUATIONS)
def test_the_weights_of_a_list_add_up_to_100(rulebook: str) -> None:
    parameters = LIBRARY.book(rulebook).parameters
    for name in ("above", "below", "large", "small"):
        weights = [p.entries[0].value for path, p in parameters.items() if path.startswith(f"{name}.weight.")]
        assert not weights or sum(w for w in weights if isinstance(w, Decimal)) == 100


@pytest.mark.parametrize("rulebook", LIBRARY.ids)
def test_a_placeholder_says_what_it_may_turn_out_to_be(rulebook: str) -> None:
    shapeless = {"classes", "cohort.sectors"}
    mute = [path for path, status, admissible in _own(rulebook) if status is Status.PLACEHOLDER and not admissible
            and path not in shapeless and not path.endswith((".family", ".benchmark_from"))
            and LIBRARY.book(rulebook).document.status is not Status.PLACEHOLDER]
    assert mute == [] or rulebook.startswith("mu/wenling")


def test_the_placeholder_of_qiantang_never_looks_official() -> None:
    assert LIBRARY.document("mu/qiantang-placeholder").status is Status.ASSUMPTION
    assert not LIBRARY.book("mu/qiantang-placeholder").on().status.firm


def test_what_huangyan_published_is_sourced_and_what_it_did_not_is_not() -> None:
    status = {path: status for path, status, _ in _own("mu/huangyan-2022")}
    published = [p for p in status if ".weight." in p or ".benchmark." in p]
    assert len(published) == 16
    assert {status[p] for p in published} == {Status.SOURCED}
    assert {status[p] for p in ("score.cap", "above.quota.A", "quota.rounding")} == {Status.PLACEHOLDER}


@pytest.mark.parametrize(("rulebook", "day"), [("mu/huangyan-2022", date(2021, 12, 31)), ("mu/huangyan-2022", date(2023, 1, 1)),
                                         ("lowland/qiantang-5wan", date(2021, 12, 31)), ("price/shandong-2022", date(2022, 2, 28))])
def test_the_day_before_and_after_its_time_a_rulebook_has_no_values(rulebook: str, day: date) -> None:
    with pytest.raises(RulebookError):
        LIBRARY.book(rulebook).on(day)


def test_huangyans_two_years_meet_without_a_gap() -> None:
    assert LIBRARY.book("mu/huangyan-2021").on(date(2021, 12, 31)).outcome is not None
    assert LIBRARY.book("mu/huangyan-2022").on(date(2022, 1, 1)).outcome is not None


def test_nobody_at_all_gives_nothing() -> None:
    assert judged(LIBRARY.book("mu/huangyan-2022").on(), []) == []


COUNTY = """# A made-up county that writes its rulebook in YAML alone.
id: mu/made-up
form: per_mu
title: {zh: 某县, en: made-up}
level: county
place: 某县
valid: {since: 2024-01-01}
status: draft
source: {issuer: 某县, document: 某办法}
parameters:
  cohort.sectors: {title: {zh: 行业, en: sectors}, value: [industry]}
  lists.by: {title: {zh: 名单, en: lists}, value: scale}
  above.family: {title: {zh: 方式, en: family}, value: %(family)s}
  above.weight.%(indicator)s: {title: {zh: 权重, en: weight}, unit: 分, value: 100}
  above.benchmark.%(indicator)s: {title: {zh: 基准, en: benchmark}, unit: %(unit)s, value: 10}
  below.ranked_on: {title: {zh: 排序, en: ranked on}, value: revenue_per_mu}
  classes: {title: {zh: 类别, en: classes}, value: [甲, 乙]}
  above.quota.甲: {title: {zh: 甲, en: first}, value: 0.5}
  below.quota.甲: {title: {zh: 甲, en: first}, value: 0.5}
  quota.rounding: {title: {zh: 取整, en: rounding}, value: %(rounding)s}
  quota.closed: {title: {zh: 端点, en: end}, value: true}
  rank.ties: {title: {zh: 同分, en: ties}, value: key}
  score.decimals: {title: {zh: 小数, en: decimals}, value: 2}
"""
SOUND = {"family": "ratio", "indicator": "tax_per_mu", "unit": "万元/亩", "rounding": "ceil"}


def _library(folder: Path, **changes: str) -> Library:
    (folder / "made-up.yaml").write_text(COUNTY % {**SOUND, **changes}, encoding="utf-8")
    return assemble([DOMAIN], [folder]).library


def test_a_county_needs_no_python(tmp_path: Path) -> None:
    reading = _library(tmp_path).book("mu/made-up").on()
    subjects: dict[str, dict[str, Shown]] = {
        name: {"sector": "industry", "above_scale": True, "land_mu": Decimal(1), "tax_paid_wan": Decimal(tax)}
        for name, tax in (("x", 7), ("y", 9))}
    found = judged(reading, stored_rows(reading.book.dossier, subjects, reading.day))
    assert [f.values["outcome"] for f in found if f is not None] == ["乙", "甲"]
    assert [f.values["score__points"] for f in found if f is not None] == [7000, 9000]


@pytest.mark.parametrize(("wrong", "told"), [
    ({"family": "guess"}, "ratio, min_max, inverse, best"), ({"indicator": "tax_per_moo"}, "tax_per_mu"),
    ({"rounding": "somehow"}, "floor, ceil, half_up, share"), ({"unit": "万元"}, "units differ"),
])
def test_a_slip_in_a_rulebook_is_told_with_what_is_possible(tmp_path: Path, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(RulebookError) as raised:
        _library(tmp_path, **wrong).book("mu/made-up").on()
    assert told in raised.value.said("en")
