"""A district's settings: its places, platforms, leading industries, usual rulebooks and targets, read from a folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from qiantang.district.boundaries import read_boundaries
from qiantang.district.documents import Paper, Part
from qiantang.district.indicators import indicator
from qiantang.district.outlines import PREFIX, outline_of
from qiantang.district.reach_settings import Reach, reach_of
from qiantang.kernel.errors import FactsError
from qiantang.kernel.pages.declaring import Boundaries, Indicator
from qiantang.kernel.sources import Status
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text
from qiantang.registers.classifications import LEADING_INDUSTRIES

SETTINGS_FILE = "district.yaml"


@dataclass(frozen=True, slots=True)
class Subdistrict:
    """A subdistrict (街道) by its code."""

    code: str
    title: Text


@dataclass(frozen=True, slots=True)
class Platform:
    """An industry platform: ``short`` is what it is called in passing; ``main`` marks those that hold most output."""

    code: str
    title: Text
    short: str
    subdistricts: tuple[Subdistrict, ...]
    leading_industry: str
    main: bool
    ten_thousand_mu: bool
    status: Status


@dataclass(frozen=True, slots=True)
class DatedName:
    """What something was called from a day on."""

    since: date
    name: Text


@dataclass(frozen=True, slots=True)
class LeadingIndustry:
    """A leading industry with the names it bore, oldest first."""

    code: str
    title: Text
    names: tuple[DatedName, ...]

    def named_on(self, day: date) -> Text:
        """Its name on a day; the oldest known name before that."""
        return next((n.name for n in reversed(self.names) if n.since <= day), self.names[0].name)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One side of the action plan; a placeholder where the plan's own name was not found."""

    code: str
    title: Text
    status: Status


@dataclass(frozen=True, slots=True)
class Milestone:
    """A value at the end of a year; the year is None where none was stated."""

    year: int | None
    value: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """What the district wants to reach, in the indicator's own unit."""

    code: str
    title: Text
    dimension: Dimension
    unit: Unit
    start: Milestone | None
    goal: Milestone
    more_is: Literal["better", "worse"]
    status: Status
    source: Text


@dataclass(frozen=True, slots=True)
class District:
    """One district as data. ``synthetic`` says that its subjects are made up and every screen must say so."""

    id: str
    name: Text
    synthetic: bool
    jurisdiction: tuple[str, ...]
    evaluation_year: int
    law_day: date
    rulebooks: tuple[str, ...]
    subdistricts: tuple[Subdistrict, ...]
    platforms: tuple[Platform, ...]
    leading_industries: tuple[LeadingIndustry, ...]
    dimensions: tuple[Dimension, ...]
    targets: tuple[Target, ...]
    folder: Path
    demonstration: Path | None
    published_figures: Path | None
    indicators: tuple[Indicator, ...] = ()
    tiles: tuple[tuple[str, int, int], ...] = ()
    boundaries: Boundaries | None = None
    reach: Reach | None = None

    @classmethod
    def load(cls, folder: Path) -> District:
        """Read ``district.yaml`` of a folder; FactsError names every fault of it with its line."""
        paper = Paper(folder / SETTINGS_FILE)
        found = paper.root.fields(
            "id", "name", "synthetic", "jurisdiction", "evaluation_year", "law_day", "demonstration", "published_figures",
            "rulebooks", "subdistricts", "platforms", "leading_industries", "dimensions", "targets", "indicators", "tiles",
            "boundaries", "reach")
        subdistricts = {c: Subdistrict(c, part.text()) for c, part in found["subdistricts"].fields().items()}
        dimensions = {c: _dimension(c, part) for c, part in found["dimensions"].fields().items()}
        district = cls(
            id=found["id"].word(),
            name=found["name"].text(),
            synthetic=found["synthetic"].flag(),
            jurisdiction=tuple(p.word() for p in found["jurisdiction"].entries()),
            evaluation_year=found["evaluation_year"].whole(),
            law_day=found["law_day"].day(),
            rulebooks=tuple(p.word() for p in found["rulebooks"].entries()),
            subdistricts=tuple(subdistricts.values()),
            platforms=tuple(_platform(c, p, subdistricts) for c, p in found["platforms"].fields().items()),
            leading_industries=tuple(_leading(c, p) for c, p in found["leading_industries"].fields().items()),
            dimensions=tuple(dimensions.values()),
            targets=tuple(_target(c, p, dimensions) for c, p in found["targets"].fields().items()),
            folder=folder,
            demonstration=_file(folder, found["demonstration"]),
            published_figures=_file(folder, found["published_figures"]),
            indicators=tuple(indicator(c, p, list(dimensions)) for c, p in found["indicators"].fields().items())
            if found["indicators"].is_there else (),
            tiles=tuple(_tile(c, p) for c, p in found["tiles"].fields().items()) if found["tiles"].is_there else (),
            reach=reach_of(found["reach"], folder),
        )
        named = found["boundaries"]
        packaged = named.word("").startswith(PREFIX)
        outline = outline_of(named) if packaged else None
        shapes = None if packaged else _file(folder, named)
        paper.done()
        if shapes is not None:
            outline = read_boundaries(shapes, {s.code: s.title for s in subdistricts.values()})
        return replace(district, boundaries=outline)

    def platform(self, code: str) -> Platform | None:
        """The platform of that code, if the district has it."""
        return next((p for p in self.platforms if p.code == code), None)


