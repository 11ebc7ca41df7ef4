"""Every rulebook of the domain says the same of random enterprises on the Decimal evaluator and on DuckDB."""

from collections.abc import Iterator

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.findings.judging import judged, judging
from qiantang.registers.dossiers import ENTERPRISE
from tests.cases.runner import values
from tests.domains.enterprises.firms import BOOKS, DAY, book, strangers


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@pytest.mark.parametrize("name", BOOKS)
def test_both_engines_agree_on_strangers(name: str, engine: DuckDBEngine) -> None:
    whole = book(name)
    reading = whole.on(max(DAY, whole.document.span.since or DAY))
    rows = strangers(reading, 120, seed=len(name))
    compiled = judging(reading)
    read = [ENTERPRISE.column(c) for c in sorted(compiled.facts() | {"uscc"})]
    by_engine = {str(row["uscc"]): row for row in engine.rows(compiled.select(values(read, rows, engine.dialect), engine.dialect))}
    by_oracle = {str(row["uscc"]): found.values for row, found in zip(rows, judged(reading, rows), strict=True) if found is not None}
    assert by_engine.keys() == by_oracle.keys()
    assert by_oracle, "somebody must be judged"
    different = [f"{firm}.{column}: {by_engine[firm][column]!r} against {value!r}" for firm, columns in by_oracle.items()
                 for column, value in columns.items() if by_engine[firm][column] != value]
    assert different == []
