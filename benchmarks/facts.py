"""Makes the facts of the kernel benchmarks: a seeded population with nulls and ties, as Parquet of stored integers."""

from __future__ import annotations

from pathlib import Path

import duckdb

MONEY = ("tax", "value_added", "main_revenue", "rd", "rd_1", "rd_2", "sales", "sales_1", "sales_2", "rd_domestic", "hitech_income", "total_income")


def _random(salt: str) -> str:
    return f"(hash(i, '{salt}') % 1000000007 / 1000000007.0)"


def _normal(salt: str) -> str:
    return f"(sqrt(-2 * ln({_random(salt + 'a')} + 1e-9)) * cos(2 * pi() * {_random(salt + 'b')}))"


def _maybe(expr: str, salt: str, share: float) -> str:
    return f"CASE WHEN {_random('null' + salt)} >= {share} THEN {expr} END"


def make(path: Path, rows: int) -> None:
    """Write ``rows`` enterprises; the same number gives the same file."""
    if path.is_file():
        return
    size = f"exp({_normal('size')})"

    def fen(mean: float, salt: str) -> str:
        return f"CAST(round({size} * {mean} * exp(0.6 * {_normal(salt)}) * 100) * 10000 AS BIGINT)"

    means = {"tax": 300, "value_added": 1500, "main_revenue": 6000, "rd": 220, "rd_1": 200, "rd_2": 180, "sales": 6000, "sales_1": 5500,
             "sales_2": 5000, "rd_domestic": 180, "hitech_income": 4200, "total_income": 6200}
    columns = ["'91330100' || lpad(CAST(i AS VARCHAR), 10, '0') AS uscc", "'pool-' || CAST(hash(i, 'pool') % 20 AS VARCHAR) AS pool"]
    columns += [f"{_maybe(fen(mean, name), name, 0.01)} AS {name}" for name, mean in means.items()]

    def scaled(mean: float, spread: float, salt: str, scale: int) -> str:
        return f"CAST(round({size} * {mean} * exp({spread} * {_normal(salt)}) * {10**scale}) AS BIGINT)"

    score = f"CAST(50 + {_random('score')} * 45 AS BIGINT)"
    columns += [
        f"{_maybe(scaled(12, 0.5, 'land', 4), 'land', 0.01)} AS land",
        f"{_maybe(scaled(500, 0.8, 'energy', 4), 'energy', 0.01)} AS energy",
        f"{_maybe(scaled(0.4, 1, 'emission', 6), 'emission', 0.15)} AS emission",
        f"CAST(round({size} * 80 * 100) + 100 AS BIGINT) AS staff",
        f"CAST(round({size} * 80 * 100 * {_random('st')} * 0.4) AS BIGINT) AS st_staff",
        f"DATE '2005-01-01' + CAST({_random('reg')} * 6500 AS INTEGER) AS registered_on",
        f"CAST({_random('c1')} * 4 AS BIGINT) AS class_one", f"CAST({_random('c2')} * 8 AS BIGINT) AS class_two",
        f"{_maybe(_random('field') + ' < 0.7', 'field', 0.02)} AS field",
        f"{_maybe(score, 'score', 0.05)} AS score",
        "'street-' || CAST(hash(i, 'street') % 11 AS VARCHAR) AS street", "'C' || CAST(13 + hash(i, 'ind') % 30 AS VARCHAR) AS industry",
        f"CAST({_random('debt')} * 1000000 AS BIGINT) AS debt", f"CAST({_random('pat')} * 30 AS BIGINT) AS patents",
        f"CAST({_normal('profit')} * 5000000000 AS BIGINT) AS profit",
    ]
    columns += [f"{_random(name)} < {share} AS {name}" for name, share in (
        ("listed", 0.01), ("giant", 0.02), ("award", 0.02), ("accident", 0.01), ("pollution", 0.01), ("missed_task", 0.005),
        ("new", 0.04), ("serious", 0.005))]
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {', '.join(columns)} FROM range({rows}) AS r(i)) TO '{path}' (FORMAT parquet)")
