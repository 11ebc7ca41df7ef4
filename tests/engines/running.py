"""Runs printed plans on an engine and holds every column of every row against the Decimal evaluator."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.expressions.evaluate import Evaluation
from qiantang.kernel.expressions.nodes import Expr
from qiantang.kernel.expressions.plan import compile_plan
from qiantang.kernel.expressions.sql import Printer
from tests.properties.subjects import FACTS, LAW_DATE, Batch

Runs = Callable[[str], Sequence[Sequence[Any]]]
"""Gives the rows of a SELECT."""


def selected(columns: Mapping[str, Expr], batch: Batch, dialect: Dialect) -> str:
    """The columns over one batch, one row a subject in the batch's own order."""
    plan = compile_plan(columns, carry=[FACTS["uscc"]])
    source = f"(SELECT * FROM subjects WHERE batch = {batch.number}) AS _batch"
    return Printer(dialect, plan, LAW_DATE).select(source) + f" ORDER BY {dialect.quoted('uscc')}"


def differences(columns: Mapping[str, Expr], batch: Batch, dialect: Dialect, run: Runs) -> list[tuple[Any, ...]]:
    """Column, row, what the engine gives and what the evaluator gives, wherever they are not the same value."""
    found = run(selected(columns, batch, dialect))
    evaluation = Evaluation(batch.rows, LAW_DATE)
    wrong = []
    for place, (name, expr) in enumerate(columns.items(), start=1):
        expected = evaluation.stored(expr)
        given = [row[place] for row in found]
        assert len(given) == len(expected)
        wrong += [(name, batch.rows[i], g, e) for i, (g, e) in enumerate(zip(given, expected, strict=True))
                  if not _same(g, e)]
    return wrong


def _same(given: object, expected: object) -> bool:
    """The same value in the same kind: a flag is no number, and a wide number comes as a whole decimal."""
    if isinstance(given, Decimal):
        return not isinstance(expected, bool) and isinstance(expected, int) and given == expected
    return type(given) is type(expected) and given == expected
