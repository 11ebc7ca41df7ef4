"""One enterprise alone: what its own figures decide is told, and what the others decide is said to need them."""

import json
from pathlib import Path

from qiantang.district.assembly import house
from qiantang.links.templates import write_template
from tests.cli.conftest import Run
from tests.cli.tiny import rows

MU, LOW = "mu/huangyan-2022", "lowland/qiantang-5wan"
BELOW_SCALE = ("--set", "sector=industry", "--set", "above_scale=no", "--set", "tax_paid_wan=115.932", "--set", "tax_added_back_wan=0",
               "--set", "land_mu=10", "--set", "electricity_kwh=4929081.63")


def test_a_score_by_published_constants_needs_nobody_else_and_a_class_by_places_does(run: Run) -> None:
    said = run("self-check", *BELOW_SCALE, "--rulebook", MU, "--json").told["checks"][0]
    # 50 points for tax per mu on its benchmark, 50 for tax per kWh on its own.
    assert said["score"] == "100"
    assert said["outcome"] is None
    assert said["needs_population"]


def test_an_outcome_that_no_place_decides_is_told(run: Run) -> None:
    said = run("self-check", *BELOW_SCALE, "--rulebook", LOW, "--json").told["checks"][0]
    assert (said["outcome"], said["needs_population"]) == ("not_low", False)


def test_units_may_be_written_with_the_figure_or_the_name(run: Run) -> None:
    for tax, land in (("实缴税金=49.9万元", "用地面积=10"), ("实缴税金（元）=499000", "用地面积（m²）=6666.6667"), ("tax_paid_wan=499000元", "land_mu=10")):
        said = run("self-check", "--set", tax, "--set", "tax_added_back_wan=0", "--set", land, "--set", "above_scale=是", "--set", "sector=工业",
                   "--rulebook", LOW, "--json")
        assert said.code == 0, said.err
        assert said.told["checks"][0]["outcome"] == "low", (tax, land)


def test_a_missing_fact_gives_unknown_and_is_named(run: Run) -> None:
    said = run("self-check", "--set", "above_scale=yes", "--set", "sector=industry", "--set", "land_mu=10", "--rulebook", LOW)
    assert "unknown" in said.out
    assert "tax paid" in said.out


def test_what_was_taken_as_none_on_record_is_listed(run: Run) -> None:
    said = run("self-check", *BELOW_SCALE, "--rulebook", "hitech/2016-32", "--json").told["checks"][0]
    assert "class_one_rights" in said["assumed"]
    assert said["outcome"] == "fail"


def test_a_condition_that_is_not_met_shows_the_distance_in_the_facts_own_unit(run: Run) -> None:
    said = run("self-check", *BELOW_SCALE, "--set", "staff_mean=100", "--set", "sci_tech_staff=7", "--rulebook", "hitech/2016-32", "--json")
    gaps = {g["fact"]: g for g in said.told["checks"][0]["gaps"]}
    assert (gaps["sci_tech_staff"]["now"], gaps["sci_tech_staff"]["needed"]) == ("7.00", "10.00")


def test_a_lift_is_given_to_the_points_asked_for(run: Run) -> None:
    said = run("self-check", *BELOW_SCALE, "--rulebook", MU, "--score", "110", "--json").told["checks"][0]
    tax = next(x for x in said["lifts"] if x["fact"] == "tax_paid_wan")
    assert tax["after"].startswith("127.52")


def test_unreadable_figures_are_told_all_at_once_with_near_names(run: Run) -> None:
    said = run("self-check", "--set", "tax_paid_wan=lots", "--set", "land_mu=-3", "--set", "above_scal=yes", "--rulebook", LOW)
    assert said.code == 2
    assert len(said.err.splitlines()) == 3
    assert "Did you mean: above scale" in said.err


def test_nothing_given_is_refused(run: Run) -> None:
    assert run("self-check").code == 2


def test_figures_come_from_a_filled_template_or_a_list_of_names(tmp_path: Path, run: Run) -> None:
    given = {name: value for name, _, value in (word.partition("=") for word in BELOW_SCALE if "=" in word)}
    (tmp_path / "own.json").write_text(json.dumps(given), encoding="utf-8")
    (tmp_path / "own.yaml").write_text("".join(f"{name}: {value}\n" for name, value in given.items()), encoding="utf-8")
    for file in ("own.json", "own.yaml"):
        assert run("self-check", tmp_path / file, "--rulebook", MU, "--json").told["checks"][0]["score"] == "100"
    one = {table: found[:1] for table, found in rows().items()}
    write_template(tmp_path / "own.xlsx", house().tables, "zh", one)
    said = run("self-check", tmp_path / "own.xlsx", "--set", "land_mu=10", "--rulebook", LOW, "--json")
    assert said.told["checks"][0]["outcome"] == "low"


def test_a_file_that_is_no_list_of_figures_is_refused(tmp_path: Path, run: Run) -> None:
    (tmp_path / "own.yaml").write_text("- 1\n- 2\n", encoding="utf-8")
    assert run("self-check", tmp_path / "own.yaml").code == 2
    assert run("self-check", tmp_path / "nowhere.yaml").code == 2
