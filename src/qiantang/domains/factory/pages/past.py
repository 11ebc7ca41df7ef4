"""What it was the last times: causes that technicians found and what they did, by rule, for a machine's page and a task's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from qiantang.domains.factory.alarms.wording import rule_title
from qiantang.domains.factory.pages.showing import cell, clocked, instant, whole
from qiantang.kernel.pages.blocks import Column, Row, Section, Table
from qiantang.kernel.pages.live import Live
from qiantang.kernel.words import Text, joined

_MOST = 10


def past_of(plant: Live, machine: str, rules: Collection[str] = ()) -> list[Section]:
    """The causes and deeds on record of a machine, those told last first, with how often each was; only those of some ``rules`` where any are
    named. Nothing where nobody told any."""
    found: dict[tuple[str, str], tuple[set[str], int, datetime]] = {}
    for row in plant.rows("labels", machine=machine):
        if rules and not set(str(row["rules"]).split()) & set(rules):
            continue
        of = (str(row["cause"]), str(row["done"]))
        known, times, last = found.get(of, (set(), 0, instant(row["until"])))
        found[of] = (known | set(str(row["rules"]).split()), times + whole(row["times"]), max(last, instant(row["until"])))
    if not found:
        return []
    columns = (Column("cause", Text("原因", "cause")), Column("done", Text("所做处理", "what was done")), Column("rules", Text("规则", "rules")),
               Column("times", Text("次数", "times"), number=True), Column("last", clocked(Text("最近", "last"), plant)))
    rows = tuple(Row((cause or None, done or None, joined([rule_title(rule) for rule in sorted(of)]), cell(times), cell(last)))
                 for (cause, done), (of, times, last) in sorted(found.items(), key=lambda one: one[1][2], reverse=True)[:_MOST])
    return [Section(Text("前几次是什么", "What it was the last times"), (Table("past", columns, rows, exports=False),), name="past")]
