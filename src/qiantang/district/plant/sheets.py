"""The sheets of a plant's workbook: what each column is called in both languages, what may stand in it, and what it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from qiantang.domains.factory.charts.rules import RULES
from qiantang.domains.factory.hours import known_zone
from qiantang.domains.factory.plant import ZONE, Grouping, Level, PieceWire
from qiantang.kernel.words import Text
from qiantang.links.piece_rows import NAMES


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in code, its headers, how a cell is read (ValueError where it cannot), what an empty one means.

    ``needed`` ones may not be empty. ``said`` tells what belongs there.
    """

    name: str
    header: Text
    read: Callable[[object], Any]
    said: Text
    otherwise: Any = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its title, and its columns in order."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    needed: bool = False


def word(cell: object) -> str:
    """A text as it stands; a whole number written by a spreadsheet loses its '.0'."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip()


def number(cell: object) -> float:
    """A finite number."""
    if isinstance(cell, bool):
        raise ValueError(cell)
    value = float(cell.replace(",", "").replace("，", "") if isinstance(cell, str) else cell)  # type: ignore[arg-type]  # refused below where it is none
    if value - value != 0.0:
        raise ValueError(cell)
    return value


def above_zero(cell: object) -> float:
    """A number above zero."""
    value = number(cell)
    if value <= 0:
        raise ValueError(cell)
    return value


def not_below_zero(cell: object) -> float:
    """A number, zero or more."""
    value = number(cell)
    if value < 0:
        raise ValueError(cell)
    return value


def whole(cell: object) -> int:
    """A whole number, zero or more."""
    value = number(cell)
    if value != int(value) or value < 0:
        raise ValueError(cell)
    return int(value)


def flag(cell: object) -> bool:
    """Yes or no."""
    if isinstance(cell, bool):
        return cell
    return {"是": True, "yes": True, "true": True, "1": True, "否": False, "no": False, "false": False, "0": False}[word(cell).lower()]


def words(cell: object) -> tuple[str, ...]:
    """Words with a semicolon between."""
    return tuple(w.strip() for w in word(cell).replace("；", ";").split(";") if w.strip())


def figures(cell: object) -> dict[str, float]:
    """``name=number`` with a semicolon between."""
    return {name.strip(): number(value) for name, _, value in (w.partition("=") for w in words(cell))}


def field_names(cell: object) -> dict[str, str]:
    """``field=what the source calls it`` with a semicolon between."""
    found = {name.strip(): called.strip() for name, _, called in (w.partition("=") for w in words(cell))}
    if any(name not in NAMES or not called for name, called in found.items()):
        raise ValueError(cell)
    return found


def rules_of_charts(cell: object) -> tuple[str, ...]:
    """Rules of charts with a semicolon between."""
    found = words(cell)
    if not set(found) <= set(RULES):
        raise ValueError(cell)
    return found


def clock(cell: object) -> int:
    """A time of day as seconds after midnight: ``07:30``, or ``31:30`` for half past seven of the next day."""
    hours, _, minutes = word(cell).partition(":")
    found = int(hours) * 3600 + int(minutes) * 60
    if not 0 <= found <= 172_800 or not 0 <= int(minutes) < 60:
        raise ValueError(cell)
    return found


def spans(cell: object) -> tuple[tuple[int, int], ...]:
    """Spans of the day with a semicolon between: ``11:30-12:00;17:30-18:00``."""
    return tuple((clock(a), clock(b)) for a, _, b in (w.partition("-") for w in words(cell)))


def time_zone(cell: object) -> str:
    """The IANA name of a time zone."""
    return known_zone(word(cell))


def one_of(*known: str) -> Callable[[object], str]:
    """One of these words."""
    def read(cell: object) -> str:
        found = word(cell)
        if found not in known:
            raise ValueError(cell)
        return found

    return read


_TEXT = Text("文本", "text")
_NUMBER = Text("数字", "a number")
_POSITIVE = Text("大于 0 的数", "a number above 0")
_RATE = Text("0 或更大的数；0 为每个子组一次", "a number, 0 or more; 0 is once a subgroup")
_PRODUCT = Text("产品或半成品；空为各产品通用", "a product or what goes into one; empty: the same for all")
_LENGTH = Text("0 或更大的数；0 为时长不定", "a number, 0 or more; 0: of no fixed length")
_WHOLE = Text("非负整数", "a whole number, 0 or more")
_YES_NO = Text("是或否", "yes or no")
_ZONE = Text(f"IANA 时区名，如 Asia/Shanghai、Europe/Berlin；空为 {ZONE}", f"a time zone's IANA name, such as Asia/Shanghai or Europe/Berlin; empty: {ZONE}")


def _id(zh: str, en: str, name: str = "id") -> Column:
    return Column(name, Text(zh, en), word, _TEXT, needed=True)


def _titles(zh: str = "名称", en: str = "title") -> tuple[Column, Column]:
    return (Column("title_zh", Text(f"{zh}（中文）", f"{en} (Chinese)"), word, _TEXT, needed=True),
            Column("title_en", Text(f"{zh}（英文）", f"{en} (English)"), word, _TEXT, ""))


def _place(zh: str = "位置", en: str = "place") -> tuple[Column, Column]:
    return (Column("x", Text(f"{zh}东（米）", f"{en} east (m)"), number, _NUMBER, 0.0),
            Column("y", Text(f"{zh}北（米）", f"{en} north (m)"), number, _NUMBER, 0.0))


_LEVELS, _GROUPINGS, _PIECE_WIRES = get_args(Level), get_args(Grouping), get_args(PieceWire)

SHEETS: tuple[Sheet, ...] = (
    Sheet("plant", Text("工厂", "plant"), (
        _id("工厂编号", "plant id"), *_titles(), Column("operators", Text("值守人数", "operators"), whole, _WHOLE, 1),
        Column("takt_s", Text("目标节拍（秒）", "target takt (s)"), above_zero, _POSITIVE, 7.0),
        Column("synthetic", Text("虚构", "synthetic"), flag, _YES_NO, False),
        Column("zone", Text("时区", "time zone"), time_zone, _ZONE, ZONE)), needed=True),
    Sheet("assets", Text("设备", "assets"), (
        _id("设备编号", "asset id"), *_titles(),
        Column("level", Text("层级", "level"), one_of(*_LEVELS), Text("、".join(_LEVELS), ", ".join(_LEVELS)), needed=True),
        Column("parent", Text("上级设备", "stands in"), word, _TEXT, ""), Column("step", Text("工序", "process step"), word, _TEXT, ""), *_place(),
        Column("ideal_cycle_s", Text("理想周期（秒）", "ideal cycle (s)"), above_zero, _POSITIVE)), needed=True),
    Sheet("signals", Text("信号", "signals"), (
        _id("通信地址", "address", "address"), _id("设备编号", "asset id", "asset"), _id("信号名", "name", "name"), _id("种类", "kind", "kind"),
        *_titles(), Column("unit", Text("单位", "unit"), word, _TEXT, ""), Column("rate_hz", Text("频率（Hz）", "rate (Hz)"), not_below_zero, _RATE, 1.0),
        Column("least", Text("物理下限", "physical least"), number, _NUMBER), Column("most", Text("物理上限", "physical most"), number, _NUMBER),
        Column("lower", Text("规格下限", "lower limit"), number, _NUMBER), Column("upper", Text("规格上限", "upper limit"), number, _NUMBER),
        Column("grouped", Text("合理子组", "rational subgroup"), one_of(*_GROUPINGS), Text("、".join(_GROUPINGS), ", ".join(_GROUPINGS)), "each"),
        Column("skewed", Text("偏态", "skewed"), flag, _YES_NO, False), Column("phases", Text("按配方阶段", "by recipe phase"), flag, _YES_NO, False),
        Column("priority", Text("优先级", "priority"), lambda cell: int(one_of("1", "2", "3", "4")(cell)), Text("1–4", "1 to 4"), 3)), needed=True),
    Sheet("products", Text("产品", "products"), (
        _id("产品编号", "product id"), *_titles(), Column("mass_kg", Text("质量（千克）", "mass (kg)"), above_zero, _POSITIVE, needed=True))),
    Sheet("recipes", Text("配方", "recipes"), (
        _id("配方编号", "recipe id"),
        Column("product", Text("产品编号", "product id"), word, _PRODUCT, ""),
        _id("工序", "process step", "step"), _id("阶段", "phase", "phase"),
        Column("seconds", Text("时长（秒）", "length (s)"), not_below_zero, _LENGTH, needed=True),
        Column("baselines", Text("各种类基准", "baselines by kind"), figures, Text("种类=数值；以分号隔开", "kind=value; semicolons between"), {}))),
    Sheet("skills", Text("技能", "skills"), (_id("技能", "skill"), *_titles())),
    Sheet("shifts", Text("班次", "shifts"), (
        _id("班次", "shift", "name"), *_titles(),
        Column("start_s", Text("开始", "from"), clock, Text("时:分", "hours:minutes"), needed=True),
        Column("end_s", Text("结束", "until"), clock, Text("时:分，次日加 24", "hours:minutes, plus 24 for the next day"), needed=True),
        Column("breaks", Text("休息", "breaks"), spans, Text("时:分-时:分；以分号隔开", "h:m-h:m; semicolons between"), ()))),
    Sheet("technicians", Text("维修人员", "technicians"), (
        _id("工号", "technician id"), _id("姓名", "name", "name"),
        Column("skills", Text("技能", "skills"), words, Text("以分号隔开", "semicolons between"), needed=True), _id("班次", "shift", "shift"), *_place())),
    Sheet("vehicles", Text("搬运车", "vehicles"), (
        _id("车号", "vehicle id"), Column("battery_wh", Text("电池（Wh）", "battery (Wh)"), above_zero, _POSITIVE, needed=True),
        Column("use_wh_m", Text("耗电（Wh/米）", "use (Wh/m)"), above_zero, _POSITIVE, needed=True),
        Column("speed_m_s", Text("速度（米/秒）", "speed (m/s)"), above_zero, _POSITIVE, 1.2), *_place())),
    Sheet("parts", Text("备件", "spare parts"), (
        _id("备件编号", "part id"), *_titles(), Column("stock", Text("库存", "in stock"), whole, _WHOLE, needed=True), *_place(),
        Column("kinds", Text("用于信号种类", "for kinds of signals"), words, Text("以分号隔开", "semicolons between"), ()),
        Column("rules", Text("用于规则", "for rules"), rules_of_charts, Text(
            "以分号隔开，不填为全部：" + "、".join(RULES), "semicolons between, all where it is empty: " + ", ".join(RULES)), ()))),
    Sheet("pieces", Text("产品事件", "piece events"), (
        Column("wire", Text("接入方式", "wire"), one_of(*_PIECE_WIRES), Text("、".join(_PIECE_WIRES), ", ".join(_PIECE_WIRES)), needed=True),
        Column("address", Text("地址", "address"), word, Text("主题、Sparkplug 指标或文件名", "a topic, a Sparkplug metric, or a file's name"), needed=True),
        Column("fields", Text("字段名", "field names"), field_names, Text(
            "字段=来源中的名称，以分号隔开；字段：" + "、".join(NAMES), "field=its name there; semicolons between; fields: " + ", ".join(NAMES)), {}),
        Column("step", Text("工序", "process step"), word, _TEXT, ""), Column("asset", Text("设备编号", "asset id"), word, _TEXT, ""))),
)

BY_NAME: Mapping[str, Sheet] = {sheet.name: sheet for sheet in SHEETS}
