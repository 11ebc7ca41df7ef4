"""A dossier gathers one row a subject and year from several tables, the same in DuckDB and in PostgreSQL."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import FactsError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.dialects import DIALECTS, Dialect
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.assembling import Where, assembled
from qiantang.kernel.facts.dossier import Asked, Derived, Dossier, Gathered
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.words import same

LAW_DATE = date(2022, 12, 31)
YEARS = Table("years", same("years"), (s.code("uscc", "编号", "code", required=True), s.year(required=True), s.money("tax", "税金", "tax")),
              ("uscc", "year"), "uscc", "year")
FIRMS = Table("firms", same("firms"), (s.code("uscc", "编号", "code", required=True), s.code("platform", "平台", "platform")), ("uscc",), "uscc")
LEASES = Table("leases", same("leases"), (s.code("id", "编号", "id", required=True), s.code("tenant", "承租方", "tenant"),
                                          s.code("landlord", "出租方", "landlord"), s.area("land", "面积", "land"), s.day("until", "止", "until")),
               ("id",), "tenant")
EVENTS = Table("events", same("events"), (s.code("uscc", "编号", "code", required=True), s.day("on", "日期", "on"), s.code("kind", "类型", "kind")),
               ("uscc", "on"), "uscc")

ALIVE = n.choose((n.is_known(LEASES.fact("until")), LEASES.fact("until") >= n.law_date()), otherwise=n.flag_constant(True))
DOSSIER = Dossier(
    "firm", same("firm"), YEARS, ((FIRMS, ("platform",)),),
    gathered=(
        Gathered(s.area("rented", "租入", "rented"), LEASES, "sum", LEASES.fact("land"), ALIVE),
        Gathered(s.area("rented_or_none", "租入", "rented"), LEASES, "sum", LEASES.fact("land"), ALIVE, empty=0),
        Gathered(s.count("tenants", "租户", "tenants", "户", required=True), LEASES, "count", where=ALIVE, match="landlord"),
        Gathered(s.code("landlord", "出租方", "landlord"), LEASES, "greatest", LEASES.fact("landlord")),
        Gathered(s.flag("accident", "事故", "accident", required=True), EVENTS, "any",
                 where=n.among(EVENTS.fact("kind"), ("accident",)), year=n.year_of(EVENTS.fact("on"))),
        Gathered(s.day("last_event", "最近事件", "last event"), EVENTS, "greatest", EVENTS.fact("on"), back=None),
        Gathered(s.money("tax_1", "上年税金", "tax a year before"), YEARS, "greatest", YEARS.fact("tax"), back=1),
    ),
    asked=(Asked(s.flag("hitech", "高企", "high-tech"), "firms.hitech"),),
    derived=(Derived(s.money("more_tax", "税金增量", "more tax", low=None), n.subtract(YEARS.fact("tax"), n.Fact.of(s.money("tax_1", "", "")))),),
)
TABLES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "years": ("uscc VARCHAR(9), year BIGINT, tax BIGINT", [("a", 2022, 7), ("a", 2021, 5), ("b", 2022, None), ("c", 2022, 1), ("c", 2020, 9)]),
    "firms": ("uscc VARCHAR(9), platform VARCHAR(9)", [("a", "east"), ("b", None)]),
    "leases": ("id VARCHAR(9), tenant VARCHAR(9), landlord VARCHAR(9), land BIGINT, until DATE", [
        ("1", "a", "b", 100, None), ("2", "a", "é", 50, date(2022, 12, 31)), ("3", "a", "b", 9000, date(2022, 12, 30)), ("4", "c", "b", None, None),
        ("5", None, None, 7, None)]),
    "events": ('uscc VARCHAR(9), "on" DATE, kind VARCHAR(9)', [
        ("a", date(2021, 12, 31), "accident"), ("b", date(2022, 1, 1), "accident"), ("c", date(2022, 6, 1), "praise"), ("c", None, "accident")]),
    "hitech": ("subject VARCHAR(9), value BOOLEAN", [("a", True)]),
}
WHERE = Where({name: name for name in TABLES}, {"firms.hitech": "hitech"})
EXPECTED = {
    "a": {"uscc": "a", "year": 2022, "tax": 7, "platform": "east", "rented": 150, "rented_or_none": 150, "tenants": 0, "landlord": "é",
          "accident": False, "last_event": date(2021, 12, 31), "tax_1": 5, "hitech": True, "more_tax": 2},
    "b": {"uscc": "b", "year": 2022, "tax": None, "platform": None, "rented": None, "rented_or_none": 0, "tenants": 2, "landlord": None,
          "accident": True, "last_event": date(2022, 1, 1), "tax_1": None, "hitech": None, "more_tax": None},
    "c": {"uscc": "c", "year": 2022, "tax": 1, "platform": None, "rented": None, "rented_or_none": 0, "tenants": 0, "landlord": "b",
          "accident": False, "last_event": date(2022, 6, 1), "tax_1": None, "hitech": None, "more_tax": None},
}


class _Postgres:
    """A real server behind the same two calls."""

    def __init__(self, server: str) -> None:
        import psycopg

        self.connection = psycopg.connect(server, autocommit=True)
        self.dialect: Dialect = DIALECTS["postgres"]

    def execute(self, statement: str, values: Sequence[object] = ()) -> None:
        self.connection.execute(statement.replace("?", "%s") if values else statement, values or None)

    def rows(self, select: str) -> list[dict[str, Any]]:
        found = self.connection.execute(select)
        names = [d.name for d in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.needs("postgresql"))])
def engine(request: pytest.FixtureRequest) -> Iterator[Any]:
    opened = DuckDBEngine(threads=1) if request.param == "duckdb" else _Postgres(request.getfixturevalue("postgresql"))
    for name, (columns, rows) in TABLES.items():
        opened.execute(f"CREATE TEMPORARY TABLE {name} ({columns})")
        for row in rows:
            opened.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
    yield opened
    opened.close()


def _gathered(engine: Any, **limits: Any) -> dict[str, dict[str, Any]]:
    select = assembled(DOSSIER, WHERE, engine.dialect, LAW_DATE, limits.pop("year", 2022), **limits)
    return {row["uscc"]: dict(row) for row in engine.rows(select)}


def test_every_fact_is_gathered_for_every_subject_of_the_year(engine: Any) -> None:
    assert _gathered(engine) == EXPECTED


def test_one_subject_alone_is_gathered_as_among_all(engine: Any) -> None:
    for uscc, facts in EXPECTED.items():
        assert _gathered(engine, subject=uscc) == {uscc: facts}
    assert _gathered(engine, subject="nobody") == {}


def test_only_the_facts_asked_for_are_gathered_and_no_other_table_is_read(engine: Any) -> None:
    asked = _gathered(engine, only=frozenset({"tenants"}))
    assert asked == {uscc: {"uscc": uscc, "tenants": facts["tenants"]} for uscc, facts in EXPECTED.items()}
    text = assembled(DOSSIER, Where({"years": "years"}, {}), engine.dialect, LAW_DATE, 2022, only=frozenset({"tax"}))
    assert [row["tax"] for row in engine.rows(text + " ORDER BY 1")] == [7, None, 1]


def test_a_derived_fact_brings_what_it_is_derived_from(engine: Any) -> None:
    found = _gathered(engine, only=frozenset({"more_tax"}))
    assert {uscc: row["more_tax"] for uscc, row in found.items()} == {"a": 2, "b": None, "c": None}


def test_another_year_is_another_dossier(engine: Any) -> None:
    found = _gathered(engine, year=2021)
    assert list(found) == ["a"]
    assert (found["a"]["tax"], found["a"]["tax_1"], found["a"]["accident"]) == (5, None, True)


def test_a_table_or_finding_that_is_not_there_is_named() -> None:
    with pytest.raises(FactsError, match=r"no table or finding firms\.hitech"):
        assembled(DOSSIER, Where(WHERE.tables, {}), DIALECTS["duckdb"], LAW_DATE, 2022)


# --- what a dossier refuses --------------------------------------------------------------------------------------------


def test_a_fact_that_comes_twice_is_refused() -> None:
    with pytest.raises(FactsError, match="has the fact tax twice"):
        Dossier("x", same("x"), YEARS, derived=(Derived(s.money("tax", "税", "tax"), YEARS.fact("tax")),))


def test_a_fact_that_its_expression_gives_otherwise_than_its_column_keeps_it_is_refused_all_at_once() -> None:
    """Nothing would fail: the stored integer would be read ten times, or a million times, too large."""
    wrong = (
        Derived(s.money("a", "甲", "a"), n.divide(YEARS.fact("tax"), n.constant(2), 4)),
        Derived(s.area("b", "乙", "b"), YEARS.fact("tax")),
        Derived(s.flag("c", "丙", "c"), YEARS.fact("tax")),
        Derived(s.money("d", "丁", "d", low=None), n.Fact.of(s.money("a", "甲", "a"))),
    )
    gathered = (
        Gathered(s.ratio("e", "戊", "e"), Table("t", same("t"), (s.code("uscc", "", ""), s.ratio("r", "", "")), ("uscc",), "uscc"), "sum",
                 n.Fact.of(s.ratio("r", "", ""))),
        Gathered(s.money("f", "己", "f"), LEASES, "sum"),
        Gathered(s.flag("g", "庚", "g"), FIRMS, "greatest", n.is_known(FIRMS.fact("platform"))),
    )
    with pytest.raises(FactsError) as refused:
        Dossier("x", same("x"), YEARS, gathered=gathered, derived=wrong)
    told = {(f.place.path, f.message.en.split(": ", 1)[1][:24]) for f in refused.value.faults}
    assert told == {("a", "the column keeps a numbe"), ("b", "the column keeps a numbe"), ("c", "the column keeps a flag "),
                    ("d", "it rests on a, which is "), ("e", "ratios cannot be added"), ("f", "'sum' needs 'of'"),
                    ("g", "flags are gathered by 'a")}


def test_a_misspelt_fact_is_refused_with_near_ones_and_a_known_one_says_where_it_comes_from() -> None:
    with pytest.raises(FactsError, match=r"(?i)has no fact tenant\. near: tenants"):
        DOSSIER.column("tenant")
    assert DOSSIER.origin("tax") == (YEARS, "tax")
    assert DOSSIER.origin("platform") == (FIRMS, "platform")
    assert isinstance(DOSSIER.origin("rented"), Gathered)
    assert isinstance(DOSSIER.origin("hitech"), Asked)
    assert isinstance(DOSSIER.origin("more_tax"), Derived)
    assert [t.name for t in DOSSIER.tables()] == ["years", "firms", "leases", "events"]


@pytest.mark.parametrize(("columns", "key", "subject"), [
    ((s.code("a", "", ""), s.code("a", "", "")), ("a",), "a"), ((s.code("a", "", ""),), ("b",), "a"), ((s.code("a", "", ""),), ("a",), "b"),
])
def test_a_table_whose_columns_double_or_whose_key_is_not_there_is_refused(columns, key, subject) -> None:
    with pytest.raises(FactsError, match="bad columns"):
        Table("t", same("t"), columns, key, subject)


def test_a_column_is_kept_as_an_integer_of_its_scale_within_what_the_door_admits() -> None:
    money = s.money("tax", "税", "tax").type
    assert (money.scale, money.low, money.high, money.nullable) == (6, 0, 10**13, True)
    assert s.code("uscc", "", "", required=True).type.nullable is False
    assert s.code("kind", "", "", (("a", same("first")),)).choice("b") == same("b")
