"""What a cell of a workbook says: a number in some unit, a yes, a day, a code; or why it says none of these."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from qiantang.kernel.expressions.nodes import whole_quotient
from qiantang.kernel.expressions.types import WIDEST, Kind
from qiantang.kernel.facts.schema import Column, Value
from qiantang.kernel.units import Unit, known_unit
from qiantang.kernel.words import Text


class Why(StrEnum):
    """Why a filled cell could not be read."""

    NOT_A_NUMBER = "not_a_number"
    TOO_LARGE = "too_large"
    ENDLESS = "endless"
    OTHER_MEASURE = "other_measure"
    NOT_A_FLAG = "not_a_flag"
    NOT_A_DAY = "not_a_day"
    NO_WHOLE_DAY = "no_whole_day"
    BROKEN_FORMULA = "broken_formula"
    LOST_DIGITS = "lost_digits"

    @property
    def message(self) -> Text:
        """What was found, with the value to fill in."""
        return _WHY[self][0]

    @property
    def remedy(self) -> Text:
        """What to do."""
        return _WHY[self][1]


_WHY: dict[Why, tuple[Text, Text]] = {
    Why.NOT_A_NUMBER: (Text("“{value}”不是数", "'{value}' is no number"),
                       Text("只填数字；没有数据请留空。", "Enter digits only; leave the cell empty where there is no figure.")),
    Why.TOO_LARGE: (Text("{value} 过大", "{value} is too large"), Text("核对单位。", "Check the unit.")),
    Why.ENDLESS: (Text("“{value}”不是有限的数", "'{value}' is no finite number"),
                  Text("没有数据请留空。", "Leave the cell empty where there is no figure.")),
    Why.OTHER_MEASURE: (Text("“{value}”的单位与本列不符", "the unit of '{value}' does not fit this column"),
                        Text("按列名中的单位填写数字。", "Enter the figure in the unit of the header.")),
    Why.NOT_A_FLAG: (Text("“{value}”不是“是”或“否”", "'{value}' is neither yes nor no"), Text("填“是”或“否”。", "Enter yes or no.")),
    Why.NOT_A_DAY: (Text("“{value}”不是日期", "'{value}' is no day"), Text("按 2022-01-31 的样式填写。", "Write it as 2022-01-31.")),
    Why.NO_WHOLE_DAY: (Text("“{value}”缺少月或日", "'{value}' lacks the month or the day"),
                       Text("填写完整日期，如 2022-01-31。", "Enter the whole day, such as 2022-01-31.")),
    Why.BROKEN_FORMULA: (Text("公式出错：{value}", "the formula failed: {value}"),
                         Text("改正公式，或填写数值。", "Mend the formula or enter the value.")),
    Why.LOST_DIGITS: (Text("{value} 已丢失末位数字", "{value} has lost its last digits"),
                      Text("先把列格式设为“文本”，再重新填写编号。", "Format the column as text first, then enter the id again.")),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A cell as read: the stored value (None: nothing was said), or why it could not be read.

    ``rounded`` says that the cell held more decimals than the column keeps.
    """

    value: Value = None
    why: Why | None = None
    rounded: bool = False


NOTHING = Reading()

MISSING = frozenset((
    "", "-", "--", "---", "—", "——", "–", "/", "\\", "...", "…", "……", "*", "无", "暂无", "无数据", "空", "空白", "未填", "未报",
    "不详", "未知", "缺失", "n/a", "#n/a", "na", "nan", "-nan", "null", "none", "nil", "nd", "unknown",
))
"""Words that stand for an empty cell, once simplified."""

_YES = frozenset(("是", "有", "已", "y", "yes", "true", "t", "1", "√", "✓", "✔", "对", "真"))
_NO = frozenset(("否", "无", "没有", "未", "不是", "n", "no", "false", "f", "0", "×", "✗", "✘", "错", "假"))
_BROKEN = re.compile(r"#(?:div/0!|value!|ref!|name\?|num!|null!|getting_data|spill!|calc!).*")
_NUMBER = re.compile(r"([+-]?(?:\d+(?:,\d{3})*(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,4})?)(.*)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?!\d).*")
_IN_BRACKETS = re.compile(r"\((\d[\d,.]*)\)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?(?:[t ]?\d{1,2}:\d{2}.*)?")
_PART_OF_A_DAY = re.compile(r"\d{4}(?:年度?|[-/.年]\d{1,2}月?)?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+\d+")
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
_EXCEL_EPOCH = date(1899, 12, 30)


