"""An enterprise that goes on under another credit code keeps its past; one that merged does not bring its years along."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qiantang.district.assess import Assessment, assess
from qiantang.district.inquiries import Inquiry
from qiantang.district.intake import take_in
from qiantang.district.reading import ReadService
from qiantang.district.workspace import Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.actions.cases import Actor
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.facts.intake import IntakeReport
from qiantang.kernel.facts.schema import Value
from qiantang.links.templates import write_template
from tests.cli.tiny import BOOKS, code, rows

AT = datetime(2023, 3, 1, 8, tzinfo=UTC)
DAY = date(2023, 3, 1)
BOOK = BOOKS[0]
FORMER, BETWEEN, NOW = code(800), code(801), code(10)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    own = DuckDBEngine(threads=1)
    yield own
    own.close()


def changed(old: str, new: str, kind: str = "re_registration", since: date = date(2022, 6, 1)) -> dict[str, Value]:
    return {"uscc": new, "kind": kind, "since": since, "old_uscc": old}


def assessed(folder: Path, engine: DuckDBEngine, told: list[dict[str, Value]], under: str = FORMER,
             also: list[dict[str, Value]] | None = None) -> tuple[Workspace, IntakeReport, Assessment]:
    """The sixty enterprises, where the tax office still writes number 10 under a former code."""
    folder.mkdir()
    place = Workspace(folder)
    facts = rows()
    years = [{**row, "uscc": under} if row["uscc"] == NOW else row for row in facts["enterprise_years"]]
    write_template(folder / "facts.xlsx", place.house.tables, "zh", {**facts, "enterprise_years": [*years, *(also or [])], "identities": told})
    report = take_in(place, DAY, engine)
    return place, report, assess(place, engine, known_at=DAY, at=AT, actor=Actor("tester", frozenset()), rulebooks=BOOKS)


def outcomes(engine: DuckDBEngine, found: Assessment) -> dict[str, Stored]:
    run = found.run(BOOK)
    assert run is not None
    return {str(row["uscc"]): row["outcome"] for row in engine.rows(f"SELECT uscc, outcome FROM {engine.parquet([run.stored.path])} AS r")}


def test_years_under_a_former_code_are_the_enterprises_own(tmp_path: Path, engine: DuckDBEngine) -> None:
    _, _, plainly = assessed(tmp_path / "plain", engine, [], under=NOW)
    _, report, carried = assessed(tmp_path / "carried", engine, [changed(FORMER, NOW)])
    assert outcomes(engine, carried) == outcomes(engine, plainly)
    assert [w.rule for w in report.warnings] == []


def test_a_chain_of_codes_is_followed_to_the_one_borne_now(tmp_path: Path, engine: DuckDBEngine) -> None:
    _, _, plainly = assessed(tmp_path / "plain", engine, [], under=NOW)
    _, _, carried = assessed(tmp_path / "carried", engine, [changed(FORMER, BETWEEN, since=date(2020, 1, 1)), changed(BETWEEN, NOW)])
    assert outcomes(engine, carried) == outcomes(engine, plainly)


@pytest.mark.parametrize("told", [
    [], [changed(FORMER, NOW, kind="merger")], [changed(FORMER, NOW, since=date(2023, 3, 2))], [changed(FORMER, NOW), changed(FORMER, code(12))],
    [changed(FORMER, BETWEEN), changed(BETWEEN, FORMER)]], ids=["nothing told", "a merger", "not yet", "two successors", "a ring"])
def test_without_one_certain_successor_the_year_stays_where_it_was_written(tmp_path: Path, engine: DuckDBEngine, told: list[dict[str, Value]]) -> None:
    _, _, found = assessed(tmp_path / "d", engine, told)
    assert NOW not in outcomes(engine, found)


def test_what_the_successor_tells_of_itself_prevails(tmp_path: Path, engine: DuckDBEngine) -> None:
    own: dict[str, Value] = {"uscc": NOW, "year": 2022, "tax_paid_wan": 999 * 10**6}
    place, _, _ = assessed(tmp_path / "d", engine, [changed(FORMER, NOW)], also=[own])
    facts = Inquiry(ReadService(place, engine), BOOK).facts(NOW)
    assert facts["tax_paid_wan"] == 999 * 10**6
    assert facts["energy_tce"] == (300 + 70) * 10**4


def test_the_explanation_names_the_former_code_beside_the_cell(tmp_path: Path, engine: DuckDBEngine) -> None:
    place, _, _ = assessed(tmp_path / "d", engine, [changed(FORMER, NOW)])
    told = Inquiry(ReadService(place, engine), BOOK).explain(NOW)
    origins = [o for criterion in told.criteria for fact in criterion.facts if fact.name == "tax_paid_wan" for o in fact.origins]
    assert {o.former for o in origins} == {FORMER}
    assert f"原代码 {FORMER}" in origins[0].said("zh")
