"""The same work on OpenFisca: variables with NumPy formulas over one array a fact, parameters from its legislation tree."""
# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.book import INDICATORS
from benchmarks.placing import classes_by_place, written

YEAR = "2022"
AMOUNTS = ("tax", "value_added", "main_revenue", "rd", "rd_1", "rd_2", "sales", "sales_1", "sales_2", "rd_domestic", "hitech_income",
           "total_income")
SIZES = {"land": 1e4, "energy": 1e4, "emission": 1e6, "staff": 1e2, "st_staff": 1e2, "score": 1.0, "class_one": 1.0, "class_two": 1.0}
FLAGS = ("listed", "giant", "award", "accident", "pollution", "missed_task", "new", "serious")


def system() -> Any:
    """The tax-benefit system: one entity, its facts as input variables, the evaluation as formulas."""
    import numpy as np
    from openfisca_core.entities import Entity
    from openfisca_core.parameters import ParameterNode
    from openfisca_core.periods import DateUnit
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    enterprise = Entity("enterprise", "enterprises", "An enterprise", "", )
    made = TaxBenefitSystem([enterprise])
    made.parameters = ParameterNode("", data={
        "weight": {name: {"values": {"2022-01-01": {"value": float(weight)}}} for name, (_, _, weight, _) in INDICATORS.items()},
        "benchmark": {name: {"values": {"2022-01-01": {"value": float(benchmark)}}} for name, (_, _, _, benchmark) in INDICATORS.items()},
        "cap": {"values": {"2022-01-01": {"value": 1.5}}},
    })

    def add(name: str, formula: Any = None, value_type: type = float) -> None:
        body: dict[str, Any] = {"value_type": value_type, "entity": enterprise, "definition_period": DateUnit.YEAR, "label": name}
        if value_type is str:
            body["max_length"] = 18
        if formula is not None:
            body["formula"] = formula
        made.add_variable(type(name, (Variable,), body))

    for name in (*AMOUNTS, *SIZES, "days_registered", "field"):
        add(name)
    for name in FLAGS:
        add(name, value_type=bool)

    def quotient(above: Any, below: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below > 0, above / below, np.nan)

    def indicator(name: str, above: str, below: str) -> None:
        def value(of: Any, period: Any) -> Any:
            return quotient(of(above, period), of(below, period))

        def points(of: Any, period: Any, parameters: Any) -> Any:
            law = parameters(period)
            return np.clip(of(name, period) * law.weight[name] / law.benchmark[name], 0, law.weight[name] * law.cap)

        add(name, value)
        add(f"{name}_points", points)

    for name, (above, below, _, _) in INDICATORS.items():
        indicator(name, above, below)

    def bonus(of: Any, period: Any) -> Any:
        return np.minimum(of("listed", period) * 3 + of("giant", period) * 2 + of("award", period) * 2, 5)

    def veto(of: Any, period: Any) -> Any:
        return of("accident", period) | of("pollution", period) | of("missed_task", period)

    def hitech(of: Any, period: Any) -> Any:
        """1 yes, 0 no, -1 unknown: booleans here cannot be unknown."""
        def at_least(value: Any, least: Any) -> Any:
            return np.where(np.isnan(value) | np.isnan(least), -1, value >= least)

        def fact(name: str) -> Any:
            return of(name, period)

        sales = fact("sales")
        tier = np.select([np.isnan(sales), sales <= 5000, sales <= 20000], [np.nan, 0.05, 0.04], 0.03)
        shares = quotient(fact("rd") + fact("rd_1") + fact("rd_2"), sales + fact("sales_1") + fact("sales_2"))
        conditions = [
            at_least(fact("days_registered"), np.float64(365)), at_least(fact("class_one") + fact("class_two"), np.float64(1)),
            at_least(fact("field"), np.float64(1)), at_least(quotient(fact("st_staff"), fact("staff")), np.float64(0.1)),
            at_least(shares, tier), at_least(quotient(fact("rd_domestic"), fact("rd")), np.float64(0.6)),
            at_least(quotient(fact("hitech_income"), fact("total_income")), np.float64(0.6)),
            np.where(np.isnan(fact("score")), -1, fact("score") > 70), np.where(fact("serious"), 0, 1),
        ]
        return np.minimum.reduce([np.where(c == 0, -2, c) for c in conditions])

    add("bonus", bonus)
    add("veto", veto, bool)
    add("hitech", hitech, int)
    return made


def openfisca(facts: Path, out: Path) -> None:
    """Parquet in, one simulation, Parquet out."""
    import duckdb
    import numpy as np
    from openfisca_core.simulation_builder import SimulationBuilder

    made = system()
    with duckdb.connect() as connection:
        amounts = ", ".join(f"{name} / 1e6 AS {name}" for name in AMOUNTS)
        sizes = ", ".join(f"{name} / {scale} AS {name}" for name, scale in SIZES.items())
        flags = ", ".join(f'"{name}"' for name in FLAGS)
        columns = connection.execute(
            f"SELECT uscc, pool, {amounts}, {sizes}, {flags}, CAST(date_diff('day', registered_on, DATE '2022-12-31') AS DOUBLE) AS "
            f"days_registered, CAST(field AS DOUBLE) AS field FROM read_parquet('{facts}')").fetchnumpy()
        simulation = SimulationBuilder().build_default_simulation(made, count=len(columns["uscc"]))
        for name, column in columns.items():
            if name not in ("uscc", "pool"):
                filled = np.ma.filled(column.astype(float), np.nan) if name not in FLAGS else np.asarray(column, dtype=bool)
                simulation.set_input(name, YEAR, filled)
        parts = [simulation.calculate(f"{name}_points", YEAR) for name in INDICATORS]
        bonus, veto = simulation.calculate("bonus", YEAR), simulation.calculate("veto", YEAR)
        hitech = simulation.calculate("hitech", YEAR)
        uscc, pool, new = np.asarray(columns["uscc"]), np.asarray(columns["pool"]), simulation.calculate("new", YEAR)
        placed = classes_by_place(uscc, pool, new, [part.astype(np.float64) for part in parts], bonus, veto)
        written(connection, out, uscc, placed, np.select([hitech == 1, hitech == -2], [1, 0], -1))
