"""The screen: lines, headings and tables that stay readable at a hundred columns, in either language."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from qiantang.cli.language import said, told
from qiantang.kernel.words import Text

WIDTH = 100
"""Columns where the output is no terminal."""
_MOST_ROWS = 1_000_000


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

    def line(self, *parts: str | Text | Styled, style: str = "", indent: int = 0) -> None:
        """One line; what does not fit goes on below, under its own beginning."""
        whole = Styled.assemble(*(p if isinstance(p, Styled) else _word(p) for p in parts), style=style)
        self._console.print(Padding(whole, (0, 0, 0, indent)) if indent else whole)

    def blank(self) -> None:
        """An empty line."""
        self._console.print()

    def heading(self, text: str | Text) -> None:
        """A title above what follows."""
        self.blank()
        self._console.print(Styled(_word(text), style="bold"))

    def note(self, text: str | Text, indent: int = 0) -> None:
        """A remark in a low voice."""
        if _word(text):
            self.line(text, style="dim", indent=indent)

    def warning(self, text: str | Text) -> None:
        """Something the reader must not overlook."""
        self.line(text, style="yellow")

    def command(self, typed: str, why: str | Text = "") -> None:
        """A command to type next, and what for."""
        self._console.print(Styled("  " + typed, style="bold cyan"), soft_wrap=True)
        if _word(why):
            self.line(why, style="dim", indent=4)

    def pairs(self, rows: Iterable[tuple[str | Text, str | Text]], indent: int = 2) -> None:
        """Names and what they say, one a line."""
        named = [(_word(name), _word(value)) for name, value in rows]
        widest = max((cell_len(name) for name, _ in named), default=0)
        table = Table.grid(padding=(0, 2))
        table.add_column(width=widest, style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in named:
            table.add_row(name, value)
        self._console.print(Padding(table, (0, 0, 0, indent)))

    def table(self, headers: Sequence[str | Text], rows: Iterable[Sequence[str | Text]], right: Iterable[int] = (), last_is_total: bool = False,
              indent: int = 0) -> None:
        """A table; columns in ``right`` hold figures. Where it is too wide, each row is shown as a block instead."""
        shown = [[_word(cell) for cell in row] for row in rows]
        titles = [_word(h) for h in headers]
        figures = set(right)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 1))
        least = 0
        for number, title in enumerate(titles):
            widest = max((cell_len(r[number]) for r in shown), default=0)
            narrow = min(widest, 14) if number not in figures else widest
            least += max(narrow, min(cell_len(title), 8)) + 3
            table.add_column(title, justify="right" if number in figures else "left", no_wrap=number in figures, overflow="fold")
        if least > self.width - indent:
            self._blocks(titles, shown, indent)
            return
        for place, row in enumerate(shown):
            total = last_is_total and place == len(shown) - 1
            if total:
                table.add_section()
            table.add_row(*row, style="bold" if total else "")
        self._console.print(Padding(table, (0, 0, 0, indent)))

    def _blocks(self, titles: Sequence[str], rows: Sequence[Sequence[str]], indent: int) -> None:
        for number, row in enumerate(rows, start=1):
            self.line(f"{number}. {row[0]}", style="bold", indent=indent)
            self.pairs(((t, c) for t, c in zip(titles[1:], row[1:], strict=True) if c), indent=indent + 3)

    def faults(self, lines: Sequence[str], more: int = 0) -> None:
        """What is wrong, one a line, with a mark in front."""
        for text in lines:
            self._console.print(Padding(Styled.assemble(("× ", "red"), text), (0, 0, 0, 2)))
        if more:
            self.note(said(f"另有 {more:,} 处", f"and {more:,} more"), indent=4)


def _word(text: str | Text | Styled) -> str:
    return told(text) if isinstance(text, Text) else str(text)
