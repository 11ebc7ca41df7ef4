"""The made-up subjects, loaded once into each engine that runs their expressions."""

from collections.abc import Iterator

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from tests.engines.running import Runs
from tests.properties.subjects import batches, literals, table


@pytest.fixture(scope="session")
def duckdb_runs() -> Iterator[Runs]:
    """SELECTs on DuckDB."""
    engine = DuckDBEngine(threads=1)
    engine.execute(table())
    for batch in batches():
        if batch.rows:
            engine.execute(f"INSERT INTO subjects VALUES {literals(batch)}")
    yield engine.execute
    engine.close()


@pytest.fixture(scope="session")
def postgresql_runs(postgresql: str) -> Iterator[Runs]:
    """SELECTs on a real PostgreSQL server."""
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(table())
        for batch in batches():
            if batch.rows:
                connection.execute(f"INSERT INTO subjects VALUES {literals(batch)}")
        yield lambda select: connection.execute(select).fetchall()
