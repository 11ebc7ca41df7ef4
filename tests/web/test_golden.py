"""Every kind of chart is drawn as it was agreed: a changed drawing is a change of this folder, made on purpose.

``python -m tests.web.test_golden`` writes the drawings anew; look at them before committing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from qiantang.kernel.pages.blocks import (
    Area,
    Bars,
    Bound,
    Card,
    Flow,
    Gantt,
    Graph,
    Lines,
    Lot,
    Map,
    Node,
    Series,
    Span,
    Step,
    Trend,
    Waterfall,
)
from qiantang.kernel.pages.values import Address, Amount, to
from qiantang.kernel.words import LANGS, Lang, Text, same
from qiantang.web.charts.drawing import chart, spark
from qiantang.web.shell import Shell

FOLDER = Path(__file__).with_name("golden")
D = Decimal
A, B, C = Text("甲类", "class A"), Text("乙类", "class B"), Text("丙类", "class C")
START = datetime(2022, 3, 31, 8, tzinfo=UTC)
TREND = Trend(tuple(str(year) for year in range(2015, 2023)), tuple(D(n) for n in (310, 344, 402, 455, 512, 611, 802, 884)), (D(960), D(1040)))
CARD = Card("hitech", Text("高新技术企业", "high-tech enterprises"), Amount(884), target=Amount(1000), progress=D("0.88"), expected=Amount(901), trend=TREND,
            tone="ok")
BLOCKS: dict[str, object] = {
    "bars": Bars("bars", (A, B, C), (Series(Text("家数", "how many"), (D(633), D(1742), D(159))),), to=(to("evaluation", outcome="A"), None, None)),
    "bars-stacked": Bars("bars", (A, B, C), (Series(Text("规上", "above scale"), (D(30), D(12), D(0)), "ok"),
                                             Series(Text("规下", "below scale"), (D(5), None, D(8)), "watch")), stacked=True),
    "bars-beside": Bars("bars", (A, B), (Series(same("2021"), (D(-3), D(4))), Series(same("2022"), (D("2.5"), None)))),
    "waterfall": Waterfall((Step(Text("亩均税收", "tax per mu"), D("41.9"), D(45), Text("34.9 万元/亩", "349,000 yuan/mu"), tone="plain"),
                            Step(Text("亩均增加值", "value added per mu"), D("6.8"), D(15), tone="alarm"), Step(Text("扣分", "deduction"), D(-5)),
                            Step(Text("研发", "R&D"), None, D(10))), D("43.7"), Text("综合得分", "score"), D(100)),
    "lines": Lines("lines", ("2019", "2020", "2021", "2022"), (Series(A, (D(3), D(4), None, D(6))), Series(B, (D(2), D(2), D(5), D(4)), dashed=True)),
                   Text("万元/亩", "10k yuan/mu"), (Bound(Text("目标", "target"), D(5), "ok"),), (1, 3)),
    "flow": Flow((A, B), (A, B, C), ((5, 1, 0), (2, 80, 12)), Text("之前", "before"), Text("之后", "after")),
    "map-tiles": Map("map", (Area("a", Text("下沙", "Xiasha"), Amount(D("53.9"), Text("万元/亩", "10k yuan/mu"), 1), 0, 0, to("evaluation")),
                             Area("b", Text("白杨", "Baiyang"), Amount(None), 1, 0), Area("c", Text("义蓬", "Yipeng"), Amount(D(12)), 1, 1)),
                     (D(10), D(20), D(40)), lots=(Lot(D("0.2"), D("0.6"), D(1), same("地块 1"), "alarm", to("cockpit")),)),
    "map-tiles-on-outline": Map("map", (Area("a", Text("下沙", "Xiasha"), Amount(D("53.9")), 0, 0), Area("b", Text("白杨", "Baiyang"), Amount(D(12)), 1, 0)),
                                (D(10), D(40)), lots=(Lot(D("0.5"), D("0.5"), D(1), same("地块 1")),),
                                outline=(((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)),), aspect=0.6),
    "map-shapes": Map("map", (Area("a", Text("下沙", "Xiasha"), Amount(D("53.9")), 0, 0, shape=(((0.1, 0.1), (0.5, 0.1), (0.5, 0.9), (0.1, 0.8)),)),
                              Area("b", Text("白杨", "Baiyang"), Amount(D(12)), 1, 0, shape=(((0.5, 0.1), (0.9, 0.2), (0.5, 0.9)),))),
                      (D(10), D(40)), outline=(((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)),), aspect=0.6),
    "graph": Graph("graph", (Node("1", Text("靶材", "targets"), 0, 0), Node("2", Text("光刻胶", "resist"), 0, 0, D("0.5"), "alarm", to("cockpit")),
                             Node("3", Text("芯片", "chips"), 1, 0, tone="watch"), Node("4", Text("药物", "drugs"), 1, 1)),
                   (("1", "3"), ("2", "3"), ("1", "4")), (Text("材料", "materials"), Text("制造", "making")), (A, B)),
    "gantt": Gantt("gantt", (("w1", Text("甲班", "crew A")), ("w2", Text("乙班", "crew B"))),
                   (Span("w1", START, START + timedelta(minutes=40), Text("换模", "change mould"), "alarm", to("cases")),
                    Span("w2", START + timedelta(minutes=30), START + timedelta(hours=2), Text("巡检", "round"))), START + timedelta(minutes=50)),
    "target-bar": CARD,
}


def path_of(address: Address) -> str:
    return f"/{address.page}?{address.asked}"


def shell(lang: Lang) -> Shell:
    return Shell(lang=lang, menu=(), who="", path="/", query=(), synthetic=True, district=same(""), wall=None, address=path_of)


def drawings() -> dict[str, Callable[[], str]]:
    made: dict[str, Callable[[], str]] = {f"{name}.{lang}": lambda b=block, lang=lang: str(chart(b, shell(lang)))  # type: ignore[misc]  # bound now
                                          for name, block in BLOCKS.items() for lang in LANGS}
    return made | {f"spark.{lang}": lambda lang=lang: str(spark(CARD, shell(lang))) for lang in LANGS}


def one_a_line(svg: str) -> str:
    return svg.replace("><", ">\n<") + "\n"


@pytest.mark.parametrize("name", sorted(drawings()))
def test_a_chart_is_drawn_as_it_was_agreed(name: str) -> None:
    assert one_a_line(drawings()[name]()) == (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def test_every_drawing_is_one_that_a_browser_reads_and_is_named_for_who_cannot_see_it() -> None:
    for name, draw in drawings().items():
        root = ElementTree.fromstring(draw())
        assert root.tag.endswith("svg"), name
        assert root.get("role") in ("img", "group"), name
        assert next(iter(root)).tag.endswith("title"), name
        numbers = [float(root.get("viewBox", "").split()[n]) for n in (2, 3)]
        assert min(numbers) > 0, name


def test_no_golden_drawing_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.svg")} == {f"{name}.svg" for name in drawings()}


if __name__ == "__main__":
    for each, draw_it in drawings().items():
        (FOLDER / f"{each}.svg").write_text(one_a_line(draw_it()), encoding="utf-8")
