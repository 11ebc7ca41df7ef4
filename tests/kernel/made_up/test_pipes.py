"""A domain whose facts outside code computes: how many wells each pipe cuts off, found by walking a graph."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.domains import Computed, Domain, Published
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.facts import schema as s
from qiantang.kernel.facts.assembling import Where, assembled
from qiantang.kernel.facts.dossier import Asked, Dossier
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.judging import judged, judging
from qiantang.kernel.findings.views import RunView
from qiantang.kernel.order import ordered
from qiantang.kernel.rulebooks.library import Library
from qiantang.kernel.rulebooks.rulebook import Case, Criterion, FormDeclaration, Outline, Role, Rulebook
from qiantang.kernel.words import same
from tests.kernel.rulebooks.workbench import written

DAY = date(2022, 12, 31)
Rows = Iterable[Mapping[str, Stored]]

PIPES = Table("pipes", same("pipes"), (s.code("pipe", "管段", "pipe", required=True), s.code("flows_into", "流入", "flows into"),
                                       s.count("wells", "井", "wells", "件")), ("pipe",), "pipe")
REACH = Table("reach", same("reach"), (s.code("pipe", "管段", "pipe", required=True), s.count("upstream_wells", "上游井数", "wells upstream", "件"),
                                       s.flag("in_ring", "在环中", "in a ring", required=True)), ("pipe",), "pipe")


def upstream(tables: Mapping[str, Rows]) -> Rows:
    """For every pipe the wells that its failure cuts off; unknown where a pipe above it does not say how many it has."""
    pipes = {str(row["pipe"]): row for row in tables["pipes"]}
    above: dict[str, list[str]] = {}
    for name, row in pipes.items():
        above.setdefault(str(row["flows_into"]), []).append(name)
    for name in sorted(pipes):
        seen, waiting = {name}, [name]
        while waiting:
            new = [p for p in above.get(waiting.pop(), []) if p not in seen]
            seen |= set(new)
            waiting += new
        wells = [pipes[p]["wells"] for p in seen]
        known = [w for w in wells if isinstance(w, int)]
        into = pipes[name]["flows_into"]
        yield {"pipe": name, "upstream_wells": sum(known) if len(known) == len(wells) else None, "in_ring": into in seen}


COMPUTED = Computed(REACH, ("pipes",), upstream)
DOSSIER = Dossier("pipe", same("pipe"), PIPES, ((REACH, ("upstream_wells", "in_ring")),))


def lifeline(p, d) -> Outline:
    """A lifeline where so many wells hang on the pipe."""
    wells = d.fact("upstream_wells")
    met = wells >= p.number("wells")
    return Outline((Criterion("wells", same("wells"), Role.CONDITION, wells, met=met),), (Case(met, "lifeline", "wells"),),
                   Case(n.flag_constant(True), "ordinary", "wells"), (("lifeline", same("lifeline")), ("ordinary", same("ordinary"))))


LIFELINE = FormDeclaration("pipes/lifeline", "pipe", lifeline, same("lifeline"))
PUBLISHED = Published("pipes.lifeline", s.flag("lifeline", "命脉", "lifeline"), ("pipes/lifeline",),
                      lambda view: view.column("outcome").equals(n.code_constant("lifeline")))
NETWORK = Domain("network", same("network"), publishes=(PUBLISHED,), tables=(PIPES,), computed=(COMPUTED,), dossiers=(DOSSIER,), forms=(LIFELINE,))
REPAIRS = Domain("repairs", same("repairs"), dossiers=(
    Dossier("repair", same("repair"), Table("repairs", same("repairs"), (s.code("pipe", "", "", required=True),), ("pipe",), "pipe"),
            asked=(Asked(s.flag("lifeline", "命脉", "lifeline"), "pipes.lifeline"),)),))

ROWS: list[dict[str, Stored]] = [
    {"pipe": "a", "flows_into": "c", "wells": 3}, {"pipe": "b", "flows_into": "c", "wells": 4}, {"pipe": "c", "flows_into": None, "wells": 1},
    {"pipe": "d", "flows_into": "e", "wells": None}, {"pipe": "e", "flows_into": None, "wells": 9},
    {"pipe": "r", "flows_into": "s", "wells": 5}, {"pipe": "s", "flows_into": "r", "wells": 5},
]


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    wells = "wells: {title: {zh: 井数, en: wells}, unit: 件, value: 8}"
    (tmp_path / "lifeline.yaml").write_text(written("pipes/lifeline", more="form: pipes/lifeline", parameters=wells), encoding="utf-8")
    return Library([tmp_path], {LIFELINE.name: LIFELINE}, {DOSSIER.name: DOSSIER}).book("pipes/lifeline")


def test_the_computed_table_keeps_its_schema_and_a_ring_ends(book: Rulebook) -> None:
    rows = {str(row["pipe"]): row for row in COMPUTED.compute({"pipes": ROWS})}
    assert {name: row["upstream_wells"] for name, row in rows.items()} == {"a": 3, "b": 4, "c": 8, "d": None, "e": None, "r": 10, "s": 10}
    assert [name for name, row in rows.items() if row["in_ring"]] == ["r", "s"]
    assert all(set(row) == {c.name for c in REACH.columns} for row in rows.values())


def test_computed_facts_are_judged_like_any_others_by_engine_and_evaluator(book: Rulebook) -> None:
    engine = DuckDBEngine(threads=1)
    for table, columns, rows in (("pipes", "pipe VARCHAR, flows_into VARCHAR, wells BIGINT", ROWS),
                                 ("reach", "pipe VARCHAR, upstream_wells BIGINT, in_ring BOOLEAN", COMPUTED.compute({"pipes": ROWS}))):
        engine.execute(f"CREATE TABLE {table} ({columns})")
        for row in rows:
            engine.execute(f"INSERT INTO {table} VALUES (?, ?, ?)", list(row.values()))
    reading = book.on(DAY)
    dossier = assembled(DOSSIER, Where({"pipes": "pipes", "reach": "reach"}, {}), engine.dialect, DAY, None)
    run = judging(reading, because=True)
    found = {row["pipe"]: row for row in engine.rows(run.select(f"({dossier})", engine.dialect))}
    facts = {row["pipe"]: row for row in engine.rows(dossier)}
    engine.close()
    assert {p: row["outcome"] for p, row in found.items()} == {
        "a": "ordinary", "b": "ordinary", "c": "lifeline", "d": None, "e": None, "r": "lifeline", "s": "lifeline"}
    assert found["e"]["unknown_because"] == "upstream_wells"
    for pipe, judgement in zip(facts, judged(reading, list(facts.values())), strict=True):
        assert judgement is not None
        assert {k: v for k, v in found[pipe].items() if k not in ("pipe", "unknown_because")} == judgement.values
    value = PUBLISHED.value(RunView(run))
    assert value.type.kind == PUBLISHED.column.kind


def test_a_domain_that_asks_for_what_was_found_in_the_graph_comes_after_it() -> None:
    assert [d.name for d in ordered([REPAIRS, NETWORK])] == ["network", "repairs"]
