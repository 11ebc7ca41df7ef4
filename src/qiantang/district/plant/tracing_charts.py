"""The points that a node told as the charts that rules look at: individuals, moving averages, cumulative sums, T² and SPE, each with its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from qiantang.domains.factory.alarms.wording import figure, rule_title, unit_said
from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.plant import Signal
from qiantang.kernel.pages.live import Trace
from qiantang.kernel.words import Text, joined, same

_Local = Callable[[int], datetime]
_SIGMA = same("σ")
_INDIVIDUALS, _EWMA, _CUSUM, _DRIFT = "z", "average", "high", "slow"
_CHART_OF = {"ewma": _EWMA, "cusum": _CUSUM, "drift": _DRIFT}
_LIMIT_OF = {_INDIVIDUALS: "limit", _EWMA: "ewma", _CUSUM: "cusum", _DRIFT: "drift"}
_PLOTTED = {
    _INDIVIDUALS: Text("单值或子组均值图", "points of the chart (individuals or means)"),
    _EWMA: Text("指数加权移动平均（EWMA）图", "exponentially weighted moving average (EWMA)"),
    _CUSUM: Text("双侧累积和（CUSUM）图", "two-sided cumulative sum (CUSUM)"),
    _DRIFT: Text("慢速移动平均图（漂移）", "slow moving average (drift)")}
_CENTRE, _UPPER, _LOWER = Text("中心线", "centre"), Text("上控制限", "upper limit"), Text("下控制限", "lower limit")
_DECISION = (Text("判定限", "decision limit"), Text("判定限", "decision limit"))


def signal_traces(signal: Signal, kept: Mapping[str, Any], alarmed: Sequence[str], local: _Local) -> list[Trace]:
    """The charts of a signal that its rules look at, those around the alarm first where that is some time ago; its individuals where nothing is
    wrong."""
    wanted = list(dict.fromkeys(_CHART_OF.get(rule, _INDIVIDUALS) for rule in alarmed)) or [_INDIVIDUALS]
    found: list[Trace] = []
    for name in wanted:
        if kept["then"]:
            found.append(_chart(signal, kept["then"], kept["limits"], name, local, Text("告警时", "when the alarm was told")))
        if kept["now"]["at"]:
            found.append(_chart(signal, kept["now"], kept["limits"], name, local, Text("最近", "lately")))
    return found


def _chart(signal: Signal, points: Mapping[str, Any], limits: Mapping[str, float], name: str, local: _Local, when: Text) -> Trace:
    """One chart: in the signal's unit where all points were judged by one straight scale, else in standard deviations of each point's baseline."""
    scales = {scale for scale, z in zip(zip(points["centre"], points["sigma"], strict=True), points["z"], strict=True) if z is not None}
    centre, sigma = next(iter(scales)) if len(scales) == 1 and name != _CUSUM else (None, None)
    learning = sum(z is None for z in points["z"])
    limit = limits[_LIMIT_OF[name]]

    def drawn(values: Sequence[float | None]) -> tuple[Decimal | None, ...]:
        return tuple(None if v is None else _in(v, centre, sigma) for v in values)

    beside: list[tuple[Text, tuple[Decimal | None, ...]]] = []
    if name == _CUSUM:
        beside.append((Text("向下", "downwards"), drawn([None if v is None else -v for v in points["low"]])))
    upper, lower = _DECISION if name == _CUSUM else (_UPPER, _LOWER)
    levels = ((_CENTRE, _in(0.0, centre, sigma)), (upper, _in(limit, centre, sigma)), (lower, _in(-limit, centre, sigma)))
    values = drawn(points[name])
    if name == _INDIVIDUALS and centre is not None:
        # The very values, also of points that no baseline judged.
        values = tuple(None if v is None else Decimal(figure(v)) for v in points["value"])
    marked = tuple(n for n, began in enumerate(points["began"]) if any(_CHART_OF.get(rule, _INDIVIDUALS) == name for rule in began))
    unit = _SIGMA if centre is None else same(unit_said(signal.unit))
    broke: dict[str, int] = {}
    for n in marked:
        for rule in points["began"][n]:
            if _CHART_OF.get(rule, _INDIVIDUALS) == name:
                broke.setdefault(rule, points["at"][n])
    return Trace(signal.title, unit, tuple(local(at) for at in points["at"]), values, levels, marked, tuple(beside),
                 _said(_PLOTTED[name], when, broke, centre is None, learning, local))


def _in(z: float, centre: float | None, sigma: float | None) -> Decimal:
    return Decimal(f"{z:.3g}") if centre is None or sigma is None else Decimal(figure(centre + z * sigma))


def _said(what: Text, when: Text, broke: Mapping[str, int], standardised: bool, learning: int, local: _Local) -> Text:
    """What is plotted and when, which rule broke first where, and how many points were not judged."""
    said = what + Text("，", ", ") + when
    if standardised:
        said += Text("；以各点所属基线（配方、阶段）的标准差为单位", "; in standard deviations of each point's own baseline (recipe, phase)")
    if learning:
        said += Text(f"；其中 {learning} 点时控制图在学习，未作判断", f"; {learning} of the points were not judged, for the chart was learning")
    told = [Text(f"{local(at):%H:%M:%S} {rule_title(rule).zh}", f"{local(at):%H:%M:%S} {rule_title(rule).en}") for rule, at in broke.items()]
    return said + Text("；触发：", "; broken: ") + joined(told, "、", ", ") if told else said


def machine_traces(rows: Mapping[str, Any], alarmed: Sequence[str], local: _Local) -> list[Trace]:
    """T², SPE and what is remembered of them, of the rules of a machine that spoke, each with the limit that each point was held against."""
    found: list[Trace] = []
    for rule in dict.fromkeys(rule for rule in alarmed if rule in rules.OF_MACHINES):
        value, limit = rows[rule]["value"], rows[rule]["limit"]
        if not any(v is not None for v in value):
            continue
        over = tuple(n for n, (v, most) in enumerate(zip(value, limit, strict=True)) if v is not None and most is not None and v > most)
        of = tuple(None if v is None else Decimal(figure(v)) for v in limit)
        last = next((v for v in reversed(of) if v is not None), None)
        found.append(Trace(rule_title(rule), same(""), tuple(local(at) for at in rows["at"]), tuple(None if v is None else Decimal(figure(v)) for v in value),
                           () if last is None else ((_LIMIT, last),), over, ((Text("当时的限", "limit at the time"), of),),
                           Text("整机各点，与当时的限", "points of the whole machine, against the limit of the time")))
    return found


_LIMIT = Text("控制限", "limit")
