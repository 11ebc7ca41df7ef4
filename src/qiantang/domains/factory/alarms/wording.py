"""An alarm in words: which rule of which signal of which machine, what was read, against which limit, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from qiantang.domains.factory.alarm import Alarm
from qiantang.domains.factory.alarms.grouping import SILENT, connection
from qiantang.domains.factory.charts.rules import OF_MACHINES, TITLES
from qiantang.domains.factory.hours import instant, shown_instant
from qiantang.domains.factory.plant import Asset, Plant, Signal
from qiantang.kernel.words import Text, joined, same

_OWN_STATISTIC = frozenset({"cusum", "drift", "stuck", "quality", "rate", "down", "silent", *OF_MACHINES})
"""Rules whose value and limit are the statistic's own and not in the signal's unit."""
_SENTENCE = Text("{place} {what}：{value}，限值 {limit}，自 {since} 起（{many}）。规则：{rule}。",
                 "{place}, {what}: {value} against {limit}, since {since} ({many}). Rule: {rule}.")
_SENTENCES = {
    "stuck": Text("{place} {what}：停在 {value}，自 {since} 起（{many}，限 {limit}）。规则：{rule}。",
                  "{place}, {what}: stands at {value} since {since} ({many}, {limit} are too many). Rule: {rule}."),
    "down": Text("{place}：自 {since} 起故障停机，已超过 {limit} 秒。规则：{rule}。",
                 "{place}: stopped by a fault since {since}, for more than {limit} s. Rule: {rule}."),
    "silent": Text("{what}自 {since} 起{silence}。规则：{rule}。", "{what} {silence}, since {since}. Rule: {rule}."),
    "quality": Text("{place} {what}：自 {since} 起不可靠（{many}）。规则：{rule}。",
                    "{place}, {what}: not to be relied on since {since} ({many}). Rule: {rule}."),
}
"""What is said of each rule, and of those that speak of readings themselves."""
_DIGITS = 6
_OTHERS = 5
"""So many of the signals that moved as well are named; the others are counted."""


def rule_title(rule: str) -> Text:
    """The rule in words, Nelson's with its number; one that is not known is called by its name."""
    if rule not in TITLES:
        return same(rule)
    number = rule.removeprefix("nelson_")
    return TITLES[rule] if number == rule else Text(f"尼尔森{number}：", f"Nelson {number}: ") + TITLES[rule]


def figure(value: float) -> str:
    """A value as it is read aloud: six significant digits, no exponent where none is needed."""
    return f"{value:.{_DIGITS}g}"


def signal_of(plant: Plant, number: int) -> Signal | None:
    """The signal of a number, which is its place where they are numbered in order; None for a chart over a machine."""
    if 0 <= number < len(plant.signals) and plant.signals[number].number == number:
        return plant.signals[number]
    return next((signal for signal in plant.signals if signal.number == number), None) if number >= 0 else None


def place_title(plant: Plant, asset: str) -> Text:
    """An asset with the machine it belongs to, where its own title does not say that already."""
    said, machine, found = _as_recorded(plant, asset), plant.asset[plant.machine(asset)].title, plant.asset[asset].title
    return Text(found.zh if found.zh.startswith(machine.zh) else said.zh, found.en if found.en.startswith(machine.en) else said.en)


def _as_recorded(plant: Plant, asset: str) -> Text:
    """An asset with the machine it belongs to, as findings name it."""
    found: Asset = plant.asset[asset]
    machine = plant.asset[plant.machine(asset)]
    return found.title if machine.id == found.id else Text(f"{machine.title.zh}·{found.title.zh}", f"{machine.title.en}, {found.title.en}")


def what_title(plant: Plant, alarm: Alarm) -> Text:
    """What of its asset an alarm is about: a signal, the source of several, or the whole machine."""
    if alarm.rule == SILENT:
        return source_title(plant, alarm.others)
    signal = signal_of(plant, alarm.signal)
    return Text("整机", "the whole machine") if signal is None else signal.title


def source_title(plant: Plant, signals: Sequence[int]) -> Text:
    """The gateway or server through which signals come."""
    first = next((found for number in signals for found in (signal_of(plant, number),) if found is not None), None)
    through = connection(first.address) if first is not None else ""
    if through.startswith("opc.tcp:"):
        return Text(f"OPC UA 服务器 {through}", f"OPC UA server {through}")
    if through.startswith("modbus:"):
        return Text(f"Modbus 设备 {through}", f"Modbus device {through}")
    return Text(f"网关 {through}", f"gateway {through}")


