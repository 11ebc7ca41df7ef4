"""A subject's verdict for pages and letters: outcome, score, what it is due to, and the facts that can be corrected."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from qiantang.district.inquiries import Inquiry
from qiantang.kernel.expressions.figures import grouped
from qiantang.kernel.facts.schema import Table
from qiantang.kernel.findings.explaining import explained
from qiantang.kernel.findings.explanation import Explanation, FactTold, Told
from qiantang.kernel.pages.declaring import FactShown, RunFacts, Verdict
from qiantang.kernel.pages.values import Amount
from qiantang.kernel.rulebooks.rulebook import Role
from qiantang.kernel.words import Text, same


def verdict(inquiry: Inquiry, subject: str, run: RunFacts) -> Verdict:
    """What the inquiry's run says of a subject. Where its facts come from is not asked for: neither letter nor objection shows it."""
    facts = inquiry.facts(subject)
    told = explained(inquiry.reading, subject, inquiry.row(subject), facts, {})
    score = Amount(Decimal(told.score.value), decimals=2) if told.score is not None and isinstance(told.score.value, str) else None
    because = told.decided_by.why if told.decided_by is not None else same("")
    return Verdict(subject, str(facts.get("name") or subject), run, told.outcome, told.outcome_title, score, because, _parts(told),
                   _facts(inquiry, told, subject), told.source.said("zh"))


def _parts(told: Explanation) -> tuple[tuple[Text, Text, Text], ...]:
    rows = []
    for c in told.criteria:
        if c.applies and c.role in (Role.INDICATOR, Role.CONDITION, Role.VETO):
            value = _rounded(c.value.value) if c.value is not None else same("")
            points = _rounded(c.points.value) if c.points is not None else _MET[c.met.value.value if c.met is not None else ""]
            rows.append((c.title, value, points))
    return tuple(rows)


_MET: dict[object, Text] = {True: Text("满足", "met"), False: Text("不满足", "not met"), None: Text("未知", "unknown"), "": same("")}


def _rounded(told: Told) -> Text:
    """A value as it is told, with two decimals at most (more where it is small); the whole digits stand on the page."""
    if not isinstance(told.value, str) or not _DIGITS.fullmatch(told.value) or told.value != told.said.zh.replace(",", "").split(" ")[0]:
        return told.said
    value = Decimal(told.value)
    short = grouped(value.quantize(Decimal("0.01") if abs(value) >= 1 else Decimal("0.0001"), ROUND_HALF_UP))
    shown = told.said.zh.split(" ")[0]
    return Text(told.said.zh.replace(shown, short, 1), told.said.en.replace(shown, short, 1))


_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?")


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
