"""DuckDB and PostgreSQL give what the Decimal evaluator gives, column by column, on random trees over random facts."""


from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.nodes import Expr, constant, greatest, least
from tests.engines.running import Runs, differences
from tests.properties.subjects import BATCHES, FACTS, batches
from tests.properties.trees import POPULATION, ROW_WISE, columns

BATCH = st.integers(0, BATCHES - 1)


@settings(max_examples=60)
@given(columns(), BATCH)
def test_row_wise_trees_agree_on_duckdb(duckdb_runs: Runs, wanted: dict[str, Expr], number: int) -> None:
    assert differences(wanted, batches()[number], DIALECTS["duckdb"], duckdb_runs) == []


def test_of_equal_floors_one_stays(duckdb_runs: Runs) -> None:
    floor, growth = constant(0), FACTS["growth"]
    wanted = {"x0": greatest(growth, floor, constant(0)), "x1": least(constant(0), floor, growth), "x2": greatest(floor, constant(0))}
    for batch in batches():
        assert differences(wanted, batch, DIALECTS["duckdb"], duckdb_runs) == []


@settings(max_examples=60)
@given(columns([*ROW_WISE, *POPULATION, *POPULATION], most=20), BATCH)
def test_population_trees_agree_on_duckdb(duckdb_runs: Runs, wanted: dict[str, Expr], number: int) -> None:
    assert differences(wanted, batches()[number], DIALECTS["duckdb"], duckdb_runs) == []


@settings(max_examples=40)
@given(columns([*ROW_WISE, *POPULATION]), BATCH)
def test_all_trees_agree_on_postgresql(postgresql_runs: Runs, wanted: dict[str, Expr], number: int) -> None:
    assert differences(wanted, batches()[number], DIALECTS["postgres"], postgresql_runs) == []
