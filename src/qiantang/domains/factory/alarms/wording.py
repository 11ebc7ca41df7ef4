"""An alarm in words: which rule of which signal of which machine, what was read, against which limit, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.words import Text, joined, same

RULES: dict[str, Text] = {
    "nelson_1": Text("尼尔森1：一点超出3σ控制限", "Nelson 1: a point beyond the 3σ limit"),
    "nelson_2": Text("尼尔森2：连续9点在中心线同一侧", "Nelson 2: nine points in a row on one side of the centre"),
    "nelson_3": Text("尼尔森3：连续6点递增或递减", "Nelson 3: six points in a row rising or falling"),
    "nelson_4": Text("尼尔森4：连续14点上下交替", "Nelson 4: fourteen points in a row up and down in turn"),
    "nelson_5": Text("尼尔森5：连续3点中有2点在同侧2σ以外", "Nelson 5: two of three points beyond 2σ on one side"),
    "nelson_6": Text("尼尔森6：连续5点中有4点在同侧1σ以外", "Nelson 6: four of five points beyond 1σ on one side"),
    "nelson_7": Text("尼尔森7：连续15点在1σ以内", "Nelson 7: fifteen points in a row within 1σ"),
    "nelson_8": Text("尼尔森8：连续8点均在1σ以外", "Nelson 8: eight points in a row outside 1σ, on both sides"),
    "we_1": Text("西电1：一点超出3σ", "Western Electric 1: a point beyond 3σ"),
    "we_2": Text("西电2：连续3点中有2点在同侧2σ以外", "Western Electric 2: two of three points beyond 2σ on one side"),
    "we_3": Text("西电3：连续5点中有4点在同侧1σ以外", "Western Electric 3: four of five points beyond 1σ on one side"),
    "we_4": Text("西电4：连续8点在中心线同一侧", "Western Electric 4: eight points in a row on one side of the centre"),
    "ewma": Text("指数加权移动平均超限", "the exponentially weighted average is beyond its limit"),
    "cusum": Text("累积和超限", "the cumulative sum is beyond its limit"),
    "drift": Text("缓慢漂移", "slow drift"),
    "stuck": Text("读数不再变化", "the reading is stuck"),
    "range": Text("超出物理量程或规格限", "outside the range"),
    "rate": Text("变化过快", "changes too fast"),
    "t2": Text("整机 T² 超限：各信号的组合异常", "T² of the machine: the signals together are unusual"),
    "spe": Text("整机 SPE 超限：信号间的关系改变", "SPE of the machine: the signals no longer move together as they did"),
    "quality": Text("读数质量不可靠或连接中断", "the readings are not to be relied on, or the connection is lost"),
}
"""What each rule says, in words."""

_OWN_STATISTIC = frozenset({"cusum", "drift", "t2", "spe", "stuck", "quality", "rate"})
"""Rules whose value and limit are the statistic's own and not in the signal's unit."""
_DIGITS = 6
_OTHERS = 5
"""So many of the signals that moved as well are named; the others are counted."""


def rule_title(rule: str) -> Text:
    """The rule in words; one that is not known is called by its name."""
    return RULES.get(rule, same(rule))


def instant(at: int, zone: tzinfo = UTC) -> datetime:
    """Microseconds UTC as an instant of a time zone."""
    return datetime.fromtimestamp(at // 1_000_000, zone).replace(microsecond=at % 1_000_000)


def figure(value: float) -> str:
    """A value as it is read aloud: six significant digits, no exponent where none is needed."""
    return f"{value:.{_DIGITS}g}"


def signal_of(plant: Plant, number: int) -> Signal | None:
    """The signal of a number, which is its place where they are numbered in order; None for a chart over a machine."""
    if 0 <= number < len(plant.signals) and plant.signals[number].number == number:
        return plant.signals[number]
    return next((signal for signal in plant.signals if signal.number == number), None) if number >= 0 else None


def place_title(plant: Plant, asset: str) -> Text:
    """An asset with the machine it belongs to."""
    found: Asset = plant.asset[asset]
    machine = plant.asset[plant.machine(asset)]
    return found.title if machine.id == found.id else Text(f"{machine.title.zh}·{found.title.zh}", f"{machine.title.en}, {found.title.en}")


def told(alarm: Alarm, plant: Plant, zone: tzinfo = UTC) -> Text:
    """The alarm as sentences: machine, signal, value, limit, since when; the rule; and what else moved."""
    signal = signal_of(plant, alarm.signal)
    since = f"{instant(alarm.since, zone):%Y-%m-%d %H:%M:%S}"
    unit = "" if signal is None or alarm.rule in _OWN_STATISTIC else f" {signal.unit}".rstrip()
    what = Text("整机", "the whole machine") if signal is None else signal.title
    value, limit = figure(alarm.value) + unit, figure(alarm.limit) + unit
    sentence = Text("{place} {what}：{value}，限值 {limit}，自 {since} 起（{n} 个读数）。规则：{rule}。",
                    "{place}, {what}: {value} against {limit}, since {since} ({n} readings). Rule: {rule}.").filled(
        place=place_title(plant, alarm.asset), what=what, value=value, limit=limit, since=since, n=alarm.readings, rule=rule_title(alarm.rule))
    others = [found.title for number in alarm.others for found in (signal_of(plant, number),) if found is not None]
    if others:
        more = Text(f"等 {len(others)} 个", f" and {len(others) - _OTHERS} more") if len(others) > _OTHERS else same("")
        sentence += Text("同时变化：", " Moved as well: ") + joined(others[:_OTHERS]) + more + Text("。", ".")
    if alarm.withdrawn:
        sentence += Text("因迟到的读数，此报警已撤回。", " A late reading came in: the alarm is withdrawn.")
    elif alarm.amends:
        sentence += Text("因迟到的读数，此报警已更正。", " A late reading came in: the alarm was amended.")
    return sentence


def told_together(alarm: Alarm, others: Sequence[Alarm], plant: Plant, zone: tzinfo = UTC) -> Text:
    """An alarm with those of the same cause after it."""
    said = told(alarm, plant, zone)
    if not others:
        return said
    named = [Text(f"{t.zh}（{rule_title(a.rule).zh}）", f"{t.en} ({rule_title(a.rule).en})") for a in others
             for t in ((signal_of(plant, a.signal) or plant.asset[a.asset]).title,)]
    return said + Text("同一原因的还有：", " Of the same cause: ") + joined(named, "；", "; ") + Text("。", ".")
