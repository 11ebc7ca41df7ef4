"""Every case of every rulebook holds on the Decimal evaluator and on DuckDB, and both agree in every column."""

from collections.abc import Iterator

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from tests.cases.runner import (
    Case,
    case_files,
    differences,
    disagreements,
    on_duckdb,
    on_evaluator,
    read_cases,
    reading_of,
)

CASES = [case for path in case_files() for case in read_cases(path)]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_case_holds_on_the_evaluator(case: Case) -> None:
    assert differences(case, on_evaluator(case, reading_of(case))) == []


@pytest.mark.parametrize("case", [c for c in CASES if not c.alone], ids=[c.id for c in CASES if not c.alone])
def test_the_case_holds_on_duckdb_and_agrees_with_the_evaluator(case: Case, engine: DuckDBEngine) -> None:
    reading = reading_of(case)
    found = on_duckdb(case, reading, engine)
    assert differences(case, found) == []
    assert disagreements(on_evaluator(case, reading), found) == []


def test_no_two_cases_bear_one_name() -> None:
    names = [case.id for case in CASES]
    assert sorted(names) == sorted(set(names))
