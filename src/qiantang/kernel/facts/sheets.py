"""A sheet of facts as it was handed in: rows of cells, or a columnar file whose rows stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Cells = Sequence[object]
"""The cells of one row: text, number, yes or no, day, or nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: the file as the reader of a report knows it, its own name (empty for a CSV file), and its rows.

    With ``columnar`` the rows are in that Parquet file and ``rows`` is empty.
    """

    file: str
    name: str
    rows: Sequence[Cells] = ()
    columnar: Path | None = None
