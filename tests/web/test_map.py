"""The district's map: tiles where no boundary is known, shapes where a file gives them, dots for low-efficiency land."""

import json
import shutil
from pathlib import Path

import pytest

from qiantang.district.settings import default_folder
from tests.web.conftest import Web


def test_without_boundaries_places_are_tiles_and_say_so(web: Web) -> None:
    page = web.as_("director").get("/cockpit?lang=en").text
    assert "rough places, no surveyed boundary" in page
    assert 'class="lot alarm"' in page


@pytest.fixture
def bounded(tiny_district: Path, tmp_path: Path) -> Path:
    """The tiny district with settings of its own that name a file of boundaries."""
    folder = tmp_path / "bounded"
    shutil.copytree(tiny_district, folder)
    for file in default_folder().glob("*.yaml"):
        shutil.copy(file, folder)
    settings = folder / "district.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\nboundaries: places.geojson\n", encoding="utf-8")
    told = Web(tiny_district)
    codes = [code for code, _ in told.brain.district.sub_districts]
    told.brain.close()
    features = [{"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [
        [[120 + n, 30], [121 + n, 30], [121 + n, 31], [120 + n, 31], [120 + n, 30]]]}} for n, code in enumerate(codes)]
    (folder / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return folder


def test_with_boundaries_places_are_shapes_and_the_file_is_named(bounded: Path) -> None:
    served = Web(bounded)
    page = served.as_("director").get("/cockpit?lang=en").text
    served.brain.close()
    assert "boundaries from places.geojson" in page
    assert 'fill-rule="evenodd"' in page
