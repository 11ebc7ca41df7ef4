"""Where a piece comes from, and where a batch, a mould, a machine or a person's work went."""

from __future__ import annotations

from collections.abc import Mapping

from qiantang.domains.factory.measures.names import STEPS
from qiantang.domains.factory.pages.showing import cell, chosen, clocked, drawn, instant, text
from qiantang.kernel.pages.blocks import Column, Drawn, Field, Form, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.live import Live, Told
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Address, Cell, Link, Mark, Tone, to
from qiantang.kernel.words import Text, same

_FORWARD = (("thing", Text("批次或部件", "batch or component")), ("asset", Text("设备或模腔", "machine or cavity")), ("tool", Text("模具", "mould")),
            ("operator", Text("操作员", "operator")), ("since", Text("自何时", "from")), ("until", Text("至何时", "to")))
"""What one may search forward from."""
_TIMES = ("since", "until")


def draw_genealogy(ask: Ask) -> Drawn:
    """From a piece back to everything in it; from a batch, a mould, a machine or a person forward to all pieces."""
    plant = chosen(ask)
    asked = ask.asked
    piece = asked.get("piece", "")
    forward = {name: asked[name] for name, _ in _FORWARD if asked.get(name)}
    search = Form("", (Field("piece", Text("产品编号", "piece"), now=piece),), Text("查来源", "Where it comes from"), asks=True)
    fields = tuple(Field(name, clocked(title, plant) if name in _TIMES else title, now=asked.get(name, "")) for name, title in _FORWARD)
    sections = [Section(Text("从产品向前查", "Back from a piece"), (search,), span=6),
                Section(Text("从批次、设备、模具、人员向后查", "Forward from a batch, machine, mould or person"),
                        (Form("", fields, Text("查产品", "Which pieces"), asks=True),), span=6)]
    if piece:
        rows = plant.rows("origin", thing=piece)
        columns = (Column("item", Text("物料", "thing")), Column("step", Text("工序", "step")), Column("place", Text("设备与读数", "machine and readings")),
                   Column("tool", Text("模具", "mould")), Column("operator", Text("操作员", "operator")), Column("since", clocked(Text("开始", "from"), plant)),
                   Column("until", clocked(Text("结束", "to"), plant)), Column("result", Text("结果", "result")))
        found = tuple(Row((Link(same(str(row["item"])), to("plant-genealogy", plant=plant.name, thing=row["item"])), _step(row), _readings(plant, row),
                           _linked(plant, "tool", row["tool"]), _linked(plant, "operator", row["operator"]), cell(row["since"]), cell(row["until"]),
                           _turned_out(row)))
                      for row in rows)
        sections.append(Section(Text(f"{piece} 的来源：{len(rows)} 道操作", f"Where {piece} comes from: {len(rows)} operations"),
                                (Table("origin", columns, found, empty=Text("没有此编号的记录。", "Nothing is on record under this number.")),)))
    if forward:
        pieces = plant.rows("pieces", **forward)
        part = portion(asked, len(pieces))
        listed = tuple(Row((str(row["piece"]),), to("plant-genealogy", plant=plant.name, piece=row["piece"]))
                       for row in pieces[part.offset:part.offset + part.limit])
        table = Table("pieces", (Column("piece", Text("产品编号", "piece")),), listed, part, empty=Text("没有这样的产品。", "No such piece."))
        sections.append(Section(Text(f"{len(pieces):,} 件产品", f"{len(pieces):,} pieces"), (table,)))
    if not piece and not forward:
        sections.append(_latest(plant))
    return drawn(plant, Text("追溯", "Genealogy"), sections)


def _latest(plant: Live) -> Section:
    """The pieces of which something was told last; each leads to where it comes from."""
    rows = plant.rows("latest_pieces")
    columns = (Column("piece", Text("产品编号", "piece")), Column("step", Text("最近一道工序", "latest step")),
               Column("place", Text("设备与读数", "machine and readings")),
               Column("until", clocked(Text("结束", "to"), plant)), Column("result", Text("结果", "result")))
    found = tuple(Row((str(row["piece"]), _step(row), _readings(plant, row), cell(row["until"]), _turned_out(row)),
                      to("plant-genealogy", plant=plant.name, piece=row["piece"])) for row in rows)
    return Section(Text(f"最近的 {len(rows)} 件", f"The latest {len(rows)} pieces"),
                   (Table("latest", columns, found, empty=Text("尚无产品事件的记录。", "Nothing is on record of pieces yet.")),))


def _step(row: Mapping[str, Told]) -> Text:
    """What a step is called."""
    return STEPS.get(str(row["step"]), same(str(row["step"])))


def _readings(plant: Live, row: Mapping[str, Told]) -> Cell:
    """The machine, which leads to what was read there while the operation ran."""
    if not row["machine"]:
        return cell(row["title"])
    return Link(text(row["title"]), to("plant-machine", plant=plant.name, machine=row["machine"], asset=row["asset"],
                                       since=instant(row["since"]).isoformat(), until=instant(row["until"]).isoformat()))


def _turned_out(row: Mapping[str, Told]) -> Cell:
    """How an operation turned out, and why not well."""
    title, tone = _RESULTS.get(str(row["result"]), (same(""), "plain"))
    if not title.zh:
        return None
    reason = str(row["reason"])
    return Mark(Text(f"{title.zh}：{reason}", f"{title.en}: {reason}") if reason else title, tone)


_RESULTS: dict[str, tuple[Text, Tone]] = {"good": (Text("合格", "good"), "ok"), "scrap": (Text("报废", "scrap"), "alarm"),
                                           "rework": (Text("返工", "rework"), "watch")}


def _linked(plant: Live, name: str, value: Told) -> Cell:
    return Link(same(str(value)), Address("plant-genealogy", (("plant", plant.name), (name, str(value))))) if value else None


PAGE = Page("plant-genealogy", Text("追溯", "Genealogy"), draw_genealogy, asks=("piece", *(name for name, _ in _FORWARD)), path=("plant",))
