"""What changes something: steps in a case, a corrected fact; each is recorded, and the record can be checked."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.tiny import code

PLAN = ("--field", "route=improve", "--field", "plan_land_mu=10", "--field", "due_on=2023-12-31", "--field", "measures=new line")
CASE = "lowland-2022-000001"


def test_a_case_shows_owner_deadline_and_the_next_step_to_type(district: Path, run: Run) -> None:
    said = run("cases", "show", CASE, "--dir", district)
    assert "platform" in said.out
    assert "2023-02-16" in said.out
    assert f"qiantang cases do {CASE} submit_plan --field route=improve" in said.out


def test_a_step_moves_the_case_to_the_next_owner(district: Path, run: Run) -> None:
    said = run("cases", "do", CASE, "submit_plan", *PLAN, "--on", "2023-01-10", "--by", "Li", "--json", "--dir", district).told
    assert (said["state"], said["owner"]["role"]) == ("planned", "bureau")
    history = run("cases", "show", CASE, "--json", "--dir", district).told["history"]
    assert [(e["event"], e["by"]) for e in history][1:] == [("submit_plan", "Li")]


def test_a_step_with_wrong_fields_tells_all_of_them_and_moves_nothing(district: Path, run: Run) -> None:
    said = run("cases", "do", CASE, "submit_plan", "--field", "route=sell", "--field", "plan_land_mu=much", "--field", "due_on=soon", "--dir", district)
    assert said.code == 2
    assert len(said.err.splitlines()) == 4
    assert run("cases", "show", CASE, "--json", "--dir", district).told["state"] == "listed"


def test_a_step_that_the_state_does_not_know_names_those_it_does(district: Path, run: Run) -> None:
    said = run("cases", "do", CASE, "accept", "--dir", district)
    assert said.code == 2
    assert "submit_plan" in said.err


def test_an_unknown_case_says_how_to_list_them(district: Path, run: Run) -> None:
    said = run("cases", "show", "lowland-2022-999999", "--dir", district)
    assert said.code == 2
    assert "qiantang cases" in said.err


def test_a_person_is_named_for_a_case(district: Path, run: Run) -> None:
    assert run("cases", "assign", CASE, "Wang", "--json", "--dir", district).told["owner"]["person"] == "Wang"


def test_an_overdue_case_is_chased_to_the_next_role(district: Path, run: Run) -> None:
    def chased_on(day: str) -> set[str]:
        touched = run("cases", "chase", "--on", day, "--json", "--dir", district).told["touched"]
        return {c["owner"]["role"] for c in touched if c["process"] == "lowland"}

    assert chased_on("2023-02-16") == set()
    assert chased_on("2023-02-17") == {"bureau"}


def test_the_count_towards_zero_says_what_still_stands(district: Path, run: Run) -> None:
    said = run("cases", "zero", "--process", "lowland", "--on", "2023-01-31", "--json", "--dir", district).told
    assert [p["standing"] for p in said["periods"]] == [said["open"], said["open"]]
    assert not said["is_zero"]
    assert said["open"] == len(said["still_open"])


def test_an_unknown_process_names_those_there_are(district: Path, run: Run) -> None:
    said = run("cases", "zero", "--process", "lowlands", "--dir", district)
    assert said.code == 2
    assert "lowland" in said.err


def test_a_corrected_fact_is_judged_again_and_the_difference_is_shown(district: Path, run: Run) -> None:
    said = run("correct", "enterprise_years", f"{code(0)}/2022", "tax_paid_wan", "95万元", "--evidence", "receipt 7", "--json", "--dir", district)
    assert said.code == 0, said.err
    assert (said.told["old"], said.told["new"]) == ("20.000000", "95.000000")
    moved = {d["rulebook"]: d["moved"] for d in said.told["differences"]}
    assert moved["lowland/qiantang-5wan"] == [{"subject": code(0), "before": "low", "after": "not_low"}]
    explained = run("explain", code(0), "--rulebook", "lowland/qiantang-5wan", "--dir", district)
    assert "receipt 7" in explained.out
    history = run("history", code(0), "--json", "--dir", district).told
    assert history["corrections"][0]["evidence"] == "receipt 7"
    # What changed stands on two lines; of everybody else's unchanged outcomes a line counts both runs.
    mine = [(p["outcome"], p["again"]) for p in history["past"] if p["rulebook"] == "lowland/qiantang-5wan"]
    assert mine == [("low", 0), ("not_low", 0)]
    other = run("history", code(1), "--json", "--dir", district).told["past"]
    assert {p["again"] for p in other} == {1}
    assert len({p["rulebook"] for p in other}) == len(other)
    assert "2 runs alike" in run("history", code(1), "--dir", district, "--lang", "en").out


def test_the_old_workbook_read_again_does_not_undo_a_correction(district: Path, run: Run) -> None:
    run("correct", "enterprise_years", f"{code(0)}/2022", "tax_paid_wan", "95", "--evidence", "receipt 7", "--dir", district)
    run("assess", district, "--rulebook", "lowland/qiantang-5wan")
    said = run("explain", code(0), "--rulebook", "lowland/qiantang-5wan", "--json", "--dir", district).told
    assert said["explanation"]["outcome"] == "not_low"


def test_a_wrong_correction_is_refused_and_nothing_is_kept(district: Path, run: Run) -> None:
    for row, column, value in ((f"{code(0)}/2022", "tax_paid_wan", "-3"), (f"{code(0)}/2022", "tax_paid_wan", "lots"),
                               (f"{code(0)}/2021", "tax_paid_wan", "5"), (code(0), "tax_paid_wan", "5"), (f"{code(0)}/2022", "taxes", "5")):
        said = run("correct", "enterprise_years", row, column, value, "--evidence", "receipt 7", "--dir", district)
        assert said.code == 2, (row, column, value)
    assert run("history", code(0), "--json", "--dir", district).told["corrections"] == []


def test_a_record_that_was_tampered_with_is_found(district: Path, run: Run) -> None:
    noted = run("audit", "verify", "--json", "--dir", district).told
    assert noted["holds"]
    with sqlite3.connect(district / ".qiantang" / "state.sqlite") as store:
        store.execute("UPDATE cases SET state = 'planned' WHERE id = ?", (CASE,))
    said = run("audit", "verify", "--json", "--dir", district)
    assert said.code == 1
    assert CASE in said.out


def test_an_anchor_finds_a_log_that_was_written_anew(district: Path, run: Run) -> None:
    head = run("audit", "verify", "--json", "--dir", district).told["head"]
    assert run("audit", "verify", "--anchor", f"{head['seq']}:{head['hash']}", "--dir", district).code == 0
    assert run("audit", "verify", "--anchor", f"{head['seq']}:{'0' * 64}", "--dir", district).code == 1
    assert run("audit", "verify", "--anchor", "yesterday", "--dir", district).code == 2
