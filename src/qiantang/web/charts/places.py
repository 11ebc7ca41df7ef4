"""Pictures of places and of time: schematic maps, layered graphs, work on lanes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from qiantang.kernel.pages.blocks import Area, Gantt, Graph, Map
from qiantang.kernel.pages.values import Ring
from qiantang.kernel.words import Lang
from qiantang.web.charts.svg import Scale, box, drawing, element, label, line, linked, path, shortened, width_of
from qiantang.web.i18n.formats import amount, number
from qiantang.web.i18n.words import WORDS
from qiantang.web.shell import Shell

_TILE = 112.0
_TALL = _TILE * 0.72
_GAP = 6.0


def tile_map(block: Map, shell: Shell) -> Markup:
    """Places coloured in classes, with lots on top and a legend below: as shapes where boundaries are known, else as tiles
    in their rough position, over the district's outline where that is known."""
    first = min([a.row for a in block.areas], default=0)
    columns = max([a.column for a in block.areas], default=0) + 1
    rows = max([a.row for a in block.areas], default=0) + 1 - first
    width, tall = columns * (_TILE + _GAP), rows * (_TALL + _GAP)
    height = width * block.aspect if block.outline else tall
    parts = [_ringed(block.outline, width, height, "outline")] if block.outline else []
    if block.areas and all(area.shape for area in block.areas):
        tall = height = width * block.aspect
        parts += [_shape(area, block, shell, width, height) for area in block.areas]
    else:
        height = max(height, tall)
        parts += [_tile(area, block, shell, first, (height - tall) / 2) for area in block.areas]
    for lot in block.lots:
        dot = element("circle", element("title", lot.title.said(shell.lang)), cx=float(lot.x) * width,
                      cy=(height - tall) / 2 + float(lot.y) * tall,
                      r=1.5 + 4 * float(lot.size), class_=f"lot {lot.tone}")
        parts.append(linked(dot, shell.address(lot.to) if lot.to else None, lot.title.said(shell.lang)))
    x = 0.0
    for n in range(len(block.levels) + 1):
        low = number(block.levels[n - 1]) if n else ""
        high = number(block.levels[n]) if n < len(block.levels) else ""
        parts.append(box(x, height + 10, 14, 14, f"tile l{n}"))
        parts.append(label(x + 19, height + 22, f"< {high}" if not n else f"≥ {low}" if not high else f"{low} – {high}", "told"))
        x += 100
    return drawing(max(width, x), height + 30, block.name, parts, "chart map")


def _level(area: Area, block: Map) -> int | str:
    value = area.value.value
    return "none" if value is None else min(4, bisect_right(block.levels, value))


def _valued(area: Area, shell: Shell) -> tuple[str, str]:
    """An area's value in its own unit, in which the legend counts, too; and the number alone, for where there is little room."""
    value = area.value.value
    if value is None:
        said = str(amount(area.value, shell.lang))
        return said, said
    digits, unit = number(Decimal(value), area.value.decimals), area.value.unit.said(shell.lang)
    return (f"{digits}{unit}" if shell.lang == "zh" else f"{digits} {unit}").strip(), digits


def _tile(area: Area, block: Map, shell: Shell, first: int, top: float) -> Markup:
    x, y = area.column * (_TILE + _GAP), top + (area.row - first) * (_TALL + _GAP)
    level, name = _level(area, block), area.title.said(shell.lang)
    said, digits = _valued(area, shell)
    # The unit stands above the map; where it does not fit it is left to the title.
    short = said if width_of(said) <= _TILE - 16 else digits
    inside = (box(x, y, _TILE, _TALL, f"tile l{level} {area.tone}", f"{name}: {said}", 6)
              + label(x + 10, y + 22, shortened(name, _TILE - 16), f"name on-{level}") + label(x + 10, y + 44, short, f"value on-{level}"))
    return linked(inside, shell.address(area.to) if area.to else None, f"{name}: {said}")


def _shape(area: Area, block: Map, shell: Shell, width: float, height: float) -> Markup:
    level, name = _level(area, block), area.title.said(shell.lang)
    said, _ = _valued(area, shell)
    largest = max(area.shape, key=len)
    x = sum(px for px, _ in largest) / len(largest) * width
    y = sum(py for _, py in largest) / len(largest) * height
    inside = (_ringed(area.shape, width, height, f"tile l{level} {area.tone}", f"{name}: {said}")
              + label(x, y, name, f"name on-{level}", "middle") + label(x, y + 17, said, f"value on-{level}", "middle"))
    return linked(inside, shell.address(area.to) if area.to else None, f"{name}: {said}")


