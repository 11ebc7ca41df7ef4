"""Every question can be asked by a command, and its answer is the same for a person and for a script."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Run
from tests.cli.tiny import code, name

MU, LOW = "mu/huangyan-2022", "lowland/qiantang-5wan"


def questions(folder: Path) -> list[list[str]]:
    """A command of every kind over the tiny district."""
    at = ["--dir", str(folder)]
    return [
        ["explain", code(0), *at], ["explain", name(5), "--rulebook", MU, *at], ["explain", code(0), "--short", *at],
        ["lift", code(21), "--to", "A", "--rulebook", MU, *at], ["compare", "--set", "floor.tax_per_mu=8", "--rulebook", LOW, *at],
        ["rulebooks", *at], ["rulebooks", MU, *at], ["robust", "--rulebook", LOW, *at], ["view", *at], ["view", "land_classes", *at],
        ["view", "land_lowest", "--limit", "2", *at], ["history", code(0), *at], ["cases", *at], ["cases", "list", "--process", "lowland", *at],
        ["cases", "show", "lowland-2022-000001", *at], ["cases", "zero", "--process", "lowland", *at], ["audit", "verify", *at],
        ["integrity", *at], ["self-check", "--set", "tax_paid_wan=120", "--set", "land_mu=15", "--rulebook", LOW], ["check", str(folder)],
    ]


@pytest.mark.parametrize("number", range(20))
def test_every_answer_parses_as_json_and_says_its_texts_in_both_languages(number: int, assessed_once: Path, run: Run) -> None:
    said = run(*questions(assessed_once)[number], "--json")
    assert said.code == 0, said.err
    assert said.told not in ({}, [])
    assert '"zh":' in said.out or "titles" not in said.out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("number", range(20))
def test_no_line_is_wider_than_a_hundred_columns(number: int, lang: str, assessed_once: Path, run: Run) -> None:
    said = run(*questions(assessed_once)[number], "--lang", lang)
    assert said.code == 0, said.err
    # A command to type is never broken: it would not run when copied.
    wide = [line for line in said.out.splitlines() if cell_len(line.rstrip()) > 100 and not line.startswith("  qiantang ")]
    assert wide == []


def test_an_explanation_reaches_down_to_file_and_row(assessed_once: Path, run: Run) -> None:
    said = run("explain", code(0), "--rulebook", LOW, "--dir", assessed_once)
    assert "Outcome: low-efficiency" in said.out
    assert "facts.xlsx, sheet 企业年度数据, row 2, tax paid" in said.out


def test_without_a_rulebook_every_outcome_of_the_subject_is_listed(assessed_once: Path, run: Run) -> None:
    said = run("explain", code(0), "--json", "--dir", assessed_once).told
    assert [one["rulebook"] for one in said["outcomes"]] == [MU, LOW]


def test_a_part_of_a_name_finds_the_subject(assessed_once: Path, run: Run) -> None:
    assert run("explain", "企业05", "--json", "--dir", assessed_once).told["subject"] == code(5)


def test_spaces_in_a_name_do_not_matter(assessed_once: Path, run: Run) -> None:
    assert run("explain", " 企 业 05", "--json", "--dir", assessed_once).told["subject"] == code(5)


def test_a_part_that_fits_several_subjects_names_them(assessed_once: Path, run: Run) -> None:
    said = run("explain", "示例企业", "--dir", assessed_once)
    assert said.code == 2
    assert name(0) in said.err
    assert "Say which" in said.err


def test_an_unknown_subject_is_answered_with_near_ones(assessed_once: Path, run: Run) -> None:
    said = run("explain", code(5)[:-1] + "?", "--dir", assessed_once)
    assert said.code == 2
    assert code(5) in said.err


def test_a_subject_that_a_rulebook_does_not_judge_is_told_so(assessed_once: Path, run: Run) -> None:
    said = run("explain", code(1), "--rulebook", "hitech/2016-32", "--dir", assessed_once)
    assert said.code == 2
    assert "qiantang assess" in said.err


def test_a_lift_is_proved_by_judging_everybody_anew(assessed_once: Path, run: Run) -> None:
    said = run("lift", code(21), "--to", "A", "--rulebook", MU, "--json", "--dir", assessed_once).told
    assert said["before"] != "A"
    assert said["singles"]
    assert all(single["holds"] for single in said["singles"])
    tax = next(s for s in said["singles"] if s["changes"][0]["fact"] == "tax_paid_wan")
    assert tax["tight"]


def test_who_is_there_already_needs_no_lift(assessed_once: Path, run: Run) -> None:
    assert run("lift", code(59), "--to", "A", "--rulebook", MU, "--json", "--dir", assessed_once).told["already"]


def test_a_higher_floor_makes_more_enterprises_low(assessed_once: Path, run: Run) -> None:
    said = run("compare", "--rulebook", LOW, "--set", "floor.tax_per_mu=12", "--json", "--dir", assessed_once).told
    assert said["moved"]
    assert {m["after"] for m in said["moved"]} == {"low"}
    assert all("tax_per_mu" in m["because"] for m in said["moved"])


def test_a_parameter_that_is_none_is_answered_with_near_ones(assessed_once: Path, run: Run) -> None:
    said = run("compare", "--rulebook", LOW, "--set", "floor.tax_per_muu=12", "--dir", assessed_once)
    assert said.code == 2
    assert "floor.tax_per_mu" in said.err


def test_every_wrong_pair_is_told_at_once(assessed_once: Path, run: Run) -> None:
    said = run("compare", "--rulebook", LOW, "--set", "floor", "--set", "ceiling", "--dir", assessed_once)
    assert said.code == 2
    assert len(said.err.splitlines()) == 2


def test_what_hangs_on_a_guess_names_the_clause(assessed_once: Path, run: Run) -> None:
    said = run("robust", "--rulebook", MU, "--json", "--dir", assessed_once).told
    assert said["firm"] + said["hanging"] == 60
    assert said["hanging"] == len(said["subjects"]) > 0
    assert any("quota" in path for one in said["subjects"] for path in one["decides"])


def test_an_unknown_view_is_answered_with_those_there_are(assessed_once: Path, run: Run) -> None:
    said = run("view", "land_clases", "--dir", assessed_once)
    assert said.code == 2
    assert "land_classes" in said.err


def test_a_view_over_everybody_ends_with_the_total(assessed_once: Path, run: Run) -> None:
    said = run("view", "land_classes", "--json", "--dir", assessed_once).told
    assert said["rows"][-1]["enterprises"] == "60"
    assert said["rows"][-1]["platform"] is None


def test_a_rulebook_is_shown_with_clause_status_and_what_it_may_be(assessed_once: Path, run: Run) -> None:
    said = run("rulebooks", LOW, "--json", "--dir", assessed_once).told
    strict = next(p for p in said["parameters"] if p["path"] == "floor.strict")
    assert strict["status"] == "assumption"
    assert strict["admissible"]["any_of"] == [True, False]


def test_a_folder_that_was_never_assessed_says_what_to_type(tmp_path: Path, run: Run) -> None:
    said = run("explain", code(0), "--dir", tmp_path)
    assert said.code == 2
    assert f"qiantang assess {tmp_path}" in said.err


def test_errors_are_json_too_where_json_is_asked_for(assessed_once: Path, run: Run) -> None:
    said = run("explain", "nobody", "--json", "--dir", assessed_once)
    assert said.code == 2
    assert said.told["faults"][0]["message"]["zh"].startswith("没有对象")
