"""The boundaries of a district's places, from a GeoJSON file that the district was given: shapes as fractions of a map."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from qiantang.kernel.errors import FactsError, Fault, Place, raise_all
from qiantang.kernel.pages.declaring import Boundaries
from qiantang.kernel.pages.values import Ring
from qiantang.kernel.words import Text

_NAMES = ("code", "adcode", "name", "title")
"""Properties by which a feature is matched: a sub-district's code, or its name in either language."""
_LEAST = 4
"""Points of a closed ring at least."""

_Degrees = list[tuple[float, float]]


def read_boundaries(path: Path, places: Mapping[str, Text]) -> Boundaries:
    """The shapes of the places named in a GeoJSON of degrees (RFC 7946); what belongs to none of them is the outline.

    The map is an equirectangular one about the middle latitude, fitted to its width. FactsError tells all faults of the
    file: no GeoJSON, a geometry that is no polygon, a ring that is none, a place without a shape.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        features = [f for f in told["features"] if isinstance(f, dict)]
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise FactsError.of("不是可读的 GeoJSON", "not a readable GeoJSON", value=str(wrong)[:80], place=Place(str(path)),
                            remedy=Text("须为 FeatureCollection，坐标为经纬度。", "It must be a FeatureCollection in degrees.")) from wrong
    called = {word: code for code, title in places.items() for word in (code, title.zh, title.en)}
    shapes: dict[str, list[_Degrees]] = {}
    outline: list[_Degrees] = []
    faults: list[Fault] = []
    for number, feature in enumerate(features, start=1):
        about = feature.get("properties") or {}
        code = next((called[str(about[n])] for n in _NAMES if n in about and str(about[n]) in called), None)
        try:
            rings = list(_rings(feature.get("geometry") or {}))
        except (ValueError, TypeError, IndexError, KeyError):
            faults.append(Fault(Text(f"第 {number} 个要素不是多边形", f"feature {number} is no polygon"), Place(str(path)), rule="polygon",
                                remedy=Text("用 Polygon 或 MultiPolygon，经度在前。", "Use Polygon or MultiPolygon, longitude first.")))
            continue
        if code is None:
            outline += rings
        else:
            shapes.setdefault(code, []).extend(rings)
    faults += [Fault(Text(f"缺少“{title.zh}”的边界", f"the shape of '{title.en}' is missing"), Place(str(path)), code, "shape",
                     Text("要素的 code 或 name 须与 district.yaml 一致。", "A feature's code or name must be that of district.yaml."))
               for code, title in places.items() if code not in shapes]
    raise_all(FactsError, faults)
    fit, aspect = fitted([point for rings in (*shapes.values(), outline) for ring in rings for point in ring])
    return Boundaries({code: tuple(fit(r) for r in rings) for code, rings in shapes.items()}, tuple(fit(r) for r in outline), aspect, path.name)


def _rings(geometry: Mapping[str, Any]) -> Iterator[_Degrees]:
    kind, at = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not at:
        raise ValueError(kind)
    polygons: list[Any] = [at] if kind == "Polygon" else list(at)
    for polygon in polygons:
        for ring in polygon:
            points = [(float(p[0]), float(p[1])) for p in ring]
            if len(points) < _LEAST or not all(abs(x) <= 180 and abs(y) <= 90 for x, y in points):
                raise ValueError(points[:1])
            yield points


def fitted(points: Sequence[tuple[float, float]]) -> tuple[Callable[[Sequence[tuple[float, float]]], Ring], float]:
    """How a ring of degrees lies on a map that just holds these points, in fractions of it; and the map's height over its width."""
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    narrow = math.cos(math.radians((south + north) / 2))
    width, height = max((east - west) * narrow, 1e-9), max(north - south, 1e-9)

    def fit(ring: Sequence[tuple[float, float]]) -> Ring:
        return tuple((round((x - west) * narrow / width, 5), round((north - y) / height, 5)) for x, y in ring)

    return fit, round(height / width, 4)