def simplified(raw: str) -> str:
    """Full-width signs made plain, blanks at the ends gone, letters small."""
    return unicodedata.normalize("NFKC", raw).replace("\u200b", "").replace("\ufeff", "").strip().lower()


def read_cell(column: Column, raw: str, given: Unit | None = None) -> Reading:
    """What the text of a cell says for a column; ``given`` is the unit of the header, where it names one."""
    plain = simplified(raw)
    if _BROKEN.fullmatch(plain):
        return Reading(why=Why.BROKEN_FORMULA)
    match column.kind:
        case Kind.NUMBER:
            return NOTHING if plain in MISSING else read_number(column, plain, given or column.unit)
        case Kind.FLAG:
            return _read_flag(plain)
        case Kind.DAY:
            return NOTHING if plain in MISSING else _read_day(plain)
        case Kind.CODE:
            return _read_code(column, raw, plain)
        case Kind.TEXT:
            return Reading(raw.strip() or None)


def factor(column: Column, given: Unit) -> Fraction:
    """What a figure in the given unit is multiplied by to be stored."""
    return given.factor_to(column.unit) * int(10**column.scale)


def read_number(column: Column, plain: str, given: Unit) -> Reading:
    """A simplified text as a stored number, rounded half up where it has more decimals than the column keeps."""
    plain = plain.lstrip("¥￥").replace("−", "-").replace("–", "-").replace(" ", "")
    if plain.strip("+-") in ("inf", "infinity", "∞"):
        return Reading(why=Why.ENDLESS)
    bracketed = _IN_BRACKETS.fullmatch(plain)
    if bracketed:
        plain = "-" + bracketed[1]
    found = _NUMBER.fullmatch(plain)
    if found is None or ("," in found[1] and not _GROUPED.fullmatch(found[1])):
        return Reading(why=Why.NOT_A_NUMBER)
    unit = given
    if found[2]:
        written = known_unit(found[2]) or known_unit(found[2].removesuffix("度"))
        if written is None:
            return Reading(why=Why.NOT_A_NUMBER)
        if written.measure() != column.unit.measure():
            return Reading(why=Why.OTHER_MEASURE)
        unit = written
    try:
        value = Decimal(found[1].replace(",", ""))
    except InvalidOperation:
        return Reading(why=Why.NOT_A_NUMBER)
    if value and value.adjusted() > 30:
        return Reading(why=Why.TOO_LARGE)
    if not value or value.adjusted() < -60:
        return Reading(0, rounded=bool(value))
    exact = Fraction(value) * factor(column, unit)
    stored = whole_quotient(exact.numerator, exact.denominator)
    if abs(stored) > WIDEST:
        return Reading(why=Why.TOO_LARGE)
    return Reading(stored, rounded=stored != exact)


def _read_flag(plain: str) -> Reading:
    if plain in _YES:
        return Reading(True)
    if plain in _NO:
        return Reading(False)
    if plain.endswith(".0"):
        return _read_flag(plain[:-2])
    return NOTHING if plain in MISSING else Reading(why=Why.NOT_A_FLAG)


def _read_day(plain: str) -> Reading:
    plain = plain.removesuffix(".0")
    if plain.isascii() and plain.isdigit():
        if len(plain) == 8:
            plain = f"{plain[:4]}-{plain[4:6]}-{plain[6:]}"
        elif len(plain) == 5 and _FIRST_SERIAL <= int(plain) <= _LAST_SERIAL:
            return Reading(_EXCEL_EPOCH + timedelta(days=int(plain)))
    found = _DAY.fullmatch(plain)
    if found:
        try:
            read = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return Reading(why=Why.NOT_A_DAY)
        return Reading(read) if 1800 <= read.year <= 2200 else Reading(why=Why.NOT_A_DAY)
    return Reading(why=Why.NO_WHOLE_DAY if _PART_OF_A_DAY.fullmatch(plain) else Why.NOT_A_DAY)


def _read_code(column: Column, raw: str, plain: str) -> Reading:
    for code, title in column.choices:
        if plain in (code.lower(), simplified(title.zh), simplified(title.en)):
            return Reading(code)
    if plain in MISSING:
        return NOTHING
    if _SCIENTIFIC.fullmatch(plain):
        return Reading(why=Why.LOST_DIGITS)
    written = unicodedata.normalize("NFKC", raw).strip().lstrip("'")
    if column.check == "uscc":
        return Reading(re.sub(r"[\s\-]", "", written).upper())
    return Reading(written.removesuffix(".0") if re.fullmatch(r"\d+\.0", written) else written)