def default_folder() -> Path:
    """The reference district's folder: inside the installed package, else in the checkout the package runs from."""
    package = Path(__file__).resolve().parents[1]
    places = (package / "districts" / "qiantang", package.parents[1] / "districts" / "qiantang")
    for place in places:
        if (place / SETTINGS_FILE).is_file():
            return place
    raise FactsError.of("找不到随附的地区文件夹", "the district's folder that comes with the package is not there",
                        value=[str(p) for p in places],
                        remedy=Text("请用选项给出地区文件夹，其中有 district.yaml。",
                                    "Name a district's folder, with its district.yaml."))


def _file(folder: Path, part: Part) -> Path | None:
    if not part.is_there:
        return None
    path = folder / part.word()
    if not path.is_file():
        part.fault(f"文件夹中没有“{path.name}”", f"the folder has no '{path.name}'", path.name)
    return path


def _tile(code: str, part: Part) -> tuple[str, int, int]:
    found = part.fields("column", "row")
    return code, found["column"].whole(), found["row"].whole()


def _platform(code: str, part: Part, subdistricts: dict[str, Subdistrict]) -> Platform:
    found = part.fields("title", "short", "subdistricts", "leading_industry", "main", "ten_thousand_mu", "status")
    named = [p.one_of(list(subdistricts)) for p in found["subdistricts"].entries() if subdistricts]
    if not named:
        part.fault("平台须写所属街道", "a platform needs its subdistricts", code)
    title = found["title"].text()
    return Platform(code, title, found["short"].word(title.zh), tuple(subdistricts[n] for n in named),
                    found["leading_industry"].one_of([c for c, _ in LEADING_INDUSTRIES], "other"), found["main"].flag(),
                    found["ten_thousand_mu"].flag(), found["status"].status())


def _leading(code: str, part: Part) -> LeadingIndustry:
    if code not in dict(LEADING_INDUSTRIES):
        part.fault(f"不认识主导产业“{code}”", f"no leading industry '{code}'", code,
                   Text("可用：" + "、".join(c for c, _ in LEADING_INDUSTRIES),
                        "known: " + ", ".join(c for c, _ in LEADING_INDUSTRIES)))
    found = part.fields("title", "names")
    title = found["title"].text()
    names = []
    for entry in found["names"].entries():
        named = entry.fields("since", "zh", "en")
        names.append(DatedName(named["since"].day(), Text(named["zh"].word(), named["en"].word())))
    return LeadingIndustry(code, title, tuple(sorted(names, key=lambda n: n.since)) or (DatedName(date.min, title),))


def _dimension(code: str, part: Part) -> Dimension:
    found = part.fields("title", "status")
    return Dimension(code, found["title"].text(), found["status"].status())


def _milestone(part: Part) -> Milestone:
    found = part.fields("year", "value")
    return Milestone(found["year"].whole() if found["year"].is_there else None, found["value"].number())


def _target(code: str, part: Part, dimensions: dict[str, Dimension]) -> Target:
    found = part.fields("title", "dimension", "unit", "start", "goal", "more_is", "status", "source")
    named = found["dimension"].one_of(list(dimensions) or [""])
    return Target(
        code, found["title"].text(), dimensions.get(named, Dimension(named, Text(named, named), Status.PLACEHOLDER)),
        found["unit"].unit(), _milestone(found["start"]) if found["start"].is_there else None, _milestone(found["goal"]),
        "worse" if found["more_is"].one_of(["better", "worse"], "better") == "worse" else "better", found["status"].status(),
        found["source"].text())
