"""Two runs side by side: who moves, from where to where, because of which criterion, and nobody is lost."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.findings.comparing import moves
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.rulebooks.rulebook import Rulebook
from tests.kernel.rulebooks.workbench import DAY, library, written

FIRMS: Sequence[tuple[str, int, bool]] = (("far", 20, False), ("just", 13, False), ("low", 2, False), ("vetoed", 20, True))


@pytest.fixture
def book(tmp_path: Path) -> Rulebook:
    return library(tmp_path, [written()]).book("mu/test")


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    opened = DuckDBEngine(threads=1)
    opened.execute("CREATE TABLE firms (uscc VARCHAR, year BIGINT, tax BIGINT, land BIGINT, veto BOOLEAN)")
    for code, tax, veto in FIRMS:
        opened.execute("INSERT INTO firms VALUES (?, 2022, ?, 10000, ?)", [code, tax * 10**6, veto])
    opened.execute("INSERT INTO firms VALUES ('unknown', 2022, NULL, 10000, NULL)")
    yield opened
    opened.close()


def compared(engine: DuckDBEngine, before: Rulebook, after: Rulebook, left: str = "firms", right: str = "firms",
             carry: tuple[str, ...] = ()) -> tuple[dict[tuple[Stored, Stored], Stored], list[Mapping[str, Stored]]]:
    """The matrix by pair of outcomes, and the rows of those who moved."""
    first, second = (f"(\n{judging(book.on(DAY)).select(source, engine.dialect)}\n)" for book, source in ((before, left), (after, right)))
    found = moves(before.on(DAY), first, second, engine.dialect, carry)
    return {(row["before"], row["after"]): row["many"] for row in engine.rows(found.matrix)}, engine.rows(found.moved)


def test_a_lower_mark_moves_only_those_between_the_two_marks(book: Rulebook, engine: DuckDBEngine) -> None:
    matrix, moved = compared(engine, book, book.with_parameter("good_from", Decimal(2)))
    assert matrix == {("A", "A"): 2, ("B", "A"): 1, ("D", "D"): 1, (None, None): 1}
    assert [(row["subject"], row["before"], row["after"], row["because"]) for row in moved] == [("low", "B", "A", "good")]
    assert moved[0]["score_before"] == moved[0]["score_after"] == 249


def test_a_lower_weight_is_named_by_the_criterion_whose_points_it_changes(book: Rulebook, engine: DuckDBEngine) -> None:
    matrix, moved = compared(engine, book, book.with_parameter("weight", Decimal(20)))
    assert sum(many for many in matrix.values() if isinstance(many, int)) == len(FIRMS) + 1
    assert [(row["subject"], row["before"], row["after"], row["because"]) for row in moved] == [("just", "A", "B", "good")]
    assert (moved[0]["score_before"], moved[0]["score_after"]) == (1618, 1079)


def test_what_decided_is_shown_on_both_sides(book: Rulebook, engine: DuckDBEngine) -> None:
    pardoned = "(SELECT uscc, year, tax, land, FALSE AS veto FROM firms) AS f"
    _, moved = compared(engine, book, book, right=pardoned)
    assert [(row["subject"], row["decided_before"], row["decided_after"], row["because"]) for row in moved] == [("vetoed", "veto", "good", "veto")]


def test_the_same_rulebook_twice_moves_nobody(book: Rulebook, engine: DuckDBEngine) -> None:
    matrix, moved = compared(engine, book, book)
    assert moved == []
    assert all(before == after for before, after in matrix)


def test_a_subject_of_one_run_only_shows_as_unknown_in_the_other(book: Rulebook, engine: DuckDBEngine) -> None:
    without = "(SELECT * FROM firms WHERE uscc <> 'far') AS f"
    for left, right, pair in (("firms", without, ("A", None)), (without, "firms", (None, "A"))):
        matrix, moved = compared(engine, book, book, left, right)
        assert matrix[pair] == 1
        assert [(row["subject"], row["before"], row["after"]) for row in moved] == [("far", *pair)]


def test_a_column_asked_for_is_carried_along(book: Rulebook, engine: DuckDBEngine) -> None:
    _, moved = compared(engine, book, book.with_parameter("good_from", Decimal(2)), carry=("good__value",))
    assert moved[0]["good__value"] == 249


def test_nobody_before_and_nobody_after_is_nothing(book: Rulebook, engine: DuckDBEngine) -> None:
    nobody = "(SELECT * FROM firms WHERE FALSE) AS f"
    assert compared(engine, book, book, nobody, nobody) == ({}, [])
