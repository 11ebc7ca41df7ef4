"""What every page of a plant has in common: values as they are told, what leads back, a word where the plant is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from qiantang.kernel.pages.blocks import Banner, Drawn, Section
from qiantang.kernel.pages.declaring import Act, Ask, Doing, Done, Upload
from qiantang.kernel.pages.live import Live, Told
from qiantang.kernel.pages.values import Amount, Cell, Link, to, zone_said
from qiantang.kernel.words import Text, same

PLANTS = Text("工厂", "Plants")
SECONDS, _PERCENT_DIGITS = same("s"), 1
PRIORITIES = {1: Text("1 立即", "1 at once"), 2: Text("2 一小时内", "2 within the hour"), 3: Text("3 本班内", "3 within the shift"),
                 4: Text("4 备查", "4 to note")}
GRAVE = 2


def cell(value: Told, digits: int | None = None) -> Cell:
    """A value as a table shows it; numbers keep the digits they have unless a number of decimals is asked for."""
    return Amount(value, decimals=digits) if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)) else value


def text(value: Told) -> Text:
    """A value as words."""
    return value if isinstance(value, Text) else same("" if value is None else str(value))


def whole(value: Told) -> int:
    """A whole number; 0 for what is none."""
    return int(value) if isinstance(value, (int, Decimal)) else 0


def chosen(ask: Ask) -> Live:
    """The plant the page is asked about; SubjectError where the asker sees none of that name."""
    return ask.live(ask.asked.get("plant", ""))


def silent_said(plant: Live) -> Text:
    """That the node of a plant tells nothing now, and up to when it did."""
    as_of = plant.as_of
    last = Text("尚无数据", "nothing yet") if as_of is None else same(as_of.isoformat(" ", "seconds"))
    return Text("工厂节点未在运行；所示为最后一次上报：", "The plant's node is not at work; this is the last it told: ") + last


def drawn(plant: Live, title: Text, sections: Sequence[Section], subtitle: Text | None = None, crumbs: Sequence[Link] = (),
          *, live: bool = False) -> Drawn:
    """A page of a plant: what leads back, and a word where the plant tells nothing now; a ``live`` page says that itself, as it comes and goes."""
    warned: list[Section] = []
    if not live and not plant.at_work:
        warned.append(Section(same(""), (Banner(silent_said(plant), "watch"),), name="stale"))
    links = tuple(Link(said, to(page, plant=plant.name)) for page, said in _PARTS)
    return Drawn(title, (*warned, *sections), subtitle or plant.title, (Link(PLANTS, to("plants")), Link(plant.title, to("plant", plant=plant.name)), *crumbs),
                 links, as_of=None if plant.as_of is None else plant.as_of.date())


_PARTS = (("plant-wall", Text("实时看板", "Wall")), ("plant-alarms", Text("报警", "Alarms")), ("plant-tasks", Text("任务", "Tasks")),
          ("plant-genealogy", Text("追溯", "Genealogy")))


def share(value: Decimal | None) -> Amount:
    """A fraction as a percentage."""
    return Amount(value, decimals=_PERCENT_DIGITS, percent=True)


def amount(value: Told) -> Decimal | None:
    """A number; None for what is not known."""
    return value if isinstance(value, Decimal) else None


def instant(value: Told) -> datetime:
    """An instant that is always told."""
    assert isinstance(value, datetime)
    return value


def clocked(title: Text, plant: Live) -> Text:
    """The title of instants, with the time zone in which they are told."""
    if plant.as_of is None:
        return title
    said = zone_said(plant.as_of)
    return Text(f"{title.zh}（{said}）", f"{title.en} ({said})")


def order_act(name: str, title: Text, back: str) -> Act:
    """An act that hands an order on to the plant and leads back to where it was given."""
    def perform(doing: Doing, values: Mapping[str, str | Upload]) -> Done:
        given = {key: value for key, value in values.items() if isinstance(value, str) and not key.startswith("_")}
        plant = chosen(doing)
        said = plant.order(name, given)
        doing.log(f"plant.{name}", f"plant:{plant.name}", given)
        asked = {key: given[key] for key in ("alarm", "task", "machine") if key in given}
        return Done(to(back, plant=plant.name, **asked), said)

    return Act(name, title, "dispatch", perform)
