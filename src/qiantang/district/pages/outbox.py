"""The outbox: what was told to whom, what waits, and what only a person can decide because it may have arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from qiantang.district.asking import Asking
from qiantang.district.pages.showing import asking
from qiantang.kernel.actions.messages import Delivery, DeliveryState, MessageState
from qiantang.kernel.errors import FactsError, SubjectError
from qiantang.kernel.pages.blocks import (
    Banner,
    Block,
    Card,
    Cards,
    Column,
    Drawn,
    Facts,
    Field,
    Folded,
    Form,
    Portion,
    Prose,
    Row,
    Section,
    Table,
)
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Page, Upload
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.pages.values import Amount, Cell, Mark, Tone, to
from qiantang.kernel.words import Text, same
from qiantang.stores.outbox import OutboxStore

_TITLE = Text("消息发送", "Messages sent out")
_MOST_ASKED = 20
_TONES: dict[DeliveryState, Tone] = {
    DeliveryState.WAITING: "plain", DeliveryState.SENDING: "plain", DeliveryState.SENT: "ok", DeliveryState.FAILED: "alarm",
    DeliveryState.UNCERTAIN: "watch", DeliveryState.DROPPED: "off"}
_DECISIONS = {"arrived": (DeliveryState.SENT, Text("已送达", "it arrived")), "again": (DeliveryState.WAITING, Text("再发一次", "send it again")),
              "drop": (DeliveryState.DROPPED, Text("不再发送", "give it up"))}


@contextmanager
def opened(ask: Asking) -> Iterator[OutboxStore]:
    """The outbox beside the cases; only those from whom nobody is hidden look into it."""
    if not ask.sees_everybody():
        raise SubjectError.of("没有找到", "not found")
    store = OutboxStore(ask.brain.workspace.hidden / "state.sqlite")
    try:
        yield store
    finally:
        store.close()


def draw(ask: Ask) -> Drawn:
    """Counts, what a person must decide, and all letters, newest first."""
    own = asking(ask)
    reach = own.brain.workspace.district.reach
    with opened(own) as outbox:
        counts = outbox.counts()
        total = sum(n for state, n in counts.items() if not state.startswith("message:"))
        part = portion(ask.asked, total)
        shown = outbox.deliveries((), part.limit, part.offset)
        undecided = outbox.deliveries((DeliveryState.UNCERTAIN, DeliveryState.FAILED), _MOST_ASKED)
    cards = tuple(Card(str(s), s.label, Amount(counts.get(str(s), 0)), tone=_TONES[s] if counts.get(str(s)) else "plain")
                  for s in (DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.FAILED))
    sections = [Section(same(""), (*_standing(counts, reach is not None), Cards(cards)))]
    if undecided:
        sections.append(Section(Text(f"{len(undecided)} 封信由您决定", f"{len(undecided)} letters wait for your decision"),
                                tuple(_decision(one) for one in undecided),
                                Text("系统不会自行重发可能已送达的信", "what may have arrived is never sent again by itself")))
    sections.append(Section(Text("全部信件", "All letters"), (_table(shown, part),), Text("新者在前", "newest first")))
    if reach is not None:
        rows = tuple(Row((r.role or "—", r.scope or "—", r.person or "—", r.link, r.to or "—", r.language, "、".join(r.events) or "—")) for r in reach.routes)
        columns = (Column("role", Text("角色", "role")), Column("scope", Text("范围", "scope")), Column("person", Text("人员", "person")),
                   Column("link", Text("渠道", "link")), Column("to", Text("地址", "address")), Column("language", Text("语言", "language")),
                   Column("events", Text("事项", "events")))
        sections.append(Section(Text("发给谁", "Who is told where"), (Table("routes", columns, rows, exports=False),)))
    return Drawn(_TITLE, tuple(sections), as_of=own.today)


def _standing(counts: Mapping[str, int], declared: bool) -> list[Block]:
    found: list[Block] = []
    if not declared:
        said = Text("尚未配置发送渠道：在 district.yaml 中写 reach 一节。", "No link is declared: write a section reach in district.yaml.")
        found.append(Banner(said, "watch"))
    nobody, old = counts.get(f"message:{MessageState.NOBODY}", 0), counts.get(f"message:{MessageState.OLD}", 0)
    new = counts.get(f"message:{MessageState.NEW}", 0)
    if nobody:
        found.append(Banner(Text(f"{nobody} 条消息没有对应的收件地址。", f"{nobody} messages have no address to go to."), "watch"))
    if old:
        found.append(Banner(Text(f"{old} 条消息启用渠道时已过时，未发送。", f"{old} messages were too old when the links began, and were not sent."), "plain"))
    if new:
        found.append(Banner(Text(f"{new} 条新消息待分发。", f"{new} new messages are to be routed."), "plain"))
    return found


def _decision(one: Delivery) -> Folded:
    facts: list[tuple[Text, Cell]] = [
        (Text("状态", "state"), Mark(one.state.label, _TONES[one.state])), (Text("渠道", "link"), one.link), (Text("地址", "address"), one.address or "—"),
        (Text("次数", "attempts"), Amount(one.attempts)), (Text("对方答复", "what was answered"), same(one.told)),
        (Text("消息编号", "key"), one.key)]
    text = Prose(tuple((same(line), None) for line in one.body.splitlines()))
    options = tuple((name, title) for name, (_, title) in _DECISIONS.items())
    form = Form("decide", (Field("decision", Text("怎样处理", "what is to be done"), "choice", options=options, required=True),),
                Text("决定", "Decide"), carried={"number": str(one.number)})
    return Folded(same(f"{one.number} · {one.title}"), (Facts(tuple(facts)), text, form))


def _table(shown: list[Delivery], part: Portion) -> Table:
    columns = (Column("number", Text("序号", "number")), Column("planned", Text("时刻", "planned")), Column("link", Text("渠道", "link")),
               Column("address", Text("地址", "address")), Column("title", Text("内容", "what")), Column("state", Text("状态", "state")),
               Column("attempts", Text("次数", "attempts"), number=True), Column("told", Text("对方答复", "answer")))
    rows = tuple(Row((str(d.number), d.planned_at, d.link, d.address, same(d.title), Mark(d.state.label, _TONES[d.state]), Amount(d.attempts),
                      same(d.told[:120]))) for d in shown)
    return Table("deliveries", columns, rows, part, exports=False, empty=Text("还没有信件。", "No letter yet."))


def _decide(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
    own = asking(doing)
    decision, number = str(values.get("decision", "")), str(values.get("number", ""))
    if decision not in _DECISIONS or not number.isdecimal():
        raise FactsError.of("请选择怎样处理", "choose what is to be done", value=decision)
    state, title = _DECISIONS[decision]
    with opened(own) as outbox:
        before = outbox.decide(int(number), state, own.brain.now, f"{doing.who}: {title.zh} / {title.en}")
    if before is None:
        raise SubjectError.of(f"没有待决定的信件 {number}", f"there is no letter {number} to decide", value=number)
    doing.log("letter.decided", f"delivery:{before.key}", {"decision": decision, "was": str(before.state), "link": before.link})
    return Done(to("outbox"), title)


PAGE = Page("outbox", _TITLE, draw, needs="dispatch", menu=70, acts=(Act("decide", Text("决定", "decide"), "dispatch", _decide),))
