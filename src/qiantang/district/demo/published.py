"""Figures that were published of real places, read from the district's folder: the only real figures of a demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from qiantang.district.documents import Paper


@dataclass(frozen=True, slots=True)
class CitedFigure:
    """One figure as published: of which place and year, of what and which part of it, and where it was read."""

    place: str
    year: int
    indicator: str
    part: str
    figure: Decimal
    unit: str
    source: str
    published_on: date | None
    link: str | None


def read_published(path: Path) -> tuple[CitedFigure, ...]:
    """Read the file; FactsError names every fault with its line."""
    paper = Paper(path)
    figures = []
    for entry in paper.root.fields("figures")["figures"].entries():
        given = entry.fields("place", "year", "indicator", "part", "figure", "unit", "source", "published_on", "link")
        figures.append(CitedFigure(
            given["place"].word(), given["year"].whole(), given["indicator"].word(), given["part"].word(),
            given["figure"].number(), given["unit"].word(), given["source"].word(),
            given["published_on"].day() if given["published_on"].is_there else None, given["link"].word("") or None))
    paper.done()
    return tuple(figures)
