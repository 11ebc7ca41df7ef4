"""A unit that is told otherwise than it should be, confirmed by somebody: of which signals, and what then becomes of their readings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qiantang.district.plant.relearning import CONFIRM_UNIT, LEARNT, named_signals, signals_within
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import ActionError, Fault, Place
from qiantang.kernel.words import Text
from qiantang.links.unit_book import Doubt, read, written

DOUBTS = "_doubts"
"""What the node adds to such an order: the doubts it ended, by which a restart and a replay do the same."""


def doubts_meant(values: Mapping[str, str], plant: Plant, doubts: Iterable[Doubt]) -> list[Doubt]:
    """The doubts that an order is about: of the named signals of an asset, or of all of them. ActionError without a reason, or where nothing
    is to be confirmed; SubjectError for an asset or a signal that is not known."""
    asset, named = values.get("asset", ""), values.get("changed", "").strip()
    there = signals_within(plant, asset)
    numbers = set(named_signals(plant, asset, named)) if named else {s.number for s in there}
    if not values.get("reason", "").strip():
        raise ActionError(Fault(Text("确认单位须写明理由", "confirming a unit needs a reason"), Place(path=asset), asset, "confirm-with-reason",
                                Text("请写明何以知道，如“网关已换，改报 °F”。", "Say how it is known: 'the gateway was changed and tells °F'.")))
    mine = {s.address for s in there if s.number in numbers}
    found = [doubt for doubt in doubts if doubt.address in mine]
    if not found:
        of = named or asset
        raise ActionError(Fault(Text(f"“{of}”没有待确认的单位", f"no unit of '{of}' is to be confirmed"), Place(plant.id), of, "unit-in-doubt",
                                Text("待确认的单位见设备页。", "The machine's page shows the units that are in doubt.")))
    return found


def ended(doubts: Iterable[Doubt], plant: Plant) -> dict[str, str]:
    """What the node puts on record of an order that ends these doubts: they themselves, and the signals that learn anew."""
    found = list(doubts)
    learnt = [str(plant.by_address[one.address].number) for one in found if one.how == "learnt"]
    return {DOUBTS: written(found), LEARNT: " ".join(learnt)}


def ended_by(order: str, values: Mapping[str, str]) -> list[Doubt]:
    """The doubts that an order on record ended."""
    return read(values[DOUBTS]) if order == CONFIRM_UNIT and DOUBTS in values else []


def doubt_said(doubt: Doubt) -> Text:
    """What is in doubt, and what comes of confirming it."""
    return _SAID[doubt.what].filled(was=doubt.was or _NONE, now=doubt.now or _NONE) + consequence(doubt)


def consequence(doubt: Doubt) -> Text:
    """What becomes of readings once it is confirmed."""
    return _COMES[doubt.how].filled(now=doubt.now, base=doubt.base)


_NONE = Text("未写", "none")
_SAID = {
    "unit": Text("应为 {was}，现报 {now}；读数暂不判断。确认后", "should be {was} and is told in {now}; its readings are not judged. Once confirmed, "),
    "datatype": Text("数据类型改变；读数暂不判断。确认后", "its datatype is another; its readings are not judged. Once confirmed, "),
}
_COMES = {
    "converted": Text("由 {now} 换算为 {base}，控制图继续", "values told in {now} are converted to {base}, and the charts go on"),
    "learnt": Text("数值按 {now} 原样采用（不能换算为 {base}），控制图重新学习；工作簿中的单位若写作 {base}，请改为 {now}",
                   "values are taken as they are, in {now}, which nothing converts to {base}, and the charts learn anew; where the workbook states {base}, "
                   "change it there to {now}"),
    "same": Text("数值照旧采用，控制图继续", "values are taken as before, and the charts go on"),
}
