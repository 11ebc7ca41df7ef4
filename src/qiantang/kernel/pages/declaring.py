"""What a domain declares of its pages: who may open one, what it may be asked, what it draws, what can be done there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from qiantang.kernel.actions.cases import Case, CaseEvent
from qiantang.kernel.actions.ports import CaseQuery, StateReader, StateWriter
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import Type
from qiantang.kernel.findings.views import View
from qiantang.kernel.pages.blocks import Drawn
from qiantang.kernel.pages.live import Live
from qiantang.kernel.pages.values import Address, Amount, Ring
from qiantang.kernel.rulebooks.rulebook import Reading
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text, same

Capability = Literal["see", "decide", "dispatch", "sign", "configure"]
CAPABILITIES: tuple[Capability, ...] = ("see", "decide", "dispatch", "sign", "configure")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is told of a run: by which rulebook, of which version and law date, on facts known when, with which outcomes."""

    key: str
    rulebook: str
    title: Text
    version: str
    law_date: date
    known_at: date
    year: int
    counts: Mapping[str, int]
    status: str


@dataclass(frozen=True, slots=True)
class RunChange:
    """One rulebook before and after a correction: the keys of its runs, and who moved from which outcome to which."""

    rulebook: str
    title: Text
    before: str
    after: str
    moved: Sequence[tuple[str, str | None, str | None]]


@dataclass(frozen=True, slots=True)
class ViewRows:
    """A view with its rows as stored values, their types and titles, and the run it was made from."""

    name: str
    title: Text
    view: View
    types: Mapping[str, Type]
    titles: Mapping[str, Text]
    rows: Sequence[Mapping[str, Stored]]
    reading: Reading
    run: RunFacts


