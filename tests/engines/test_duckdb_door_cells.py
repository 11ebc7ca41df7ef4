"""What DuckDB reads from a plainly written cell, by the column, is what the reader of single cells reads."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qiantang.engines.duckdb import DuckDBEngine
from qiantang.engines.duckdb_door.cells import figure_of, loaded, plainly
from qiantang.kernel.facts.cells import read_cell
from qiantang.kernel.facts.headers import Headed
from qiantang.kernel.facts.schema import area, code, count, day, flag, money, quantity, ratio, text
from qiantang.kernel.units import unit
from qiantang.kernel.words import Text

COLUMNS = (
    Headed(0, "", money("m", "", "")), Headed(0, "", money("m", "", ""), unit("元")), Headed(0, "", money("m", "", ""), unit("亿元")),
    Headed(0, "", area("a", "", ""), unit("m²")), Headed(0, "", area("a", "", ""), unit("公顷")),
    Headed(0, "", ratio("r", "", ""), unit("%")),
    Headed(0, "", count("c", "", "", "人")), Headed(0, "", quantity("q", "", "", "万tce"), unit("tce")), Headed(0, "", flag("f", "", "")),
    Headed(0, "", day("d", "", "")), Headed(0, "", text("t", "", "")), Headed(0, "", code("i", "", "")),
    Headed(0, "", code("k", "", "", (("a", Text("甲", "A")),))), Headed(0, "", code("u", "", "", check="uscc")),
)
WORDS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=None).map(str), st.integers(-10**20, 10**20).map(str),
    st.decimals(-10**9, 10**9, places=7).map(str), st.dates().map(str), st.text(max_size=12),
    st.sampled_from(["0x10", "1_000", "1e5", "12.", ".5", "+3", "--", "无", "NaN", "inf", "是", "a", "甲", "2022-02-30", " x ", "　x",
                     "#REF!"]),
    st.from_regex(r"[0-9A-Za-z]{1,18}", fullmatch=True),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def read(engine: DuckDBEngine, columns: Sequence[Headed], cells: list[object]) -> list[list[tuple[object, object]]]:
    """For each cell and column, the value and whether it was rounded, as DuckDB reads them."""
    column = loaded(cells)
    plain = [figure_of(h, "r.c") if column.as_figures else plainly(h, "r.c") for h in columns]
    parts = ", ".join(f"{p.value}, coalesce({p.rounded or 'FALSE'}, FALSE)" for p in plain)
    rows = engine.execute(f"SELECT {parts} FROM (SELECT {column.rows} AS c) AS r", [column.value])
    return [list(zip(row[::2], row[1::2], strict=True)) for row in rows]


def agrees(headed: Headed, found: tuple[object, object], word: str) -> bool:
    """Whether SQL left the cell to the reader of single cells, or read the same from it."""
    value, rounded = found
    expected = read_cell(headed.column, word, headed.unit)
    return value is None or (value == expected.value and type(value) is type(expected.value) and rounded == expected.rounded)


@given(st.lists(WORDS, min_size=1, max_size=20))
@example(["1134274556403128211544583", "50.005", "-50.005", "0.0000005", "999999999.9999999", "1000000000000.5", "0.000000000049999999999999999999999"])
def test_a_text_read_in_sql_is_read_right(engine: DuckDBEngine, words: list[str]) -> None:
    for row, word in zip(read(engine, COLUMNS, [*words, "x"]), words, strict=False):
        for found, headed in zip(row, COLUMNS, strict=True):
            assert agrees(headed, found, word), (headed.column.name, headed.unit, word, found)


@given(st.lists(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e6, 1e6), st.integers(-10**9, 10**9).map(float),
                          st.decimals(-10**6, 10**6, places=3).map(float)), min_size=1, max_size=20))
@example([0.3333333333333333, 1.005, 2.675, 0.1 + 0.2, 267.49999999999994, 1e15, 1e-7, -0.0, 50.005])
def test_a_figure_read_in_sql_is_what_excel_shows_of_it(engine: DuckDBEngine, figures: list[float]) -> None:
    for row, figure in zip(read(engine, COLUMNS[:8], list(figures)), figures, strict=True):
        for found, headed in zip(row, COLUMNS[:8], strict=True):
            assert agrees(headed, found, f"{figure:.15g}"), (headed.column.name, headed.unit, figure, found)


@pytest.mark.parametrize(("headed", "cell", "value"), [
    (COLUMNS[0], "36.5", 36_500_000), (COLUMNS[1], "123456.78", 12_345_678), (COLUMNS[3], "2000", 30_000), (COLUMNS[8], "是", True),
    (COLUMNS[10], "一号厂房", "一号厂房"), (COLUMNS[11], "0012", "0012"), (COLUMNS[0], 36.5, 36_500_000), (COLUMNS[3], 2000.0, 30_000),
])
def test_common_cells_are_read_at_once_and_not_word_by_word(engine: DuckDBEngine, headed: Headed, cell: object, value: object) -> None:
    assert read(engine, [headed], [cell]) == [[(value, False)]]


@pytest.mark.parametrize("cells", [
    ["a", "", None, "b"], ["x\x1fy", "", "z"], ["", ""], [None], [1.5, "", None], [1.5, "x", True, None], [""], ["\0", "a\nb"],
    [2, 3.5], [],
])
def test_a_column_is_loaded_cell_for_cell(engine: DuckDBEngine, cells: list[object]) -> None:
    column = loaded(cells)
    rows = engine.execute(f"SELECT {column.rows} AS c", [column.value]) if cells else []
    shown = {None: None, "": None, True: "true", 1.5: 1.5 if column.as_figures else "1.5", 2: "2", 3.5: "3.5"}
    assert [c for c, in rows] == [shown.get(cell, cell) for cell in cells]  # type: ignore[call-overload] # any cell may be a key
