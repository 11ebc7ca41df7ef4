"""The synthetic district before any department writes it down: tables of an embedded database, fitted to the totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qiantang.district.demo import codes, draws, figures, people, population, recognition, records, sites
from qiantang.district.demo.calibration import Calibration
from qiantang.district.settings import District
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[Text], None]

_MILLION = 1_000_000


def make_world(connection: duckdb.DuckDBPyConnection, district: District, calibration: Calibration, seed: int,
               years: Sequence[int], progress: Progress) -> None:
    """Fill the connection with enterprises, their years, land, records and people."""
    last = max(years)
    run = _Runner(connection)
    progress(Text("生成企业", "making enterprises"))
    run.all(draws.macros(seed), codes.macros(), population.statements(district, calibration, last),
            recognition.statements(calibration, last), figures.base_statements(calibration))
    progress(Text("生成年度数据并校准到公开总量", "making yearly figures and fitting them to the published totals"))
    _fit_output(run, calibration, years)
    query, targets = figures.fitted(last, calibration)
    sums = run.numbers(query)
    factor = {name: target / total if total else 1.0 for (name, target), total in zip(targets.items(), sums, strict=True)}
    # What an enterprise pays and uses hangs on its value added, so the raw sums are fitted side by side.
    run.all([figures.year_statement(factor, calibration, last), figures.land_statement()])
    progress(Text("生成用地、资质、人才与项目", "making land, titles, people and projects"))
    land = run.whole("SELECT sum(CAST(round(land_raw * 1000000) AS HUGEINT)) FILTER (stratum = 'above') FROM land_raw") / _MILLION
    run.all(sites.statements(calibration, calibration.amount("land") / land, last), records.honours(last), records.rights(last),
            records.events(last), records.false_zeroes(last), records.identities(calibration, last), records.past_classes(last),
            people.organisations(calibration, last), people.people(calibration, last), people.projects(calibration, last))


def _fit_output(run: _Runner, calibration: Calibration, years: Sequence[int]) -> None:
    """Fit the output of the last year cell by cell, then that of earlier years as a whole."""
    factors = []
    for cell, target in figures.output_factors(calibration):
        least, size = run.numbers(f"SELECT {_total('least_output', cell)}, {_total('size', cell)} FROM base WHERE stratum = 'above'")
        factors.append((cell, max(0.0, target - least) / size if size else 0.0))
    run.all([figures.sized(factors)])
    last = max(years)
    levels: list[tuple[int, float]] = []
    for year in sorted((y for y in years if y < last), reverse=True):
        # Only the year before has a published total; what fits that year fits those before it.
        if year == last - 1:
            run.all([figures.raw_statement([year, last], [])])
            floor, output = run.numbers(f"SELECT {_total('least_output', 'true')}, {_total('turnover', 'true')} FROM raw "
                                        f"WHERE stratum = 'above' AND year = {year}")
            target = calibration.amount("output_year_before") * 10_000
            levels.append((year, (target - floor) / (output - floor)))
            run.all(["DROP TABLE raw"])
        else:
            levels.append((year, levels[-1][1] if levels else 1.0))
    run.all([figures.raw_statement(years, levels)])


def _total(of: str, among: str) -> str:
    """A sum of whole millionths: adding binary fractions would give what the order of adding gives."""
    return f"CAST(coalesce(sum(CAST(round(({of}) * {_MILLION}) AS HUGEINT)) FILTER ({among}), 0) AS DOUBLE) / {_MILLION}"


class _Runner:
    """Runs statements one after the other and gives single rows back as numbers."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def all(self, *groups: Sequence[str]) -> None:
        for group in groups:
            for statement in group:
                self._connection.execute(statement)

    def numbers(self, query: str) -> list[float]:
        row = self._connection.execute(query).fetchone() or ()
        return [float(value or 0) for value in row]

    def whole(self, query: str) -> int:
        row = self._connection.execute(query).fetchone() or (0,)
        return int(row[0] or 0)
