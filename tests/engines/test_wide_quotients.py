"""A quotient is exact at every size, just below and just above whole numbers, in 64 bits and beyond."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.dialects import DIALECTS, DuckDB
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import WIDE, Printer
from qiantang.kernel.expressions.types import EXACT, Kind, number
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.units import ONE
from qiantang.kernel.words import same
from tests.engines.running import Runs
from tests.properties.subjects import LAW_DATE

POWERS = (0, 1, 20, 49, 50, 51, 52, 53, 54, 60, 62, 63, 64, 80, 95, 96, 97, 105, 120, 125)


@pytest.fixture(scope="module")
def both_engines(duckdb_runs: Runs, postgresql_runs: Runs) -> list[tuple[str, Runs]]:
    return [("duckdb", duckdb_runs), ("postgres", postgresql_runs)]


def _pairs(power: int) -> list[tuple[int, int]]:
    """Numerators beside a whole multiple of their denominators, the quotient near a power of two."""
    draw = random.Random(power)
    found = []
    for _ in range(150):
        quotient = max(0, 2**power + draw.choice((-2, -1, 0, 1, 2, draw.randrange(2**power))) - draw.choice((0, 2**power // 2)))
        most = WIDE // (quotient + 1)
        if most < 2:
            continue
        below = draw.choice((1, 2, 3, 10, 10**6, 2**31 - 1, 2**53 - 1, 2**53 + 1, 2**64 + 1, most, draw.randrange(1, most)))
        below = min(below, most)
        found += [(max(0, quotient * below + beside), below) for beside in (-1, 0, 1, below - 1, below // 2)]
    return [(a, b) for a, b in found if a <= WIDE]


@pytest.mark.parametrize("power", POWERS)
def test_duckdbs_wide_quotient_is_exact(duckdb_runs: Runs, power: int) -> None:
    pairs = _pairs(power)
    assert len(pairs) > 100
    most = max(a // b for a, b in pairs)
    rows = ", ".join(f"({i}, CAST({a} AS HUGEINT), CAST({b} AS HUGEINT))" for i, (a, b) in enumerate(pairs))
    written = DuckDB().quotient("a", "b", True, most)
    found = duckdb_runs(f"SELECT i, {written} FROM (VALUES {rows}) AS pairs(i, a, b) ORDER BY i")
    wrong = [(a, b, given, a // b) for (a, b), (_, given) in zip(pairs, found, strict=True) if given != a // b]
    assert wrong == []


def _wide(name: str, low: int, high: int) -> n.Fact:
    return n.Fact(number(0, ONE, low, high), Column(name, Kind.NUMBER, same(name)))


def _beside_64_bits(size: int, scale: int, factor: int) -> list[int]:
    """Sizes around which a printer turns from 64 bits to the wide integer and back."""
    ends = [(2**63 - 1) // (part * 10**scale * factor) for part in (1, 2, 3, 4, 8)]
    return [e + d for e in ends for d in (-1, 0, 1) if 0 <= e + d <= size]


@settings(max_examples=50)
@given(st.integers(1, 36), st.integers(1, 36), st.integers(0, 8), st.sampled_from(["half_up", "down", "up"]),
       st.sampled_from([1, 3, 100, 24097]), st.booleans(), st.randoms())
def test_wide_divisions_agree_on_every_mode_and_sign(
        both_engines: list[tuple[str, Runs]], above: int, below: int, scale: int, how: n.RoundingMode, factor: int, signed: bool,
        draw: random.Random) -> None:
    if 2 * factor * 10 ** (above + scale) + 10**below > WIDE or 2 * 10**below > WIDE:
        return
    sign = -1 if signed else 0
    top, bottom = _wide("a", sign * 10**above, 10**above), _wide("b", sign * 10**below, 10**below)
    rows = []
    for _ in range(60):
        b = draw.choice((0, 1, 10**below, *_beside_64_bits(10**below, 0, 1), draw.randint(0, 10**below)))
        k = draw.randint(0, 10**above // max(1, b))
        a = draw.choice((*_beside_64_bits(10**above, scale, factor), *(k * b + beside for beside in (0, 1, -1, b // 2, b // 2 + 1))))
        a = max(0, min(10**above, a))
        rows.append({"a": a * draw.choice((1, sign or 1)), "b": b * draw.choice((1, sign or 1))})
    quotient = n.divide(n.multiply(top, n.constant(factor)), bottom, scale, how)
    expected = Evaluation(rows, LAW_DATE).stored(quotient)
    plan = compile_plan({"q": quotient}, carry=[_wide("i", 0, 1000)])
    for dialect, run in both_engines:
        kind = {"duckdb": "HUGEINT", "postgres": "NUMERIC"}[dialect]
        values = ", ".join(f"({i}, CAST({r['a']} AS {kind}), CAST({r['b']} AS {kind}))" for i, r in enumerate(rows))
        narrow = {c: f"CAST({c} AS BIGINT)" if e <= 18 else c for c, e in (("a", above), ("b", below))}
        source = f"(SELECT CAST(i AS BIGINT) AS i, {narrow['a']} AS a, {narrow['b']} AS b FROM (VALUES {values}) AS v(i, a, b)) AS w"
        found = run(Printer(DIALECTS[dialect], plan, LAW_DATE).select(source) + " ORDER BY 1")
        assert [None if q is None else int(q) for _, q in found] == expected, dialect


def test_a_wide_result_read_back_from_parquet_is_still_exact(tmp_path) -> None:
    """DuckDB writes its 128-bit integer to Parquet as a double: no column may leave in that type."""
    engine = DuckDBEngine(threads=1)
    of = _wide("x", 0, 10**15)
    wide = n.multiply(n.multiply(of, n.constant(10**9)), n.constant(10**9 + 7))
    columns = {"wide": wide, "back": n.divide(wide, n.constant(10**18), 0), "least": n.least(wide, n.constant(7)),
               "sum": n.subtract(n.add(wide, of), wide)}
    plan = compile_plan(columns)
    engine.write(Printer(engine.dialect, plan, LAW_DATE).select("(SELECT CAST(999999999999999 AS BIGINT) AS x)"), tmp_path / "out")
    stored, = engine.rows(f"SELECT * FROM {engine.parquet([tmp_path / 'out'])}")
    expected = {name: Evaluation([{"x": 999999999999999}], LAW_DATE).stored(expr)[0] for name, expr in columns.items()}
    assert {name: int(str(value)) for name, value in stored.items()} == expected
    # Read again as facts, the wide columns are still wide integers.
    again = compile_plan({"third": n.divide(n.Fact(plan.types["wide"], _wide("wide", 0, 1).column), n.constant(3), 0)})
    found = engine.rows(Printer(engine.dialect, again, LAW_DATE).select(engine.parquet([tmp_path / "out"])))
    assert int(str(found[0]["third"])) == (2 * expected["wide"] + 3) // 6  # type: ignore[operator] # a known number
    engine.close()


def test_the_decimal_evaluator_keeps_all_38_digits() -> None:
    kind = number(3, ONE, 0, WIDE)
    assert kind.stored(kind.decimal(WIDE)) == WIDE
    assert EXACT.prec > 2 * 38
