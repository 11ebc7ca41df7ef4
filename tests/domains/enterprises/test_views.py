"""The domain's tables: each can be written and run, the nearest stand first, and assumptions are told with the figures."""

from collections.abc import Iterator, Mapping

import pytest

from qiantang.domains.enterprises import DOMAIN
from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.dialects import DIALECTS
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.views import RunView, printed
from qiantang.registers.dossiers import ENTERPRISE
from tests.cases.runner import values
from tests.domains.enterprises.firms import DAY, SOUND, book, stored, strangers

VIEWS = {view.name: view for view in DOMAIN.views}
PAIRS = [(view, name) for view in VIEWS for name in DOMAIN.usual if book(name).form.name in VIEWS[view].forms]
HORIZON = DAY.replace(year=2030)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def shown(view: str, name: str, rows: list[dict[str, Stored]], engine: DuckDBEngine) -> list[Mapping[str, Stored]]:
    """The rows of a view over a run of some enterprises."""
    reading = book(name).on(max(DAY, book(name).document.span.since or DAY))
    compiled = judging(reading, because=True)
    d = engine.dialect
    engine.execute(f"CREATE OR REPLACE TEMP TABLE facts AS {values(list(ENTERPRISE.columns), rows, d)}")
    engine.execute(f"CREATE OR REPLACE TEMP TABLE run AS {compiled.select('facts', d)}")
    relation = "(SELECT * FROM facts JOIN run USING (uscc))"
    return engine.rows(printed(VIEWS[view].build(RunView(compiled)), relation, d, reading).select)


@pytest.mark.parametrize(("view", "name"), PAIRS)
def test_every_view_runs(view: str, name: str, engine: DuckDBEngine) -> None:
    reading = book(name).on(max(DAY, book(name).document.span.since or DAY))
    shown(view, name, strangers(reading, 30, seed=7), engine)


@pytest.mark.parametrize(("view", "name"), PAIRS)
def test_every_view_is_written_in_every_dialect(view: str, name: str) -> None:
    reading = book(name).on(max(DAY, book(name).document.span.since or DAY))
    built = VIEWS[view].build(RunView(judging(reading, because=True)))
    for dialect in DIALECTS.values():
        assert printed(built, "run", dialect, reading).select.startswith("SELECT")


def test_the_nearest_stand_first_with_what_they_lack(engine: DuckDBEngine) -> None:
    firms = [stored(SOUND) | {"uscc": "complete"}, stored(SOUND) | {"uscc": "two-persons-short", "sci_tech_staff": 800},
             stored(SOUND) | {"uscc": "far", "field_supported": False}]
    rows = shown("enterprises.to_high_tech", "ladder/to-high-tech", firms, engine)
    assert [(r["uscc"], r["place"], r["staff_gap"]) for r in rows] == [("complete", 1, 0), ("two-persons-short", 2, 200)]


def test_among_complete_ones_who_needs_fewer_points_stands_first(engine: DuckDBEngine) -> None:
    firms = [stored(SOUND) | {"uscc": "a"}, stored(SOUND) | {"uscc": "b", "expert_rd_unit": 6}]
    rows = shown("enterprises.to_high_tech", "ladder/to-high-tech", firms, engine)
    assert [(r["uscc"], r["points_to_give"]) for r in rows] == [("b", 32), ("a", 38)]


def test_the_projection_sums_to_the_district(engine: DuckDBEngine) -> None:
    firms = [stored(SOUND) | {"uscc": "a"}, stored(SOUND) | {"uscc": "b", "is_hitech": True, "hitech_until": HORIZON}]
    by_standing = shown("enterprises.projection", "projection/high-tech", firms, engine)
    whole, = shown("enterprises.projected_total", "projection/high-tech", firms, engine)
    assert (by_standing[-1]["expected_usual"], whole["stock"], whole["district_usual"]) == (15100, 1, 415100)


def test_coverage_is_the_share_of_those_whose_state_is_known(engine: DuckDBEngine) -> None:
    firm = stored(SOUND) | {"platform": "east", "sector": "industry"}
    firms = [firm | {"uscc": "a", "digitalised": True}, firm | {"uscc": "b", "digitalised": False, "digital_level": 0},
             firm | {"uscc": "c"}, firm | {"uscc": "d", "has_future_factory": True}]
    total = shown("enterprises.digital_coverage", "digital/coverage", firms, engine)[-1]
    assert (total["enterprises"], total["covered"], total["unknown"], total["share"], total["future"]) == (4, 2, 1, 6667, 1)


def test_what_is_unknown_names_the_missing_fact(engine: DuckDBEngine) -> None:
    firms = [stored(SOUND) | {"uscc": "a", "sci_tech_staff": None}, stored(SOUND) | {"uscc": "b"}]
    rows = shown("enterprises.unknown", "hitech/2016-32", firms, engine)
    assert [(r["unknown_because"], r["enterprises"]) for r in rows] == [("sci_tech_staff", 1), (None, 1)]


def test_the_projection_tells_its_assumptions() -> None:
    reading = book("projection/high-tech").on(DAY)
    note = VIEWS["enterprises.projection"].build(RunView(judging(reading))).note
    for rate in ("renewal", "ready", "experts", "one_missing", "several_missing", "not_judged"):
        title = reading.book.parameters[f"rate.{rate}"].title
        assert title.zh in note.zh
        assert title.en in note.en
