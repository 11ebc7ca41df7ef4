"""The SQL of every dialect is text that its engine's grammar accepts, and says the same in each engine's own words."""

import re
from datetime import date

import pytest
import sqlglot
from hypothesis import given, settings

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions import population as p
from qiantang.kernel.expressions.dialects import BIG, DIALECTS
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import Plan, compile_plan
from qiantang.kernel.expressions.sql import Printer
from tests.properties.subjects import FACTS, LAW_DATE
from tests.properties.trees import POPULATION, ROW_WISE, columns

NO_PLAN = Plan((), (), (), {}, {}, {}, ())


def _written(expr: Expr, dialect: str) -> str:
    """A node in one line, as an operand."""
    return re.sub(r"\s+", " ", Printer(DIALECTS[dialect], NO_PLAN, LAW_DATE).of(expr))


@pytest.mark.parametrize("dialect", list(DIALECTS))
@settings(max_examples=15)
@given(wanted=columns([*ROW_WISE, *POPULATION]))
def test_every_plan_is_one_statement_of_its_dialect(dialect: str, wanted: dict[str, Expr]) -> None:
    text = Printer(DIALECTS[dialect], compile_plan(wanted, carry=[FACTS["uscc"]]), LAW_DATE).select("subjects")
    statements = sqlglot.parse(text, dialect=dialect)
    assert len(statements) == 1
    assert isinstance(statements[0], sqlglot.exp.Select)
    assert statements[0].named_selects == ["uscc", *wanted]


@pytest.mark.parametrize(("expr", "duckdb", "postgres", "spark"), [
    (n.days_between(FACTS["since"], n.law_date()),
     "CAST(date_diff('day', \"since\", DATE '2024-02-29') AS BIGINT)",
     "CAST(DATE '2024-02-29' - \"since\" AS BIGINT)",
     "CAST(datediff(DATE '2024-02-29', `since`) AS BIGINT)"),
    (n.year_of(FACTS["since"]),
     'CAST(EXTRACT(YEAR FROM "since") AS BIGINT)', 'CAST(EXTRACT(YEAR FROM "since") AS BIGINT)',
     "CAST(EXTRACT(YEAR FROM `since`) AS BIGINT)"),
    (n.rounded(FACTS["land"], 2, "down"),
     '(("land") // (CAST(100 AS BIGINT)))', '(("land") / (CAST(100 AS BIGINT)))', "((`land`) div (CAST(100 AS BIGINT)))"),
    (n.among(FACTS["pool"], ("it's", "b\\")),
     "(\"pool\" IN ('it''s', 'b\\'))", "(\"pool\" IN ('it''s', 'b\\'))", "(`pool` IN ('it\\'s', 'b\\\\'))"),
    (n.compare(FACTS["pool"], "<", FACTS["class"]), '("pool" < "class")', '("pool" COLLATE "C" < "class")', "(`pool` < `class`)"),
    (n.unknown(FACTS["class"].type), "CAST(NULL AS VARCHAR)", "CAST(NULL AS TEXT)", "CAST(NULL AS STRING)"),
    (n.at_least(1, FACTS["veto"]), *(
        f"(CASE WHEN (CASE WHEN {q}veto{q} THEN 1 ELSE 0 END) >= 1 THEN TRUE "
        f"WHEN (CASE WHEN {q}veto{q} IS NOT FALSE THEN 1 ELSE 0 END) < 1 THEN FALSE END)" for q in '""`')),
    (n.constant(BIG + 1), f"CAST({BIG + 1} AS HUGEINT)", f"CAST({BIG + 1} AS NUMERIC)", f"CAST({BIG + 1} AS DECIMAL(38,0))"),
])
def test_each_dialect_says_it_in_its_own_words(expr: Expr, duckdb: str, postgres: str, spark: str) -> None:
    assert (_written(expr, "duckdb"), _written(expr, "postgres"), _written(expr, "spark")) == (duckdb, postgres, spark)


def test_spark_keeps_a_wide_quotient_out_of_its_64_bit_division() -> None:
    """Spark's div gives a BIGINT whatever it divides."""
    wide = n.divide(n.multiply(FACTS["tax"], FACTS["tax"]), n.constant(3), 12)
    narrow = n.divide(n.multiply(FACTS["tax"], FACTS["tax"]), n.constant(3), 0)
    assert " % " in _written(wide, "spark")
    assert " % " not in _written(narrow, "spark")


@pytest.mark.parametrize("dialect", ["postgres"])
def test_postgresql_sorts_and_picks_codes_by_code_point_whatever_the_database_does(dialect: str) -> None:
    for tree in (p.rank([(FACTS["pool"], True), (FACTS["uscc"], False)]), p.group_figure("least", FACTS["pool"])):
        assert '"pool" COLLATE "C"' in _written(tree, dialect)


def test_a_name_with_a_quote_in_it_stays_one_name() -> None:
    assert DIALECTS["duckdb"].quoted('a"b') == '"a""b"'
    assert DIALECTS["spark"].quoted("a`b") == "`a``b`"


def test_the_law_date_is_a_literal_so_that_no_engine_asks_its_clock() -> None:
    later = Printer(DIALECTS["duckdb"], NO_PLAN, date(2030, 1, 1)).of(n.law_date())
    assert later == "DATE '2030-01-01'"
