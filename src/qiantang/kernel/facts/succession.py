"""Succession: a subject that goes on under another key keeps its past; rows under a former key are its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from qiantang.kernel.expressions.dialects import Dialect

_LONGEST_CHAIN = 8
_OWN_FIRST = 10**13


@dataclass(frozen=True, slots=True)
class Succeeds:
    """What a table tells of successions: whoever bore the key ``former`` in table ``of`` bears ``now`` since ``since``.

    Only rows whose ``kind`` is one of ``kinds`` carry the past over: a new registration is the same enterprise, a merger
    or a split is not, and the years of those who merged are not added up.
    """

    of: str
    former: str
    now: str
    since: str
    kind: str
    kinds: tuple[str, ...]


def successions(told: Succeeds, relation: str, dialect: Dialect, known_at: date) -> str:
    """A sub-select of ``former`` and ``now``: every former key with the key borne last by that day, chains followed.

    A key with two successors on one day is left alone: it is not known which of them goes on. Chains longer than
    eight, and rings, end where they are.
    """
    d = dialect
    former, now, since, kind = (d.quoted(n) for n in (told.former, told.now, told.since, told.kind))
    kinds = ", ".join(d.string(k) for k in told.kinds)
    steps = (f"(SELECT {former} AS former, max({now}) AS now FROM {relation} AS i WHERE {kind} IN ({kinds}) AND {former} <> {now} "
             f"AND {since} <= {d.day(known_at)} GROUP BY {former} HAVING count(DISTINCT {now}) = 1)")
    chain = (f"WITH RECURSIVE step AS {steps}, chain AS (SELECT former, now, 1 AS far FROM step UNION ALL "
             f"SELECT c.former, s.now, c.far + 1 FROM chain AS c JOIN step AS s ON s.former = c.now WHERE c.far < {_LONGEST_CHAIN} AND s.now <> c.former)")
    return (f"({chain} SELECT former, now FROM (SELECT former, now, row_number() OVER (PARTITION BY former ORDER BY far DESC) AS place FROM chain) "
            f"AS c WHERE place = 1)")


def carried_over(relation: str, given: list[str], columns: list[str], sequence: str, found: str, dialect: Dialect) -> str:
    """The relation with former keys in ``columns`` replaced by those borne now; ``found`` are the successions.

    Rows that already bore their key come after all others in ``sequence``: what a successor tells of itself prevails,
    and what was told under the former key fills the gaps.
    """
    d = dialect
    joins = "".join(f" LEFT JOIN {found} AS s{n} ON s{n}.former = t.{d.quoted(c)}" for n, c in enumerate(columns))
    own = " AND ".join(f"s{n}.now IS NULL" for n in range(len(columns)))
    parts = []
    for name in given:
        quoted = d.quoted(name)
        if name in columns:
            parts.append(f"COALESCE(s{columns.index(name)}.now, t.{quoted}) AS {quoted}")
        elif name == sequence:
            parts.append(f"t.{quoted} + CASE WHEN {own} THEN {_OWN_FIRST} ELSE 0 END AS {quoted}")
        else:
            parts.append(f"t.{quoted}")
    return f"(SELECT {', '.join(parts)} FROM {relation} AS t{joins})"
