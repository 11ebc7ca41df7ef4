"""A cell as HTML: an amount in its unit, a mark with its letter, a link, a sentence; missing as a dash with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from markupsafe import Markup, escape

from qiantang.kernel.pages.blocks import Column, Row
from qiantang.kernel.pages.values import Amount, Cell, Link, Mark
from qiantang.kernel.words import Lang, Text
from qiantang.web.charts.svg import width_of
from qiantang.web.i18n.formats import MISSING, amount, day, yes_no
from qiantang.web.i18n.words import WORDS
from qiantang.web.shell import Shell


def cell_markup(cell: Cell, shell: Shell) -> Markup:
    """The cell, escaped."""
    lang = shell.lang
    if cell is None:
        return _missing(WORDS["unknown"].said(lang))
    if isinstance(cell, Amount):
        return _missing(cell.because.said(lang) or WORDS["unknown"].said(lang)) if cell.value is None else escape(str(amount(cell, lang)))
    if isinstance(cell, Mark):
        return mark_markup(cell, shell)
    if isinstance(cell, Link):
        download = f' download="{escape(cell.download)}"' if cell.download else ""
        return Markup(f'<a href="{escape(shell.address(cell.to))}"{download}>{escape(cell.said.said(lang))}</a>')
    if isinstance(cell, Text):
        return escape(cell.said(lang))
    if isinstance(cell, bool):
        return escape(yes_no(cell, lang))
    if isinstance(cell, datetime | date):
        return Markup(f'<time datetime="{cell.isoformat()}">{day(cell)}</time>')
    return escape(cell)


def mark_markup(mark: Mark, shell: Shell) -> Markup:
    """A mark: its letter in a box where it has one, else its words."""
    said = mark.said.said(shell.lang)
    if mark.code:
        rest = said.removeprefix(mark.code).strip()
        return Markup(f'<span class="mark {mark.tone}"><b>{escape(mark.code)}</b>{escape(rest)}</span>')
    return Markup(f'<span class="mark {mark.tone}">{escape(said)}</span>')


_SHORT, _MIDDLING = 15, 26
"""How wide a text may be to stay on one line, and to fold only a little; in the height of its letters."""


def cell_class(cell: Cell, lang: Lang) -> str:
    """How a cell stands in its column: figures to the right, short words on one line, long ones folded."""
    if isinstance(cell, Amount):
        return "number"
    said = cell.said(lang) if isinstance(cell, Text) else cell.said.said(lang) if isinstance(cell, Link | Mark) else str(cell or "")
    wide = width_of(said, 1)
    return "short" if wide <= _SHORT else "middling" if wide <= _MIDDLING else "long"


def row_markup(row: Row, columns: Sequence[Column], shell: Shell) -> Markup:
    """The cells of a table's row; the first leads to what the row is about."""
    told = []
    for number, (cell, column) in enumerate(zip(row.cells, columns, strict=True)):
        inside = cell_markup(cell, shell)
        if not number and row.to is not None:
            inside = Markup(f'<a href="{escape(shell.address(row.to))}">{inside}</a>')
        told.append(f'<td class="{"number" if column.number else cell_class(cell, shell.lang)}">{inside}</td>')
    return Markup("".join(told))


def _missing(why: str) -> Markup:
    told = escape(why)
    return Markup(f'<span class="missing" title="{told}">{MISSING}<span class="unseen"> {told}</span></span>')
