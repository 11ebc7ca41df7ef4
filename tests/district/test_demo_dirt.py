"""Each piece of dirt in the demonstration is met by the door as it should be, and nothing else is kept out."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from qiantang.district.demo import DemoReport, build_demo
from qiantang.district.demo.dirt import Dirt
from qiantang.district.intake import read_folder
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.facts.intake import IntakeReport
from qiantang.registers import REGISTERS


@dataclass(frozen=True)
class _Taken:
    made: DemoReport
    report: IntakeReport
    store: Path
    kept_out: set[tuple[str, str, int, str]]

    def dirt(self, *outcomes: str) -> list[Dirt]:
        return [d for d in self.made.dirt if d.outcome in outcomes]


@pytest.fixture(scope="module", params=["xlsx", "csv", "parquet"])
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> _Taken:
    folder = tmp_path_factory.mktemp(f"dirt-{request.param}")
    made = build_demo(folder / "demo", 1_000, form=request.param)
    engine = DuckDBEngine()
    report = read_folder(made.directory, REGISTERS, folder / "store", date(2022, 12, 31), engine=engine)
    engine.close()
    with duckdb.connect() as base:
        rows = base.execute(f"SELECT file, sheet, row, rule FROM '{report.quarantine}'").fetchall()
    return _Taken(made, report, folder / "store", {(f, s, r, rule) for f, s, r, rule in rows})


def test_nothing_is_lost(taken: _Taken) -> None:
    assert taken.report.accepted + taken.report.quarantined == taken.report.read
    assert taken.report.read == taken.made.rows


def test_every_file_is_understood(taken: _Taken) -> None:
    assert [f.fault for f in taken.report.files if f.fault] == []
    sheets = {(s.file, s.sheet): s.table for f in taken.report.files for s in f.sheets}
    assert sheets == {(s.file, s.sheet): s.table for s in taken.made.sheets}


def test_every_row_that_should_be_kept_out_is_kept_out_for_its_own_reason(taken: _Taken) -> None:
    missed = [d for d in taken.dirt("quarantined") if (d.file, d.sheet, d.row, d.rule) not in taken.kept_out]
    assert missed == []
    assert len({d.kind for d in taken.dirt("quarantined")}) >= 8


def test_no_clean_row_is_kept_out(taken: _Taken) -> None:
    expected = {(d.file, d.sheet, d.row) for d in taken.dirt("quarantined")}
    assert {k[:3] for k in taken.kept_out} - expected == set()
    assert taken.report.quarantined == len(expected)


def test_columns_of_no_known_name_are_listed(taken: _Taken) -> None:
    unread = {(s.file, s.sheet, u.header) for f in taken.report.files for s in f.sheets for u in s.unread}
    assert {(d.file, d.sheet, d.header) for d in taken.dirt("unread")} <= unread
    assert {h for *_, h in unread} - {d.header for d in taken.dirt("unread")} == {"纳税人名称"}


def test_a_changed_header_is_guessed(taken: _Taken) -> None:
    guessed = {u.header: u.suggestion.zh for f in taken.report.files for s in f.sheets for u in s.unread if u.suggestion}
    assert guessed.get("工业用水总量(m³)") == "用水量"


def test_strangers_and_former_codes_are_said_to_be_strange(taken: _Taken) -> None:
    warned = {w.place.file for w in taken.report.warnings if w.rule == "stranger"}
    assert {d.file for d in taken.dirt("warned")} <= warned


def test_what_is_badly_written_but_clear_is_read_as_it_was_meant(taken: _Taken) -> None:
    read = [d for d in taken.dirt("read") if d.kind == "readable_number"]
    stored = _stored(taken, "enterprise_years", "hitech_income_wan")
    assert [d for d in read if stored.get((d.file, d.row)) != round(float(d.true or 0) * 1_000_000)] == []


def test_days_written_in_words_are_read_as_they_were_meant(taken: _Taken) -> None:
    read = [d for d in taken.dirt("read") if d.kind == "readable_day"]
    stored = _stored(taken, "intellectual_property", "granted_on")
    assert [d for d in read if str(stored.get((d.file, d.row))) != d.true] == []


def test_a_missing_emission_stays_unknown(taken: _Taken) -> None:
    stored = _stored(taken, "enterprise_years", "cod_t")
    assert {stored.get((d.file, d.row)) for d in taken.dirt("unknown")} == {None}


def test_a_typed_file_holds_no_text_among_numbers(taken: _Taken) -> None:
    kinds = {d.kind for d in taken.made.dirt}
    assert ("text_in_number" in kinds) == (taken.made.form != "parquet")


def _stored(taken: _Taken, table: str, column: str) -> dict[tuple[str, int | None], object]:
    with duckdb.connect() as base:
        rows = base.execute(f"SELECT _file, _row, {column} FROM read_parquet('{taken.store}/facts/{table}/*.parquet', union_by_name = true) "
                            f"WHERE {column} IS NOT NULL").fetchall()
    return {(file, row): value for file, row, value in rows}
