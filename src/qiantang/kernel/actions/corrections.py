"""A fact is corrected with evidence, never overwritten: the correction is a new vintage of the value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qiantang.kernel.actions.plain import Plain


@dataclass(frozen=True, slots=True)
class Correction:
    """One value corrected: ``key`` names the row, ``old`` and ``new`` are plain values (a decimal as its digits).

    ``personal`` keeps the two values out of the audit log, which nobody can erase. ``number`` is that of the audit
    entry; 0 until the correction is recorded.
    """

    table: str
    key: str
    column: str
    old: Plain
    new: Plain
    evidence: str
    actor: str
    at: datetime
    personal: bool = False
    number: int = 0
