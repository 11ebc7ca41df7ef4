"""Pages that only measure: a wall of ten sections, and pictures of many marks."""

from __future__ import annotations

from decimal import Decimal
from math import sin
from random import Random

from qiantang.kernel.pages.blocks import Drawn, Graph, Lines, Node, Section, Series, Wall
from qiantang.kernel.pages.declaring import Ask, Page
from qiantang.kernel.pages.values import to
from qiantang.kernel.words import Text, same

CELLS = 10_000
SECTIONS = (("密炼", "mixing"), ("压延", "calendering"), ("裁断", "cutting"), ("钢丝帘布", "steel cord"), ("胎面压出", "tread extrusion"),
            ("成型一", "building 1"), ("成型二", "building 2"), ("硫化一", "curing 1"), ("硫化二", "curing 2"), ("检测入库", "inspection"))


def wall_page() -> Page:
    """A wall over the channel ``synthetic``."""
    title = Text("子午线轮胎未来工厂：10,000 测点实时状态", "Radial tire plant: 10,000 signals, live")

    def draw(ask: Ask) -> Drawn:
        del ask
        groups = tuple((Text(zh, en), CELLS // len(SECTIONS)) for zh, en in SECTIONS)
        return Drawn(title, (Section(same(""), (Wall("wall", "synthetic", CELLS, groups),)),),
                     Text("每格一个测点，每秒刷新；±2σ 以内不着色", "one cell a signal, each second; within ±2σ nothing is coloured"))

    return Page("synthetic-wall", title, draw)


def many_marks() -> Page:
    """A graph of 300 nodes and a line of 400 points."""
    title = Text("许多标记", "Many marks")

    def draw(ask: Ask) -> Drawn:
        del ask
        chance = Random(20220401)
        nodes = tuple(Node(f"n{n}", Text(f"环节 {n}", f"link {n}"), n % 4, n // 4 % 5, Decimal(chance.choice(("0.2", "0.4", "1"))),
                           chance.choices(("plain", "watch", "alarm"), (85, 9, 6))[0], to("cockpit")) for n in range(300))
        links = tuple((f"n{n}", f"n{m}") for n in range(300) for m in chance.sample(range(300), 2) if m % 4 == n % 4 + 1)
        layers = tuple(Text(zh, en) for zh, en in (("原料与基础", "materials"), ("核心部件", "components"), ("整机与成品", "products"),
                                                   ("应用与服务", "services")))
        bands = tuple(Text(zh, en) for zh, en in (("半导体", "semiconductors"), ("生命健康", "life sciences"), ("智能装备", "equipment"),
                                                  ("航空航天", "aerospace"), ("新材料", "materials")))
        points = tuple(f"{n}" for n in range(400))
        line = Series(Text("温度", "temperature"), tuple(Decimal(str(round(165 + 3 * sin(n / 20) + chance.gauss(0, 0.4), 2))) for n in range(400)))
        return Drawn(title, (Section(Text("五大主导产业链", "Five leading chains"), (Graph("graph", nodes, links, layers, bands),)),
                             Section(Text("硫化温度", "Curing temperature"), (Lines("lines", points, (line,), same("°C")),))))

    return Page("synthetic-marks", title, draw)
