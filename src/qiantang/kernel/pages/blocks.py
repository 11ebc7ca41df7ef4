"""The kinds of picture a page is made of, each as data: tables, cards, charts, graphs, maps, forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from qiantang.kernel.pages.values import Address, Amount, Cell, Link, Mark, Ring, Tone
from qiantang.kernel.words import Text, same

_NOTHING = same("")


def _no_text() -> Text:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class Trend:
    """Values over equal periods, oldest first; ``projected`` goes on from the last one, on the assumption named."""

    periods: tuple[str, ...]
    values: tuple[Decimal | None, ...]
    projected: tuple[Decimal | None, ...] = ()
    assumption: Text = field(default_factory=_no_text)


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator: value, target and how far towards it (a fraction), change and its basis, trend, as-of day.

    ``to`` opens its definition, source and the findings behind it. ``due`` is the day of the target, ``expected`` what
    the path to it expects today.
    """

    name: str
    title: Text
    value: Amount
    to: Address | None = None
    target: Amount | None = None
    due: date | None = None
    progress: Decimal | None = None
    expected: Amount | None = None
    change: Amount | None = None
    basis: Text = field(default_factory=_no_text)
    better: Literal["more", "less"] = "more"
    trend: Trend | None = None
    as_of: date | None = None
    tone: Tone = "plain"
    note: Text = field(default_factory=_no_text)
    placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Cards:
    """Indicator cards side by side."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``sortable`` ones may be asked for in order; ``unit`` stands in the header."""

    name: str
    title: Text
    unit: Text = field(default_factory=_no_text)
    number: bool = False
    sortable: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``to`` opens what it is about."""

    cells: tuple[Cell, ...]
    to: Address | None = None
    tone: Tone = "plain"
    total: bool = False


@dataclass(frozen=True, slots=True)
class Portion:
    """Which rows of how many a table shows, in which order; the page is asked for others by ``offset`` and ``order``."""

    offset: int
    limit: int
    total: int
    order: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter above a table: what may be asked of ``name``; no ``options`` is a free text."""

    name: str
    title: Text
    options: tuple[tuple[str, Text], ...] = ()
    now: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and columns. ``portion`` None is all there is. ``exports`` offers it as CSV, Excel and Parquet, whole."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    portion: Portion | None = None
    choices: tuple[Choice, ...] = ()
    exports: bool = True
    empty: Text = field(default_factory=_no_text)
    empty_to: Link | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one under another."""

    facts: tuple[tuple[Text, Cell], ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Sentences, each perhaps with where it leads."""

    paragraphs: tuple[tuple[Text, Address | None], ...]


@dataclass(frozen=True, slots=True)
class Banner:
    """One thing to know before reading on."""

    said: Text
    tone: Tone = "plain"
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in large: a class, a score, one sentence why."""

    mark: Mark
    score: Amount | None = None
    because: Text = field(default_factory=_no_text)
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a waterfall: what it adds (negative: takes away) out of the most it could."""

    title: Text
    adds: Decimal | None
    most: Decimal | None = None
    told: Text = field(default_factory=_no_text)
    to: Address | None = None
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Waterfall:
    """How a total is made up, step by step."""

    steps: tuple[Step, ...]
    total: Decimal | None
    total_title: Text
    full: Decimal | None = None
    unit: Text = field(default_factory=_no_text)


