"""The index of stored runs: which rulebook was applied to which facts, when, and where the result lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run; ``key`` stands for rulebook version, law date, facts as known at and period together."""

    key: str
    rulebook: str
    version: str
    law_date: date
    known_at: date
    period: str
    engine: str
    created_at: datetime
    path: str
    counts: Mapping[str, int] = field(default_factory=dict)
