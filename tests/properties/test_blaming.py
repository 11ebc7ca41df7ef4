"""The facts that a run names for an unknown are those the evaluator blames, for every kind of tree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.findings.blaming import unknown_because
from tests.engines.running import Runs, selected
from tests.properties.subjects import BATCHES, LAW_DATE, batches
from tests.properties.trees import POPULATION, ROW_WISE, columns


@settings(max_examples=30)
@given(columns([*ROW_WISE, *POPULATION], most=16), st.integers(0, BATCHES - 1))
def test_a_run_names_exactly_the_facts_that_the_evaluator_blames(duckdb_runs: Runs, wanted: dict[str, Expr], number: int) -> None:
    batch = batches()[number]
    evaluation = Evaluation(batch.rows, LAW_DATE)
    because = {name: unknown_because(expr) for name, expr in wanted.items()}
    found = duckdb_runs(selected(because, batch, DIALECTS["duckdb"]))
    wrong = []
    for place, (name, expr) in enumerate(wanted.items(), start=1):
        for i, row in enumerate(found):
            blamed = {b.name for b in evaluation.blame(expr, i) if b.why in ("missing", "zero")}
            named = set(row[place].split(",")) if row[place] else set()
            if named != blamed:
                wrong.append((name, batch.rows[i], named, blamed))
    assert wrong == []


@settings(max_examples=30)
@given(columns([*ROW_WISE, *POPULATION], most=16), st.integers(0, BATCHES - 1))
def test_only_an_unknown_is_blamed_on_anything(wanted: dict[str, Expr], number: int) -> None:
    batch = batches()[number]
    evaluation = Evaluation(batch.rows, LAW_DATE)
    for expr in wanted.values():
        for i, value in enumerate(evaluation.of(expr)):
            assert value is None or not evaluation.blame(expr, i)


@settings(max_examples=30)
@given(columns(most=16), st.integers(0, BATCHES - 1))
def test_a_value_that_is_said_never_to_be_unknown_never_is(wanted: dict[str, Expr], number: int) -> None:
    batch = batches()[number]
    evaluation = Evaluation(batch.rows, LAW_DATE)
    assert [n for n, expr in wanted.items() if not expr.type.nullable and None in evaluation.of(expr)] == []


@settings(max_examples=30)
@given(columns([*ROW_WISE, *POPULATION], most=16), st.integers(0, BATCHES - 1))
def test_no_figure_ever_leaves_its_proven_range(wanted: dict[str, Expr], number: int) -> None:
    batch = batches()[number]
    evaluation = Evaluation(batch.rows, LAW_DATE)
    for name, expr in wanted.items():
        if expr.type.is_number:
            assert [v for v in evaluation.stored(expr) if isinstance(v, int) and not expr.type.low <= v <= expr.type.high] == [], name
