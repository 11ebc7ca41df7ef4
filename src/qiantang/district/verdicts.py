"""A subject's verdict for pages and letters: outcome, score, what it is due to, and the facts that can be corrected."""

from __future__ import annotations

from decimal import Decimal

from qiantang.district.inquiries import Inquiry
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.explanation import Explanation, FactTold
from qiantang.kernel.pages.declaring import FactShown, RunFacts, Verdict
from qiantang.kernel.pages.values import Amount
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.words import Text, same


def verdict(inquiry: Inquiry, subject: str, run: RunFacts) -> Verdict:
    """What the inquiry's run says of a subject."""
    told = inquiry.explain(subject)
    score = Amount(Decimal(told.score.value), decimals=2) if told.score is not None and isinstance(told.score.value, str) else None
    because = told.decided_by.why if told.decided_by is not None else same("")
    return Verdict(subject, str(inquiry.facts(subject).get("name") or subject), run, told.outcome, told.outcome_title, score, because, _parts(told),
                   _facts(inquiry, told, subject), told.source.said("zh"))


def _parts(told: Explanation) -> tuple[tuple[Text, str, str], ...]:
    rows = []
    for c in told.criteria:
        if c.applies and c.role in (Role.INDICATOR, Role.CONDITION, Role.VETO):
            met = "" if c.met is None else {True: "满足", False: "不满足", None: "未知"}[c.met.value.value if isinstance(c.met.value.value, bool) else None]
            rows.append((c.title, c.value.value.said.zh if c.value is not None else "", c.points.value.said.zh if c.points is not None else met))
    return tuple(rows)


def _facts(inquiry: Inquiry, told: Explanation, subject: str) -> tuple[FactShown, ...]:
    found: dict[str, FactShown] = {}
    for criterion in told.criteria:
        for fact in criterion.facts:
            if fact.name not in found:
                found[fact.name] = _fact(inquiry, fact, subject)
    return tuple(found.values())


def _fact(inquiry: Inquiry, fact: FactTold, subject: str) -> FactShown:
    origin = inquiry.dossier.origin(fact.name)
    if not isinstance(origin, tuple):
        return FactShown(fact.name, fact.title, fact.value.said)
    table, column = origin
    return FactShown(fact.name, fact.title, fact.value.said, table.name, _key(table, subject, inquiry.run.year), column)


def _key(table: Table, subject: str, year: int) -> str:
    return "/".join(subject if k == table.subject else str(year) if k == table.period else "" for k in table.key)
