"""Policy matching tells what is met, what is near and what is missing, and the figure it names is the one that does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from qiantang.district.assembly import house
from qiantang.district.own_figures import completed, figures_written
from qiantang.district.pages.policies import missing_of
from qiantang.district.policies import Match, Standing, holds_in, matched, policies_of
from qiantang.district.settings import District, default_folder
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.registers.dossiers import ENTERPRISE

DISTRICT = District.load(default_folder())
DAY = DISTRICT.law_day


def facts(**written: str) -> Mapping[str, Stored]:
    return completed(ENTERPRISE, figures_written(written, ENTERPRISE).facts, DAY, DISTRICT.evaluation_year)[0]


def policy(id: str) -> Reading:
    book = house().library.book(id)
    return book.on(DAY if DAY in book.document.span else book.usual_day)


def match(id: str, **written: str) -> Match:
    found = matched(policy(id), facts(**written))
    assert found is not None
    return found


def test_every_offer_names_outcomes_and_figures_that_its_rulebooks_have() -> None:
    offered = [book for id in house().library.ids if (book := house().library.book(id)).form.offers is not None]
    assert len(offered) >= 10
    for book in offered:
        offer, outline = book.form.offers, book.on(book.usual_day).outline
        assert offer is not None
        assert {*offer.granted, *offer.open} <= {code for code, _ in outline.codes}, book.id
        assert not offer.worth or any(c.id == offer.worth and c.value is not None for c in outline.criteria), book.id


def test_a_district_offers_national_and_its_own_policies_and_not_its_neighbours() -> None:
    ids = {r.book.id for r in policies_of(house(), DISTRICT, DAY, "enterprise")}
    assert {"hitech/2016-32", "zjtx/2022-63", "policy/qiantang-lingfei-draft"} <= ids
    assert "reward/yuhang-68" not in ids
    assert "mu/huangyan-2022" not in ids
    assert not holds_in(house().library.document("reward/yuhang-68"), DISTRICT.jurisdiction)
    assert holds_in(house().library.document("reward/yuhang-68"), ("中国", "浙江省", "杭州市", "余杭区"))


def test_a_policy_that_is_not_yet_in_force_is_offered_only_where_the_district_applies_it() -> None:
    early = {r.book.id for r in policies_of(house(), DISTRICT, date(2009, 1, 1), "enterprise")}
    assert early <= set(DISTRICT.rulebooks)


SMART = {"above_scale": "yes", "sector": "industry"}


def test_one_condition_missing_is_near_and_the_figure_named_is_the_one_that_does() -> None:
    near = match("factory/national-basic", **SMART, digital_level="0")
    assert near.standing is Standing.NEAR
    gap = near.lacking[0].figures[0]
    needed = gap.column.type.decimal(gap.needed)
    assert match("factory/national-basic", **SMART, digital_level=str(needed)).standing is Standing.OPEN
    short = match("factory/national-basic", **SMART, digital_level=str(needed - 1))
    assert short.standing is Standing.NEAR
    assert missing_of(near).zh == "智能制造能力成熟度（0级 → 2级）"
    assert missing_of(near).en.endswith("0 levels → 2 levels)")


def test_what_nobody_knows_is_unknown_and_names_the_fact() -> None:
    unknown = match("factory/national-basic", **SMART)
    assert unknown.standing is Standing.UNKNOWN
    assert [c.name for _, columns in unknown.unknown for c in columns] == ["digital_level"]
    assert "缺少" in missing_of(unknown).zh


def test_a_benefit_says_what_it_is_worth() -> None:
    grown = {"on_leader_ladder": "yes", "on_growth_ladder": "no", "listing": "none", "district_contribution_wan_1": "1000",
             "district_contribution_wan": "1500", "land_granted_by_district": "no"}
    found = match("policy/qiantang-lingfei-draft", **grown)
    assert found.standing is Standing.MET
    assert found.worth is not None
    assert found.worth > 0
    assert found.lacking == ()


@pytest.mark.parametrize("id", ["hitech/2016-32", "techsme/2017-115", "giant/2022-63"])
def test_several_conditions_missing_is_no_nearness(id: str) -> None:
    found = match(id, founded_on="2022-06-01", sector="industry", above_scale="no", staff_mean="900", class_one_rights="0", class_two_rights="0",
                  rd_hightech_wan="0", revenue_wan="100000")
    assert found.standing in (Standing.MISSING, Standing.UNKNOWN)
