"""Which charts are learnt anew after somebody mended or changed a machine, read from what that person said.

Two rules after a repair, and no third. What was learnt of the machine since something was wrong, or is being learnt, is learnt again: that is how the
fault looked. Of signals whose level the repair itself changed (a new mould, a new set point) everything is learnt again, and the
technician names them. All else keeps its limits: an alarm that goes on after a repair says that the repair did not help. Without any
repair, a signal that is read in another unit from now on, into which nothing converts what it learnt, learns anew too.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo

from qiantang.district.plant.folder import Order
from qiantang.domains.factory.hours import instant_of
from qiantang.domains.factory.plant import Plant, Signal
from qiantang.kernel.errors import NOWHERE, ActionError, Fault, Place, SubjectError
from qiantang.kernel.words import Text, joined, same

FINISH, LEARN_AGAIN, CONFIRM_UNIT = "finish", "learn_again", "confirm_unit"
ASSET, SINCE = "_asset", "_since"
"""What the node adds to a finished task: the machine that was mended, and since when (microseconds UTC) something was wrong."""
ALARMS = "_alarms"
"""Likewise the ids of the alarms that the task was about: what the cause and the deed are the labels of."""
LEARNT = "_learnt"
"""What it adds to a confirmed unit: the numbers of the signals that learn anew, spaces between."""
ALL = ("all", "全部")
_BETWEEN = re.compile(r"[;；,，、]")
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Relearning:
    """What is asked: of ``signals`` those learnt since ``wrong_since`` (microseconds UTC), of ``changed`` everything; by whom, why, and of
    which ``asset``."""

    signals: tuple[int, ...]
    wrong_since: int
    changed: tuple[int, ...]
    by: str
    why: Text
    asset: str = ""


def relearning_of(order: Order, plant: Plant) -> Relearning | None:
    """What an order asks to be learnt anew; None where it asks nothing of the kind. SubjectError for an asset or a signal that is not known."""
    values = order.values
    if order.order == FINISH and ASSET in values:
        asset = values[ASSET]
        mine = tuple(s.number for s in signals_within(plant, asset))
        why = Text(f"修复后重新学习：{values.get('done', '')}", f"learnt again after a repair: {values.get('done', '')}")
        return Relearning(mine, int(values[SINCE]), named_signals(plant, asset, values.get("changed", "")), values.get("worker", order.by), why, asset)
    if order.order == LEARN_AGAIN:
        asset = values.get("asset", "")
        if not values.get("reason", "").strip():
            raise ActionError(Fault(Text("重新学习须写明理由", "learning anew needs a reason"), Place(path=asset), asset, "learn-with-reason",
                                    Text("请写明改变了什么。", "Say what was changed.")))
        changed = named_signals(plant, asset, values.get("changed", "").strip() or ALL[0])
        return Relearning((), 0, changed, order.by, same(values["reason"]), asset)
    if order.order == CONFIRM_UNIT and values.get(LEARNT):
        return Relearning((), 0, tuple(sorted(map(int, values[LEARNT].split()))), order.by, same(values["reason"]), values["asset"])
    return None


def signals_within(plant: Plant, asset: str) -> list[Signal]:
    """The signals of an asset and of everything that stands in it. SubjectError for an asset that is not known."""
    if asset not in plant.asset:
        near = difflib.get_close_matches(asset, list(plant.asset), n=3, cutoff=0.4)
        remedy = Text("是否是：" + "、".join(near), "Is it one of: " + ", ".join(near)) if near else Text(
            "设备编号见工厂工作簿的“设备”表。", "The sheet 'assets' of the plant's workbook lists them.")
        raise SubjectError(Fault(Text(f"没有设备“{asset}”", f"there is no asset '{asset}'"), Place(plant.id),
                                 asset, "known-asset", remedy))

    def inside(one: str) -> bool:
        while one and one != asset:
            one = plant.asset[one].parent
        return one == asset

    return [signal for signal in plant.signals if inside(signal.asset)]


def named_signals(plant: Plant, asset: str, said: str) -> tuple[int, ...]:
    """The numbers of the signals within an asset that somebody named: by address, name, kind or title, or all of them."""
    there = signals_within(plant, asset)
    found: set[int] = set()
    unknown = []
    for name in filter(None, (part.strip() for part in _BETWEEN.split(said))):
        called = name.lower()
        mine = [s.number for s in there if called in ALL or called in (w.lower() for w in (s.address, s.name, s.kind, s.title.zh, s.title.en))]
        found.update(mine)
        if not mine:
            unknown.append(name)
    if unknown:
        raise SubjectError(*(Fault(
            Text(f"设备“{asset}”没有信号“{name}”", f"the asset '{asset}' has no signal '{name}'"), Place(plant.id), name, "known-signal",
            Text("可填“全部”，或：", "Write 'all', or: ") + _meant(name, there)) for name in unknown))
    return tuple(sorted(found))


def _meant(name: str, there: list[Signal]) -> Text:
    """The signals whose names are nearest to what was written; where none is near, the first ones there are."""
    titles = {word.lower(): s.title for s in there for word in (s.name, s.kind, s.title.zh, s.title.en)}
    near = list(dict.fromkeys(titles[word] for word in difflib.get_close_matches(name.lower(), list(titles), n=6, cutoff=0.6)))
    if near:
        return joined(near)
    known = list({s.name: s.title for s in there}.values())
    return joined(known[:_MOST_NAMED]) + (Text("……", " …") if len(known) > _MOST_NAMED else same(""))


_SINCE = Text("自何时起不正常", "since when something was wrong")


def instant_said(said: str, zone: tzinfo, what: Text = _SINCE) -> int:
    """Microseconds UTC of a day and time as a person writes it, by the clock of ``zone`` where the words name none. ActionError for what
    cannot be read, or lies before 1970; ``what`` says what was asked."""
    try:
        found = datetime.fromisoformat(said.strip())
        at = instant_of(found, zone) if found.tzinfo is None else round(found.timestamp() * 1e6)
        if at < 0:
            raise ValueError(said)
        return at
    except (ValueError, OverflowError) as wrong:
        unread = Text(f"{what.zh}：无法识别时间“{said}”", f"{what.en}: the time '{said}' cannot be read")
        raise ActionError(Fault(unread, NOWHERE, said, "time", Text("请写如 2026-11-26 08:30。", "Write it like 2026-11-26 08:30."))) from wrong
