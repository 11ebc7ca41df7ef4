"""A view over a run: lists in a stated order, tallies whose ratios are ratios of sums, and a last row over everybody."""

from pathlib import Path

import pytest

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.kernel.errors import RulebookError
from qiantang.kernel.expressions import nodes as n
from qiantang.kernel.findings.judging import judging
from qiantang.kernel.findings.views import Figure, Listing, RunView, Shown, Tally, printed, shown_columns
from qiantang.kernel.words import same
from tests.kernel.rulebooks.workbench import DAY, library, written

ROWS = [("a", 10_000000, 10000, "A"), ("b", 2_000000, 40000, "A"), ("c", 5_000000, None, "B"), ("d", None, 20000, None), ("e", 10_000000, 0, "B")]


@pytest.fixture
def view(tmp_path: Path) -> RunView:
    return RunView(judging(library(tmp_path, [written()]).book("mu/test").on(DAY)))


def _shown(view: RunView, of: Tally | Listing, rows=ROWS, limit: int | None = None) -> list[tuple[object, ...]]:
    engine = DuckDBEngine(threads=1)
    engine.execute("CREATE TABLE run (uscc VARCHAR, tax BIGINT, land BIGINT, outcome VARCHAR)")
    for row in rows:
        engine.execute("INSERT INTO run VALUES (?, ?, ?, ?)", row)
    found = engine.rows(printed(of, "run", engine.dialect, view.reading, limit).select)
    engine.close()
    return [tuple(row.values()) for row in found]


def _tally(view: RunView, *figures: Figure, total: bool = True, where: n.Expr | None = None) -> Tally:
    return Tally((Shown("class", same("class"), view.column("outcome")),), figures, where, total)


def test_a_ratio_over_a_group_is_the_ratio_of_sums_of_those_who_have_both(view: RunView) -> None:
    """Not the mean of ratios, and who lacks one of the two figures stays out with the other."""
    per_mu = Figure("per_mu", same("per mu"), "ratio", view.fact("tax"), view.fact("land"), scale=2)
    assert _shown(view, _tally(view, per_mu)) == [("A", 240), ("B", None), (None, None), (None, 440)]


def test_a_ratio_of_losses_rounds_half_away_from_zero(view: RunView) -> None:
    ratio = Figure("r", same("r"), "ratio", n.subtract(n.constant(0, "万元"), view.fact("tax")), view.fact("land"), scale=0)
    assert _shown(view, Tally((), (ratio,)), rows=[("a", 25_00000, 10000, "A")]) == [(-3,)]


def test_a_tally_counts_adds_and_finds_ends_with_a_last_row_over_everybody(view: RunView) -> None:
    figures = (Figure("many", same("many"), "count"), Figure("rich", same("rich"), "count", where=view.fact("tax") >= n.constant(10, "万元")),
               Figure("tax", same("tax"), "sum", view.fact("tax")), Figure("most", same("most"), "greatest", view.fact("tax")))
    assert _shown(view, _tally(view, *figures)) == [
        ("A", 2, 1, 12_000000, 10_000000), ("B", 2, 1, 15_000000, 10_000000), (None, 1, 0, None, None), (None, 5, 2, 27_000000, 10_000000)]
    assert len(_shown(view, _tally(view, *figures, total=False))) == 3


def test_over_nobody_a_count_is_zero_and_every_other_figure_unknown(view: RunView) -> None:
    figures = (Figure("many", same("many"), "count"), Figure("tax", same("tax"), "sum", view.fact("tax")))
    assert _shown(view, _tally(view, *figures), rows=[]) == [(None, 0, None)]
    assert _shown(view, Tally((), figures), rows=[]) == [(0, None)]


def test_a_where_of_a_view_leaves_out_those_of_whom_it_is_unknown(view: RunView) -> None:
    where = view.fact("tax") >= n.constant(5, "万元")
    assert _shown(view, _tally(view, Figure("many", same("many"), "count"), where=where)) == [("A", 1), ("B", 2), (None, 3)]


def test_ratios_are_never_added_in_a_tally(view: RunView) -> None:
    share = Figure("r", same("r"), "sum", n.divide(view.fact("tax"), view.fact("land"), 2))
    with pytest.raises(RulebookError, match="ratios cannot be added"):
        _shown(view, _tally(view, share))


def test_a_list_is_in_its_stated_order_with_the_unknown_last(view: RunView) -> None:
    columns = shown_columns(["uscc", "tax"], view)
    listing = Listing(columns, order=((view.fact("tax"), True), (view.fact("uscc"), False)), limit=4)
    assert _shown(view, listing) == [("a", 10_000000), ("e", 10_000000), ("c", 5_000000), ("b", 2_000000)]
    assert [row[0] for row in _shown(view, listing, limit=1)] == ["a"]
    assert [row[0] for row in _shown(view, listing, limit=99)] == ["a", "e", "c", "b", "d"]


def test_a_column_that_the_run_does_not_have_is_refused_by_name(view: RunView) -> None:
    assert view.has("outcome")
    with pytest.raises(RulebookError, match="no column class"):
        view.column("class")
