"""A plant as data, after ISA-95: places and machines, signals, products and recipes, people and what they can do, vehicles, parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from qiantang.kernel.words import Text

Level = Literal["site", "area", "line", "cell", "unit"]
"""ISA-95 equipment levels used here: site, area, production line, work cell (a machine), unit (a cavity, a zone)."""
Grouping = Literal["each", "cycle", "batch", "piece"]
"""What one rational subgroup of a signal is: every reading, one machine cycle, one batch of material, one piece."""


ZONE = "Asia/Shanghai"
"""Where a plant does not say its time zone it is that of the reference district."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A piece of equipment. ``parent`` is the id of what it stands in, empty for the site; ``place`` metres east and north of
    the site's corner; ``step`` the process step it serves; ``ideal_cycle_s`` seconds a piece takes at best (None: not timed)."""

    id: str
    title: Text
    level: Level
    parent: str = ""
    step: str = ""
    place: tuple[float, float] = (0.0, 0.0)
    ideal_cycle_s: float | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured quantity of an asset.

    ``number`` is its number in the directory and in every batch of readings; ``address`` what the wire calls it; ``kind``
    one of the kinds of quantity (``plate_temperature``); ``unit`` as written (``°C``); ``rate_hz`` 0 is
    once a subgroup. ``least`` and ``most`` are the
    physical range, ``lower`` and ``upper`` the specification limits. ``grouped`` is its rational subgroup, ``skewed`` asks
    for quantile limits, ``phases`` says that its baseline depends on recipe and phase.
    """

    number: int
    address: str
    asset: str
    name: str
    kind: str
    title: Text
    unit: str
    rate_hz: float = 1.0
    least: float | None = None
    most: float | None = None
    lower: float | None = None
    upper: float | None = None
    grouped: Grouping = "each"
    skewed: bool = False
    phases: bool = False
    priority: int = 3
    """What an alarm on it weighs: 1 (act at once) to 4 (note)."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a recipe: its length in seconds (0 where that is not fixed), and what each kind of signal should be in it."""

    name: str
    seconds: float
    baselines: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a step makes a product, phase by phase; ``product`` is empty where it makes every one alike."""

    id: str
    product: str
    step: str
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """What is made, or goes into what is made; ``mass_kg`` of compound in one piece, or in one batch of what comes in batches."""

    id: str
    title: Text
    mass_kg: float


@dataclass(frozen=True, slots=True)
class Shift:
    """When people work: seconds after midnight by the plant's clock, ``end`` beyond 86,400 where it passes it; breaks likewise."""

    name: str
    title: Text
    start_s: int
    end_s: int
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody who mends: skills by name, the shift, the place where the person waits. Names in a demonstration are made up."""

    id: str
    name: str
    skills: frozenset[str]
    shift: str
    home: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """An automated guided vehicle: battery in watt-hours, and what it uses per metre."""

    id: str
    battery_wh: float
    use_wh_m: float
    speed_m_s: float = 1.2
    home: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Part:
    """A spare part: how many lie where. Who is sent because of an alarm of a signal of one of these ``kinds`` brings one along, of whichever
    rule, or of these ``rules`` alone where any are named."""

    id: str
    title: Text
    stock: int
    place: tuple[float, float] = (0.0, 0.0)
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def mends(self, kind: str, rule: str) -> bool:
        """Whether an alarm of this rule, of a signal of this kind, asks for it."""
        return kind in self.kinds and (not self.rules or rule in self.rules)


PieceWire = Literal["json", "sparkplug", "file"]
"""How a plant's systems tell of pieces: JSON on a topic, a text metric of Sparkplug B, a file."""


@dataclass(frozen=True, slots=True)
class PieceSource:
    """Where piece events come from: the topic filter, the metric's address or the file's name; what its fields are called where that is
    not known anyway; the step and the asset where it does not say them."""

    wire: PieceWire
    address: str
    fields: Mapping[str, str] = field(default_factory=dict)
    step: str = ""
    asset: str = ""


@dataclass(frozen=True)
class Plant:
    """A whole plant. ``operators`` is how many people bear its alarms: the alarm budget rests on it. ``synthetic`` plants say so.

    ``zone`` is the name of its time zone in the IANA database: its shifts begin and end by the clock there, and its instants are told so.
    """

    id: str
    title: Text
    assets: tuple[Asset, ...]
    signals: tuple[Signal, ...]
    products: tuple[Product, ...] = ()
    recipes: tuple[Recipe, ...] = ()
    skills: tuple[tuple[str, Text], ...] = ()
    shifts: tuple[Shift, ...] = ()
    technicians: tuple[Technician, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()
    parts: tuple[Part, ...] = ()
    operators: int = 1
    takt_s: float = 7.0
    synthetic: bool = False
    piece_sources: tuple[PieceSource, ...] = ()
    zone: str = ZONE

    @cached_property
    def local(self) -> ZoneInfo:
        """Its time zone. ZoneInfoNotFoundError where this machine's time zones do not have it."""
        return ZoneInfo(self.zone)

    @cached_property
    def asset(self) -> Mapping[str, Asset]:
        """Assets by id."""
        return {a.id: a for a in self.assets}

    @cached_property
    def by_address(self) -> Mapping[str, Signal]:
        """Signals by what the wire calls them."""
        return {s.address: s for s in self.signals}

    @cached_property
    def of_asset(self) -> Mapping[str, tuple[Signal, ...]]:
        """The signals of each asset that has any, its units' not included."""
        found: dict[str, list[Signal]] = {}
        for signal in self.signals:
            found.setdefault(signal.asset, []).append(signal)
        return {asset: tuple(signals) for asset, signals in found.items()}

    def machine(self, asset: str) -> str:
        """The id of the machine (work cell) that an asset is or belongs to; the asset itself above that level."""
        found = self.asset[asset]
        while found.level == "unit" and found.parent:
            found = self.asset[found.parent]
        return found.id
