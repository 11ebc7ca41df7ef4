"""A bound is enough and no more: at the bound the comparison holds, one unit of the fact beyond it does not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.expressions.nodes import Expr, Fact
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from qiantang.kernel.expressions.walking import walk
from qiantang.kernel.findings.inverting import Bound, met_by
from tests.engines.running import Runs, selected
from tests.properties.subjects import BATCHES, FACTS, LAW_DATE, Batch, Row, batches

MODES: tuple[n.RoundingMode, ...] = ("half_up", "down", "up")
NEVER_NEGATIVE = ("land", "staff", "patents", "rate", "tax")


@dataclass(frozen=True)
class Turned:
    """A comparison, the fact it is turned round for, and the bound on that fact."""

    flag: Expr
    fact: Fact
    bound: Bound


@st.composite
def comparisons(draw: Callable[..., Any]) -> Turned:
    """A tree in which one fact stands once, each way of building on it equally likely, held against a target."""
    fact = FACTS[draw(st.sampled_from(["tax", "profit", "land", "growth", "staff"]))]
    others = [f for f in FACTS.values() if f.type.is_number and f is not fact]

    def figure(like: Expr) -> Expr:
        same_unit = [f for f in others if f.type.unit == like.type.unit]
        value = Decimal(draw(st.sampled_from([-700, -5, -1, 0, 1, 2, 5, 24097, 10**6]))).scaleb(-draw(st.integers(0, 4)))
        found: Expr = draw(st.sampled_from([n.constant(value, like.type.unit), *same_unit]))
        return found

    def positive() -> Expr:
        constant = n.constant(Decimal(draw(st.sampled_from([1, 2, 3, 7, 30, 24097]))).scaleb(-draw(st.integers(0, 3))), "分")
        found: Expr = draw(st.sampled_from([constant, *(f for f in others if f.column.name in NEVER_NEGATIVE)]))
        return found

    def grown(own: Expr) -> Expr:
        scale, how = draw(st.integers(0, 6)), draw(st.sampled_from(MODES))
        match draw(st.integers(0, 10)):
            case 0:
                return n.add(*draw(st.permutations([own, figure(own)])))
            case 1:
                return n.subtract(own, figure(own)) if draw(st.booleans()) else n.subtract(figure(own), own)
            case 2:
                return n.multiply(own, positive()) if draw(st.booleans()) else n.multiply(positive(), own)
            case 3 | 4:
                return n.divide(own, positive(), scale, how)
            case 5:
                return n.divide(positive(), own, scale, how) if own.type.low >= 0 else n.rounded(own, min(scale, own.type.scale), how)
            case 6:
                return n.rounded(own, min(scale, own.type.scale), how)
            case 7:
                return (n.least if draw(st.booleans()) else n.greatest)(own, figure(own))
            case 8 if not any(isinstance(node, n.Divide) and fact in walk(node.below) for node in walk(own)):
                return n.first_known(own, figure(own))
            case 9 if own.type.unit == FACTS["tax"].type.unit:
                return n.in_unit(own, draw(st.sampled_from(["元", "亿元"])))
            case _:
                return n.choose((FACTS["listed"], own), otherwise=n.unknown(own.type))

    tree: Expr = fact
    for _ in range(draw(st.integers(1, 4))):
        tree = grown(tree)
        assume(max(abs(tree.type.low), abs(tree.type.high)) < 10**22)
    target, op = figure(tree), draw(st.sampled_from([">=", ">", "<=", "<"]))
    flag = n.compare(tree, op, target) if draw(st.booleans()) else n.compare(target, op, tree)
    bound = met_by(flag, fact.column.name)
    rounded_below = any(isinstance(x, n.Divide) and not isinstance(x.below, n.Fact | n.Const) for x in walk(flag))
    assert bound is not None or rounded_below, "each of the others has a closed form"
    assume(bound is not None)
    assert bound is not None
    assume(max(abs(bound.value.type.low), abs(bound.value.type.high)) < 10**36)
    return Turned(flag, fact, bound)


def _with(rows: Sequence[Row], name: str, values: Sequence[Any]) -> list[Row]:
    return [{**row, name: value} for row, value in zip(rows, values, strict=True)]


def _held(flag: Expr, rows: Sequence[Row]) -> list[Any]:
    return list(Evaluation(rows, LAW_DATE).of(flag))


def _loose(turned: Turned, batch: Batch) -> list[tuple[str, Row, Any]]:
    """Rows whose bound is not enough, is more than enough, or is missing where there is one."""
    name, kind = turned.fact.column.name, turned.fact.type
    bounds = Evaluation(batch.rows, LAW_DATE).of(turned.bound.value)
    stored = [None if b is None else kind.stored(b) for b in bounds]  # type: ignore[arg-type] # numbers
    inside = [b is not None and kind.low <= b <= kind.high for b in stored]
    beyond = [None if b is None else b + (-1 if turned.bound.sense == "at_least" else 1) for b in stored]
    at, past = _held(turned.flag, _with(batch.rows, name, stored)), _held(turned.flag, _with(batch.rows, name, beyond))
    ends = [_held(turned.flag, _with(batch.rows, name, [value] * len(batch.rows)))
            for value in (kind.low, kind.low + 1, 1, kind.high // 2, kind.high)]
    wrong = []
    for i, row in enumerate(batch.rows):
        whatever = {end[i] for end in ends} - {None}
        if inside[i] and at[i] is not True:
            wrong.append(("not enough", row, bounds[i]))
        if inside[i] and past[i] is True and kind.low <= (beyond[i] or 0) <= kind.high and whatever != {True}:
            wrong.append(("more than enough", row, bounds[i]))
        if bounds[i] is None and whatever == {True, False}:
            wrong.append(("missing", row, None))
    return wrong


@settings(max_examples=150)
@given(comparisons(), st.integers(0, BATCHES - 1))
def test_a_bound_is_enough_and_one_unit_beyond_it_is_not(turned: Turned, number: int) -> None:
    assert _loose(turned, batches()[number]) == []


@settings(max_examples=40)
@given(comparisons(), st.integers(0, BATCHES - 1))
def test_duckdb_finds_the_same_bounds_and_the_same_answer_at_each(duckdb_runs: Runs, turned: Turned, number: int) -> None:
    batch, name, kind = batches()[number], turned.fact.column.name, turned.fact.type
    duckdb = DIALECTS["duckdb"]
    bounds = Evaluation(batch.rows, LAW_DATE).stored(turned.bound.value)
    text = selected({"bound": turned.bound.value}, batch, duckdb)
    assert [None if b is None else int(b) for _, b in duckdb_runs(text)] == bounds
    grow = 10 ** (kind.scale - turned.bound.value.type.scale) if turned.bound.value.type.scale <= kind.scale else None
    assert grow is not None, "a bound lies on the fact's own grid"
    for step in (-1, 0, 1):
        moved = [None if b is None or not kind.low <= b * grow + step <= kind.high else b * grow + step for b in bounds]
        values = ", ".join(f"('{row['uscc']}', CAST({'NULL' if m is None else m} AS BIGINT))" for row, m in zip(batch.rows, moved, strict=True))
        if not values:
            return
        source = (f"(SELECT s.* REPLACE (m.v AS {duckdb.quoted(name)}) FROM subjects AS s "
                  f"JOIN (VALUES {values}) AS m(k, v) ON m.k = s.uscc WHERE s.batch = {batch.number}) AS moved")
        rows = _with(batch.rows, name, moved)
        plan = compile_plan({"held": turned.flag}, carry=[FACTS["uscc"]])
        found = duckdb_runs(Printer(duckdb, plan, LAW_DATE).select(source) + ' ORDER BY "uscc"')
        expected = _held(turned.flag, rows)
        assert [h for _, h in found] == expected
