"""A wrong folder, an empty one, a broken file: each is refused with place and remedy, and nothing that stood is touched."""

import json
import shutil
from pathlib import Path

import pytest
import xlsxwriter

from qiantang.district.assembly import house
from qiantang.links.templates import write_template
from tests.cli.conftest import Run
from tests.cli.tiny import BOOKS, ENTERPRISES, code, rows

BROKEN = """# A rulebook with three faults.
id: mu/own
form: per_mu
title: {zh: 自定规则}
level: village
valid: {since: 2022-01-01}
status: sourced
source: {issuer: 区, document: 办法}
parameters:
  score.cap: {title: {zh: 封顶, en: cap}, unit: 丈, value: 1}
"""


def latest(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / ".qiantang" / "latest.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("command", ["check", "assess"])
def test_a_folder_without_workbooks_is_refused(command: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "note.md").write_text("nothing", encoding="utf-8")
    said = run(command, tmp_path)
    assert said.code == 2
    assert "no workbook" in said.err
    assert "qiantang template" in said.err


@pytest.mark.parametrize("command", ["check", "assess"])
def test_a_folder_that_is_not_there_is_refused(command: str, tmp_path: Path, run: Run) -> None:
    said = run(command, tmp_path / "nowhere")
    assert said.code == 2
    assert "there is no such folder" in said.err


def test_a_file_in_the_place_of_a_folder_is_told_so(tmp_path: Path, run: Run) -> None:
    (tmp_path / "facts.xlsx").write_bytes(b"")
    said = run("assess", tmp_path / "facts.xlsx")
    assert said.code == 2
    assert "a file, not a folder" in said.err


@pytest.mark.parametrize("command", ["check", "assess"])
def test_a_folder_that_is_no_districts_is_left_as_it_was(command: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "kinds.csv").write_text("kind,role\ntorque,measured\n", encoding="utf-8")
    said = run(command, tmp_path)
    assert "no table matches" in said.err + said.out
    assert [path.name for path in tmp_path.iterdir()] == ["kinds.csv"]


def test_a_workbook_of_something_else_accepts_nothing_and_loses_nothing(tmp_path: Path, run: Run) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "menu.xlsx")) as book:
        sheet = book.add_worksheet("菜单")
        sheet.write_row(0, 0, ["菜名", "价格"])
        sheet.write_row(1, 0, ["鱼", 38])
    said = run("check", tmp_path, "--json")
    assert said.code == 1
    assert (said.told["read"], said.told["accepted"], said.told["quarantined"]) == (2, 0, 2)
    assert run("assess", tmp_path).code == 2


def test_a_broken_rulebook_is_refused_with_every_fault_and_its_line(district: Path, run: Run) -> None:
    (district / "rulebooks").mkdir()
    (district / "rulebooks" / "own.yaml").write_text(BROKEN, encoding="utf-8")
    before = latest(district)
    said = run("assess", district)
    assert said.code == 2
    for line in (4, 5, 10):
        assert f"row {line}" in said.err
    assert latest(district) == before


def test_broken_settings_are_refused_with_their_line(district: Path, run: Run) -> None:
    (district / "district.yaml").write_text("# Wrong.\nid: tiny\nname: {zh: 小区}\nlaw_day: soon\n", encoding="utf-8")
    said = run("check", district)
    assert said.code == 2
    assert "row 4" in said.err


def test_a_check_keeps_no_fact_and_leaves_results_alone(tmp_path: Path, run: Run) -> None:
    write_template(tmp_path / "facts.xlsx", house().tables, "en", rows())
    said = run("check", tmp_path, "--json")
    assert said.code == 0
    assert said.told["accepted"] == said.told["read"] > ENTERPRISES
    assert not (tmp_path / ".qiantang").exists()


def test_a_quarantined_row_is_told_with_sheet_row_and_remedy_and_listed_in_a_workbook(tmp_path: Path, run: Run) -> None:
    spoilt = rows()
    spoilt["enterprises"].append(dict(spoilt["enterprises"][0]))
    write_template(tmp_path / "facts.xlsx", house().tables, "zh", spoilt)
    said = run("check", tmp_path)
    assert said.code == 1
    assert f"row {ENTERPRISES + 2}" in said.out
    assert "duplicate" in said.out
    assert (tmp_path / ".qiantang" / "quarantine.xlsx").is_file()


