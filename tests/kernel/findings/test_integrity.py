"""Published figures that contradict each other are reported with what was published, and those that agree are not."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.integrity import (
    Contradiction,
    PartsOfWhole,
    PublishedFigure,
    QuotientOf,
    ShareOf,
    contradictions,
    figures_of,
)
from qiantang.kernel.words import Text
from qiantang.registers.published import PUBLISHED_FIGURES, indicator_title

RELATIONS = (PartsOfWhole("class_count", "evaluated", ("A", "B", "C", "D")), ShareOf("class_share", "class_count", "evaluated"),
             QuotientOf("tax_per_mu", "tax_paid", "land"))


def _told(indicator: str, unit: str, source: str = "notice", **parts: str) -> list[PublishedFigure]:
    return [PublishedFigure("place", 2022, indicator, part, Decimal(figure), unit, source) for part, figure in parts.items()]


def _found(*told: list[PublishedFigure]) -> list[Contradiction]:
    return contradictions([figure for figures in told for figure in figures], RELATIONS)


def test_jingnings_below_scale_classes_add_up_to_28_not_36() -> None:
    found, = _found(_told("evaluated_below_scale", "家", all="36"), _told("class_count_below_scale", "家", A="4", B="21", C="0", D="3"))
    assert found.rule == "parts-and-whole"
    assert "28" in found.message.en
    assert "36" in found.message.zh


def test_jingnings_above_scale_classes_agree() -> None:
    counts = _told("class_count_above_scale", "家", A="11", B="21", C="7", D="0")
    assert _found(_told("evaluated_above_scale", "家", all="39"), counts) == []


def test_classes_of_which_some_were_not_published_need_not_add_up() -> None:
    assert _found(_told("evaluated", "家", all="6833"), _told("class_count", "家", C="2267", D="418")) == []


def test_parts_never_exceed_their_whole() -> None:
    found, = _found(_told("evaluated", "家", all="100"), _told("class_count", "家", A="60", B="41"))
    assert found.rule == "parts-and-whole"


def test_sichuans_share_and_count_disagree() -> None:
    found, = _found(_told("evaluated", "家", all="9445"), _told("class_count", "家", A="2597"), _told("class_share", "%", A="28.8"))
    assert found.rule == "share-and-count"
    assert "27.496" in found.message.en
    assert "28.8%" in found.message.zh


@pytest.mark.parametrize("share", ["27.5", "27.4", "27.49", "27", "28"])
def test_a_share_that_was_rounded_or_cut_off_agrees(share: str) -> None:
    assert _found(_told("evaluated", "家", all="9445"), _told("class_count", "家", A="2597"), _told("class_share", "%", A=share)) == []


def test_lishuis_total_is_a_sum_of_ratios() -> None:
    counties = ["46.38", "36.91", "22.97", "21.41", "21.36", "16.75", "12.15", "11.78", "10.06", "9.81"]
    found, = _found(_told("tax_per_mu", "万元/亩", all="18.9", total="209.58", **{f"county{i}": c for i, c in enumerate(counties)}),
                    _told("tax_paid", "万元", all="573564"), _told("land", "亩", all="30341"))
    assert found.rule == "sum-of-ratios"
    assert "209.58" in found.message.zh


def test_a_quotient_that_does_not_follow_from_its_figures() -> None:
    found, = _found(_told("tax_per_mu", "万元/亩", all="19.9"), _told("tax_paid", "万元", all="573564"), _told("land", "亩", all="30341"))
    assert found.rule == "quotient"


def test_two_sources_of_qiantangs_output_disagree() -> None:
    found, = _found(_told("output", "亿元", "one", all="2000"), _told("output", "亿元", "other", all="3000"))
    assert found.rule == "two-sources"
    assert len(found.figures) == 2


def test_two_sources_in_two_units_agree_within_their_digits() -> None:
    assert _found(_told("output", "亿元", "one", all="3500.4"), _told("output", "万元", "other", all="35004321")) == []


def test_parts_in_a_plain_unit_add_up_to_their_own_whole() -> None:
    assert _found(_told("gdp", "亿元", all="1270.39", primary="12.78", secondary="824.37", tertiary="433.24")) == []
    assert len(_found(_told("gdp", "亿元", all="1270.40", primary="12.78", secondary="824.37", tertiary="433.24"))) == 1


def test_other_years_and_places_are_not_compared() -> None:
    earlier = [PublishedFigure("place", 2021, "output", "all", Decimal(1), "亿元", "one")]
    assert _found(earlier, _told("output", "亿元", "other", all="3000")) == []


def test_rows_of_the_register_are_read_in_their_scale() -> None:
    row: dict[str, Stored] = {
        "place": "丽水", "year": 2019, "indicator": "tax_per_mu", "part": "all", "figure": 189000, "unit": "万元/亩", "source": "看板",
        "published_on": date(2020, 1, 1)}
    found, = figures_of([row], PUBLISHED_FIGURES.column("figure").type)
    assert found.figure == Decimal("18.9")
    assert found.said == Text("18.9 万元/亩", "189,000 yuan/mu")
    assert found.last_digit == Decimal("0.1")


def test_nothing_published_contradicts_nothing() -> None:
    assert contradictions([], RELATIONS) == []


def test_in_english_units_and_indicators_are_english_and_what_has_no_words_keeps_its_code() -> None:
    found, = _found(_told("evaluated", "家", all="100"), _told("class_count", "家", A="60", B="41"))
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in found.message.en)
    assert indicator_title("class_count_above_scale") == Text("各类企业数（规上）", "enterprises by class (above scale)")
    assert indicator_title("happiness_above_scale") == Text("happiness_above_scale", "happiness_above_scale")


def test_every_indicator_that_is_published_with_the_reference_district_has_words() -> None:
    published = yaml.safe_load(Path("districts/qiantang/published_figures.yaml").read_text(encoding="utf-8"))["figures"]
    assert not [row["indicator"] for row in published if indicator_title(row["indicator"]).en == row["indicator"] != "land"]