@dataclass(frozen=True, slots=True)
class Series:
    """One line or one set of bars."""

    title: Text
    values: tuple[Decimal | None, ...]
    tone: Tone = "plain"
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A level drawn across a chart: a limit, a target."""

    title: Text
    value: Decimal
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over the same points (periods, instants), with levels across."""

    name: str
    points: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Text = field(default_factory=_no_text)
    bounds: tuple[Bound, ...] = ()
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, longest first unless the order means something; ``stacked`` puts the series end to end."""

    name: str
    titles: tuple[Text, ...]
    series: tuple[Series, ...]
    unit: Text = field(default_factory=_no_text)
    stacked: bool = False
    to: tuple[Address | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """Who went from where to where: a matrix of counts with row and column titles."""

    rows: tuple[Text, ...]
    columns: tuple[Text, ...]
    counts: tuple[tuple[int, ...], ...]
    row_title: Text
    column_title: Text


@dataclass(frozen=True, slots=True)
class Area:
    """A place of a map: its code, title and value; where it lies on the schematic map by column and row, and its shape
    where boundaries are known."""

    code: str
    title: Text
    value: Amount
    column: int
    row: int
    to: Address | None = None
    tone: Tone = "plain"
    shape: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """Places in four or five classes of a value: schematic tiles, or shapes where every area has one.

    ``lots`` is a layer of points. ``outline`` surrounds the shapes, or lies under the tiles; ``aspect`` is the height of its
    map over its width.
    """

    name: str
    areas: tuple[Area, ...]
    levels: tuple[Decimal, ...]
    unit: Text = field(default_factory=_no_text)
    lots: tuple[Lot, ...] = ()
    outline: tuple[Ring, ...] = ()
    aspect: float = 1.0


@dataclass(frozen=True, slots=True)
class Lot:
    """A point on a map; ``x`` and ``y`` are fractions of its width and height."""

    x: Decimal
    y: Decimal
    size: Decimal
    title: Text
    tone: Tone = "plain"
    to: Address | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a graph, in a layer (left to right) and a band (top to bottom)."""

    id: str
    title: Text
    layer: int
    band: int
    size: Decimal = Decimal(1)
    tone: Tone = "plain"
    to: Address | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and links in layers; only links touching a node that is not plain are drawn at rest."""

    name: str
    nodes: tuple[Node, ...]
    links: tuple[tuple[str, str], ...]
    layers: tuple[Text, ...]
    bands: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, by whom, with what it was about."""

    at: datetime | date
    title: Text
    by: str = ""
    told: Text = field(default_factory=_no_text)
    links: tuple[Link, ...] = ()
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events, in the order given."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work on a lane, from instant to instant."""

    lane: str
    start: datetime
    end: datetime
    title: Text
    tone: Tone = "plain"
    to: Address | None = None


@dataclass(frozen=True, slots=True)
class Gantt:
    """Work over time, one lane a person or machine."""

    name: str
    lanes: tuple[tuple[str, Text], ...]
    spans: tuple[Span, ...]
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall of many small cells that show how things are right now, calm unless something is wrong.

    ``cells`` are counted from 0, row by row, ``columns`` to a row; ``groups`` are stretches of them in that order: a title
    and how many cells. The states come live over ``channel``, never with the page; ``zone`` is the IANA name of the time zone in which
    their instants are told, empty for the reader's own. ``legend`` says when a cell is in alarm or watched.
    """

    name: str
    channel: str
    cells: int
    groups: tuple[tuple[Text, int], ...]
    columns: int = 100
    zone: str = ""
    legend: Text = field(default_factory=_no_text)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a form asks for."""

    name: str
    title: Text
    kind: Literal["text", "long", "number", "day", "choice", "yes", "file", "hidden", "password", "range"] = "text"
    unit: Text = field(default_factory=_no_text)
    options: tuple[tuple[str, Text], ...] = ()
    now: str = ""
    required: bool = False
    note: Text = field(default_factory=_no_text)
    least: str = ""
    most: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What a person may do here: the page's act of that name, with its fields. ``asks`` true changes nothing, it only asks
    the page anew with the values (a search, a what-if), as one types when ``live``."""

    act: str
    fields: tuple[Field, ...]
    button: Text
    tone: Tone = "plain"
    asks: bool = False
    live: bool = False
    confirm: Text = field(default_factory=_no_text)
    carried: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps in order, with where one stands: a tour, the stages of a case."""

    steps: tuple[tuple[Text, Address | None, Literal["done", "now", "next"]], ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks behind a heading, closed until asked for."""

    title: Text
    blocks: tuple[Block, ...]


Block = (Banner | Bars | Cards | Facts | Flow | Folded | Form | Gantt | Graph | Lines | Map | Path | Prose | Table | Timeline
         | Verdict | Wall | Waterfall)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its title says the finding, the subtitle unit and scope, the footer source, date and version.

    ``span`` is its width in twelfths.
    """

    title: Text
    blocks: tuple[Block, ...]
    subtitle: Text = field(default_factory=_no_text)
    footer: Text = field(default_factory=_no_text)
    span: int = 12
    name: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as it stands for one asker: title, what leads back, sections."""

    title: Text
    sections: tuple[Section, ...]
    subtitle: Text = field(default_factory=_no_text)
    crumbs: tuple[Link, ...] = ()
    links: tuple[Link, ...] = ()
    as_of: date | None = None
    rests_on_placeholder: bool = False
