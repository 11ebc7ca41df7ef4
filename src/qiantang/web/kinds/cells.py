"""A cell as HTML: an amount in its unit, a mark with its letter, a link, a sentence; missing as a dash with its reason."""

from __future__ import annotations

from datetime import date, datetime

from markupsafe import Markup, escape

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
        download = Markup(' download="{}"').format(cell.download) if cell.download else Markup("")
        return Markup('<a href="{}"{}>{}</a>').format(shell.address(cell.to), download, cell.said.said(lang))
    if isinstance(cell, Text):
        return escape(cell.said(lang))
    if isinstance(cell, bool):
        return escape(yes_no(cell, lang))
    if isinstance(cell, datetime | date):
        return Markup('<time datetime="{}">{}</time>').format(cell.isoformat(), day(cell))
    return escape(cell)


def mark_markup(mark: Mark, shell: Shell) -> Markup:
    """A mark: its letter in a box where it has one, else its words."""
    said = mark.said.said(shell.lang)
    if mark.code:
        rest = said.removeprefix(mark.code).strip()
        return Markup('<span class="mark {}"><b>{}</b>{}</span>').format(mark.tone, mark.code, rest)
    return Markup('<span class="mark {}">{}</span>').format(mark.tone, said)


_SHORT, _MIDDLING = 15, 26
"""How wide a text may be to stay on one line, and to fold only a little; in the height of its letters."""


def cell_class(cell: Cell, lang: Lang) -> str:
    """How a cell stands in its column: figures to the right, short words on one line, long ones folded."""
    if isinstance(cell, Amount):
        return "number"
    said = cell.said(lang) if isinstance(cell, Text) else cell.said.said(lang) if isinstance(cell, Link | Mark) else str(cell or "")
    wide = width_of(said, 1)
    return "short" if wide <= _SHORT else "middling" if wide <= _MIDDLING else "long"


def _missing(why: str) -> Markup:
    return Markup('<span class="missing" title="{}">{}<span class="unseen"> {}</span></span>').format(why, MISSING, why)
