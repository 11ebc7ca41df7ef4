"""Policy matching: which titles and benefits an enterprise meets, nearly meets or does not, and what is missing for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from qiantang.district.assembly import House
from qiantang.district.own_figures import Gap, gaps
from qiantang.district.settings import District
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.walking import facts_of
from qiantang.kernel.facts.schema import Column
from qiantang.kernel.findings.judging import judged
from qiantang.kernel.rulebooks.document import Document, Level
from qiantang.kernel.rulebooks.rulebook import Criterion, Offer, Reading, Role
from qiantang.kernel.words import Text

NEAR_CONDITIONS = 1
"""Conditions that may be missing where one still speaks of nearly: a way of showing, no rule of law."""
NEAR_SHARE = Decimal("0.2")
"""Or every missing condition is a figure no further away than this share of what it needs."""
_MOST_FACTS = 4


class Standing(StrEnum):
    """How an enterprise stands to a policy."""

    MET = "met"
    OPEN = "open"
    NEAR = "near"
    MISSING = "missing"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Text:
        """The standing in words."""
        return _LABELS[self]


_LABELS = {
    Standing.MET: Text("符合", "met"), Standing.OPEN: Text("条件齐备，待评审", "conditions met, a judgement is due"),
    Standing.NEAR: Text("接近", "nearly met"), Standing.MISSING: Text("尚有差距", "not met"), Standing.UNKNOWN: Text("事实不足", "facts are missing")}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A condition that is not met, with the figures that would mend it: fact, value now, value needed."""

    criterion: Criterion
    figures: tuple[Gap, ...]

    @property
    def share(self) -> Decimal | None:
        """How far the nearest of its figures is, as a share of what it needs; None where no figure measures it."""
        found = [abs(Decimal(g.needed - g.now)) / abs(g.needed) for g in self.figures if g.now is not None and g.needed]
        return min(found, default=None)


@dataclass(frozen=True, slots=True)
class Match:
    """One policy and one enterprise. ``unknown`` are the conditions that cannot be told, each with the facts it lacks;
    ``worth`` is what it brings in 万元, stored, where the form works it out."""

    reading: Reading
    offer: Offer
    standing: Standing
    outcome: str | None
    lacking: tuple[Lacking, ...]
    unknown: tuple[tuple[Criterion, tuple[Column, ...]], ...]
    worth: Decimal | None


def policies_of(house: House, district: District, day: date, dossier: str) -> list[Reading]:
    """The policies in force on a day that this district's subjects may apply for: national ones and those of its own
    province, city, county and zones; titles before benefits. One that the district itself applies is read on its usual
    day where it was not yet in force."""
    found = []
    for id in house.library.ids:
        document = house.library.document(id)
        if not holds_in(document, district.jurisdiction) or not (day in document.span or id in district.rulebooks):
            continue
        book = house.library.book(id)
        if book.form.offers is not None and book.dossier.name == dossier:
            found.append(book.on(day if day in document.span else book.usual_day))
    return sorted(found, key=lambda r: (offer_of(r).kind == "benefit", r.book.document.level.nearness, r.book.id))


def holds_in(document: Document, jurisdiction: Sequence[str]) -> bool:
    """Whether a document's place is the nation or one of the places a district lies in."""
    return document.level is Level.NATIONAL or any(document.place_name.endswith(place) for place in jurisdiction)


def offer_of(reading: Reading) -> Offer:
    """What may be applied for by the rulebook; only of those that ``policies_of`` gives."""
    assert reading.book.form.offers is not None
    return reading.book.form.offers


def matched(reading: Reading, facts: Mapping[str, Stored], row: Mapping[str, Stored] | None = None,
            found_gaps: Sequence[Gap] | None = None) -> Match | None:
    """How an enterprise stands to one policy, by its facts; None where the policy is not for such as it.

    ``row`` is the run's row of it, where it was assessed; otherwise it is judged here, alone. ``found_gaps`` are its gaps,
    where they are known already.
    """
    offer = offer_of(reading)
    if row is None:
        alone = judged(reading, [facts], alone=True)[0]
        if alone is None:
            return None
        row = alone.values
    outcome = None if row["outcome"] is None else str(row["outcome"])
    conditions = [c for c in reading.outline.criteria if c.met is not None and c.role is Role.CONDITION]
    failing = [c for c in conditions if row.get(f"{c.id}__met") is False]
    unclear = [c for c in conditions if row.get(f"{c.id}__met") is None]
    if outcome in offer.granted:
        failing, unclear = [], []
    figures = () if not failing else gaps(reading, facts) if found_gaps is None else found_gaps
    lacking = tuple(Lacking(c, tuple(g for g in figures if g.criterion == c.id)) for c in failing)
    unknown = tuple((c, tuple(_missing_facts(c, facts))) for c in unclear)
    return Match(reading, offer, _standing(outcome, offer, lacking, unknown), outcome, lacking, unknown, _worth(reading, offer, row))


def _standing(outcome: str | None, offer: Offer, lacking: Sequence[Lacking], unknown: Sequence[object]) -> Standing:
    if outcome in offer.granted:
        return Standing.MET
    if outcome in offer.open:
        return Standing.OPEN
    if lacking and not unknown:
        shares = [one.share for one in lacking]
        if len(lacking) <= NEAR_CONDITIONS or all(s is not None and s <= NEAR_SHARE for s in shares):
            return Standing.NEAR
    return Standing.MISSING if outcome is not None else Standing.UNKNOWN


def _missing_facts(criterion: Criterion, facts: Mapping[str, Stored]) -> Iterable[Column]:
    assert criterion.met is not None
    lacking = {f.column.name: f.column for f in facts_of(criterion.met) if facts.get(f.column.name) is None}
    return list(lacking.values())[:_MOST_FACTS]


def _worth(reading: Reading, offer: Offer, row: Mapping[str, Stored]) -> Decimal | None:
    if not offer.worth:
        return None
    value, expr = row.get(f"{offer.worth}__value"), reading.criterion(offer.worth).value
    return expr.type.decimal(value) if expr is not None and isinstance(value, int) and not isinstance(value, bool) else None