@dataclass(frozen=True, slots=True)
class Aim:
    """A target of the district's plan: an indicator, its dimension, where it started and what is to be reached by the
    end of which year (None: not stated), in the indicator's own unit."""

    code: str
    title: Text
    dimension: str
    unit: Unit
    start: tuple[int | None, Decimal] | None
    goal: tuple[int | None, Decimal]
    better: Literal["more", "less"]
    placeholder: bool
    source: Text


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """What an indicator was in a period, as somebody published it; ``placeholder`` where no official text was read."""

    period: str
    value: Decimal
    as_of: date
    source: Text
    placeholder: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """How an indicator is worked out of findings: how many the published finding ``over`` holds of (``count``), their share
    of all it is known of (``share``), or the ratio of the sums of two facts of those it is known of (``ratio``)."""

    how: Literal["count", "share", "ratio"]
    over: str
    of: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator of the district's plan: what it means, its dimension and unit, how it is worked out of findings (None:
    it is only published), and what was published of it, oldest first."""

    code: str
    title: Text
    definition: Text
    dimension: str
    unit: Unit
    better: Literal["more", "less"]
    measure: Measure | None
    values: tuple[IndicatorValue, ...]
    months: int
    """For how many months after its day a value counts as fresh."""
    headline: bool


@dataclass(frozen=True, slots=True)
class Tallied:
    """A published finding over the subjects seen, or over one group of them: of how many it is known, of how many it
    holds, and the sums of facts over those it is known of and over those it holds of."""

    key: str
    known: int
    holds: int
    sums: Mapping[str, Decimal]
    sums_held: Mapping[str, Decimal]
    rulebook: str
    run: str


@dataclass(frozen=True, slots=True)
class Boundaries:
    """The shapes of a district's places by their code, and of the district itself, from a file that it was given; or its
    outline alone."""

    shapes: Mapping[str, tuple[Ring, ...]]
    outline: tuple[Ring, ...]
    aspect: float
    source: str


@dataclass(frozen=True, slots=True)
class DistrictFacts:
    """Who the district is: its name, whether its subjects are made up, its places by code, and its plan.

    ``dimensions`` are the sides of the plan: code, title, and whether it is a placeholder.
    """

    name: Text
    synthetic: bool
    sub_districts: Sequence[tuple[str, Text]]
    platforms: Sequence[tuple[str, Text]]
    leading_industries: Sequence[tuple[str, Text]]
    dimensions: Sequence[tuple[str, Text, bool]]
    aims: Sequence[Aim]
    indicators: Sequence[Indicator] = ()
    tiles: Sequence[tuple[str, int, int]] = ()
    """Where each sub-district lies on the schematic map: code, column, row."""
    boundaries: Boundaries | None = None


@dataclass(frozen=True, slots=True)
class FactShown:
    """A fact that a rulebook looked at for one subject. ``table``, ``key`` and ``column`` say where it stands, so that it
    can be corrected; empty where it was gathered or derived from others."""

    name: str
    title: Text
    value: Amount | Text | str | bool | date | None
    table: str = ""
    key: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says of one subject: outcome and score, due to what, and the facts behind it."""

    subject: str
    name: str
    run: RunFacts
    outcome: str | None
    outcome_title: Text
    score: Amount | None
    because: Text
    parts: tuple[tuple[Text, Text, Text], ...]
    """Criterion, value and points or test, rounded for reading; for a letter."""
    facts: tuple[FactShown, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of one page: to whom, about what, the answer, how it came about, and how it can be proved genuine."""

    title: Text
    to: str
    reference: str
    paragraphs: tuple[Text, ...]
    heads: tuple[Text, ...]
    rows: tuple[tuple[Text, Text, Text], ...]
    signed_by: Text
    on: date
    code: str
    foot: tuple[Text, ...]


class Ask(Protocol):
    """What a page may ask of the district while it is drawn: everything is limited to what the asker may see."""

    @property
    def asked(self) -> Mapping[str, str]:
        """What the page was asked, by parameter; what is missing was not asked."""

    @property
    def today(self) -> date:
        """The day of the asking."""

    @property
    def who(self) -> str:
        """The name of the account that asks."""

    @property
    def district(self) -> DistrictFacts:
        """The district."""

    def may(self, capability: Capability) -> bool:
        """Whether the asker may do such a thing at all."""

    def sees_everybody(self) -> bool:
        """Whether no subject is hidden from the asker."""

    def runs(self) -> Sequence[RunFacts]:
        """The latest run of each rulebook, in the district's order."""

    def earlier_runs(self, rulebook: str) -> Sequence[RunFacts]:
        """All kept runs of a rulebook, oldest first."""

    def view(self, name: str, rulebook: str | None = None, limit: int | None = None, run: str | None = None) -> ViewRows | None:
        """A declared view over the latest run (or the run of that key); None where no such rulebook has been assessed."""

    def total(self, rulebook: str, column: str, run: str | None = None, *, where: Mapping[str, str] | None = None) -> Decimal | None:
        """The sum of a fact or run column over the subjects of a run, of those whose columns equal ``where``."""

    def tally(self, published: str, by: str = "", sums: Sequence[str] = (), where: Sequence[tuple[str, str]] = ()) -> Sequence[Tallied]:
        """A published finding counted over the subjects seen whose facts equal ``where``, in groups by a fact; none where
        no rulebook that gives it was assessed. A fact that is a flag is asked as ``yes`` or ``no``."""

    def rows(self, table: str) -> Sequence[Mapping[str, Stored]]:
        """The rows of a (small) table as known today: the latest vintage of each key."""

    def cases(self, query: CaseQuery) -> Sequence[Case]:
        """The cases of the query that the asker may see."""

    def count_cases(self, query: CaseQuery) -> int:
        """How many cases of the query the asker may see, its limit aside."""

    def case(self, case_id: str) -> Case | None:
        """The case of this number; None where there is none that the asker may see."""

    def case_events(self, case_id: str) -> Sequence[CaseEvent]:
        """A case's history, oldest first; empty for a case not seen."""

    def state(self) -> AbstractContextManager[StateReader]:
        """The store as a whole, for what is of no single subject: who asks it answers for what is shown."""

    def verdict(self, subject: str, rulebook: str, run: str | None = None) -> Verdict:
        """What a run says of a subject; SubjectError where the asker sees none of that code or it was not judged."""

    def published_outcomes(self, run: str) -> Sequence[tuple[str, str, str | None, Text]]:
        """Code, name, outcome and its title of everybody a run judged, whoever asks: only for runs that are on notice."""

    def sees(self, subject: str) -> bool:
        """Whether the asker may see this subject."""

    def address_of(self, subject: str, rulebook: str | None = None) -> Address:
        """The page of a subject."""

    def live_sources(self) -> Sequence[Live]:
        """What is at work and tells of itself (plants), as far as the asker may see it."""

    def live(self, name: str) -> Live:
        """The source of that name; SubjectError where there is none that the asker may see."""


class Doing(Ask, Protocol):
    """What an act may do besides asking; all of it is written in the audit log under the asker's name."""

    def writing(self) -> AbstractContextManager[StateWriter]:
        """The store, written by one at a time."""

    def step(self, case_id: str, event: str, payload: Mapping[str, object]) -> Case:
        """An event raised on a case, where the asker sees the case and holds the role that may."""

    def open_case(self, process: str, subject: str, payload: Mapping[str, object], rulebook: str, run: str, scope: str = "") -> Case:
        """A case opened by a person rather than by a run: an objection, a notice. ActionError where one is still open."""

    def log(self, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """An entry of the audit log under the asker's name."""

    def correct(self, table: str, key: str, column: str, value: str, evidence: str) -> Sequence[RunChange]:
        """A fact of a table's row (key parts with ``/`` between) corrected with evidence: a new vintage, everybody judged
        anew, and for each rulebook what became of whom. Every fault is told before anything is kept."""

    def readable(self, table: str, column: str, value: str) -> None:
        """Raises FactsError, with place, value and remedy, where a correction could not take this value for the column."""

    def keep_file(self, name: str, content: bytes) -> str:
        """A file handed in, kept under the hash of its content: the reference to write down."""

    def kept_file(self, reference: str) -> tuple[str, bytes] | None:
        """Name and content of a file that was kept."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act: where to go next and what to say there. ``file`` is something to take away instead."""

    to: Address
    said: Text
    file: tuple[str, str, bytes] | None = None
    """Name, media type and content."""
    letter: Letter | None = None
    """A letter to take away, drawn by whoever draws."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in with a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done on a page. The values come from its form by field; errors go back beside the fields.

    ``gives_letter`` acts give the letter of the page's subject by the asked rulebook, and can so be done for thousands.
    """

    name: str
    title: Text
    needs: Capability
    perform: Callable[[Doing, Mapping[str, str | Upload]], Done]
    gives_letter: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its name is its address. ``asks`` are the parameters it understands (others are dropped), ``path`` those of
    them that stand in the address itself; ``menu`` its place in the menu (None: not there).

    ``public`` needs no account. ``named`` pages show a named enterprise or person: each reading of one is logged.
    """

    name: str
    title: Text
    draw: Callable[[Ask], Drawn]
    asks: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    needs: Capability = "see"
    menu: int | None = None
    acts: tuple[Act, ...] = ()
    public: bool = False
    named: bool = False
    note: Text = field(default_factory=lambda: same(""))
