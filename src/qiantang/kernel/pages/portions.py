"""Which rows a table shows of all there are, by what the page was asked: ``offset``, ``order``, or the whole for taking away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qiantang.kernel.pages.blocks import Portion

USUAL = 50
WHOLE = "whole"
"""What a page is asked when a table is taken away as a file: all its rows."""
_MOST = 1_000_000


def portion(asked: Mapping[str, str], total: int, columns: Sequence[str] = (), usual: int = USUAL) -> Portion:
    """The portion asked for. ``order`` names a column, with ``-`` before it for the other way round; one that is not
    among ``columns`` is ignored, like an offset that is no number."""
    wanted = asked.get("order", "")
    named = wanted.removeprefix("-")
    order = named if named in columns else ""
    written = asked.get("offset", "")
    offset = min(int(written), max(0, total - 1)) if written.isdecimal() and len(written) < 9 else 0
    if asked.get(WHOLE):
        return Portion(0, _MOST, total, order, bool(order) and wanted.startswith("-"))
    return Portion(offset, usual, total, order, bool(order) and wanted.startswith("-"))
