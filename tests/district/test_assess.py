"""An assessment is kept whole, is the same for the same facts, and follows a corrected fact into a new run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from qiantang.district.assess import Assessment, assess
from qiantang.district.intake import take_in
from qiantang.district.workspace import Workspace
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_vintages import Vintages
from qiantang.kernel.actions.cases import Actor
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.words import Text
from qiantang.links.templates import write_template
from qiantang.registers.enterprise_years import ENTERPRISE_YEARS
from tests.cli.tiny import BOOKS, code, rows

AT = datetime(2023, 3, 1, 8, tzinfo=UTC)
FIRST = date(2023, 3, 1)
WHO = Actor("tester", frozenset())


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    own = DuckDBEngine(threads=1)
    yield own
    own.close()


@pytest.fixture
def workspace(tmp_path: Path, engine: DuckDBEngine) -> Workspace:
    folder = tmp_path / "district"
    folder.mkdir()
    place = Workspace(folder)
    write_template(folder / "facts.xlsx", place.house.tables, "zh", rows())
    take_in(place, FIRST, engine)
    return place


def _assess(workspace: Workspace, engine: DuckDBEngine, known_at: date = FIRST) -> Assessment:
    return assess(workspace, engine, known_at=known_at, at=AT, actor=WHO, rulebooks=BOOKS)


def _rows(engine: DuckDBEngine, found: Assessment, book: str) -> list[Mapping[str, Stored]]:
    run = found.run(book)
    assert run is not None
    return engine.rows(f"SELECT * FROM {engine.parquet([run.stored.path])} AS r ORDER BY uscc")


def test_a_run_of_the_same_key_made_again_from_nothing_is_the_same_to_the_bit(workspace: Workspace, engine: DuckDBEngine) -> None:
    first = {book: _rows(engine, _assess(workspace, engine), book) for book in BOOKS}
    keys = workspace.latest_keys()
    for made in (workspace.runs, workspace.dossiers, workspace.hidden / "known"):
        shutil.rmtree(made)
    again = _assess(workspace, engine)
    assert workspace.latest_keys() == keys
    assert all(run.fresh for run in again.runs)
    assert {book: _rows(engine, again, book) for book in BOOKS} == first


def test_a_run_that_is_there_is_not_computed_twice(workspace: Workspace, engine: DuckDBEngine) -> None:
    _assess(workspace, engine)
    assert not any(run.fresh for run in _assess(workspace, engine).runs)


def test_an_interruption_leaves_the_previous_results_whole(workspace: Workspace, engine: DuckDBEngine) -> None:
    before = _rows(engine, _assess(workspace, engine), BOOKS[0])
    keys = workspace.latest_keys()
    Vintages(engine, workspace.hidden).correct(
        ENTERPRISE_YEARS, {"uscc": code(5), "year": 2022}, "tax_paid_wan", 900 * 10**6, "receipt 12", "tester", date(2023, 4, 1))

    def stop_at_the_second(_: Text, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assess(workspace, engine, known_at=date(2023, 4, 1), at=AT, actor=WHO, rulebooks=BOOKS, progress=stop_at_the_second)
    assert workspace.latest_keys() == keys
    stored = workspace.latest(BOOKS[0])
    assert engine.rows(f"SELECT * FROM {engine.parquet([stored.path])} AS r ORDER BY uscc") == before


def test_a_corrected_fact_is_a_new_vintage_and_the_day_before_still_answers_as_it_did(workspace: Workspace, engine: DuckDBEngine) -> None:
    book = "lowland/qiantang-5wan"
    before = {row["uscc"]: row["outcome"] for row in _rows(engine, _assess(workspace, engine), book)}
    assert before[code(1)] == "low"
    Vintages(engine, workspace.hidden).correct(
        ENTERPRISE_YEARS, {"uscc": code(1), "year": 2022}, "tax_paid_wan", 900 * 10**6, "receipt 12", "tester", date(2023, 4, 1))
    after = {row["uscc"]: row["outcome"] for row in _rows(engine, _assess(workspace, engine, date(2023, 4, 1)), book)}
    assert {subject for subject in before if before[subject] != after[subject]} == {code(1)}
    assert {row["uscc"]: row["outcome"] for row in _rows(engine, _assess(workspace, engine), book)} == before


def test_the_same_findings_open_no_second_case(workspace: Workspace, engine: DuckDBEngine) -> None:
    opened = next(a.applied for a in _assess(workspace, engine).applied if a.process == "lowland").opened
    assert {case.subject for case in opened} == {code(n) for n in range(4)}
    again = next(a.applied for a in _assess(workspace, engine).applied if a.process == "lowland")
    assert not again.opened
    assert len(again.kept) == 4
