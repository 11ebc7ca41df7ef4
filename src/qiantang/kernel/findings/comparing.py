"""Comparing two runs of the same subjects: who moves, from where to where, and because of which criterion."""

from __future__ import annotations

from dataclasses import dataclass

from qiantang.kernel.expressions.dialects import Dialect
from qiantang.kernel.rulebooks.rulebook import Reading


@dataclass(frozen=True, slots=True)
class Moves:
    """The SELECTs that compare a run before with a run after, subject by subject.

    ``matrix``: outcome before, outcome after, how many. ``moved``: one row for each subject whose outcome changed,
    with the scores, what decided before and after, and ``because``: the criteria whose points or verdict changed.
    """

    matrix: str
    moved: str


def moves(reading: Reading, before: str, after: str, dialect: Dialect, carry: tuple[str, ...] = ()) -> Moves:
    """Compare two relations with the explained columns of one rulebook (or of it and its reform).

    A subject that is in one run only shows as unknown in the other. ``carry`` names columns of ``after`` to show.
    """
    d = dialect
    subject = d.quoted(reading.book.dossier.subject)
    score = f"{reading.outline.score}__points" if reading.outline.score else None
    changes = []
    for criterion in reading.outline.criteria:
        if criterion.id in (reading.outline.score, reading.outline.pool):
            continue
        for part in ("points", "met"):
            if getattr(criterion, part) is not None:
                column = d.quoted(f"{criterion.id}__{part}")
                changes.append(f"CASE WHEN a.{column} IS DISTINCT FROM b.{column} THEN {d.string(criterion.id)} END")
                break
    because = f"NULLIF(concat_ws(',', {', '.join(changes)}), '')" if changes else "NULL"
    scores = (f", a.{d.quoted(score)} AS score_before, b.{d.quoted(score)} AS score_after" if score else "")
    carried = "".join(f", b.{d.quoted(c)}" for c in carry)
    joined = f"FROM {before} AS a FULL OUTER JOIN {after} AS b ON a.{subject} = b.{subject}"
    moved = (f"SELECT COALESCE(a.{subject}, b.{subject}) AS subject, a.outcome AS before, b.outcome AS after, "
             f"a.decided_by AS decided_before, b.decided_by AS decided_after{scores}, {because} AS because{carried} {joined} "
             "WHERE a.outcome IS DISTINCT FROM b.outcome ORDER BY 1")
    matrix = (f"SELECT a.outcome AS before, b.outcome AS after, CAST(count(*) AS {d.big}) AS many {joined} "
              "GROUP BY a.outcome, b.outcome ORDER BY a.outcome, b.outcome")
    return Moves(matrix, moved)