def _silence_said(plant: Plant, alarm: Alarm) -> Text:
    """How many signals of how many machines a silent source leaves stale."""
    found = [signal for number in alarm.others for signal in (signal_of(plant, number),) if signal is not None]
    n, total, machines = len(alarm.others), int(alarm.limit), len({plant.machine(signal.asset) for signal in found})
    of = Text(f"{machines} 台设备", "1 machine" if machines == 1 else f"{machines} machines")
    if n >= total:
        return Text("无声或连接中断，{n} 个信号（{of}）的读数陈旧", "is silent or its connection is lost; {n} of {of}").filled(
            n=Text(f"{n}", "1 signal" if n == 1 else f"{n} signals"), of=Text(of.zh, f"{of.en} {'is' if n == 1 else 'are'} stale"))
    return Text("所带 {total} 个信号中 {n} 个（{of}）的读数陈旧", "leaves {n} of its {total} signals stale, of {of}").filled(n=str(n), total=str(total), of=of)


def unit_said(unit: str) -> str:
    """A signal's unit as it is read; nothing for one without a dimension."""
    return "" if unit == "1" else unit


def _since_recorded(at: int) -> str:
    return f"{instant(at):%Y-%m-%d %H:%M:%S}"


def as_read(recorded: str, since: int, zone: tzinfo) -> str:
    """A recorded sentence as it is read: since when (microseconds UTC) by the clock of a zone, instead of UTC as it is on record."""
    return recorded.replace(_since_recorded(since), shown_instant(since, zone))


def told(alarm: Alarm, plant: Plant, zone: tzinfo | None = None, *, recorded: bool = False) -> Text:
    """The alarm as sentences: machine, signal, value, limit, since when by the clock of ``zone`` (None: the plant's own); the rule; and
    what else moved.

    ``recorded``: word for word as findings have it on record, in UTC. A finding's id is of its content, so that the same alarm read from
    the log again gives the same finding: those words stay as they are.
    """
    signal = signal_of(plant, alarm.signal)
    since = _since_recorded(alarm.since) if recorded else shown_instant(alarm.since, zone or plant.local)
    unit = "" if signal is None or alarm.rule in _OWN_STATISTIC else f" {signal.unit if recorded else unit_said(signal.unit)}".rstrip()
    what = what_title(plant, alarm)
    value, limit = figure(alarm.value) + unit, figure(alarm.limit) + unit
    sentence = _SENTENCES.get(alarm.rule, _SENTENCE).filled(
        place=_as_recorded(plant, alarm.asset) if recorded else place_title(plant, alarm.asset), what=what, value=value, limit=limit, since=since,
        silence=_silence_said(plant, alarm) if alarm.rule == SILENT else same(""),
        many=Text(f"{alarm.readings} 个读数", "1 reading" if alarm.readings == 1 and not recorded else f"{alarm.readings} readings"),
        rule=rule_title(alarm.rule))
    others = [] if alarm.rule == SILENT else [found.title for number in alarm.others for found in (signal_of(plant, number),) if found is not None]
    if others:
        more = Text(f"等 {len(others)} 个", f" and {len(others) - _OTHERS} more") if len(others) > _OTHERS else same("")
        sentence += Text("同时变化：", " Moved as well: ") + joined(others[:_OTHERS]) + more + Text("。", ".")
    if alarm.withdrawn:
        sentence += Text("因迟到的读数，此报警已撤回。", " A late reading came in: the alarm is withdrawn.")
    elif alarm.amends:
        sentence += Text("因迟到的读数，此报警已更正。", " A late reading came in: the alarm was amended.")
    return sentence


def told_together(alarm: Alarm, others: Sequence[Alarm], plant: Plant) -> Text:
    """An alarm with those of the same cause after it, as a finding has it on record."""
    said = told(alarm, plant, recorded=True)
    if not others:
        return said
    named = [Text(f"{t.zh}（{rule_title(a.rule).zh}）", f"{t.en} ({rule_title(a.rule).en})") for a in others
             for t in ((signal_of(plant, a.signal) or plant.asset[a.asset]).title,)]
    return said + Text("同一原因的还有：", " Of the same cause: ") + joined(named, "；", "; ") + Text("。", ".")
