"""A reading judged by the engine and by the evaluator gives the same columns for the same subjects."""

from dataclasses import replace
from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.judging import judged, judging
from qiantang.kernel.rulebooks.rulebook import Reading, Rulebook
from tests.kernel.rulebooks.workbench import DAY, DOSSIER, FORM, library, per_mu, written

FIRMS: list[dict[str, Stored]] = [
    {"uscc": "full", "year": 2022, "tax": 13 * 10**6, "land": 10**4, "veto": False},
    {"uscc": "vetoed", "year": 2022, "tax": 13 * 10**6, "land": 10**4, "veto": True},
    {"uscc": "no land", "year": 2022, "tax": 10**6, "land": 0, "veto": None},
    {"uscc": "nothing", "year": 2022, "tax": None, "land": None, "veto": None},
    {"uscc": "low", "year": 2021, "tax": 1, "land": 10**9, "veto": None},
]


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return library(tmp_path, [written()]).book("mu/test")


def _only(book: Rulebook, cohort) -> Reading:
    def build(p, d):
        return replace(per_mu(p, d), cohort=cohort)

    return Rulebook(book.document, replace(FORM, build=build), DOSSIER, book.parameters).on(DAY)


def _run(reading: Reading, explained: bool = True) -> list[dict[str, object]]:
    engine = DuckDBEngine(threads=1)
    engine.execute("CREATE TABLE firms (uscc VARCHAR, year BIGINT, tax BIGINT, land BIGINT, veto BOOLEAN)")
    for firm in FIRMS:
        engine.execute("INSERT INTO firms VALUES (?, ?, ?, ?, ?)", list(firm.values()))
    rows = engine.rows(judging(reading, explained, because=explained).select("firms", engine.dialect))
    engine.close()
    return sorted((dict(r) for r in rows), key=lambda r: [f["uscc"] for f in FIRMS].index(str(r["uscc"])))


def test_the_engine_and_the_evaluator_judge_alike(book: Rulebook) -> None:
    reading = book.on(DAY)
    found = _run(reading)
    because = [row.pop("unknown_because") for row in found]
    assert [{k: v for k, v in row.items() if k != "uscc"} for row in found] == [j.values for j in judged(reading, FIRMS) if j]
    assert [row["outcome"] for row in found] == ["A", "D", None, None, "B"]
    assert because == [None, None, "land", "land,tax", None]


def test_without_explanation_only_score_outcome_and_reason_are_kept(book: Rulebook) -> None:
    assert set(_run(book.on(DAY), explained=False)[0]) == {"uscc", "tax_per_mu__points", "outcome", "decided_by"}


def test_who_is_outside_the_cohort_is_not_in_the_run_but_who_may_be_inside_stays(book: Rulebook) -> None:
    reading = _only(book, n.not_(DOSSIER.fact("veto")))
    assert [row["uscc"] for row in _run(reading)] == ["full", "no land", "nothing", "low"]
    assert [j is None for j in judged(reading, FIRMS)] == [False, True, False, False, False]


def test_a_run_reads_the_facts_of_its_cohort_too(book: Rulebook) -> None:
    reading = _only(book, DOSSIER.fact("year").equals(n.constant(2022, "年")))
    assert judging(reading).facts() == {"uscc", "year", "tax", "land", "veto"}
    assert judging(book.on(DAY)).facts() == {"uscc", "tax", "land", "veto"}
    assert [row["uscc"] for row in _run(reading)] == ["full", "vetoed", "no land", "nothing"]


def test_a_run_of_nobody_is_empty(book: Rulebook) -> None:
    reading = _only(book, n.flag_constant(False))
    assert _run(reading) == []
    assert judged(reading, FIRMS) == [None] * len(FIRMS)
    assert judged(book.on(DAY), []) == []
