"""A district's settings are read whole, and what is wrong in them is said all at once, each with its line."""

from datetime import date
from pathlib import Path

import pytest

from qiantang.district.settings import District, default_folder
from qiantang.kernel.errors import FactsError
from qiantang.kernel.sources import Status

SMALL = """# A district in a few lines.
id: small
name: {zh: 小区, en: Small}
synthetic: true
jurisdiction: [中国]
evaluation_year: 2022
law_day: 2022-12-31
rulebooks: [mu/huangyan-2022]
subdistricts:
  east: {zh: 东街道, en: East}
platforms:
  port: {title: {zh: 港, en: Port}, subdistricts: [east], leading_industry: biopharma}
leading_industries:
  biopharma: {title: {zh: 生物医药, en: bio-pharma}}
dimensions:
  first: {title: {zh: 企业, en: enterprises}}
targets:
  count: {title: {zh: 家数, en: count}, dimension: first, unit: 家, goal: {year: 2023, value: 10}, source: {zh: 某, en: some}}
"""


def _written(folder: Path, text: str) -> Path:
    (folder / "district.yaml").write_text(text, encoding="utf-8")
    return folder


def _faults(folder: Path, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(FactsError) as wrong:
        District.load(_written(folder, text))
    return [(f.place.row, f.message.en) for f in wrong.value.faults]


def test_the_reference_district_has_nine_platforms_of_which_six_are_main() -> None:
    district = District.load(default_folder())
    assert district.synthetic
    assert len(district.platforms) == 9
    assert sum(p.main for p in district.platforms) == 6


def test_three_of_six_dimensions_are_places_to_fill() -> None:
    statuses = [d.status for d in District.load(default_folder()).dimensions]
    assert statuses.count(Status.PLACEHOLDER) == 3
    assert len(statuses) == 6


def test_a_leading_industry_bears_the_name_of_the_day() -> None:
    biopharma = next(i for i in District.load(default_folder()).leading_industries if i.code == "biopharma")
    assert biopharma.named_on(date(2022, 3, 31)).zh == "生命健康"
    assert biopharma.named_on(date(2022, 4, 1)).zh == "生物医药"


def test_before_its_first_known_name_an_industry_bears_that_name() -> None:
    biopharma = next(i for i in District.load(default_folder()).leading_industries if i.code == "biopharma")
    assert biopharma.named_on(date(2019, 1, 1)).zh == "生命健康"


def test_a_small_district_needs_no_demonstration(tmp_path: Path) -> None:
    district = District.load(_written(tmp_path, SMALL))
    assert district.demonstration is None
    assert district.platform("port") is not None
    assert district.platform("elsewhere") is None
    assert district.targets[0].start is None


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    broken = (SMALL.replace("leading_industry: biopharma}", "leading_industry: bio}")
              .replace("law_day: 2022-12-31", "law_day: 2022-13-31").replace("evaluation_year: 2022", "evaluation_year: soon"))
    assert _faults(tmp_path, broken) == [
        (6, "'soon' is no number"),
        (7, "'2022-13-31' is no date (year-month-day)"),
        (12, "'bio' is not known"),
    ]


def test_an_unknown_key_is_a_fault_and_names_those_known(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL + "rulebook: one\n") == [(19, "unknown key 'rulebook'")]


def test_a_missing_key_is_a_fault(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL.replace("id: small\n", "")) == [(2, "'id' is missing")]


def test_a_key_written_twice_is_a_fault(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL + "id: other\n") == [(19, "key 'id' occurs twice")]


def test_a_platform_without_a_subdistrict_is_a_fault(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL.replace("subdistricts: [east], ", "")) == [(12, "a platform needs its subdistricts")]


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert _faults(tmp_path, SMALL + "demonstration: none.yaml\n") == [(19, "the folder has no 'none.yaml'")]


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (row, message), = _faults(tmp_path, "# A broken file.\nname: [one\nother: two\n")
    assert row == 3
    assert message.startswith("not valid YAML")


def test_a_folder_without_settings_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(FactsError) as wrong:
        District.load(tmp_path)
    assert "district.yaml" in wrong.value.faults[0].remedy.en
