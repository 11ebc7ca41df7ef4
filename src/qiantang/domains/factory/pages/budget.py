"""The alarm budget as a page shows it: what it allows, what the limits in force promise by theory, and what was told in fact."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from qiantang.domains.factory.charts import rules
from qiantang.domains.factory.pages.showing import cell, whole
from qiantang.kernel.pages.blocks import Card, Cards, Column, Row, Section, Table
from qiantang.kernel.pages.live import Live
from qiantang.kernel.pages.values import Amount
from qiantang.kernel.words import Text

_AN_HOUR = Text("次/时", "an hour")


def budget_section(plant: Live, figures: Mapping[str, Decimal]) -> list[Section]:
    """The budget beside what was told; nothing where the node never told what its charts promise."""
    found = plant.rows("promises")
    if not found:
        return []
    allowed, expected = figures.get("false_alarms_allowed"), figures.get("false_alarms_expected")
    cards = Cards((
        Card("allowed", Text("预算允许的误报（全厂）", "false alarms allowed, the whole plant"), Amount(allowed, _AN_HOUR, 1)),
        Card("expected", Text("按现行控制限的理论误报", "expected of the limits in force, by theory"), Amount(expected, _AN_HOUR, 1),
             target=None if allowed is None else Amount(allowed, decimals=1), better="less"),
        Card("told", Text("实际告知：每操作员小时（真假均计）", "told in fact, true and false: an operator and hour"),
             Amount(figures.get("alarms_per_operator_hour"), decimals=2), target=Amount(figures.get("alarm_budget"), decimals=0), better="less"),
        Card("textbook", Text("教科书控制限的误报", "false alarms of textbook limits"), Amount(figures.get("false_alarms_textbook"), _AN_HOUR, 0))))
    columns = (Column("signals", Text("信号数", "signals"), number=True), Column("points", Text("每小时点数", "points an hour"), number=True),
               Column("asked", Text("预算要求", "asked by the budget"), number=True),
               *(Column(rule, rules.BRIEFLY[rule], number=True) for rule in rules.BY_BUDGET))
    rows = tuple(Row((cell(row["signals"]), cell(row["points_an_hour"], 0), cell(row["asked"], 0), *(cell(row[rule], 0) for rule in rules.BY_BUDGET)))
                 for row in found)
    signals = sum(whole(row["signals"]) for row in found)
    return [Section(Text(f"报警预算与受控运行长度：{signals:,} 个作图信号", f"Alarm budget and in-control run lengths: {signals:,} charted signals"),
                    (cards, Table("promises", columns, rows)), _UNIT, _NOTE, name="budget")]


_UNIT = Text("受控时平均多少点一次误报（ARL₀）", "points to a false alarm on average while in control (ARL₀)")
_NOTE = Text("各规则的运行长度按基线确知计；“预算要求”是基线由首批读数学得时至少要有的运行长度，控制限按它放宽。“—”：该规则未启用，或未按预算设限。",
             "Run lengths of rules are those with the baseline exactly known; “asked by the budget” is the least there must be with a baseline that "
             "was learnt, for which limits are the wider. A dash: the rule is not in force, or no budget set the limits.")
