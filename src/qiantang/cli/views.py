"""Draws a view: its title, its rows with figures in their units, and what is to be known about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from qiantang.cli.language import said, told
from qiantang.cli.screen import Screen
from qiantang.cli.values import cell, exact, headed
from qiantang.cli.words import in_words, words_of
from qiantang.kernel.expressions.evaluate import Stored
from qiantang.kernel.expressions.types import Kind, Type
from qiantang.kernel.findings.views import Figure, Listing, Shown, Tally
from qiantang.kernel.words import Text

if TYPE_CHECKING:
    from qiantang.district.inquiries import ViewTable
    from qiantang.district.workspace import Workspace


def draw_view(screen: Screen, table: ViewTable, workspace: Workspace, most: int | None = None) -> None:
    """The view as a table; ``most`` cuts a long list."""
    screen.heading(table.declared.title)
    rows = list(table.rows)
    if not rows or all(v is None or v == 0 for row in rows for v in row.values()):
        screen.note(said("没有符合条件的对象。", "Nobody is in it."), indent=2)
        return
    words = words_of(workspace, table.reading)
    is_tally = isinstance(table.view, Tally)
    shown = [c for c in _columns(table) if not (isinstance(c, Figure) and c.how == "count" and not any(row[c.name] for row in rows))]
    keys = {c.name for c in table.view.by} if isinstance(table.view, Tally) else set()
    total = isinstance(table.view, Tally) and table.view.total and bool(table.view.by)
    kept = rows if most is None or total or len(rows) <= most else rows[:most]
    lines = [_line(row, shown, table, words, keys, is_total=total and place == len(rows) - 1) for place, row in enumerate(kept)]
    headers = [headed(c.title, table.printed.types[c.name], c.percent) if not _says_unit(c) else told(c.title) for c in shown]
    right = [place for place, c in enumerate(shown) if table.printed.types[c.name].is_number]
    screen.table(headers, lines, right=right, last_is_total=total, indent=2)
    if len(kept) < len(rows):
        screen.note(said(f"另有 {len(rows) - len(kept)} 行：qiantang view {table.declared.name}",
                         f"{len(rows) - len(kept)} more rows: qiantang view {table.declared.name}"),
                    indent=2)
    note = table.view.note if is_tally or isinstance(table.view, Listing) else Text("", "")
    screen.note(note, indent=2)


def view_told(table: ViewTable) -> dict[str, object]:
    """The view for a script: each column's title and unit, each row with exact figures."""
    types = table.printed.types
    return {
        "view": table.declared.name, "title": table.declared.title, "rulebook": table.reading.book.id, "law_date": table.reading.day,
        "status": table.reading.status, "note": table.view.note,
        "columns": [{"name": c.name, "title": c.title, "kind": types[c.name].kind, "unit": types[c.name].unit.title} for c in _columns(table)],
        "rows": [{name: exact(value, types[name]) for name, value in row.items()} for row in table.rows],
    }


def _columns(table: ViewTable) -> list[Shown | Figure]:
    if isinstance(table.view, Listing):
        return list(table.view.columns)
    return [*table.view.by, *table.view.figures]


def _line(row: Mapping[str, Stored], shown: list[Shown | Figure], table: ViewTable, words: Mapping[str, Text], keys: set[str],
          is_total: bool) -> list[str]:
    cells = list(_cells(row, shown, table.printed.types, words))
    if is_total:
        cells = [cell if c.name not in keys else "" for cell, c in zip(cells, shown, strict=True)]
        cells[0] = said("合计", "total")
    elif keys:
        cells = [_absent(c.name) if c.name in keys and row[c.name] is None else cell for cell, c in zip(cells, shown, strict=True)]
    return cells


def _absent(key: str) -> str:
    """A group without its key: an outcome that is unknown, or a fact that nobody stated."""
    return said("未知", "unknown") if key == "outcome" else said("未注明", "not stated")


def _cells(row: Mapping[str, Stored], shown: list[Shown | Figure], types: Mapping[str, Type], words: Mapping[str, Text]) -> Iterator[str]:
    for column in shown:
        value, codes = row[column.name], column.codes if isinstance(column, Shown) else ()
        if isinstance(value, str) and not codes and types[column.name].kind in (Kind.CODE, Kind.TEXT):
            yield told(in_words(value, words))
        else:
            yield cell(value, types[column.name], codes, column.decimals, column.percent)


def _says_unit(column: Shown | Figure) -> bool:
    """A title that names its unit itself needs no second one."""
    return column.title.zh.endswith("）") and not column.percent
