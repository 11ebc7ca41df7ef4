"""The audit log as a page: who did what to whom, and whether the record is whole."""

from __future__ import annotations

from datetime import datetime

from qiantang.district.pages.showing import asking
from qiantang.kernel.actions.proof import verify_log
from qiantang.kernel.pages.blocks import Banner, Choice, Column, Drawn, Row, Section, Table
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.portions import portion
from qiantang.kernel.words import Text, same

_TITLE = Text("审计日志", "Audit log")


def draw(ask: Ask) -> Drawn:
    """The log, newest first; of one subject where asked."""
    own = asking(ask)
    about = ask.asked.get("about")
    with own.state() as reader:
        entries = list(reader.entries(about))
        head = reader.head()
    chain = verify_log(own.brain.store)
    entries.reverse()
    part = portion(ask.asked, len(entries))
    columns = (Column("seq", Text("序号", "number"), number=True), Column("at", Text("时刻", "at")), Column("actor", Text("何人", "by")),
               Column("action", Text("何事", "act")), Column("subject", Text("关于", "about")), Column("detail", Text("内容", "detail")),
               Column("hash", Text("校验值", "hash")))
    rows = tuple(Row((str(e.seq), datetime.fromisoformat(e.at), e.actor, e.action, e.subject, e.detail[:200], e.hash[:16]))
                 for e in entries[part.offset:part.offset + part.limit])
    last = head.hash[:16]
    whole = Banner(Text(f"日志完整：{head.seq:,} 条，末条校验值 {last}…", f"The log is whole: {head.seq:,} entries, the last one {last}…"), "ok") \
        if chain.whole else Banner(Text("日志有断裂，请核查。", "The log is broken; look into it."), "alarm")
    table = Table("audit", columns, rows, part, (Choice("about", Text("关于", "about"), (), about or ""),))
    return Drawn(_TITLE, (Section(same(""), (whole,)), Section(Text("经过", "Entries"), (table,), Text("新者在前", "newest first"))))


PAGE = Page("audit", _TITLE, draw, asks=("about",), needs="configure", menu=90)
