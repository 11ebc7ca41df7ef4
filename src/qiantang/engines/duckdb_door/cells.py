"""How a column of cells becomes values in DuckDB: plainly written texts at once, in SQL; the others word by word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction

from qiantang.kernel.expressions.types import WIDEST, Kind
from qiantang.kernel.facts.cells import MISSING, factor
from qiantang.kernel.facts.headers import Headed
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.facts.sheets import Cells
from qiantang.kernel.units import Unit

SQL_TYPES = {Kind.NUMBER: "BIGINT", Kind.FLAG: "BOOLEAN", Kind.DAY: "DATE", Kind.CODE: "VARCHAR", Kind.TEXT: "VARCHAR"}
"""The type in which each kind of value is stored."""

_FINE = 9
_PLAIN = r"[+-]?\d+(\.\d*)?"
_SHORT = rf"[+-]?\d{{1,12}}(\.\d{{0,{_FINE}}})?"
_CODE = r"[0-9A-Za-z一-龥_\-]+"
_DAY = r"(18|19|20|21)\d\d-\d\d-\d\d"
_BLANK_END = r"^[\s\p{Z}\p{C}#＃]|[\s\p{Z}\p{C}]$"


@dataclass(frozen=True, slots=True)
class Plain:
    """SQL for the value of a plainly written text (null for any other), and for whether it was rounded."""

    value: str
    rounded: str = ""


def plainly(headed: Headed, cell: str) -> Plain:
    """A cell that came as text; what ``read_cell`` would read from it where it is written as we ourselves would."""
    column = headed.column
    match column.kind:
        case Kind.NUMBER:
            return _plain_number(column, headed.unit or column.unit, cell)
        case Kind.FLAG:
            return Plain(f"CASE {cell} WHEN '是' THEN TRUE WHEN '否' THEN FALSE WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END")
        case Kind.DAY:
            return Plain(f"CASE WHEN regexp_full_match({cell}, '{_DAY}') THEN TRY_CAST({cell} AS DATE) END")
        case Kind.TEXT:
            return Plain(f"CASE WHEN NOT regexp_matches({cell}, '{_BLANK_END}') AND {cell} <> '' THEN {cell} END")
        case Kind.CODE:
            if column.choices:
                codes = ", ".join(sql_string(code) for code, _ in column.choices)
                return Plain(f"CASE WHEN {cell} IN ({codes}) THEN {cell} END")
            if column.check == "uscc":
                return Plain(f"CASE WHEN regexp_full_match({cell}, '[0-9A-Z]{{18}}') THEN {cell} END")
            missing = ", ".join(sql_string(word) for word in sorted(MISSING))
            return Plain(f"CASE WHEN regexp_full_match({cell}, '{_CODE}') AND lower({cell}) NOT IN ({missing}) THEN {cell} END")


def _plain_number(column: Column, given: Unit, cell: str) -> Plain:
    by = factor(column, given)
    shift = _power_of_ten(by)
    if shift is not None and shift >= 0:
        shifted = f"TRY_CAST({cell} || 'e{shift}' AS BIGINT)"
        value = f"CASE WHEN regexp_full_match({cell}, '{_PLAIN}') AND abs({shifted}) <= {WIDEST} THEN {shifted} END"
        rounded = (f"strpos({cell}, '.') > 0 AND length(rtrim({cell}, '0')) - strpos({cell}, '.') > {shift} "
                   f"AND regexp_full_match({cell}, '{_PLAIN}')")
        return Plain(value, rounded)
    fine = f"CAST(TRY_CAST(CASE WHEN regexp_full_match({cell}, '{_SHORT}') THEN {cell} || 'e{_FINE}' END AS DECIMAL(38,0)) AS HUGEINT)"
    above, below = f"({fine} * {by.numerator})", by.denominator * 10**_FINE
    size = f"((abs({above}) * 2 + {below}) // {2 * below})"
    value = (f"CASE WHEN regexp_full_match({cell}, '{_SHORT}') AND {size} <= {WIDEST} "
             f"THEN CAST(CASE WHEN {above} < 0 THEN -{size} ELSE {size} END AS BIGINT) END")
    return Plain(value, f"regexp_full_match({cell}, '{_SHORT}') AND {above} % {below} <> 0")


def worded(figure: str) -> str:
    """A figure as text: Excel shows 15 digits of it and means no more."""
    return f"printf('%.15g', {figure})"


def figure_of(headed: Headed, cell: str) -> Plain:
    """A cell that came as a figure.

    Where it has no more decimals than are kept, its product with a power of ten is whole within a figure's own precision;
    only the others are written out, to be rounded as texts are.
    """
    written = _plain_number(headed.column, headed.unit or headed.column.unit, worded(cell))
    by = factor(headed.column, headed.unit or headed.column.unit)
    if _power_of_ten(by) is None or by.numerator > 10**12:
        return written
    product = f"({cell} * {by.numerator}::DOUBLE)"
    whole = f"(abs({product}) < 1e15 AND abs({product} - round({product})) <= abs({product}) * 3e-16)"
    return Plain(f"CASE WHEN {whole} THEN CAST(round({product}) AS BIGINT) ELSE {written.value} END",
                  f"CASE WHEN {cell} IS NULL OR {whole} THEN FALSE ELSE {written.rounded} END")


def _power_of_ten(of: Fraction) -> int | None:
    if of.denominator != 1:
        return None
    digits = str(of.numerator)
    return len(digits) - 1 if digits.strip("0") == "1" and digits[0] == "1" else None


def sql_string(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def filled(row: Cells) -> bool:
    """Whether a row, or a column, has anything in it."""
    for cell in row:
        if cell is None or cell == "" or (isinstance(cell, str) and cell.isspace()):
            continue
        return True
    return False


def blank(column: Cells) -> bool:
    """Whether nobody wrote anything in a column, as in many of a template's."""
    return not column or (column[0] in ("", None) and column.count("") + column.count(None) == len(column))


@dataclass(frozen=True, slots=True)
class Loaded:
    """A column of cells as one value that DuckDB takes whole, and the SQL that makes rows of it again."""

    value: object
    rows: str
    as_figures: bool


_BETWEEN = "\x1f"


def loaded(cells: Cells) -> Loaded:
    """Cells that are all numbers as figures; any others as texts, in the form that Excel would show."""
    kinds = list(map(type, cells))
    found = set(kinds)
    if found <= {float}:
        return Loaded(list(cells), "unnest(?::DOUBLE[])", True)
    if float in found and found <= {float, str, type(None)} and kinds.count(str) == cells.count(""):
        return Loaded([None if c == "" else c for c in cells], "unnest(?::DOUBLE[])", True)
    texts = [c if isinstance(c, str) else _written(c) for c in cells]
    whole = _BETWEEN.join(texts)
    if whole.count(_BETWEEN) == len(texts) - 1:
        return Loaded(whole, f"nullif(unnest(string_split(?, chr({ord(_BETWEEN)}))), '')", False)
    return Loaded([t or None for t in texts], "unnest(?::VARCHAR[])", False)


def _written(cell: object) -> str:
    """A cell as the text that Excel would show without a format."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