def _ringed(rings: Sequence[Ring], width: float, height: float, kind: str, title: str = "") -> Markup:
    """Closed rings as one shape; a ring inside another is a hole."""
    told = " ".join("M" + " L".join(f"{x * width:.1f} {y * height:.1f}" for x, y in ring) + " Z" for ring in rings)
    return element("path", element("title", title) if title else "", d=told, class_=kind, fill_rule="evenodd")


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the parts of a graph lie, in pixels: size, nodes by id, radius by id, and words (x, y, text, ends there)."""

    width: float
    height: float
    nodes: Mapping[str, tuple[float, float]]
    radius: Mapping[str, float]
    words: Sequence[tuple[float, float, str, bool]]


def placed(block: Graph, lang: Lang, width: float) -> Placed:
    """Nodes in cells of layer and band, in rows of as many as fit; a band is as high as its fullest cell needs."""
    layers, bands = max(1, len(block.layers)), max(1, len(block.bands))
    left, top = 120.0, 34.0
    step = (width - left) / layers
    across = max(3, int((step - 34) // 26))
    cells: dict[tuple[int, int], list[str]] = {}
    for node in block.nodes:
        cells.setdefault((node.layer, node.band), []).append(node.id)
    high = [max([64.0, *(30.0 + 22.0 * -(-len(ids) // across) for (_, b), ids in cells.items() if b == band)]) for band in range(bands)]
    starts = [top + sum(high[:band]) for band in range(bands)]
    nodes: dict[str, tuple[float, float]] = {}
    for (layer, band), ids in cells.items():
        rows = -(-len(ids) // across)
        for n, id in enumerate(ids):
            nodes[id] = (left + layer * step + 24 + (n % across) * (step - 34) / across,
                         starts[band] + high[band] / 2 + (n // across - (rows - 1) / 2) * 22)
    words = [(left + n * step + step / 2, 18.0, t.said(lang), False) for n, t in enumerate(block.layers)]
    words += [(left - 14, starts[n] + high[n] / 2 + 4, shortened(t.said(lang), left - 16), True) for n, t in enumerate(block.bands)]
    return Placed(width, top + sum(high) + 6, nodes, {node.id: 4 + 4 * float(node.size) for node in block.nodes}, words)


def graph(block: Graph, shell: Shell) -> Markup:
    """Nodes in layers and bands; links at rest only where they touch a node that is not plain."""
    lang = shell.lang
    where = placed(block, lang, shell.room)
    tones = {node.id: node.tone for node in block.nodes}
    parts = [label(x, y, said, "name" if ends else "told", "end" if ends else "middle") for x, y, said, ends in where.words]
    for a, b in block.links:
        if a in where.nodes and b in where.nodes and (tones[a] != "plain" or tones[b] != "plain"):
            parts.append(path([where.nodes[a], where.nodes[b]], "link"))
    for node in block.nodes:
        x, y = where.nodes[node.id]
        dot = element("circle", element("title", node.title.said(lang)), cx=x, cy=y, r=where.radius[node.id], class_=f"node {node.tone}")
        parts.append(linked(dot, shell.address(node.to) if node.to else None, node.title.said(lang)))
    return drawing(where.width, where.height, block.name, parts, "chart graph")


def gantt(block: Gantt, shell: Shell) -> Markup:
    """Work on lanes, with a line at now."""
    lang = shell.lang
    width, left, row = shell.room, 150.0, 30.0
    if not block.spans:
        return drawing(width, 40, block.name, [label(0, 24, WORDS["nothing"].said(lang), "told")], "chart gantt")
    # Two instants of one zone are compared and subtracted by its clock, which may have been changed between them.
    first, last = min((s.start for s in block.spans), key=datetime.timestamp), max((s.end for s in block.spans), key=datetime.timestamp)
    begun, ended = first.timestamp(), last.timestamp()
    across = Scale(0, max(1.0, ended - begun), left, width - 24)
    lanes = {id: n for n, (id, _) in enumerate(block.lanes)}
    height = 30 + row * len(lanes)
    parts = []
    for instant in _full(first, last):
        x = across.at(instant.timestamp() - begun)
        parts.append(line(x, 22, x, height, "grid"))
        parts.append(label(x, 16, instant.strftime("%H:%M" if instant.hour or instant.minute else "%m-%d"), "axis", "middle"))
    for id, title in block.lanes:
        parts.append(label(left - 8, 30 + row * lanes[id] + 18, shortened(title.said(lang), left - 12), "name", "end"))
    for span in block.spans:
        if span.lane in lanes:
            x, end = across.at(span.start.timestamp() - begun), across.at(span.end.timestamp() - begun)
            bar = box(x, 30 + row * lanes[span.lane] + 4, max(3.0, end - x), row - 8, f"span {span.tone}", span.title.said(lang))
            parts.append(linked(bar, shell.address(span.to) if span.to else None, span.title.said(lang)))
    if block.now is not None and begun <= block.now.timestamp() <= ended:
        x = across.at(block.now.timestamp() - begun)
        parts.append(line(x, 20, x, height, "now"))
    return drawing(width, height + 4, block.name, parts, "chart gantt")


_STEPS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 10080))


def _full(first: datetime, last: datetime) -> list[datetime]:
    """Full minutes, quarters, hours or days between two instants: eight at most, or as many weeks as there are."""
    step = next((s for s in _STEPS if (last.timestamp() - first.timestamp()) / s.total_seconds() <= 8), _STEPS[-1]).total_seconds()
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    start = midnight + step * -(-(first.timestamp() - midnight) // step)
    return [datetime.fromtimestamp(start + step * n, first.tzinfo) for n in range(int((last.timestamp() - start) // step) + 1)]
