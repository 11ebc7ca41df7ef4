"""What the row-by-row peers leave to their host: the missing score's mean, places within a pool, quotas, the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

SHARES = (("A", 0.20), ("B", 0.70), ("C", 0.95))


@dataclass(frozen=True, slots=True)
class Placed:
    """Score (in ten-thousandths, -1 where unknown), outcome and what decided it, for each row."""

    total: Any
    outcome: Any
    decided_by: Any


def mean_of_pool(pool: Any, points: Any) -> Any:
    """Each row's mean of the known points in its pool."""
    import numpy as np

    names, place = np.unique(pool, return_inverse=True)
    known = ~np.isnan(points)
    many = np.bincount(place[known], minlength=len(names))
    sums = np.bincount(place[known], weights=points[known], minlength=len(names))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (sums / many)[place]


def places(uscc: Any, pool: Any, score: Any, counts: Any) -> tuple[Any, Any]:
    """Place within the pool among those who count, best score first and the lower code on ties; and how many count."""
    import numpy as np

    names, group = np.unique(pool, return_inverse=True)
    place = np.zeros(len(uscc), dtype=np.int64)
    members = np.flatnonzero(counts)
    ordered = members[np.lexsort((uscc[members], -score[members], group[members]))]
    many = np.bincount(group[members], minlength=len(names))
    begins = np.concatenate(([0], np.cumsum(many)[:-1]))
    place[ordered] = np.arange(len(ordered)) - begins[group[ordered]] + 1
    return place, many[group]


def classes_by_place(uscc: Any, pool: Any, new: Any, parts: Sequence[Any], bonus: Any, veto: Any) -> Placed:
    """From the six points to score, place and class."""
    import numpy as np

    filled = list(parts)
    filled[3] = np.where(np.isnan(parts[3]), mean_of_pool(pool, parts[3]), parts[3])
    total = np.floor((sum(filled) + bonus) * 1e4 + 0.5)
    known = ~np.isnan(total)
    scores = np.where(known, total, -1).astype(np.int64)
    place, many = places(uscc.astype("U18"), pool, scores, known & ~new)
    counts = place > 0
    limits = [place <= np.floor(many * share + 0.5) for _, share in SHARES]
    quota = np.select([~counts, *limits], ["", *(code for code, _ in SHARES)], "D")
    capped = veto & ((quota == "A") | (quota == "B"))
    outcome = np.select([new, capped], ["exempt", "C"], quota)
    return Placed(scores, outcome, np.select([new, veto], ["exempt", "vetoed"], "quota"))


def written(connection: duckdb.DuckDBPyConnection, out: Path, uscc: Any, placed: Placed, hitech: Any) -> None:
    """The columns of the hand-written SQL, as Parquet. ``hitech`` is 1, 0 or, unknown, -1."""
    table = {"uscc": uscc, "total": placed.total, "outcome": placed.outcome.astype(object), "decided_by": placed.decided_by.astype(object),
             "hitech": hitech}
    connection.register("made", table)
    connection.execute(
        f"""COPY (SELECT uscc, NULLIF(total, -1) AS total__points, NULLIF(outcome, '') AS outcome, decided_by,
        CASE hitech WHEN 1 THEN TRUE WHEN 0 THEN FALSE END AS hitech FROM made) TO '{out}' (FORMAT parquet, COMPRESSION zstd)""")
