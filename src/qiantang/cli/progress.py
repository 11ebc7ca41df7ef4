"""What a long command is doing, on the error stream: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from qiantang.cli.language import told
from qiantang.kernel.words import Text


class Told(Protocol):
    """Told what is being done and how much of the whole is behind (0 to 1)."""

    def __call__(self, doing: Text, behind: float) -> None:
        """Show it."""


@contextmanager
def progress() -> Iterator[Told]:
    """Progress for as long as the work lasts."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), BarColumn(bar_width=30), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=1.0)

            def show(doing: Text, behind: float) -> None:
                bar.update(task, description=told(doing), completed=behind)

            yield show
        return
    last = [""]

    def write(doing: Text, behind: float) -> None:
        line = told(doing)
        if line != last[0]:
            last[0] = line
            sys.stderr.write(f"[{behind * 100:3.0f} %] {line}\n")
            sys.stderr.flush()

    yield write


def part(told_whole: Told, start: float, end: float) -> Told:
    """Progress of a part of the work as progress of the whole."""
    def tell(doing: Text, behind: float) -> None:
        told_whole(doing, start + (end - start) * min(max(behind, 0.0), 1.0))

    return tell


def reading_files(told_whole: Told) -> Callable[[str, int, int], None]:
    """Progress of the files that are read, one by one."""
    def tell(name: str, done: int, many: int) -> None:
        told_whole(Text(f"读取 {name}", f"reading {name}") if name else Text("核对各表", "comparing the sheets"), done / max(many, 1))

    return tell