def test_what_changed_since_the_last_assessment_moves_the_cases_not_the_past(district: Path, run: Run) -> None:
    better = rows()
    better["enterprise_years"][0]["tax_paid_wan"] = 900 * 10**6
    write_template(district / "facts.xlsx", house().tables, "zh", better)
    said = run("assess", district, *(w for b in BOOKS for w in ("--rulebook", b)), "--json").told
    lowland = next(c for c in said["cases"] if c["process"] == "lowland")
    assert (lowland["opened"], lowland["changed"]) == (0, 1)
    past = run("history", code(0), "--rulebook", BOOKS[1], "--json", "--dir", district).told["past"]
    assert [p["outcome"] for p in past] == ["low", "not_low"]


def test_assessing_twice_changes_nothing(district: Path, run: Run) -> None:
    before = latest(district)
    said = run("assess", district, *(w for b in BOOKS for w in ("--rulebook", b)), "--json").told
    assert [r["fresh"] for r in said["runs"]] == [False, False]
    assert all(c["opened"] == 0 for c in said["cases"])
    assert latest(district) == before


def test_results_do_not_go_among_the_facts(district: Path, run: Run) -> None:
    said = run("assess", district, "--rulebook", BOOKS[1], "--out", district / "results")
    assert said.code == 2
    assert "folder of the facts" in said.err


@pytest.mark.parametrize("form", ["parquet", "xlsx", "csv"])
def test_results_are_written_with_figures_in_their_units(form: str, district: Path, tmp_path: Path, run: Run) -> None:
    import duckdb

    out = tmp_path / "results"
    said = run("assess", district, "--rulebook", BOOKS[1], "--out", out, "--format", form, "--json")
    assert said.code == 0, said.err
    assert [Path(p).name for p in said.told["written"]] == [
        f"lowland-qiantang-5wan.{form}", f"lowland-qiantang-5wan-parameters.{form}", "runs.json"]
    file = out / f"lowland-qiantang-5wan.{form}"
    if form == "parquet":
        row = duckdb.connect().execute(f"SELECT outcome, tax_per_mu__value FROM '{file}' WHERE uscc = '{code(0)}'").fetchall()[0]
        assert (row[0], str(row[1])) == ("low", "2.000000")
    elif form == "csv":
        header, *lines = file.read_text(encoding="utf-8-sig").splitlines()
        assert "tax per mu: value" in header
        assert next(line for line in lines if line.startswith(code(0))).split(",")[3] == "low"
    else:
        import python_calamine

        table = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
        at = next(n for n, title in enumerate(table[0]) if str(title).startswith("tax per mu: value"))
        assert next(r for r in table if r[0] == code(0))[at] == 2.0


def test_an_unknown_form_lists_those_there_are(district: Path, run: Run) -> None:
    said = run("assess", district, "--format", "pdf")
    assert said.code == 2
    assert "parquet, xlsx, csv" in said.err


def test_a_template_that_is_there_is_not_overwritten(tmp_path: Path, run: Run) -> None:
    assert run("template", tmp_path / "facts.xlsx", "--table", "enterprises").code == 0
    kept = (tmp_path / "facts.xlsx").read_bytes()
    assert run("template", tmp_path / "facts.xlsx").code == 2
    assert (tmp_path / "facts.xlsx").read_bytes() == kept
    assert run("template", tmp_path / "facts.xlsx", "--force").code == 0


def test_a_demonstration_never_replaces_somebodys_folder(tmp_path: Path, run: Run) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    said = run("demo", "--dir", tmp_path)
    assert said.code == 2
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_the_facts_as_known_on_an_earlier_day_can_be_assessed_again(district: Path, run: Run) -> None:
    shutil.rmtree(district / ".qiantang" / "runs")
    said = run("assess", district, "--rulebook", BOOKS[1], "--known-at", "1999-12-31")
    assert said.code == 2
    assert "has no facts of 2022" in said.err
