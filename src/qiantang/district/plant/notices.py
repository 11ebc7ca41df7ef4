"""What a node says of itself: kinds of notices with their sentences."""

from __future__ import annotations

from collections.abc import Sequence

from qiantang.district.identity import KEYBOARD
from qiantang.district.plant.confirming import consequence
from qiantang.district.plant.folder import Order
from qiantang.district.plant.relearning import Relearning
from qiantang.domains.factory.alarms.wording import place_title
from qiantang.domains.factory.charts.relearning import Anew
from qiantang.domains.factory.plant import Plant
from qiantang.kernel.errors import QiantangError
from qiantang.kernel.wires import Notice
from qiantang.kernel.words import Text, joined, same
from qiantang.links.unit_book import Doubt

TELLINGS = {
    "snapshot": Text("快照 {name} 损坏，或由程序的其他版本写成，不能使用：改用前一个，没有则由日志重读",
                     "the snapshot {name} cannot be used, for it is damaged or of another version of the program: the one before it is taken, "
                     "or the log read anew where there is none"),
    "settings": Text("快照不合当前设定（{why}），从日志重算", "the snapshot is of other settings ({why}); the log is read anew"),
    "model": Text("工厂模型第 {number} 版生效。新增信号：{came}；去除：{went}；含义或控制方式已变：{changed}。新增的和已变的开始学习，其余信号的控制图继续",
                  "version {number} of the plant's model is in force. Signals that came: {came}; that went: {went}; that mean something else or are charted "
                  "otherwise: {changed}. Those that came or changed learn, the charts of all others go on"),
    "clock": Text("本机时钟倒退了 {seconds} 秒；时间从上次记录处继续", "this machine's clock went back by {seconds} s; time goes on from what is on record"),
    "log": Text("写入日志失败：{why}", "the log cannot be written: {why}"),
    "log_again": Text("日志恢复写入，已确认的读数无一丢失", "the log is written again; nothing that was acknowledged is lost"),
    "not_anew": Text("{n} 条迟到读数早于可重算的窗口：只入历史，不再判断",
                     "{n} late readings lie before what can be computed anew: they are in the history, and no chart judged them"),
    "older": Text("{n} 条读数过迟：只入历史，不再判断", "{n} readings came too late to be judged: they go into the history"),
    "unit_confirmed": Text("{asset}，{what}：{by}确认现报 {now}，{comes}。理由：{why}",
                           "{asset}, {what}: {by} confirms that it is told in {now}; {comes}. The reason given: {why}"),
    "learnt_again": Text("{asset}：{what}重新学习。{by}：{why}", "{asset} learns anew: {what}. {by}: {why}"),
    "piece_otherwise": Text("{n} 条产品事件与已记录的不同，保留先到的；首条：{piece}，工序 {step}。更正须先在来源系统改正编号或开始时间",
                            "{n} piece events say otherwise than what is on record, and the first telling stays; the first is of {piece}, step {step}. "
                            "Look at the ids and the start times in the system that sends them"),
    "piece_stranger": Text("{n} 条产品事件的设备不在工作簿中：可追溯，不计入 OEE。请核对设备编号",
                           "{n} piece events name an asset that the workbook does not have: they can be traced and are in no OEE. Look at the asset ids"),
    "wire": Text("接入 {name} 因未预料的错误中断，将重新开始：{why}。若反复出现，请将此报给开发者",
                 "the wire {name} stopped over an error that was not foreseen, and begins anew: {why}. If it comes back, report it to the developers"),
    "upward_unanswered": Text("地区没有回执（消息总线不通，没有 qiantang factory hear 在运行，或那里搁置已满）：{n} 条结论、{days} 日数字留在本厂，恢复后补送",
                              "the district gives no receipt (its broker is not reached, no qiantang factory hear is at work, or too much is put aside there): "
                              "{n} findings and the figures of {days} days stay here and are sent once it does"),
    "upward_answered": Text("地区恢复回执，中断 {seconds} 秒；留存的正在补送", "the district gives receipts again after {seconds} s; what stayed is sent now"),
    "upward_aside": Text("地区未收录上报的 {n} 项：{why}", "the district put {n} of what was published aside: {why}"),
    "order": Text("无法办理：{why}", "it cannot be done: {why}"),
}
"""``damage``, ``findings``, ``history`` and ``refused`` bear the sentence of the error itself."""


def told(kind: str, source: str, at: int, count: int = 1, **values: object) -> Notice:
    """A notice of this kind."""
    return Notice(kind, source, at, TELLINGS[kind].filled(**values), count)


def why(wrong: Exception) -> Text | str:
    """What went wrong, as a sentence within a notice."""
    return wrong.faults[0].told if isinstance(wrong, QiantangError) else str(wrong)


def learnt_again(asked: Relearning, plant: Plant, anew: Anew, at: int) -> Notice:
    """Which machine's charts are learnt anew, and who said why: a repair, or a change that somebody made on purpose."""
    n, machines = len(anew.signals), len(anew.machines)
    what = [Text(f"{n} 个信号的控制图", "the charts of 1 signal" if n == 1 else f"the charts of {n} signals")] if n else []
    what += [Text("整机模型", "the model of the whole machine" if machines == 1 else f"the models of {machines} machines")] if machines else []
    return told("learnt_again", asked.asset, at, asset=place_title(plant, asked.asset), what=joined(what, "和", " and "),
                by=_named(asked.by, plant), why=asked.why)


def unit_confirmed(order: Order, doubts: Sequence[Doubt], plant: Plant, at: int) -> Notice:
    """Whose unit was confirmed by whom, and what comes of it; of several signals the first is named."""
    first, n = doubts[0], len(doubts)
    signal = plant.by_address.get(first.address)
    what = same(first.address) if signal is None else signal.title
    if n > 1:
        what += Text(f"等 {n} 个信号", f" and {n - 1} more")
    asset = order.values["asset"]
    now = same(first.now) if first.now else Text("无单位", "no unit")
    return told("unit_confirmed", asset, at, n, asset=place_title(plant, asset) if asset in plant.asset else asset, what=what, now=now,
                comes=consequence(first), by=_named(order.by, plant), why=order.values["reason"])


def _named(by: str, plant: Plant) -> Text:
    names = {person.id: person.name for person in plant.technicians}
    return Text("本机操作者", "the person at the keyboard") if by == KEYBOARD.name else same(names.get(by, by))
