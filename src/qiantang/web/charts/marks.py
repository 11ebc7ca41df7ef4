"""Charts of many marks as plain values, for the browser to draw live; the same drawing as SVG stands beside them."""

from __future__ import annotations

import json
from decimal import Decimal

from markupsafe import Markup

from qiantang.kernel.pages.blocks import Graph, Lines, Map
from qiantang.web.charts.places import placed
from qiantang.web.i18n.formats import amount, number
from qiantang.web.shell import Shell

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
MANY = 200
"""Marks above which a drawing is worth to be live."""


def marks(block: object, shell: Shell) -> Markup | None:
    """The marks as a data block that no browser runs; None for a block that is better off as a drawing."""
    told: dict[str, Json] | None = None
    if isinstance(block, Graph) and len(block.nodes) > MANY:
        told = _graph(block, shell)
    elif isinstance(block, Lines) and len(block.points) * len(block.series) > MANY:
        told = _lines(block, shell)
    elif isinstance(block, Map) and block.areas and all(a.shape for a in block.areas):
        told = _map(block, shell)
    # Nothing in it can end the element early.
    return None if told is None else Markup(json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _graph(block: Graph, shell: Shell) -> dict[str, Json]:
    lang = shell.lang
    where = placed(block, lang, shell.room)
    tones = {node.id: node.tone for node in block.nodes}
    nodes: list[Json] = [{"id": n.id, "title": n.title.said(lang), "x": _digits(where.nodes[n.id][0]), "y": _digits(where.nodes[n.id][1]),
                          "r": _digits(where.radius[n.id]), "tone": n.tone, "to": shell.address(n.to) if n.to else None} for n in block.nodes]
    links: list[Json] = [[a, b, tones[a] == "plain" and tones[b] == "plain"] for a, b in block.links if a in tones and b in tones]
    labels: list[Json] = [{"x": _digits(x), "y": _digits(y), "said": said, "end": ends} for x, y, said, ends in where.words]
    return {"aspect": f"{where.width:.0f} / {where.height:.0f}", "size": [where.width, where.height], "nodes": nodes,
            "links": links, "labels": labels}


def _lines(block: Lines, shell: Shell) -> dict[str, Json]:
    lang = shell.lang
    series: list[Json] = [{"title": s.title.said(lang), "values": [_plain(v) for v in s.values], "tone": s.tone, "dashed": s.dashed} for s in block.series]
    bounds: list[Json] = [{"title": f"{b.title.said(lang)} {number(b.value)}", "value": _plain(b.value), "tone": b.tone} for b in block.bounds]
    return {"aspect": f"{shell.room:.0f} / 260", "points": list(block.points), "series": series, "bounds": bounds, "unit": block.unit.said(lang)}


def _map(block: Map, shell: Shell) -> dict[str, Json]:
    lang = shell.lang
    areas: list[Json] = [{"code": a.code, "title": a.title.said(lang), "value": _plain(a.value.value), "said": str(amount(a.value, lang)),
                          "to": shell.address(a.to) if a.to else None} for a in block.areas]
    lots: list[Json] = [{"x": _plain(lot.x * _FINE), "y": _up(float(lot.y), block), "r": _digits(1.5 + 4 * float(lot.size)), "tone": lot.tone,
                         "title": lot.title.said(lang), "to": shell.address(lot.to) if lot.to else None} for lot in block.lots]
    pieces: list[Json] = []
    for n in range(len(block.levels) + 1):
        piece: dict[str, Json] = {}
        if n:
            piece["gte"] = _plain(block.levels[n - 1])
        if n < len(block.levels):
            piece["lt"] = _plain(block.levels[n])
        pieces.append(piece)
    shapes: list[Json] = [{"type": "Feature", "properties": {"name": a.code}, "geometry": {"type": "MultiPolygon", "coordinates": [
        [[[_digits(x * _FINE), _up(y, block)] for x, y in ring]] for ring in a.shape]}} for a in block.areas]
    return {"aspect": f"{1 / (block.aspect or 1):.3f}", "name": block.name, "areas": areas, "lots": lots, "pieces": pieces,
            "shapes": {"type": "FeatureCollection", "features": shapes}}


_FINE = 1000
"""Steps across a map: finer than a screen."""


def _up(y: float, block: Map) -> Json:
    """A place from above as one from below: a geographic drawing counts upwards."""
    return _digits((1 - y) * block.aspect * _FINE)


def _plain(value: Decimal | int | None) -> Json:
    """A figure as a drawing needs it: to six digits, which no eye tells from the exact one that the table beside it gives."""
    return None if value is None else float(f"{value:.6g}")


def _digits(value: float) -> Json:
    return round(value, 1)
