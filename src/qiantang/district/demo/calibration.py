"""What the demonstration is calibrated to: published totals and stated assumptions, read from the district's folder."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from qiantang.district.documents import Paper
from qiantang.kernel.sources import Status
from qiantang.kernel.units import Unit
from qiantang.kernel.words import Text

NEEDED = (
    "above_scale_industry", "below_scale_industry", "hitech_certificates", "output", "output_year_before", "main_platform_share",
    "leading_share", "value_added", "tax_per_mu", "land", "labour_productivity", "value_added_per_energy",
    "value_added_per_emission", "gdp", "rd_share", "future_factories", "smart_factories", "top_talents",
    "academician_teams", "universities", "institutes", "alumni_projects", "university_projects", "above_scale_floor",
    "low_efficiency_floor",
)
"""The figures a demonstration rests on."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure to be met; ``scaled`` ones are totals that grow with the number of enterprises."""

    name: str
    title: Text
    value: Decimal
    unit: Unit
    status: Status
    source: Text
    scaled: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of a demonstration of ``enterprises`` subjects; they are stated for ``population`` of them."""

    population: int
    enterprises: int
    figures: dict[str, Figure]

    def target(self, name: str) -> Decimal:
        """The value to be met at this size, in the figure's own unit."""
        figure = self.figures[name]
        return figure.value * self.enterprises / self.population if figure.scaled else figure.value

    def amount(self, name: str) -> float:
        """The target, for arithmetic on draws."""
        return float(self.target(name))

    def number(self, name: str) -> int:
        """The target as a whole number of subjects, at least one."""
        return max(1, int(self.target(name).to_integral_value(ROUND_HALF_UP)))

    def scaled(self, at_population: int) -> int:
        """So many at the stated population are how many here, at least one."""
        return max(1, (2 * at_population * self.enterprises + self.population) // (2 * self.population))


def read_calibration(path: Path, enterprises: int) -> Calibration:
    """Read the file; FactsError names every fault with its line."""
    paper = Paper(path)
    found = paper.root.fields("population", "figures")
    population = found["population"].whole()
    if population <= 0:
        found["population"].fault("应大于 0", "must be above 0", population)
    figures = {}
    for name, part in found["figures"].fields(*NEEDED).items():
        given = part.fields("title", "value", "unit", "status", "source", "scaled")
        figures[name] = Figure(name, given["title"].text(), given["value"].number(), given["unit"].unit(),
                               given["status"].status(), given["source"].text(), given["scaled"].flag(otherwise=True))
    paper.done()
    return Calibration(population, enterprises, figures)
