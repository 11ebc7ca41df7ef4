"""The same work on ZEN: one decision for each enterprise in one batch, then places and classes in NumPy, for it has no population."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.book import INDICATORS
from benchmarks.placing import classes_by_place, written

LAW_DAY = "2022-12-31"
FACTS = (
    "land", "energy", "emission", "staff", "main_revenue", "tax", "value_added", "rd", "rd_1", "rd_2", "sales", "sales_1", "sales_2",
    "rd_domestic", "hitech_income", "total_income", "st_staff", "score", "class_one", "class_two", "registered_on", "field", "serious",
    "listed", "giant", "award", "accident", "pollution", "missed_task",
)
SCALES = {"land": 10**4, "energy": 10**4, "emission": 10**6, "staff": 10**2}
MONEY = 10**6


def _quotient(above: str, below: str) -> str:
    return f"{above} != null and {below} != null and {below} > 0 ? {above} / {below} : null"


def decision() -> dict[str, Any]:
    """The decision graph: one node of expressions between the input and the output."""
    expressions: dict[str, str] = {}
    for number, (name, (above, below, weight, benchmark)) in enumerate(INDICATORS.items(), start=1):
        factor = f"({above} / {MONEY}) / ({below} / {SCALES.get(below, MONEY)})"
        expressions[name] = f"{above} != null and {below} != null and {below} > 0 ? {factor} : null"
        expressions[f"p{number}"] = (f"$.{name} != null ? min([max([$.{name} * {weight} / {benchmark}, 0]), {weight} * 1.5]) : null")
    expressions["bonus"] = "min([(listed ? 3 : 0) + (giant ? 2 : 0) + (award ? 2 : 0), 5])"
    expressions["veto"] = "accident or pollution or missed_task"
    expressions["staff_share"] = _quotient("st_staff", "staff")
    expressions["rd_all"] = "rd != null and rd_1 != null and rd_2 != null ? rd + rd_1 + rd_2 : null"
    expressions["sales_all"] = "sales != null and sales_1 != null and sales_2 != null ? sales + sales_1 + sales_2 : null"
    expressions["rd_share"] = _quotient("$.rd_all", "$.sales_all")
    expressions["tier"] = "sales == null ? null : sales <= 5000000000 ? 0.05 : sales <= 20000000000 ? 0.04 : 0.03"
    expressions["domestic"] = _quotient("rd_domestic", "rd")
    expressions["income"] = _quotient("hitech_income", "total_income")
    conditions = {
        "c1": f"(date('{LAW_DAY}') - date(registered_on)) / 86400 >= 365",
        "c2": "class_one + class_two >= 1", "c3": "field",
        "c4": "$.staff_share != null ? $.staff_share >= 0.1 : null",
        "c5": "$.rd_share != null and $.tier != null ? $.rd_share >= $.tier : null",
        "c6": "$.domestic != null ? $.domestic >= 0.6 : null",
        "c7": "$.income != null ? $.income >= 0.6 : null",
        "c8": "score != null ? score > 70 : null", "c9": "not serious",
    }
    expressions |= conditions
    failed = " or ".join(f"$.{c} == false" for c in conditions)
    unknown = " or ".join(f"$.{c} == null" for c in conditions)
    expressions["hitech"] = f"({failed}) ? false : (({unknown}) ? null : true)"

    def node(kind: str) -> dict[str, Any]:
        return {"id": kind, "name": kind, "type": f"{kind}Node", "position": {"x": 0, "y": 0}, "content": {}}

    rules = node("expression")
    rules["content"] = {"expressions": [{"id": key, "key": key, "value": value} for key, value in expressions.items()], "passThrough": False}
    edges = [{"id": f"{a}-{b}", "type": "edge", "sourceId": a, "targetId": b} for a, b in (("input", "expression"), ("expression", "output"))]
    return {"nodes": [node("input"), rules, node("output")], "edges": edges}


def zen(facts: Path, out: Path) -> None:
    """Parquet in, one batch, Parquet out."""
    import duckdb
    import numpy as np
    from zen import ZenEngine

    engine = ZenEngine({"loader": {"type": "static", "content": {"enterprise": decision()}}})
    with duckdb.connect() as connection:
        struct = ", ".join(f"{name} := {name}" for name in FACTS)
        columns = connection.execute(f"SELECT uscc, pool, \"new\", CAST(to_json(struct_pack({struct})) AS VARCHAR) AS context "
                                     f"FROM read_parquet('{facts}')").fetchnumpy()
        found = engine.evaluate_batch([{"key": "enterprise", "context": context} for context in columns["context"]])
        rows = [one["data"]["result"] for one in found]
        parts = [np.array([row.get(f"p{k}", np.nan) for row in rows], dtype=float) for k in range(1, 7)]
        bonus = np.array([row["bonus"] for row in rows], dtype=float)
        veto = np.array([row["veto"] for row in rows], dtype=bool)
        hitech = np.array([{True: 1, False: 0}.get(row.get("hitech"), -1) for row in rows])
        placed = classes_by_place(columns["uscc"], columns["pool"], columns["new"].astype(bool), parts, bonus, veto)
        written(connection, out, columns["uscc"], placed, hitech)
