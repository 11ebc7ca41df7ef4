"""From what a plant's systems write of a piece (a JSON object, a row of a table) to a piece event, or to faults with place and remedy.

Names of fields are known in both languages and by their usual synonyms; a plant may say what its own are called. What a source leaves
out because it is always the same (its step, its machine) is stated once for the source.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from qiantang.kernel.errors import Fault, Place
from qiantang.kernel.pieces import PieceEvent, Result
from qiantang.kernel.words import Text
from qiantang.links.json_topics import instant_us, read_json
from qiantang.links.messages import Noticing

NAMES: Mapping[str, tuple[str, ...]] = {
    "piece": ("piece", "piece_id", "item", "serial", "barcode", "product_id", "产品编号", "条码", "序列号", "物料编号"),
    "step": ("step", "operation", "process", "工序"),
    "asset": ("asset", "machine", "equipment", "cavity", "设备", "设备编号", "机台", "模腔"),
    "tool": ("tool", "mould", "mold", "drum", "模具", "鼓"),
    "operator": ("operator", "worker", "操作员", "人员", "工号"),
    "materials": ("materials", "batches", "lots", "used", "inputs", "材料批次", "批次", "物料", "用料"),
    "since": ("start", "since", "begin", "started_at", "开始", "开始时间"),
    "until": ("end", "until", "finish", "ended_at", "time", "timestamp", "结束", "结束时间", "时间"),
    "result": ("result", "fate", "quality", "status", "结果", "判定"),
    "reason": ("reason", "scrap_reason", "defect", "原因", "报废原因", "缺陷"),
}
"""What each field is called, in the order in which it is looked for."""
_RESULTS: Mapping[str, Result] = {
    **dict.fromkeys(("good", "ok", "pass", "passed", "1", "true", "合格", "良品", "正常"), "good"),
    **dict.fromkeys(("scrap", "ng", "bad", "fail", "failed", "reject", "0", "false", "不合格", "报废", "废品"), "scrap"),
    **dict.fromkeys(("rework", "repair", "返工", "返修"), "rework")}
_LONGEST = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MATERIALS = 1000
_AHEAD_US = 3_600_000_000
_EVERY_S = 60
_MOST_SAID = 600


@dataclass(frozen=True, slots=True)
class PieceFields:
    """How one source writes: ``names`` what its fields are called where that is not known anyway, ``step`` and ``asset`` where it does
    not say them; times that name no zone are of ``local``."""

    names: Mapping[str, str] = field(default_factory=dict)
    step: str = ""
    asset: str = ""
    local: tzinfo = timezone(timedelta(hours=8))

    def called(self, wanted: str) -> tuple[str, ...]:
        """What a field may be called."""
        own = self.names.get(wanted)
        return (own,) if own else NAMES[wanted]

    def event(self, said: Mapping[str, object], place: Place, now: int) -> PieceEvent | list[Fault]:
        """The event that somebody wrote, or everything that is wrong with it. ``now``: microseconds UTC; nothing ends after it."""
        given = {str(name).strip().lower(): value for name, value in said.items()}
        faults: list[Fault] = []

        def raw(wanted: str) -> tuple[str, object]:
            return next(((name, given[name.lower()]) for name in self.called(wanted) if given.get(name.lower()) not in (None, "")),
                        (self.called(wanted)[0], None))

        def text(wanted: str, otherwise: str = "") -> str:
            name, value = raw(wanted)
            if value is None:
                return otherwise
            if not _is_short(value):
                faults.append(_fault(place, name, value, Text("应是短文本", "a short text belongs here"), Text(
                    f"请写编号或名称，至多 {_LONGEST} 字。", f"Write an id or a name, {_LONGEST} characters at most.")))
                return otherwise
            return _written(value).strip()

        def instant(wanted: str) -> int | None:
            name, value = raw(wanted)
            if value is None:
                return None
            found = _instant(value, self.local)
            if found is None or not 0 < found <= now + _AHEAD_US:
                faults.append(_fault(place, name, value, Text("不是时间，或早于 1970 年，或在将来", "this is no time, or lies before 1970 or ahead"), Text(
                    "请写如 2026-11-26T08:30:00+08:00，或 1970 年以来的秒、毫秒数。", "Write it like 2026-11-26T08:30:00+08:00, or as s or ms since 1970.")))
                return None
            return found

        piece, step = text("piece"), text("step", self.step)
        for wanted, value in (("piece", piece), ("step", step)):
            if not value and not any(f.place.column in self.called(wanted) for f in faults):
                faults.append(_fault(place, self.called(wanted)[0], None, Text("缺少", "missing"), Text(
                    "可用的名称：" + "、".join(self.called(wanted)), "It may be called: " + ", ".join(self.called(wanted)))))
        since, until = instant("since"), instant("until")
        if since is None and until is None and not any(f.place.column in (*self.called("since"), *self.called("until")) for f in faults):
            faults.append(_fault(place, self.called("until")[0], None, Text("缺少时间", "no time"), Text(
                "请写开始和结束，至少其一。", "Write when it began and ended, one of them at least.")))
        if since is not None and until is not None and until < since:
            faults.append(_fault(place, self.called("until")[0], raw("until")[1], Text("结束早于开始", "it ends before it begins"),
                                 Text("请核对两个时间与时区。", "Look at both times and their zones.")))
        name, said_result = raw("result")
        result = "good" if said_result is None else _RESULTS.get(str(said_result).strip().lower())
        if result is None:
            faults.append(_fault(place, name, said_result, Text("不认识的结果", "this result means nothing here"),
                                 Text("可写：合格、报废、返工。", "Write good, scrap or rework.")))
        materials = self._materials(raw("materials"), place, faults)
        others = {wanted: text(wanted) for wanted in ("tool", "operator", "reason")}
        asset = text("asset", self.asset)
        if faults:
            return faults
        start = since if since is not None else until
        assert start is not None
        assert result is not None
        return PieceEvent(piece, step, start, until if until is not None else start, asset, others["tool"], others["operator"], materials,
                          "scrap" if result == "good" and said_result is None and others["reason"] else result, others["reason"])

    def _materials(self, said: tuple[str, object], place: Place, faults: list[Fault]) -> tuple[str, ...]:
        name, value = said
        if value is None:
            return ()
        parts = [p.strip() for p in value.replace("；", ";").replace("，", ";").replace(",", ";").split(";")] if isinstance(value, str) else \
            value if isinstance(value, list) else [value]
        if len(parts) > _MOST_MATERIALS or not all(map(_is_short, parts)):
            faults.append(_fault(place, name, value, Text("应是批次编号的清单", "a list of batch ids belongs here"),
                                 Text("请以分号隔开，或写 JSON 数组。", "Put semicolons between, or write a JSON array.")))
            return ()
        return tuple(dict.fromkeys(_written(p) for p in parts if p != ""))


def _is_short(value: object) -> bool:
    """Whether it can be an id or a name."""
    return (isinstance(value, str | int | float) and not isinstance(value, bool) and not (isinstance(value, float) and not math.isfinite(value))
            and len(str(value)) <= _LONGEST)


def _written(value: object) -> str:
    """An id or a name as it is written: a sheet holds whole numbers with a point."""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _instant(value: object, local: tzinfo) -> int | None:
    """Microseconds UTC of what a cell or a member of JSON holds."""
    if isinstance(value, datetime):
        return round((value if value.tzinfo else value.replace(tzinfo=local)).timestamp() * 1e6)
    if isinstance(value, date):
        return round(datetime.combine(value, time(), local).timestamp() * 1e6)
    return instant_us(value.strip().replace("/", "-") if isinstance(value, str) else value, local)


def _fault(place: Place, column: str, value: object, what: Text, remedy: Text) -> Fault:
    return Fault(what, Place(place.file, place.sheet, place.row, column, place.path), value, "piece-event", remedy)


def events_of_json(payload: bytes | str, fields: PieceFields, source: str, now: int) -> tuple[list[PieceEvent], list[Fault]]:
    """The events in a JSON text, which is an object or a list of them; of several that are wrong each is told by its number."""
    try:
        said = read_json(payload)
    except (ValueError, RecursionError) as wrong:
        begins = payload[:40].decode("utf-8", errors="replace") if isinstance(payload, bytes) else payload[:40]
        return [], [Fault(Text(f"不是 JSON：{wrong}", f"this is no JSON: {wrong}"), Place(path=source), begins, "piece-event",
                          Text("请发送一个 JSON 对象，或对象的数组。", "Send a JSON object, or an array of them."))]
    each = said if isinstance(said, list) else [said]
    events: list[PieceEvent] = []
    faults: list[Fault] = []
    for number, one in enumerate(each, 1):
        place = Place(source, row=number if len(each) > 1 else None)
        if not isinstance(one, dict):
            faults.append(Fault(Text("应是 JSON 对象", "a JSON object belongs here"), place, one, "piece-event",
                                Text("请写 {\"piece\": …, \"step\": …, \"end\": …}。", "Write {\"piece\": …, \"step\": …, \"end\": …}.")))
            continue
        found = fields.event(one, place, now)
        if isinstance(found, PieceEvent):
            events.append(found)
        else:
            faults += found
    return events, faults


def json_of(event: PieceEvent) -> str:
    """The event as a source writes it that is known anyway: a JSON object that ``events_of_json`` reads again as the same event. Instants
    are ISO 8601 in UTC, what is empty is left out."""
    said: dict[str, object] = {"piece": event.piece, "step": event.step, "asset": event.asset, "tool": event.tool, "operator": event.operator,
                               "materials": event.materials, "start": _iso(event.since), "end": _iso(event.until), "result": event.result,
                               "reason": event.reason}
    return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)


def _iso(instant: int) -> str:
    return (_EPOCH + timedelta(microseconds=instant)).isoformat()


def noticed(notices: Noticing, faults: Sequence[Fault], source: str, now: int) -> None:
    """Count what is wrong as ``piece_faulty``, and have it told, the first of a minute and source with its value."""
    for fault in faults:
        value = Text(f"（“{fault.value}”）", f" ('{fault.value}')") if fault.value not in (None, "") else Text("", "")
        notices.add("piece_faulty", source[:120], now, Text(_cut(fault.told.zh + value.zh), _cut(fault.told.en + value.en)), every_s=_EVERY_S)


def _cut(said: str) -> str:
    return said if len(said) <= _MOST_SAID else said[:_MOST_SAID] + "…"
