"""The screen: lines, headings and tables that stay readable at a hundred columns, in either language."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from qiantang.cli.folding import folded
from qiantang.cli.language import said, told
from qiantang.kernel.words import Text

PROGRAM = "qiantang"

WIDTH = 100
"""Columns where the output is no terminal."""


def typeable(command: str) -> str:
    """A command as it can be typed here: by the program's path where its name alone would not find it."""
    own = Path(sys.argv[0])
    if own.name != PROGRAM or shutil.which(PROGRAM) is not None:
        return command
    here = Path.cwd()
    path = own.relative_to(here) if own.is_absolute() and own.is_relative_to(here) else own
    return f"{path}{command.removeprefix(PROGRAM)}"


class Screen:
    """Where a command shows its answer."""

    def __init__(self, to: TextIO | None = None) -> None:
        stream = to or sys.stdout
        terminal = stream.isatty()
        self._console = Console(file=stream, width=None if terminal else WIDTH, highlight=False, soft_wrap=False, emoji=False, markup=False)

    @property
    def width(self) -> int:
        """Columns at hand."""
        return self._console.width

    def line(self, text: str | Text, style: str = "", indent: int = 0, mark: str = "") -> None:
        """One line; what does not fit goes on below, under its own beginning. A ``mark`` stands out in front."""
        before = " " * indent
        for number, folded_line in enumerate(folded(_word(text), self.width - indent - cell_len(mark))):
            lead = Styled(before + (mark if number == 0 else " " * cell_len(mark)), style="red")
            self._console.print(Styled.assemble(lead, (folded_line, style)), soft_wrap=True)

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    def heading(self, text: str | Text) -> None:
        """A title above what follows."""
        self.blank()
        self.line(text, style="bold")

    def note(self, text: str | Text, indent: int = 0) -> None:
        """A remark in a low voice."""
        if _word(text):
            self.line(text, style="dim", indent=indent)

    def warning(self, text: str | Text) -> None:
        """Something the reader must not overlook."""
        self.line(text, style="yellow")

    def command(self, typed: str, why: str | Text = "") -> None:
        """A command to type next, and what for."""
        self._console.print(Styled("  " + typeable(typed), style="bold cyan"), soft_wrap=True)
        if _word(why):
            self.line(why, style="dim", indent=4)

    def pairs(self, rows: Iterable[tuple[str | Text, str | Text]], indent: int = 2) -> None:
        """Names and what they say, one a line."""
        named = [(_word(name), _word(value)) for name, value in rows]
        widest = max((cell_len(name) for name, _ in named), default=0)
        for name, value in named:
            for number, part in enumerate(folded(value, self.width - indent - widest - 2)):
                lead = name + " " * (widest - cell_len(name)) if number == 0 else " " * widest
                self._console.print(Styled.assemble(" " * indent, (lead, "dim"), "  ", part), soft_wrap=True)

    def table(self, headers: Sequence[str | Text], rows: Iterable[Sequence[str | Text]], right: Iterable[int] = (), last_is_total: bool = False,
              indent: int = 0) -> None:
        """A table; columns in ``right`` hold figures. Where it is too wide, each row is shown as a block instead."""
        shown = [[_word(cell) for cell in row] for row in rows]
        titles = [_word(h) for h in headers]
        figures = set(right)
        widths = _widths(titles, shown, figures, self.width - indent - _GAP * (len(titles) - 1))
        if widths is None:
            self._blocks(titles, shown, figures, indent)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, _GAP - 1, 0, 0))
        for number, title in enumerate(titles):
            table.add_column("\n".join(folded(title, widths[number])), justify="right" if number in figures else "left", width=widths[number], overflow="fold")
        for place, row in enumerate(shown):
            total = last_is_total and place == len(shown) - 1
            if total:
                table.add_section()
            cells = [c if n in figures else "\n".join(folded(c, widths[n])) for n, c in enumerate(row)]
            table.add_row(*cells, style="bold" if total else "")
        self._console.print(Padding(table, (0, 0, 0, indent)))

    def _blocks(self, titles: Sequence[str], rows: Sequence[Sequence[str]], figures: set[int], indent: int) -> None:
        """Who and what on the first line, the figures that say something below it."""
        numbered = 0 in figures
        for number, row in enumerate(rows, start=1):
            words = [(titles[n], c) for n, c in enumerate(row) if n not in figures and c not in _SAYS_NOTHING]
            self.line(f"{row[0] if numbered else number}. " + " · ".join(c for _, c in words[:_NAMELESS]), style="bold", indent=indent)
            rest = [f"{title}{said('：', ': ')}{c}" for title, c in words[_NAMELESS:]]
            rest += [f"{titles[n]} {c}" for n, c in enumerate(row) if n in figures and (n or not numbered) and c not in _SAYS_NOTHING]
            if rest:
                self.line(" · ".join(rest), indent=indent + 3)

    def faults(self, lines: Sequence[str], more: int = 0) -> None:
        """What is wrong, one a line, with a mark in front."""
        for text in lines:
            self.line(text, indent=2, mark="× ")
        if more:
            self.note(said(f"另有 {more:,} 处", f"and {more:,} more"), indent=4)


_GAP = 2
_FLOWS_FROM = 21
_CODES_TO = 37
_FLOWING = 12
_MEASURED = 60
_LONGEST_WORDS = (16, 10, 7)
_NAMELESS = 4
"""Words at the head of a block that need no title: code, name, place, outcome."""


_SAYS_NOTHING = ("", "0", "—")


def _widths(titles: Sequence[str], rows: Sequence[Sequence[str]], figures: set[int], room: int) -> list[int] | None:
    """The width of each column, or None where they do not fit: figures and codes are never folded, words are."""
    for longest in _LONGEST_WORDS:
        least, most = [], []
        for number, title in enumerate(titles):
            content = max((cell_len(r[number]) for r in rows), default=0)
            spaced = any(" " in r[number] for r in rows)
            whole = number in figures or (not spaced and content < (_CODES_TO if all(r[number].isascii() for r in rows) else _FLOWS_FROM))
            head = max((cell_len(w) for w in title.split()), default=0) if title.isascii() else min(cell_len(title), 6)
            word = min(max((cell_len(w) for r in rows for w in r[number].split() if w.isascii()), default=0), longest)
            least.append(max(content if whole else max(min(content, _FLOWING), word), min(head, longest)))
            most.append(max(content, cell_len(title)))
        if sum(least) <= room:
            return _shared_out(titles, rows, least, most, room)
    return None


def _shared_out(titles: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """The room that is left, given to the columns that need it."""
    widths = list(least)
    cells = [[cell_len(title), *(cell_len(r[number]) for r in rows[:_MEASURED])] for number, title in enumerate(titles)]
    for _ in range(room - sum(least)):
        # The column that makes rows tallest is widened first.
        folded = [(max(-(-c // max(width, 1)) for c in column), sum(-(-c // max(width, 1)) for c in column), -number)
                  for number, (column, width) in enumerate(zip(cells, widths, strict=True)) if width < most[number]]
        if not folded:
            break
        widths[-max(folded)[2]] += 1
    return widths


def _word(text: str | Text) -> str:
    return told(text) if isinstance(text, Text) else str(text)
