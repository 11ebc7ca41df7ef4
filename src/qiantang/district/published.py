"""The figures that others published about a district, held against each other."""

from __future__ import annotations

from datetime import date

from qiantang.district.known import KnownFacts
from qiantang.district.workspace import Workspace
from qiantang.kernel.findings.integrity import Contradiction, contradictions, figures_of
from qiantang.kernel.ports import Engine
from qiantang.registers.published import PUBLISHED_FIGURES


def published_contradictions(workspace: Workspace, engine: Engine, known_at: date) -> tuple[int, list[Contradiction]]:
    """How many figures are known on the day, and everything among them that cannot all be true."""
    known = KnownFacts(workspace.facts, known_at, workspace.hidden / "known")
    rows = engine.rows(f"SELECT * FROM {known.relation(engine, PUBLISHED_FIGURES)} AS p ORDER BY place, year, indicator, part, source")
    figures = figures_of(rows, PUBLISHED_FIGURES.column("figure").type)
    return len(figures), contradictions(figures, workspace.house.relations)
