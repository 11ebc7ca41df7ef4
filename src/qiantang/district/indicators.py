"""The indicators of a district's plan, as its settings tell of them: meaning, measure, and what was published."""

from __future__ import annotations

from typing import Literal

from qiantang.district.documents import Part
from qiantang.kernel.pages.declaring import Indicator, IndicatorValue, Measure
from qiantang.kernel.sources import Status

_USUAL_MONTHS = 12


def indicator(code: str, part: Part, dimensions: list[str]) -> Indicator:
    """One indicator; faults go to the paper that the part is of."""
    found = part.fields("title", "definition", "dimension", "unit", "more_is", "measure", "values", "fresh_months", "headline")
    better: Literal["more", "less"] = "less" if found["more_is"].one_of(["better", "worse"], "better") == "worse" else "more"
    values = tuple(_value(p) for p in found["values"].entries()) if found["values"].is_there else ()
    return Indicator(code, found["title"].text(), found["definition"].text(), found["dimension"].one_of(dimensions or [""]), found["unit"].unit(),
                     better, _measure(found["measure"]) if found["measure"].is_there else None,
                     tuple(sorted(values, key=lambda v: (v.as_of, v.period))),
                     found["fresh_months"].whole() if found["fresh_months"].is_there else _USUAL_MONTHS, found["headline"].flag())


def _measure(part: Part) -> Measure:
    found = part.fields("how", "over", "of", "where")
    how = found["how"].one_of(["count", "share", "ratio"], "count")
    of = tuple(p.word() for p in found["of"].entries()) if found["of"].is_there else ()
    if how == "ratio" and len(of) != 2:  # a ratio has two parts
        part.fault("比率须写两个事实：分子与分母", "a ratio needs two facts: above and below the line", list(of))
    where = tuple((name, p.word()) for name, p in found["where"].fields().items()) if found["where"].is_there else ()
    named: Literal["count", "share", "ratio"] = "share" if how == "share" else "ratio" if how == "ratio" else "count"
    return Measure(named, found["over"].word(), of, where)


def _value(part: Part) -> IndicatorValue:
    found = part.fields("period", "value", "as_of", "source", "status")
    return IndicatorValue(found["period"].word(), found["value"].number(), found["as_of"].day(), found["source"].text(),
                          found["status"].status() is Status.PLACEHOLDER)
