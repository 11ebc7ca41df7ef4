"""A district's boundaries come from the file it was given, as fractions of a map; every fault of the file is told at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from qiantang.district.boundaries import read_boundaries
from qiantang.kernel.errors import FactsError
from qiantang.kernel.words import Text

PLACES = {"west": Text("西街道", "West"), "east": Text("东街道", "East")}


def square(x: float, y: float, side: float = 1.0) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def feature(kind: str, coordinates: Any, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def written(folder: Path, *features: dict[str, Any]) -> Path:
    path = folder / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_places_are_matched_by_code_or_name_and_all_else_is_the_outline(tmp_path: Path) -> None:
    path = written(tmp_path, feature("Polygon", [square(0, 0)], code="west"), feature("MultiPolygon", [[square(1, 0)]], name="东街道"),
                   feature("Polygon", [square(0, 0, 2)], name="全区"))
    found = read_boundaries(path, PLACES)
    assert set(found.shapes) == {"west", "east"}
    assert len(found.outline) == 1
    assert found.source == "places.geojson"


def test_north_is_up_and_the_map_is_as_wide_as_its_places(tmp_path: Path) -> None:
    path = written(tmp_path, feature("Polygon", [square(0, 0)], code="west"), feature("Polygon", [square(1, 0)], code="east"))
    found = read_boundaries(path, PLACES)
    assert found.shapes["west"][0][0] == (0.0, 1.0)
    assert found.shapes["east"][0][2] == (1.0, 0.0)
    assert found.aspect == pytest.approx(0.5, abs=0.001)


def test_all_faults_of_a_file_are_told_together(tmp_path: Path) -> None:
    path = written(tmp_path, feature("LineString", square(0, 0), code="west"), feature("Polygon", [[[0, 0], [1, 1]]], code="east"))
    with pytest.raises(FactsError) as refused:
        read_boundaries(path, PLACES)
    assert [f.rule for f in refused.value.faults] == ["polygon", "polygon", "shape", "shape"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"features": 3}', "\x00"])
def test_what_is_no_geojson_is_refused_with_what_it_must_be(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FactsError, match=r"GeoJSON"):
        read_boundaries(path, PLACES)


def test_metres_taken_for_degrees_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, feature("Polygon", [square(500_000, 3_340_000)], code="west"), feature("Polygon", [square(0, 0)], code="east"))
    with pytest.raises(FactsError) as refused:
        read_boundaries(path, PLACES)
    assert [f.rule for f in refused.value.faults] == ["polygon", "shape"]
