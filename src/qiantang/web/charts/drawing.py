"""Which chart draws which kind of block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from qiantang.kernel.pages.blocks import Bars, Card, Flow, Gantt, Graph, Lines, Map, Waterfall
from qiantang.web.charts.places import gantt, graph, tile_map
from qiantang.web.charts.plain import bars, flow, lines, sparkline, target_bar, waterfall
from qiantang.web.shell import Shell

_CHARTS: dict[type, Callable[[Any, Shell], Markup]] = {
    Bars: bars, Flow: flow, Gantt: gantt, Graph: graph, Lines: lines, Map: tile_map, Waterfall: waterfall, Card: target_bar}


def chart(block: object, shell: Shell) -> Markup:
    """The picture of a block; of a card the bar towards its target."""
    return _CHARTS[type(block)](block, shell)


def spark(card: Card, shell: Shell) -> Markup:
    """The small line of a card's trend; nothing without one."""
    return Markup("") if card.trend is None else sparkline(card.trend, shell, card.title.said(shell.lang))
